/* SPDX-License-Identifier: MIT */
/* Widgets that do something else while a session is entered. They are changed in place, so that all their names and
 * keys lead to ours, also those that code of the user's gives them meanwhile, and all are changed back, whatever they
 * are called by then. Used by what secures the ends of lines and takes local widgets away. */
#include <stdbool.h>
#include <stdlib.h>

#include "zsh-module/zsh.h"

#include "zsh-module/editor.h"

#define KEPT_FLAGS (WIDGET_INUSE | WIDGET_FREE) /* zsh's own book-keeping */

static struct replaced {
	struct replaced *next;
	Widget widget; /* may have been freed meanwhile: only one that has a name is looked at */
	struct widget before;
	ZleIntFunc instead;
} * replaced;

static struct replaced *find(Widget widget)
{
	struct replaced *one = replaced;

	while (one && one->widget != widget)
		one = one->next;
	return one;
}

static bool is_ours(const struct replaced *one)
{
	return (one->widget->flags & WIDGET_INT) && one->widget->u.fn == one->instead;
}

static void replace(struct replaced *one, int flags)
{
	one->before = *one->widget;
	one->before.flags &= ~KEPT_FLAGS;
	one->widget->flags = (flags & ~KEPT_FLAGS) | (one->widget->flags & KEPT_FLAGS);
	one->widget->u.fn = one->instead;
}

static void put_back(struct replaced *one)
{
	one->widget->flags = one->before.flags | (one->widget->flags & KEPT_FLAGS);
	one->widget->u = one->before.u;
}

bool pss_zsh_editor_replace(Widget widget, int flags, ZleIntFunc instead)
{
	struct replaced *one = find(widget);

	if (one && is_ours(one))
		return false;
	if (!one) {
		one = calloc(1, sizeof *one);
		if (!one)
			return false;
		one->widget = widget;
		one->next = replaced;
		replaced = one;
	}
	one->instead = instead;
	replace(one, flags);
	return true;
}

static void put_name_back(HashNode name, int unused)
{
	Thingy thingy = (Thingy)name;
	struct replaced *one = (thingy->flags & DISABLED) ? NULL : find(thingy->widget);

	if (one && is_ours(one))
		put_back(one);
}

void pss_zsh_editor_put_all_back(void)
{
	struct replaced *next;

	scanhashtable(*pss_zle.thingytab, 0, 0, 0, put_name_back, 0);
	for (; replaced; replaced = next) {
		next = replaced->next;
		free(replaced);
	}
}
