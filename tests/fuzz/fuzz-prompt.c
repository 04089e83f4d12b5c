/* SPDX-License-Identifier: MIT */
/* The prompt sanitiser. Whatever a remote sends as its prompt: what comes out holds no control byte but
 * newline and the ESC of an SGR sequence, and is bounded. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/prompt/prompt.h"
#include "fuzz.h"
#include "terminal/clean-text.h"

/* The length of the SGR sequence at `text`, 0 if there is none. */
static size_t sgr_length(const char *text)
{
	size_t n = 2 + strspn(text[1] ? text + 2 : "", "0123456789;:");

	return text[0] == '\033' && text[1] == '[' && text[n] == 'm' ? n + 1 : 0;
}

static void check_clean(const char *text, bool sgr, bool lines)
{
	for (const char *at = text; *at; at++) {
		size_t length = sgr && *at == '\033' ? sgr_length(at) : 0;

		if (length > 0) {
			at += length - 1;
			continue;
		}
		if (lines && *at == '\n')
			continue;
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			abort();
		/* C1 controls are C2 80 to C2 9F in UTF-8. */
		if ((unsigned char)at[0] == 0xc2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xa0)
			abort();
	}
}

static void check_flags(const uint8_t *data, size_t size, enum pss_clean flags)
{
	char *text = pss_clean_text(data, size, flags);

	if (!text || strlen(text) > PSS_CLEAN_MAX)
		abort();
	check_clean(text, flags & PSS_CLEAN_SGR, flags & PSS_CLEAN_LINES);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pss_prompt prompt = {
		.name = "box",
		.user = "user",
		.prompt_name = "user@box",
		.remote = data,
		.n_remote = size,
		.directory = data,
		.n_directory = size,
		.utf8 = true,
	};
	char *text;

	for (unsigned flags = 0; flags < 8; flags++)
		check_flags(data, size, (enum pss_clean)flags);
	text = pss_prompt_compose(&prompt);
	if (!text || !strstr(text, "[user@box]: "))
		abort();
	check_clean(text, true, true);
	free(text);
	prompt.form = "%h %u %p %w %% %n %";
	text = pss_prompt_compose(&prompt);
	if (!text)
		abort();
	check_clean(text, true, true);
	free(text);
	return 0;
}
