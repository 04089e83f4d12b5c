/* SPDX-License-Identifier: MIT */
/* How a line ends while entered. What plugins and dotfiles have put in the place of accept-line and its kind may
 * rewrite the line, run it, or ask something here: zsh's own take their places, in place and back. Enter does so in
 * every keymap, and no string that a key types ends a line. What is sent is the line as it was when it was accepted,
 * whatever a hook makes of it afterwards. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"
#include "zsh-module/editor.h"

static int accept_line(char **arguments);
static int accept_and_hold(char **arguments);
static int accept_and_down(char **arguments);
static int accept_and_infer(char **arguments);

static struct ending {
	const char *name;
	ZleIntFunc instead, own; /* in the place of `.name`; what that does */
	bool is_users;           /* `name` has been made to mean another widget */
} endings[] = {
	{ .name = "accept-line", .instead = accept_line },
	{ .name = "accept-and-hold", .instead = accept_and_hold },
	{ .name = "accept-line-and-down-history", .instead = accept_and_down },
	{ .name = "accept-and-infer-next-history", .instead = accept_and_infer },
};
#define ENDINGS_END (endings + sizeof endings / sizeof *endings)

/* A key that has been bound to something else. */
static struct key {
	char *keymap, *sequence; /* zsh's heap */
	Thingy before;           /* a reference; NULL: it typed a string */
	char *string;
	Thingy instead;
} * keys;
static size_t n_keys;

static char *accepted; /* heap, plain; of the line being edited */

char *pss_zsh_editor_take_accepted(void)
{
	char *line = accepted;

	accepted = NULL;
	return line;
}

/* -- the widgets */

/* A suggestion behind the line, which the widget that is not called would have taken away. */
static void drop_what_is_behind(void)
{
	if (*pss_zle.postdisplaylen == 0)
		return;
	free(*pss_zle.postdisplay);
	*pss_zle.postdisplay = NULL;
	*pss_zle.postdisplaylen = 0;
}

static void keep_line(void)
{
	int length, cursor;
	char *line = zleentry(ZLE_CMD_GET_LINE, &length, &cursor);

	free(accepted);
	accepted = line ? pss_zsh_plain(line) : NULL;
	zsfree(line);
}

static int end_by(ZleIntFunc instead, char **arguments)
{
	struct ending *row = endings;

	while (row < ENDINGS_END - 1 && row->instead != instead)
		row++;
	int rc = row->own(arguments);
	if (!*pss_zle.done)
		return rc;
	if (row->is_users)
		drop_what_is_behind();
	keep_line();
	return rc;
}

static int accept_line(char **arguments)
{
	return end_by(accept_line, arguments);
}

static int accept_and_hold(char **arguments)
{
	return end_by(accept_and_hold, arguments);
}

static int accept_and_down(char **arguments)
{
	return end_by(accept_and_down, arguments);
}

static int accept_and_infer(char **arguments)
{
	return end_by(accept_and_infer, arguments);
}

static Widget own_widget(const struct ending *row)
{
	char dotted[64] = ".";

	strncat(dotted, row->name, sizeof dotted - 2);
	return pss_zsh_editor_widget(dotted);
}

static void secure_widget(struct ending *row)
{
	Widget own = own_widget(row), shown = pss_zsh_editor_widget(row->name);

	if (!own || !(own->flags & WIDGET_INT))
		return;
	if (!row->own) {
		row->own = own->u.fn;
		pss_zsh_editor_replace(own, own->flags, row->instead);
	}
	if (shown && shown != own && pss_zsh_editor_replace(shown, own->flags, row->instead))
		row->is_users = true;
}

/* -- the keys */

static Thingy thingy_named(const char *name)
{
	return pss_zle.rthingy_nocreate((char *)name);
}

static bool is_function(Thingy thingy)
{
	return thingy && !(thingy->flags & DISABLED) && !(thingy->widget->flags & WIDGET_INT);
}

static bool is_enter(const char *sequence)
{
	return strcmp(sequence, "\r") == 0 || strcmp(sequence, "\n") == 0;
}

/* scankeymap(): which keys have to be rebound, and to what. */
static void note_key(char *sequence, Thingy bound, char *string, void *user)
{
	const char *instead = NULL;

	if (is_enter(sequence) && (bound ? is_function(bound) : string != NULL))
		instead = ".accept-line";
	else if (!bound && string && strpbrk(string, "\r\n"))
		instead = ".beep";
	if (!instead)
		return;
	struct key *more = realloc(keys, (n_keys + 1) * sizeof *keys);
	if (!more)
		return;
	keys = more;
	keys[n_keys++] = (struct key){
		.keymap = ztrdup(user),
		.sequence = ztrdup(sequence),
		.before = bound ? pss_zle.refthingy(bound) : NULL,
		.string = bound ? NULL : ztrdup(string),
		.instead = thingy_named(instead),
	};
}

static void bind_noted(Keymap keymap, size_t from)
{
	for (; from < n_keys; from++) {
		if (keys[from].instead)
			pss_zle.bindkey(keymap, keys[from].sequence, pss_zle.refthingy(keys[from].instead), NULL);
	}
}

static void secure_keymap(HashNode name, int unused)
{
	Keymap keymap = pss_zle.openkeymap(name->nam);
	size_t from = n_keys;

	if (!keymap)
		return;
	pss_zle.scankeymap(keymap, 0, note_key, name->nam);
	bind_noted(keymap, from);
}

static void secure_enter(HashNode name, int unused)
{
	static const char *const sequences[] = { "\r", "\n" };
	Keymap keymap = pss_zle.openkeymap(name->nam);
	size_t from = n_keys;

	for (size_t i = 0; keymap && i < sizeof sequences / sizeof *sequences; i++) {
		char *sequence = (char *)sequences[i], *string = NULL;
		Thingy bound = pss_zle.keybind(keymap, sequence, &string);

		note_key(sequence, bound, string, name->nam);
	}
	bind_noted(keymap, from);
}

static void put_back_key(struct key *key)
{
	Keymap keymap = pss_zle.openkeymap(key->keymap);
	char *string = NULL;

	if (keymap && key->instead && pss_zle.keybind(keymap, key->sequence, &string) == key->instead)
		pss_zle.bindkey(keymap, key->sequence, key->before ? pss_zle.refthingy(key->before) : NULL,
				key->string);
	if (key->before)
		pss_zle.unrefthingy(key->before);
	if (key->instead)
		pss_zle.unrefthingy(key->instead);
	zsfree(key->keymap);
	zsfree(key->sequence);
	zsfree(key->string);
}

static void secure_keymaps(void (*secure)(HashNode name, int unused))
{
	for (struct ending *row = endings; row < ENDINGS_END; row++)
		secure_widget(row);
	scanhashtable(*pss_zle.keymapnamtab, 0, 0, 0, secure, 0);
}

/* -- what rebinds keys */

static int run_binder(char *name, char **arguments, Options options, int function);

/* Code of the user's that runs while a key is waited for, too (`zle -F`, sched, traps), binds by these alone. */
static struct binder {
	const char *name;
	HandlerFunc own; /* zsh's; NULL: it is in its place */
} binders[] = { { .name = "bindkey" }, { .name = "zle" } };
#define BINDERS_END (binders + sizeof binders / sizeof *binders)

static int run_binder(char *name, char **arguments, Options options, int function)
{
	struct binder *row = binders;

	while (row < BINDERS_END - 1 && strcmp(row->name, name) != 0)
		row++;
	int rc = row->own(name, arguments, options, function);
	if (pss_zsh_editor_request())
		secure_keymaps(secure_enter);
	return rc;
}

static Builtin builtin_of(const struct binder *row)
{
	return (Builtin)builtintab->getnode2(builtintab, row->name);
}

static void take_binder(struct binder *row)
{
	Builtin builtin = builtin_of(row);

	if (!builtin || !builtin->handlerfunc || row->own)
		return;
	row->own = builtin->handlerfunc;
	builtin->handlerfunc = run_binder;
}

static void give_binder_back(struct binder *row)
{
	Builtin builtin = builtin_of(row);

	if (builtin && row->own && builtin->handlerfunc == run_binder)
		builtin->handlerfunc = row->own;
	row->own = NULL;
}

void pss_zsh_editor_secure_ends(void)
{
	secure_keymaps(secure_keymap);
	for (struct binder *row = binders; row < BINDERS_END; row++)
		take_binder(row);
}

void pss_zsh_editor_release_ends(void)
{
	for (struct binder *row = binders; row < BINDERS_END; row++)
		give_binder_back(row);
	while (n_keys > 0)
		put_back_key(&keys[--n_keys]);
	free(keys);
	keys = NULL;
	for (struct ending *row = endings; row < ENDINGS_END; row++) {
		row->own = NULL;
		row->is_users = false;
	}
	free(pss_zsh_editor_take_accepted());
}
