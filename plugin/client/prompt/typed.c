/* SPDX-License-Identifier: MIT */
/* The queue of keys that were typed ahead. Filled by the relay when the remote waits for a line, emptied by the editor
 * and, of what follows that line, by the relay again. Reads and writes no terminal. */
#include "client/prompt/typed.h"

#include <string.h>
#include <unistd.h>

#include "terminal/answers.h"

#define ESC 0x1b

static const char paste_begins[] = "\033[200~", paste_ends[] = "\033[201~";
#define PASTE_MARK (sizeof paste_begins - 1)

void pss_typed_init(struct pss_typed *typed, const struct termios *modes)
{
	static const int signals[] = { VINTR, VQUIT, VSUSP };

	*typed = (struct pss_typed){ 0 };
	pss_buffer_init(&typed->keys);
	if (modes->c_lflag & NOFLSH)
		return;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
		if (modes->c_cc[signals[i]] != _POSIX_VDISABLE)
			typed->forgets[typed->n_forgets++] = modes->c_cc[signals[i]];
	}
}

void pss_typed_finish(struct pss_typed *typed)
{
	pss_buffer_wipe(&typed->keys);
}

void pss_typed_forget(struct pss_typed *typed)
{
	pss_buffer_wipe(&typed->keys);
	typed->n_passed = 0;
}

void pss_typed_take(struct pss_typed *typed, size_t n)
{
	n = n < typed->keys.length ? n : typed->keys.length; /* some may have been forgotten meanwhile */
	pss_buffer_consume(&typed->keys, n);
	typed->n_passed -= n < typed->n_passed ? n : typed->n_passed;
}

/* The length of a paste at `keys`, marks included: its text is text. 0: there is none. */
static size_t paste_length(const unsigned char *keys, size_t n)
{
	const unsigned char *end;

	if (n < PASTE_MARK || memcmp(keys, paste_begins, PASTE_MARK) != 0)
		return 0;
	end = memmem(keys, n, paste_ends, PASTE_MARK);
	return end ? (size_t)(end - keys) + PASTE_MARK : n;
}

/* What stands at `keys`; *ret_length bytes belong together. */
static enum pss_answer look(const struct pss_typed *typed, const unsigned char *keys, size_t n, size_t *ret_length)
{
	const unsigned char *escape = memchr(keys, ESC, n);
	size_t paste, length = 0;
	enum pss_answer found;

	*ret_length = escape ? (size_t)(escape - keys) : n;
	if (escape != keys)
		return PSS_ANSWER_NONE;
	paste = paste_length(keys, n);
	found = paste ? PSS_ANSWER_NONE : pss_answer_find(keys, n, typed->position_asked, &length);
	*ret_length = paste ? paste : found == PSS_ANSWER_WHOLE ? length : 1;
	return found;
}

bool pss_typed_is_cut(const struct pss_typed *typed)
{
	const unsigned char *keys = pss_buffer_bytes(&typed->keys);
	size_t n = typed->keys.length, length;

	for (size_t at = 0; at < n; at += length) {
		if (look(typed, keys + at, n - at, &length) == PSS_ANSWER_PART)
			return true;
	}
	return false;
}

static void drop_answers(struct pss_typed *typed)
{
	unsigned char *keys = typed->keys.data + typed->keys.start;
	size_t n = typed->keys.length, n_passed = typed->n_passed, to = 0, length;

	for (size_t at = 0; at < n; at += length) {
		bool keep = look(typed, keys + at, n - at, &length) != PSS_ANSWER_WHOLE;
		size_t passed = at < n_passed ? n_passed - at : 0;

		if (keep) {
			memmove(keys + to, keys + at, length);
			to += length;
			continue;
		}
		typed->n_passed -= passed < length ? passed : length;
		typed->n_answers++;
		typed->last_answered = typed->last_answered || pss_answer_is_last(keys + at, length);
	}
	typed->keys.length = to;
}

static bool forgets(const struct pss_typed *typed, unsigned char key)
{
	return typed->n_forgets > 0 && memchr(typed->forgets, key, typed->n_forgets);
}

/* The keys behind the last one that forgets. */
static size_t skip_forgotten(struct pss_typed *typed, const unsigned char *keys, size_t n)
{
	size_t at = n;

	while (at > 0 && !forgets(typed, keys[at - 1]))
		at--;
	if (at > 0)
		pss_typed_forget(typed);
	return at;
}

static int add(struct pss_typed *typed, const void *keys, size_t n)
{
	size_t skipped = skip_forgotten(typed, keys, n);
	int error = 0;

	if (n > skipped)
		error = pss_buffer_append(&typed->keys, (const unsigned char *)keys + skipped, n - skipped);
	if (typed->keys.length > 0)
		drop_answers(typed);
	return error;
}

int pss_typed_read(struct pss_typed *typed, const void *keys, size_t n)
{
	return add(typed, keys, n);
}

int pss_typed_came_back(struct pss_typed *typed, const void *keys, size_t n)
{
	size_t before = typed->keys.length, passed = typed->n_passed;
	int error = add(typed, keys, n);

	if (passed == before)
		typed->n_passed = typed->keys.length;
	return error;
}

bool pss_typed_next(struct pss_typed *typed, unsigned char *ret_key)
{
	if (typed->keys.length == 0)
		return false;
	*ret_key = *pss_buffer_bytes(&typed->keys);
	pss_typed_take(typed, 1);
	return true;
}
