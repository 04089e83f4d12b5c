/* SPDX-License-Identifier: MIT */
/* How what we say ourselves may look, by the environment and the descriptor. Called before something is coloured or
 * drawn again by invoke, copy and entered. Writes nothing.
 *
 * The variables are those that others have agreed on: no-color.org, and CLICOLOR of BSD's ls. Where they contradict
 * one another the quieter one wins. */
#include "client/tty/look.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/base/strings.h"
#include "client/tty/size.h"
#include "terminal/width.h"
#include "wire/cleanup.h"

static bool is_set(const char *name)
{
	const char *value = getenv(name);
	return value && *value;
}

static bool is_zero(const char *name)
{
	const char *value = getenv(name);
	return value && strcmp(value, "0") == 0;
}

bool pss_look_is_dumb(const char *term)
{
	return !term || !*term || strcmp(term, "dumb") == 0;
}

bool pss_look_is_plain(const char *term)
{
	return pss_look_is_dumb(term) || is_set("PSSESSION_PLAIN");
}

bool pss_look_has_color(int fd)
{
	if (is_set("NO_COLOR") || is_set("PSSESSION_PLAIN"))
		return false;
	if (is_set("CLICOLOR_FORCE") && !is_zero("CLICOLOR_FORCE"))
		return true;
	return !is_zero("CLICOLOR") && !pss_look_is_dumb(getenv("TERM")) && isatty(fd);
}

bool pss_look_can_redraw(void)
{
	return !pss_look_is_plain(getenv("TERM")) && isatty(STDERR_FILENO);
}

char *pss_look_status_line(const char *text)
{
	/* One that fills the last column would wrap on some terminals. */
	unsigned columns = pss_descriptor_columns(STDERR_FILENO) - 1;
	size_t n = pss_width_fit(text, columns, NULL);

	if (!text[n])
		return pss_format(PSS_LOOK_ERASE "%s\r", text);
	n = columns > 0 ? pss_width_fit(text, columns - 1, NULL) : 0;
	return pss_format(PSS_LOOK_ERASE "%.*s%s\r", (int)n, text, columns > 0 ? pss_width_cut_mark() : "");
}
