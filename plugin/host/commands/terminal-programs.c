/* SPDX-License-Identifier: MIT */
#include "host/commands/terminal-programs.h"

#include <string.h>

static const char *const programs[] = {
	"vim",    "vi",  "nvim", "nano", "emacs", "mc",  "top",  "htop",    "less",   "more", "man",   "tmux",
	"screen", "ssh", "su",   "sudo", "bash",  "zsh", "fish", "python3", "python", "irb",  "watch", "passwd",
};
G_STATIC_ASSERT(G_N_ELEMENTS(programs) <= 64);

/* Without its folder. */
static gsize first_word(const char *text, gsize n, const char **ret_word)
{
	gsize start = 0, end;

	while (start < n && g_ascii_isspace(text[start]))
		start++;
	for (end = start; end < n && !strchr(" \t\r\n;|&<>()", text[end]); end++)
		if (text[end] == '/')
			start = end + 1;
	*ret_word = text + start;
	return end - start;
}

const char *pss_terminal_program(const char *text, gsize n, guint64 *noticed)
{
	const char *word;
	gsize n_word = first_word(text, n, &word);

	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
		guint64 bit = (guint64)1 << i;
		if (strlen(programs[i]) != n_word || memcmp(programs[i], word, n_word) != 0)
			continue;
		if (*noticed & bit)
			return NULL;
		*noticed |= bit;
		return programs[i];
	}
	return NULL;
}
