/* SPDX-License-Identifier: MIT */
/* bash's variables for the client: scalars and arrays are read, arrays are set. The layout of bash's arrays differs
 * between 5.1 and 5.2, so only its functions touch them. Whether a name can take an array is found out before anything
 * happens, because bash's own refusal would jump out of the builtin. */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h> /* shell.h wants pid_t, and musl does not give it for less */

#include "shell.h"

#include "bash-builtin/adapter.h"

const char *pss_bash_get_variable(const char *name)
{
	return get_string_value(name);
}

static int add_words(struct pss_texts *texts, WORD_LIST *words)
{
	int rc = 0;

	for (const WORD_LIST *word = words; word && rc == 0; word = word->next)
		rc = pss_texts_add(texts, strdup(word->word->word));
	dispose_words(words);
	return rc;
}

int pss_bash_get_items(const char *name, struct pss_items *ret_items)
{
	SHELL_VAR *variable = find_variable(name);

	if (!variable || !(array_p(variable) || assoc_p(variable)))
		return -ENOENT;
	*ret_items = (struct pss_items){ .is_map = assoc_p(variable) != 0 };
	bool is_map = ret_items->is_map;
	int rc = add_words(&ret_items->keys, is_map ? assoc_keys_to_word_list(assoc_cell(variable))
						    : array_keys_to_word_list(array_cell(variable)));
	if (rc == 0)
		rc = add_words(&ret_items->values, is_map ? assoc_to_word_list(assoc_cell(variable))
							  : array_to_word_list(array_cell(variable)));
	return rc == 0 && ret_items->keys.n_items != ret_items->values.n_items ? -EAGAIN : rc;
}

/* libc's environ is what bash was started with; this is rebuilt where a variable has changed, and holds what stands
 * in front of the command (`NAME=value new-pssession`). */
char *const *pss_bash_get_environment(void)
{
	maybe_make_export_env();
	return export_env;
}

/* Plain variables to bash's own eyes that it sets again by itself, or that nothing works without once they have turned
 * into arrays. */
static bool is_special(const char *name)
{
	static const char *const names[] = { "_",     "PIPESTATUS", "BASH_REMATCH", "PATH",    "IFS",
					     "HOME",  "PWD",        "OLDPWD",       "OPTIND",  "TERM",
					     "SHELL", "LANG",       "LC_ALL",       "LC_CTYPE" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

int pss_bash_check_array(const char *name)
{
	if (!legal_identifier(name))
		return -EINVAL;
	SHELL_VAR *plain = find_variable_noref(name), *variable = find_variable(name);
	if (plain && nameref_p(plain) && !variable)
		return -EEXIST;
	if (is_special(variable ? variable->name : name))
		return -EPERM;
	if (!variable)
		return 0;
	if (readonly_p(variable) || noassign_p(variable))
		return -EROFS;
	if (assoc_p(variable) || integer_p(variable) || variable->dynamic_value || variable->assign_func)
		return -EEXIST;
	return 0;
}

/* One behind the highest index. */
static arrayind_t end_of(SHELL_VAR *variable)
{
	WORD_LIST *keys = array_keys_to_word_list(array_cell(variable));
	arrayind_t end = 0;

	for (const WORD_LIST *key = keys; key; key = key->next)
		end = strtoimax(key->word->word, NULL, 10) + 1;
	dispose_words(keys);
	return end;
}

int pss_bash_set_array(const char *name, const char *const *values, size_t n_values, bool append)
{
	SHELL_VAR *variable = find_or_make_array_variable((char *)name, 1);

	if (!variable || !array_p(variable))
		return -EROFS;
	if (!append)
		array_flush(array_cell(variable));
	arrayind_t index = append ? end_of(variable) : 0;
	for (size_t i = 0; i < n_values; i++)
		bind_array_element(variable, index++, (char *)values[i], 0);
	VUNSETATTR(variable, att_invisible);
	return 0;
}
