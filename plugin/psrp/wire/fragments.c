/* SPDX-License-Identifier: MIT */
/* Cuts messages and puts them together. Fragments of several messages may come interleaved; those of one in order. */
#include "psrp/wire/fragments.h"

#include <string.h>

#define HEAD_LENGTH 21
enum { FLAG_FIRST = 1, FLAG_LAST = 2 };

typedef struct {
	guint64 object;
	guint64 next; /* the fragment id that is awaited */
	GByteArray *bytes;
} Unfinished;

typedef struct {
	guint64 object, fragment;
	guint8 flags;
	guint32 length;
	const guint8 *bytes;
} Fragment;

struct PssDefragmenter {
	PssMessageFunc on_message;
	gpointer user;
	GPtrArray *unfinished; /* Unfinished */
	gsize n_bytes;         /* of all of them */
};

static void free_unfinished(gpointer data)
{
	Unfinished *unfinished = data;
	g_byte_array_unref(unfinished->bytes);
	g_free(unfinished);
}

PssDefragmenter *pss_defragmenter_new(PssMessageFunc on_message, gpointer user)
{
	PssDefragmenter *defragmenter = g_new0(PssDefragmenter, 1);
	defragmenter->on_message = on_message;
	defragmenter->user = user;
	defragmenter->unfinished = g_ptr_array_new_with_free_func(free_unfinished);
	return defragmenter;
}

void pss_defragmenter_free(PssDefragmenter *defragmenter)
{
	if (!defragmenter)
		return;
	g_ptr_array_unref(defragmenter->unfinished);
	g_free(defragmenter);
}

static guint64 read_number(const guint8 *bytes, guint n)
{
	guint64 number = 0;
	for (guint i = 0; i < n; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* FALSE: there is no whole one. */
static gboolean take_fragment(const guint8 **at, const guint8 *end, Fragment *ret_fragment)
{
	const guint8 *head = *at;

	if (end - head < HEAD_LENGTH)
		return FALSE;
	*ret_fragment = (Fragment){
		.object = read_number(head, 8),
		.fragment = read_number(head + 8, 8),
		.flags = head[16],
		.length = (guint32)read_number(head + 17, 4),
		.bytes = head + HEAD_LENGTH,
	};
	if ((gsize)(end - ret_fragment->bytes) < ret_fragment->length)
		return FALSE;
	*at = ret_fragment->bytes + ret_fragment->length;
	return TRUE;
}

static Unfinished *find(PssDefragmenter *defragmenter, guint64 object, guint *ret_index)
{
	for (guint i = 0; i < defragmenter->unfinished->len; i++) {
		Unfinished *unfinished = defragmenter->unfinished->pdata[i];
		if (unfinished->object == object) {
			*ret_index = i;
			return unfinished;
		}
	}
	return NULL;
}

/* NULL: a fragment that may not come now. */
static Unfinished *unfinished_of(PssDefragmenter *defragmenter, const Fragment *fragment, guint *ret_index)
{
	Unfinished *unfinished = find(defragmenter, fragment->object, ret_index);

	if (fragment->flags & FLAG_FIRST) {
		if (unfinished || fragment->fragment != 0 || defragmenter->unfinished->len == PSS_UNFINISHED_MAX)
			return NULL;
		unfinished = g_new0(Unfinished, 1);
		unfinished->object = fragment->object;
		unfinished->bytes = g_byte_array_new();
		*ret_index = defragmenter->unfinished->len;
		g_ptr_array_add(defragmenter->unfinished, unfinished);
	}
	return unfinished && unfinished->next == fragment->fragment ? unfinished : NULL;
}

static void finish(PssDefragmenter *defragmenter, guint index)
{
	Unfinished *unfinished = g_ptr_array_steal_index_fast(defragmenter->unfinished, index);
	defragmenter->n_bytes -= unfinished->bytes->len;
	defragmenter->on_message(defragmenter->user, unfinished->bytes->data, unfinished->bytes->len);
	free_unfinished(unfinished);
}

static gboolean add_fragment(PssDefragmenter *defragmenter, const Fragment *fragment)
{
	guint index = 0;
	Unfinished *unfinished;

	if ((fragment->flags & (FLAG_FIRST | FLAG_LAST)) == (FLAG_FIRST | FLAG_LAST)) {
		if (fragment->fragment != 0 || find(defragmenter, fragment->object, &index))
			return FALSE;
		defragmenter->on_message(defragmenter->user, fragment->bytes, fragment->length);
		return TRUE;
	}
	unfinished = unfinished_of(defragmenter, fragment, &index);
	if (!unfinished || defragmenter->n_bytes + fragment->length > PSS_MESSAGE_MAX)
		return FALSE;
	g_byte_array_append(unfinished->bytes, fragment->bytes, fragment->length);
	defragmenter->n_bytes += fragment->length;
	unfinished->next++;
	if (fragment->flags & FLAG_LAST)
		finish(defragmenter, index);
	return TRUE;
}

gboolean pss_defragmenter_feed(PssDefragmenter *defragmenter, const guint8 *data, gsize n)
{
	const guint8 *end = data + n;
	Fragment fragment;

	while (data < end)
		if (!take_fragment(&data, end, &fragment) || !add_fragment(defragmenter, &fragment))
			return FALSE;
	return TRUE;
}

static void append_number(GByteArray *out, guint64 number, guint n)
{
	guint8 bytes[8];
	for (guint i = n; i-- > 0; number >>= 8)
		bytes[i] = (guint8)number;
	g_byte_array_append(out, bytes, n);
}

void pss_fragments_append(GByteArray *out, guint64 object, const guint8 *message, gsize n)
{
	guint64 fragment = 0;
	gsize done = 0;

	do {
		guint length = (guint)MIN(n - done, PSS_FRAGMENT_MAX);
		guint8 flags = (guint8)((done == 0 ? FLAG_FIRST : 0) | (done + length == n ? FLAG_LAST : 0));
		append_number(out, object, 8);
		append_number(out, fragment++, 8);
		g_byte_array_append(out, &flags, 1);
		append_number(out, length, 4);
		g_byte_array_append(out, message + done, length);
		done += length;
	} while (done < n);
}
