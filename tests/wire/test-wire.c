/* SPDX-License-Identifier: MIT */
/* Frames and fields: whole whatever the chunks they come in, refused where they lie about their length. */
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "wire/message.h"
#include "wire/status.h"

static void fill(struct pss_buffer *buffer)
{
	struct pss_message message;

	pss_buffer_init(buffer);
	pss_message_begin(&message, buffer, PSS_OPEN, 7);
	pss_message_text(&message, PSS_TAG_TARGET, "Server01");
	pss_message_text(&message, PSS_TAG_USER, NULL);
	pss_message_number(&message, PSS_TAG_PORT, 2222);
	pss_message_text(&message, PSS_TAG_OPTION, "A=1");
	pss_message_text(&message, PSS_TAG_OPTION, "B=2");
	pss_message_bytes(&message, PSS_TAG_PROMPT, "a\0b", 3);
	g_assert_cmpint(pss_message_end(&message), ==, 0);
	g_assert_cmpint(pss_frame_append(buffer, PSS_LINE, 9, PSS_FRAME_MORE, "echo\0hi", 7), ==, 0);
}

static void check_open(const struct pss_frame *frame)
{
	struct pss_fields fields = pss_frame_fields(frame);
	struct pss_field field;
	unsigned n_options = 0;

	g_assert_cmpint(frame->header.type, ==, PSS_OPEN);
	g_assert_cmpint(frame->header.id, ==, 7);
	g_assert_cmpstr(pss_fields_text(fields, PSS_TAG_TARGET), ==, "Server01");
	g_assert_null(pss_fields_text(fields, PSS_TAG_USER));
	g_assert_cmpuint(pss_fields_number(fields, PSS_TAG_PORT, 0), ==, 2222);
	g_assert_cmpuint(pss_fields_number(fields, PSS_TAG_TARGET, 5), ==, 5);
	g_assert_null(pss_fields_text(fields, PSS_TAG_PROMPT));
	g_assert_cmpint(pss_fields_bytes(fields, PSS_TAG_PROMPT, &field), ==, 0);
	g_assert_cmpmem(field.data, field.length, "a\0b", 3);
	while (pss_fields_next(&fields, &field) > 0)
		n_options += field.tag == PSS_TAG_OPTION;
	g_assert_cmpuint(n_options, ==, 2);
}

static void frames_survive_every_chunking(void)
{
	struct pss_buffer whole;
	struct pss_frame frame;

	fill(&whole);
	for (size_t chunk = 1; chunk <= whole.length; chunk++) {
		struct pss_buffer buffer;
		unsigned n_frames = 0;
		pss_buffer_init(&buffer);
		for (size_t at = 0; at < whole.length; at += chunk) {
			size_t n = MIN(chunk, whole.length - at);
			g_assert_cmpint(pss_buffer_append(&buffer, pss_buffer_bytes(&whole) + at, n), ==, 0);
			while (pss_frame_parse(&buffer, &frame) > 0) {
				if (++n_frames == 1)
					check_open(&frame);
				else
					g_assert_cmpmem(frame.payload, frame.header.length, "echo\0hi", 7);
				pss_buffer_consume(&buffer, pss_frame_size(&frame));
			}
		}
		g_assert_cmpuint(n_frames, ==, 2);
		g_assert_cmpuint(buffer.length, ==, 0);
		pss_buffer_finish(&buffer);
	}
	pss_buffer_finish(&whole);
}

static void sizes_flags_and_levels_are_bounded(void)
{
	static const struct {
		uint64_t sent;
		unsigned read;
	} sides[] = { { 0, 0 }, { 1, 1 }, { 9999, 9999 }, { 10000, 10000 }, { 10001, 10000 }, { UINT64_MAX, 10000 } };

	for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
		struct pss_message message;
		struct pss_buffer buffer;
		struct pss_frame frame;

		pss_buffer_init(&buffer);
		pss_message_begin(&message, &buffer, PSS_RESIZE, 1);
		pss_message_number(&message, PSS_TAG_ROWS, sides[i].sent);
		g_assert_cmpint(pss_message_end(&message), ==, 0);
		g_assert_cmpint(pss_frame_parse(&buffer, &frame), ==, 1);
		struct pss_fields fields = pss_frame_fields(&frame);
		g_assert_cmpuint(pss_fields_size(fields).rows, ==, sides[i].read);
		g_assert_cmpuint(pss_fields_size(fields).columns, ==, 0);
		g_assert_cmpint(pss_fields_flag(fields, PSS_TAG_ROWS), ==, sides[i].sent != 0);
		g_assert_false(pss_fields_flag(fields, PSS_TAG_KEEP));
		pss_buffer_finish(&buffer);
	}
	g_assert_cmpuint(pss_note_level(PSS_NOTE_MOTD), ==, 0);
	g_assert_cmpuint(pss_note_level(PSS_NOTE_WARNING), ==, 0);
	g_assert_cmpuint(pss_note_level(PSS_NOTE_VERBOSE), ==, 1);
	g_assert_cmpuint(pss_note_level(PSS_NOTE_DEBUG), ==, 2);
	g_assert_cmpuint(pss_note_level(PSS_NOTE_STEP), ==, PSS_VERBOSE_STEPS);
	g_assert_cmpuint(pss_note_level((enum pss_note_kind)1000), ==, 0);
}

static void a_length_over_the_limit_is_refused(void)
{
	struct pss_frame_header header = { .length = PSS_FRAME_PAYLOAD_MAX + 1, .type = PSS_LINE };
	struct pss_buffer buffer;
	struct pss_frame frame;

	pss_buffer_init(&buffer);
	pss_buffer_append(&buffer, &header, sizeof header);
	g_assert_cmpint(pss_frame_parse(&buffer, &frame), ==, -EMSGSIZE);
	pss_buffer_finish(&buffer);
	header.length = UINT32_MAX;
	pss_buffer_append(&buffer, &header, sizeof header);
	g_assert_cmpint(pss_frame_parse(&buffer, &frame), ==, -EMSGSIZE);
	pss_buffer_finish(&buffer);
}

static void too_much_to_write_leaves_whole_frames_only(void)
{
	g_autofree char *large = g_malloc0(PSS_FRAME_PAYLOAD_MAX);
	struct pss_message message;
	struct pss_buffer buffer;
	struct pss_frame frame;

	fill(&buffer);
	size_t before = buffer.length;
	g_assert_cmpint(pss_frame_append(&buffer, PSS_LINE, 1, 0, large, PSS_FRAME_PAYLOAD_MAX + 1), ==, -EMSGSIZE);
	g_assert_cmpuint(buffer.length, ==, before);
	pss_message_begin(&message, &buffer, PSS_LIST, 1);
	pss_message_number(&message, PSS_TAG_ID, 1);
	pss_message_bytes(&message, PSS_TAG_PROMPT, large, PSS_FRAME_PAYLOAD_MAX - 8);
	pss_message_number(&message, PSS_TAG_ID, 2);
	g_assert_cmpint(pss_message_end(&message), ==, -E2BIG);
	g_assert_cmpuint(buffer.length, ==, before);
	g_assert_cmpint(pss_frame_parse(&buffer, &frame), ==, 1);
	check_open(&frame);
	pss_buffer_finish(&buffer);
}

/* Every way in which one field's bytes can disagree with their lengths, by brute force: each prefix, each byte changed.
 */
static void malformed_fields_are_never_read_beyond_their_end(void)
{
	struct pss_buffer buffer;
	struct pss_frame frame;
	unsigned n_refused = 0;

	fill(&buffer);
	g_assert_cmpint(pss_frame_parse(&buffer, &frame), ==, 1);
	for (size_t n = 0; n < frame.header.length; n++) {
		for (int change = 0; change < 3; change++) {
			/* Its own allocation, so that a sanitizer sees one byte too many. */
			g_autofree unsigned char *copy = g_malloc(n + 1);
			unsigned char *exact = g_malloc(n ? n : 1);
			memcpy(copy, frame.payload, n);
			if (n > 0 && change > 0)
				copy[n / change] ^= 0xff;
			memcpy(exact, copy, n);
			struct pss_fields fields = { exact, n };
			struct pss_field field;
			int rc;
			pss_fields_text(fields, PSS_TAG_TARGET);
			pss_fields_number(fields, PSS_TAG_PORT, 0);
			while ((rc = pss_fields_next(&fields, &field)) > 0)
				g_assert_true(field.data + field.length <= exact + n);
			n_refused += rc == -EPROTO;
			g_free(exact);
		}
	}
	g_assert_cmpuint(n_refused, >, 100);
	pss_buffer_finish(&buffer);
}

static void texts_need_their_nul(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *text;
	} wanted[] = {
		{ "ab\0", 3, "ab" }, { "ab", 2, NULL }, { "a\0b\0", 4, NULL }, { "\0", 1, "" }, { "", 0, NULL }
	};

	for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
		struct pss_field field = { PSS_TAG_NAME, (const unsigned char *)wanted[i].bytes, wanted[i].n };
		g_assert_cmpstr(pss_field_text(&field), ==, wanted[i].text);
	}
}

static void a_buffer_keeps_its_bytes_while_it_moves_them(void)
{
	struct pss_buffer buffer;
	unsigned next_in = 0, next_out = 0;

	pss_buffer_init(&buffer);
	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < round % 97; i++) {
			unsigned char byte = (unsigned char)next_in++;
			g_assert_cmpint(pss_buffer_append(&buffer, &byte, 1), ==, 0);
		}
		size_t n = MIN(buffer.length, round % 89);
		for (size_t i = 0; i < n; i++)
			g_assert_cmpuint(pss_buffer_bytes(&buffer)[i], ==, (unsigned char)next_out++);
		pss_buffer_consume(&buffer, n);
	}
	pss_buffer_wipe(&buffer);
	g_assert_null(buffer.data);
}

static void statuses_map_to_exit_statuses(void)
{
	g_assert_cmpint(pss_status_exit(PSS_OK), ==, 0);
	g_assert_cmpint(pss_status_exit(PSS_USAGE), ==, 2);
	g_assert_cmpint(pss_status_exit(PSS_TIMEOUT), ==, 124);
	g_assert_cmpint(pss_status_exit(PSS_INTERRUPTED), ==, 130);
	g_assert_cmpint(pss_status_exit(PSS_AUTH), ==, 255);
	g_assert_cmpint(pss_status_exit(PSS_HOST_KEY), ==, 255);
	g_assert_cmpint(pss_status_exit(12345), ==, 1);
	g_assert_cmpstr(pss_status_name(12345), ==, "unknown");
	for (uint32_t i = 0; i < PSS_STATUS_COUNT; i++)
		g_assert_nonnull(pss_status_name(i));
	g_assert_cmpstr(pss_state_name(PSS_STATE_OPENED), ==, "Opened");
	g_assert_cmpstr(pss_state_name(99), ==, "?");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/frames survive every chunking", frames_survive_every_chunking);
	g_test_add_func("/wire/sizes, flags and levels are bounded", sizes_flags_and_levels_are_bounded);
	g_test_add_func("/wire/a length over the limit is refused", a_length_over_the_limit_is_refused);
	g_test_add_func("/wire/too much to write leaves whole frames only", too_much_to_write_leaves_whole_frames_only);
	g_test_add_func("/wire/malformed fields are never read beyond their end",
			malformed_fields_are_never_read_beyond_their_end);
	g_test_add_func("/wire/texts need their NUL", texts_need_their_nul);
	g_test_add_func("/wire/a buffer keeps its bytes while it moves them",
			a_buffer_keeps_its_bytes_while_it_moves_them);
	g_test_add_func("/wire/statuses map to exit statuses", statuses_map_to_exit_statuses);
	return g_test_run();
}
