/* SPDX-License-Identifier: MIT */
/* ZLE's widgets while entered. Those that would complete, expand or run something on the local machine only
 * ring the bell, under every name and key that they have; the user's own widgets stay. Keymaps and names are never
 * touched. */
#include <stdbool.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor.h"

#define CTRL_Z 0x1a

static int ring(char **arguments);
static int undefined_key(char **arguments);
static int insert_key(char **arguments);

static struct disarmed {
	const char *name;
	ZleIntFunc instead;
	ZleIntFunc own; /* what it did, if that was zsh's; NULL: it is not replaced */
} disarmed[] = {
	{ .name = "expand-cmd-path", .instead = ring }, /* the local PATH */
	{ .name = "expand-word", .instead = ring },     /* local files and parameters */
	{ .name = "list-expand", .instead = ring },
	{ .name = "spell-word", .instead = ring }, /* local commands and files */
	{ .name = "run-help", .instead = ring },   /* runs a command that is not the line's */
	{ .name = "which-command", .instead = ring },
	{ .name = "edit-command-line", .instead = ring }, /* a local editor */
	{ .name = "expand-absolute-path", .instead = ring },
	{ .name = "undefined-key", .instead = undefined_key },
	{ .name = "self-insert", .instead = insert_key },
};
#define DISARMED_END (disarmed + sizeof disarmed / sizeof *disarmed)

static int ring(char **arguments)
{
	pss_zle.handlefeep(arguments);
	return 1;
}

/* What the key would have done without us. */
static int call_before(ZleIntFunc instead, char **arguments)
{
	for (struct disarmed *row = disarmed; row < DISARMED_END; row++) {
		if (row->instead == instead && row->own)
			return row->own(arguments);
	}
	return 1;
}

static bool is_suspend_key(void)
{
	if (*pss_zle.lastchar != CTRL_Z)
		return false;
	pss_zle.showmsg("zsh: enter-pssession is a builtin and cannot be a job; exit-pssession leaves the session");
	return true;
}

static int undefined_key(char **arguments)
{
	return is_suspend_key() ? 0 : call_before(undefined_key, arguments);
}

/* In vi's insert mode Ctrl-Z would be text. */
static int insert_key(char **arguments)
{
	return is_suspend_key() ? 0 : call_before(insert_key, arguments);
}

Widget pss_zsh_editor_widget(const char *name)
{
	Thingy thingy = pss_zle.rthingy_nocreate((char *)name);
	Widget widget = thingy && !(thingy->flags & DISABLED) ? thingy->widget : NULL;

	if (thingy)
		pss_zle.unrefthingy(thingy);
	return widget;
}

/* A builtin widget is wanted by its name with a dot, which cannot be made to mean another. */
static Widget widget_of(const struct disarmed *row)
{
	char dotted[64] = ".";
	Widget widget;

	strncat(dotted, row->name, sizeof dotted - 2);
	widget = pss_zsh_editor_widget(dotted);
	return widget ? widget : pss_zsh_editor_widget(row->name);
}

static void disarm(struct disarmed *row)
{
	Widget widget = widget_of(row);
	bool is_zshs = widget && (widget->flags & WIDGET_INT);

	if (!widget || (row->instead != ring && !is_zshs))
		return;
	row->own = is_zshs ? widget->u.fn : NULL;
	pss_zsh_editor_replace(widget, (widget->flags & ~WIDGET_NCOMP) | WIDGET_INT, row->instead);
}

void pss_zsh_editor_disarm_widgets(void)
{
	for (struct disarmed *row = disarmed; row < DISARMED_END; row++)
		disarm(row);
}
