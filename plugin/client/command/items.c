/* SPDX-License-Identifier: MIT */
/* The end of what a shell's adapter has read from an array or map (shell.h). */
#include <string.h>

#include "client/command/shell.h"
#include "wire/buffer.h"

static void wipe(struct pss_texts *texts)
{
	for (size_t i = 0; i < texts->n_items; i++)
		pss_wipe(texts->items[i], strlen(texts->items[i]));
	pss_texts_finish(texts);
}

void pss_items_finish(struct pss_items *items)
{
	wipe(&items->keys);
	wipe(&items->values);
}
