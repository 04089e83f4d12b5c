/* SPDX-License-Identifier: MIT */
/* Elements, fragments, messages, GUIDs. */
#include <string.h>

#include "psrp/wire/elements.h"
#include "psrp/wire/fragments.h"
#include "psrp/wire/message.h"

#define GUID "00112233-4455-6677-8899-aabbccddeeff"

/* ---- elements */

static void on_element(gpointer user, const PssElement *element)
{
	g_string_append_printf(user, "[%d %s%.8s %.*s]", element->kind, element->is_answer ? "!" : "",
			       element->guid.text, (int)element->n_data, (const char *)element->data);
}

static void on_noise(gpointer user, const char *text, gsize n)
{
	g_string_append_printf(user, "{%.*s}", (int)n, text);
}

static void on_malformed(gpointer user)
{
	g_string_append(user, "malformed");
}

static const PssElementEvents events = { on_element, on_noise, on_malformed };

static char *read_elements(const char *text, gsize cut)
{
	GString *seen = g_string_new(NULL);
	PssElementReader *reader = pss_element_reader_new(&events, seen);
	gsize n = strlen(text);

	for (gsize at = 0; at < n; at += cut)
		pss_element_reader_feed(reader, text + at, MIN(cut, n - at));
	pss_element_reader_free(reader);
	return g_string_free(seen, FALSE);
}

/* As it is, and cut at each byte. */
static void test_elements(void)
{
	static const struct {
		const char *text, *seen;
	} cases[] = {
		{ "<DataAck PSGuid='" GUID "' />\n", "[1 00112233 ]" },
		{ "<Data Stream='Default' PSGuid='" GUID "'>aGVsbG8=</Data>\r\n", "[0 00112233 hello]" },
		{ "<Data Stream=\"PromptResponse\" PSGuid=\"" GUID "\">aGVsbG8=</Data>\n", "[0 !00112233 hello]" },
		{ "<Data Stream='Default' PSGuid='" GUID "'></Data>\n", "[0 00112233 ]" },
		{ "Welcome!\n<CloseAck PSGuid='" GUID "' />\n", "{Welcome!}[5 00112233 ]" },
		{ "a < b<SignalAck PSGuid='" GUID "' />c\n\nd\n", "{a < b}[7 00112233 ]{c}{d}" },
		{ "<CommandAck PSGuid='" GUID "' /><DataAck PSGuid='" GUID "' />\n", "[3 00112233 ][1 00112233 ]" },
		{ "<Data Stream='Default' PSGuid='no guid'>aGVsbG8=</Data>\n",
		  "{<Data Stream='Default' PSGuid='no guid'>aGVsbG8=</Data>}" },
		{ "<Data Stream='Default' PSGuid='" GUID "'>aGVs*</Data>\n", "malformed" },
		{ "<Data Stream='Default' PSGuid='" GUID "'>aGVsbG8=\n", "malformed" },
		{ "<Datum PSGuid='" GUID "' />\n", "{<Datum PSGuid='" GUID "' />}" },
		{ "unfinished", "" },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gsize cuts[] = { 1, 2, 7, 1000 };
		for (gsize k = 0; k < G_N_ELEMENTS(cuts); k++) {
			g_autofree char *seen = read_elements(cases[i].text, cuts[k]);
			g_assert_cmpstr(seen, ==, cases[i].seen);
		}
	}
}

static void test_long_line(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	while (text->len <= PSS_ELEMENT_MAX)
		g_string_append(text, "0123456789abcdef");
	g_autofree char *cut = g_strdup_printf("{%.*s}[5 00112233 ]", PSS_ELEMENT_MAX, text->str);
	g_string_append(text, "\n<CloseAck PSGuid='" GUID "' />\n");
	g_autofree char *noise = read_elements(text->str, 65536);
	g_assert_cmpstr(noise, ==, cut);

	g_string_prepend(text, "<CommandAck PSGuid='" GUID "' /><Data Stream='Default' PSGuid='" GUID "'>");
	g_autofree char *element = read_elements(text->str, 65536);
	g_assert_cmpstr(element, ==, "[3 00112233 ]malformed[5 00112233 ]");
}

static void test_written_elements(void)
{
	g_autoptr(GString) line = g_string_new(NULL);
	g_autofree char *seen = NULL;
	PssGuid guid;

	g_assert_true(pss_guid_parse(&guid, GUID, strlen(GUID)));
	pss_element_append(line, PSS_ELEMENT_COMMAND, &guid);
	pss_element_append_data(line, &guid, TRUE, "hello", 5);
	g_string_append_c(line, '\n');
	seen = read_elements(line->str, 3);
	g_assert_cmpstr(seen, ==, "[2 00112233 ][0 !00112233 hello]");
}

/* ---- fragments */

static void on_message(gpointer user, const guint8 *message, gsize n)
{
	g_string_append_printf(user, "<%" G_GSIZE_FORMAT ":%.*s>", n, (int)MIN(n, 4), (const char *)message);
}

static GByteArray *fragments_of(guint64 object, gsize n, char fill)
{
	GByteArray *bytes = g_byte_array_new();
	g_autofree guint8 *message = g_malloc(MAX(n, 1));
	memset(message, fill, n);
	pss_fragments_append(bytes, object, message, n);
	return bytes;
}

static void test_fragments(void)
{
	static const gsize sizes[] = { 0, 1, PSS_FRAGMENT_MAX, PSS_FRAGMENT_MAX + 1, 3 * PSS_FRAGMENT_MAX + 7 };

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autoptr(GString) seen = g_string_new(NULL);
		g_autoptr(GByteArray) bytes = fragments_of(1, sizes[i], 'x');
		g_autofree char *expected =
			g_strdup_printf("<%" G_GSIZE_FORMAT ":%.*s>", sizes[i], (int)MIN(sizes[i], 4), "xxxx");
		PssDefragmenter *defragmenter = pss_defragmenter_new(on_message, seen);

		g_assert_cmpuint(bytes->len, ==,
				 sizes[i] + 21 * MAX(1, (sizes[i] + PSS_FRAGMENT_MAX - 1) / PSS_FRAGMENT_MAX));
		g_assert_true(pss_defragmenter_feed(defragmenter, bytes->data, bytes->len));
		g_assert_cmpstr(seen->str, ==, expected);
		pss_defragmenter_free(defragmenter);
	}
}

/* Two messages of two fragments each, in turns. */
static void test_interleaved(void)
{
	g_autoptr(GString) seen = g_string_new(NULL);
	g_autoptr(GByteArray) a = fragments_of(1, PSS_FRAGMENT_MAX + 4, 'a');
	g_autoptr(GByteArray) b = fragments_of(2, PSS_FRAGMENT_MAX + 5, 'b');
	PssDefragmenter *defragmenter = pss_defragmenter_new(on_message, seen);
	gsize first = PSS_FRAGMENT_MAX + 21;

	g_assert_true(pss_defragmenter_feed(defragmenter, a->data, first));
	g_assert_true(pss_defragmenter_feed(defragmenter, b->data, first));
	g_assert_true(pss_defragmenter_feed(defragmenter, b->data + first, b->len - first));
	g_assert_true(pss_defragmenter_feed(defragmenter, a->data + first, a->len - first));
	g_assert_cmpstr(seen->str, ==, "<32773:bbbb><32772:aaaa>");
	pss_defragmenter_free(defragmenter);
}

static gboolean feeds(const GByteArray *first, gsize n_first, const GByteArray *second, gsize from)
{
	g_autoptr(GString) seen = g_string_new(NULL);
	PssDefragmenter *defragmenter = pss_defragmenter_new(on_message, seen);
	gboolean good = pss_defragmenter_feed(defragmenter, first->data, n_first) &&
			pss_defragmenter_feed(defragmenter, second->data + from, second->len - from);
	pss_defragmenter_free(defragmenter);
	return good;
}

static void test_malformed_fragments(void)
{
	g_autoptr(GByteArray) one = fragments_of(1, 10, 'x');
	g_autoptr(GByteArray) three = fragments_of(1, 3 * PSS_FRAGMENT_MAX, 'x');
	gsize first = PSS_FRAGMENT_MAX + 21;

	g_assert_true(feeds(three, first, three, first));
	g_assert_false(feeds(one, one->len - 1, one, 0));      /* cut */
	g_assert_false(feeds(three, first, three, 2 * first)); /* one is missing */
	g_assert_false(feeds(three, first, three, 0));         /* begun twice */
	g_assert_false(feeds(one, 0, three, first));           /* never begun */
	g_assert_false(feeds(three, first, one, 0));           /* its id is in use */
}

static void test_fragments_are_bounded(void)
{
	g_autoptr(GString) seen = g_string_new(NULL);
	PssDefragmenter *defragmenter = pss_defragmenter_new(on_message, seen);
	guint64 object;

	for (object = 1; object <= PSS_UNFINISHED_MAX; object++) {
		g_autoptr(GByteArray) bytes = fragments_of(object, PSS_FRAGMENT_MAX + 1, 'x');
		g_assert_true(pss_defragmenter_feed(defragmenter, bytes->data, PSS_FRAGMENT_MAX + 21));
	}
	g_autoptr(GByteArray) more = fragments_of(object, PSS_FRAGMENT_MAX + 1, 'x');
	g_assert_false(pss_defragmenter_feed(defragmenter, more->data, PSS_FRAGMENT_MAX + 21));
	pss_defragmenter_free(defragmenter);
}

/* ---- messages */

static void test_guids(void)
{
	static const guint8 expected[] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66,
					   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
	guint8 bytes[PSS_GUID_BYTES];
	PssGuid guid, back;

	g_assert_true(pss_guid_parse(&guid, "00112233-4455-6677-8899-AABBCCDDEEFF", PSS_GUID_LENGTH));
	pss_guid_to_bytes(&guid, bytes);
	g_assert_cmpmem(bytes, sizeof bytes, expected, sizeof expected);
	pss_guid_from_bytes(&back, bytes);
	g_assert_cmpstr(back.text, ==, GUID);
	g_assert_false(pss_guid_parse(&guid, "00112233-4455-6677-8899_aabbccddeeff", PSS_GUID_LENGTH));
	g_assert_false(pss_guid_parse(&guid, GUID, 10));
}

static void test_messages(void)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	PssMessage message = { .destination = 2, .type = 0x21006, .body = "<S>x</S>", .n_body = 8 };
	PssMessage back;

	g_assert_true(pss_guid_parse(&message.pool, GUID, PSS_GUID_LENGTH));
	g_assert_true(pss_guid_parse(&message.pipeline, PSS_GUID_ZERO, PSS_GUID_LENGTH));
	pss_message_append(bytes, &message);
	g_assert_cmpuint(bytes->len, ==, 48);
	g_assert_true(pss_message_parse(&back, bytes->data, bytes->len));
	g_assert_cmpuint(back.destination, ==, 2);
	g_assert_cmpuint(back.type, ==, 0x21006);
	g_assert_cmpstr(back.pool.text, ==, GUID);
	g_assert_true(pss_guid_is_zero(&back.pipeline));
	g_assert_cmpmem(back.body, back.n_body, "<S>x</S>", 8);
	g_assert_false(pss_message_parse(&back, bytes->data, 39));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/elements are found among noise, however they are cut", test_elements);
	g_test_add_func("/wire/a line that is too long is read as far as it is kept", test_long_line);
	g_test_add_func("/wire/elements are written", test_written_elements);
	g_test_add_func("/wire/messages are cut and put together", test_fragments);
	g_test_add_func("/wire/fragments of two messages come in turns", test_interleaved);
	g_test_add_func("/wire/malformed fragments are refused", test_malformed_fragments);
	g_test_add_func("/wire/unfinished messages are bounded", test_fragments_are_bounded);
	g_test_add_func("/wire/GUIDs are in .NET's order", test_guids);
	g_test_add_func("/wire/messages have their head", test_messages);
	return g_test_run();
}
