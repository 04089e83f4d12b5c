/* SPDX-License-Identifier: MIT */
/* Hooks of the user's that zsh calls while a line is edited. They run, and what they have bound or defined meanwhile
 * does not end lines: plugins put themselves in place in zle-line-init. zle-line-pre-redraw comes after each key; where
 * the user has none it is ours, so that nothing that a widget binds outlives its key. */
#include <stdbool.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/editor.h"

#define REDRAW "zle-line-pre-redraw"
#define QUIET_FLAGS (WIDGET_INT | ZLE_NOTCOMMAND | ZLE_KEEPSUFFIX | ZLE_MENUCMP | ZLE_LASTCOL)

static int on_init(char **arguments);
static int on_redraw(char **arguments);

static struct hook {
	const char *name;
	ZleIntFunc instead;
	Widget widget; /* NULL: there is none */
	struct widget before;
	bool called; /* the user's runs */
} hooks[] = {
	{ .name = "zle-line-init", .instead = on_init },
	{ .name = REDRAW, .instead = on_redraw },
};
#define HOOKS_END (hooks + sizeof hooks / sizeof *hooks)

static Widget redraw; /* ours, or NULL: the user has one */

static bool is_ours(const struct hook *hook, Widget widget)
{
	return widget && widget == hook->widget && (widget->flags & WIDGET_INT) && widget->u.fn == hook->instead;
}

static void take(struct hook *hook)
{
	Widget widget = pss_editor_widget(hook->name);

	if (hook->called || is_ours(hook, widget))
		return;
	hook->widget = widget == redraw ? NULL : widget;
	if (!hook->widget)
		return;
	hook->before = *widget;
	hook->before.flags &= ~WIDGET_INUSE;
	widget->flags = QUIET_FLAGS | (widget->flags & WIDGET_INUSE);
	widget->u.fn = hook->instead;
}

static void give_back(struct hook *hook)
{
	Widget widget = pss_editor_widget(hook->name);

	if (is_ours(hook, widget)) {
		widget->flags = hook->before.flags | (widget->flags & WIDGET_INUSE);
		widget->u = hook->before.u;
	}
	hook->widget = NULL;
}

static int call(ZleIntFunc instead, char **arguments)
{
	struct hook *hook = hooks;
	int queued = queue_signal_level(), rc = 1;
	Thingy thingy;

	while (hook < HOOKS_END - 1 && hook->instead != instead)
		hook++;
	/* add-zle-hook-widget may have given it another name meanwhile, by which it is called once more. */
	if (hook->called || !pss_editor_request())
		return 0;
	give_back(hook);
	hook->called = true;
	thingy = pss_zle.rthingy_nocreate((char *)hook->name);
	dont_queue_signals();
	if (thingy)
		rc = pss_zle.execzlefunc(thingy, arguments, 1, 0);
	restore_queue_signals(queued);
	if (thingy)
		pss_zle.unrefthingy(thingy);
	hook->called = false;
	pss_editor_take_hooks();
	pss_editor_secure_enter();
	return rc;
}

static int on_init(char **arguments)
{
	return call(on_init, arguments);
}

static int on_redraw(char **arguments)
{
	return call(on_redraw, arguments);
}

static int after_key(char **arguments)
{
	if (pss_editor_request())
		pss_editor_secure_enter();
	return 0;
}

static void be_redraw(void)
{
	char name[] = REDRAW;

	if (!redraw && !pss_editor_widget(REDRAW))
		redraw = pss_zle.addzlefunction(name, after_key, QUIET_FLAGS);
}

void pss_editor_take_hooks(void)
{
	be_redraw();
	for (struct hook *hook = hooks; hook < HOOKS_END; hook++)
		take(hook);
}

void pss_editor_give_hooks_back(void)
{
	for (struct hook *hook = hooks; hook < HOOKS_END; hook++)
		give_back(hook);
	if (redraw)
		pss_zle.deletezlefunction(redraw);
	redraw = NULL;
}
