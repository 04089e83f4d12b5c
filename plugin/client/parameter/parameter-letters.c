/* SPDX-License-Identifier: MIT */
/* ssh's letters, for those whose fingers know them. Case counts, and a letter that begins one parameter's name alone
 * means that, but for `-n`: a loop that is written with it must not lose its input. parameter.c asks it. */
#include "client/parameter/parameter.h"

static const struct pss_letter letters[] = {
	{ 'p', "Port", NULL, false, false },
	{ 'l', "UserName", NULL, false, false },
	{ 'i', "KeyFilePath", NULL, false, false },
	{ 'F', "ConfigFile", NULL, false, false },
	{ 'o', "Options", NULL, false, false },
	{ 'J', "Options", "ProxyJump=", false, false },
	{ 'A', "Options", "ForwardAgent=yes", true, false },
	{ 'n', "InputObject", "$null", true, true },
};

const struct pss_letter *pss_letter_find(const char *argument)
{
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
		if (argument[1] == letters[i].letter && !argument[2])
			return &letters[i];
	return NULL;
}

const char *pss_parameter_of_letter(const char *argument)
{
	const struct pss_letter *letter = pss_letter_find(argument);

	return letter && !letter->alone ? letter->parameter : NULL;
}
