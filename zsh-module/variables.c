/* SPDX-License-Identifier: MIT */
/* zsh's parameters for the client: scalars and arrays are read, arrays are set. Whether a name can take an array is
 * found out before anything happens, because zsh's own refusal would end the script that called us. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "zsh-module/zsh.h"

#include "zsh-module/adapter.h"

/* What is called otherwise in bash, whose names the client uses. */
static const char *own_name(const char *name)
{
	return strcmp(name, "HISTFILESIZE") == 0 ? "SAVEHIST" : name;
}

const char *pss_zsh_get_variable(const char *name)
{
	static char *last; /* lent until the next call */
	char *value;

	free(last);
	last = NULL;
	queue_signals();
	value = getsparam((char *)own_name(name));
	if (value)
		last = pss_zsh_plain(value);
	unqueue_signals();
	return last;
}

/* A NUL byte is Meta and a blank. */
static int add_plain(struct pss_texts *texts, const char *metafied)
{
	static const char nul[] = { Meta, 32, '\0' };

	return strstr(metafied, nul) ? -EILSEQ : pss_texts_add(texts, pss_zsh_plain(metafied));
}

static int add_all(struct pss_items *items, char **keys, char **values)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && values[i]; i++) {
		rc = keys ? add_plain(&items->keys, keys[i]) : pss_texts_add(&items->keys, pss_format("%zu", i));
		if (rc == 0)
			rc = add_plain(&items->values, values[i]);
	}
	return rc;
}

int pss_zsh_get_items(const char *name, struct pss_items *ret_items)
{
	*ret_items = (struct pss_items){ 0 };
	queue_signals();
	char **values = getaparam((char *)name);
	char **keys = values ? NULL : gethkparam((char *)name);
	ret_items->is_map = keys != NULL;
	if (keys)
		values = gethparam((char *)name);
	int rc = values ? add_all(ret_items, keys, values) : -ENOENT;
	unqueue_signals();
	return rc;
}

/* isident() takes subscripts and positional parameters too. */
static bool is_name(const char *name)
{
	char *copy = pss_zsh_metafied(name, strlen(name));
	bool good = copy && !idigit(*copy) && !strchr(copy, '[') && isident(copy);

	zsfree(copy);
	return good;
}

int pss_zsh_check_array(const char *name)
{
	Param param;

	if (!is_name(name))
		return -EINVAL;
	param = (Param)paramtab->getnode(paramtab, name);
	if (!param || (param->node.flags & PM_UNSET))
		return param && (param->node.flags & PM_READONLY) ? -EROFS : 0;
	if (param->node.flags & (PM_READONLY | PM_RESTRICTED))
		return -EROFS;
	if ((PM_TYPE(param->node.flags) != PM_SCALAR && PM_TYPE(param->node.flags) != PM_ARRAY) ||
	    (param->node.flags & (PM_SPECIAL | PM_TIED)))
		return -EEXIST;
	return 0;
}

int pss_zsh_set_array(const char *name, const char *const *values, size_t n_values, bool append)
{
	char **array = zshcalloc((n_values + 1) * sizeof *array);
	char *copy = pss_zsh_metafied(name, strlen(name));

	for (size_t i = 0; i < n_values; i++)
		array[i] = pss_zsh_metafied(values[i], strlen(values[i]));
	Param param = assignaparam(copy, array, append ? ASSPM_AUGMENT : 0);
	zsfree(copy);
	return param ? 0 : -EROFS;
}
