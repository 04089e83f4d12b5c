/* SPDX-License-Identifier: MIT */
/* The line being edited, as the entered loop asked for it, and the keys that were typed ahead for it. Below the other
 * files of the editor, which all ask it; zsh has the keys while it edits. */
#include <stdbool.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "client/prompt/typed.h"
#include "zsh-module/editor.h"

static const struct pss_read_request *current; /* NULL: no line is being read */

void pss_zsh_editor_set_request(const struct pss_read_request *request)
{
	current = request;
}

const struct pss_read_request *pss_zsh_editor_request(void)
{
	return current;
}

static bool ends_with(const struct pss_typed *typed, const char *keys, size_t n)
{
	size_t there = typed->keys.length;

	return n == 0 || (n <= there && memcmp(pss_buffer_bytes(&typed->keys) + there - n, keys, n) == 0);
}

/* What zsh has put back, in the order in which it would read it. */
static void read_unread(char *keys, size_t n)
{
	int vi_change = *pss_zle.vichgflag, last = *pss_zle.lastchar;

	*pss_zle.vichgflag = 0;
	for (size_t i = 0; i < n; i++)
		keys[i] = (char)pss_zle.getbyte(0, NULL, 0);
	*pss_zle.vichgflag = vi_change;
	*pss_zle.lastchar = last;
}

/* It puts back what follows an Enter that longer keys begin with, say, and may have read that from the terminal. */
void pss_zsh_editor_take_unread(void)
{
	struct pss_typed *typed = current->typed;
	size_t n = *pss_zle.kungetct > 0 ? (size_t)*pss_zle.kungetct : 0;
	char *keys = zshcalloc(n + 1);

	read_unread(keys, n);
	if (ends_with(typed, keys, n)) {
		pss_typed_take(typed, typed->keys.length - n);
	} else {
		pss_typed_forget(typed);
		pss_typed_read(typed, keys, n);
	}
	pss_wipe(keys, n);
	zfree(keys, n + 1);
}

/* As if a widget put them back: zsh reads them before the terminal's. */
void pss_zsh_editor_give_typed(void)
{
	struct pss_typed *typed = current->typed;

	pss_zle.ungetbytes((char *)pss_buffer_bytes(&typed->keys), (int)typed->keys.length);
}
