/* SPDX-License-Identifier: MIT */
/* Selection of sessions, as PowerShell does it: names in any case and with wildcards, an unmatched literal is an
 * error, an unmatched wildcard is not. Called by the verbs that name sessions; it sends nothing. */
#include "client/sessions/selection.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/command/computer.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

const char *const pss_state_choices[] = { "Opening", "Opened", "Disconnected", "Broken", "Closed", NULL };

/* What an error calls the value. */
static const char *const nouns[PSS_SELECTOR_COUNT] = {
	[PSS_BY_ID] = "session ID",
	[PSS_BY_NAME] = "name",
	[PSS_BY_INSTANCE] = "instance ID",
};

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != sizeof form - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i]) : text[i] != '-')
			return false;
	return true;
}

bool pss_is_reserved_name(const char *text)
{
	return is_number(text) || is_uuid(text);
}

static enum pss_selector resolve(enum pss_selector selector, const char *text)
{
	if (selector != PSS_BY_SESSION)
		return selector;
	return is_number(text) ? PSS_BY_ID : is_uuid(text) ? PSS_BY_INSTANCE : PSS_BY_NAME;
}

bool pss_select_is_pattern(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* The host process tells them apart by their form; letters beyond ASCII, whose case is the locale's affair, it leaves
 * to us. */
bool pss_select_is_literal(enum pss_selector selector, const char *text)
{
	enum pss_selector form = resolve(PSS_BY_SESSION, text);

	if (*text == '\0' || strpbrk(text, "*?[\\") || (selector != PSS_BY_SESSION && selector != form))
		return false;
	for (; *text; text++)
		if ((unsigned char)*text >= 0x7f || (unsigned char)*text < ' ')
			return false;
	return true;
}

/* A name that looks like a wildcard is still found by itself. */
static bool matches_text(const char *pattern, const char *text, bool wildcards)
{
	return strcasecmp(pattern, text) == 0 || (wildcards && fnmatch(pattern, text, FNM_CASEFOLD) == 0);
}

static bool matches(enum pss_selector selector, const char *pattern, const struct pss_session *session, bool wildcards)
{
	switch (selector) {
	case PSS_BY_ID:
		return is_number(pattern) && strtoull(pattern, NULL, 10) == session->id;
	case PSS_BY_INSTANCE:
		return strcasecmp(pattern, session->instance) == 0;
	default:
		return matches_text(pattern, session->name, wildcards);
	}
}

static void report_missing(struct pss_call *call, const char *noun, const char *text)
{
	pss_call_error(call, PSS_NO_SESSION, NULL, "The remote session with the %s %s is not available.", noun, text);
}

struct pss_selection pss_selection_of(const struct pss_call *call)
{
	struct pss_selection selection = { 0 };

	for (unsigned i = 0; i < PSS_SELECTOR_COUNT; i++)
		selection.selectors[i] = &call->selectors[i];
	return selection;
}

static void select_value(struct pss_call *call, const struct pss_selection *selection, enum pss_selector given,
			 const char *text, const struct pss_sessions *sessions, bool *chosen)
{
	enum pss_selector selector = resolve(given, text);
	bool found = false;

	for (size_t i = 0; i < sessions->n_items; i++) {
		if (matches(selector, text, &sessions->items[i], true)) {
			chosen[i] = true;
			found = true;
		}
	}
	if (found || (selector == PSS_BY_NAME && pss_select_is_pattern(text)))
		return;
	if (selection->gone_is_fine && given == PSS_BY_SESSION && selector == PSS_BY_INSTANCE)
		return;
	report_missing(call, nouns[selector], text);
}

static void select_values(struct pss_call *call, const struct pss_selection *selection, enum pss_selector given,
			  const struct pss_texts *values, const struct pss_sessions *sessions, bool *chosen)
{
	for (size_t i = 0; i < values->n_items && !call->stop; i++)
		select_value(call, selection, given, values->items[i], sessions, chosen);
}

int pss_select_read_input(struct pss_call *call, struct pss_value *value)
{
	struct pss_texts texts = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < value->list.n_items; i++) {
		if (strcmp(value->list.items[i], "-") == 0)
			rc = pss_texts_read(&texts, NULL, call->shell->interrupted);
		else
			rc = pss_texts_add(&texts, strdup(value->list.items[i]));
	}
	if (rc < 0) {
		pss_call_error(call, rc == -EINTR ? PSS_INTERRUPTED : PSS_FAILED, NULL,
			       "-Session: standard input cannot be read: %s", strerror(-rc));
		pss_texts_finish(&texts);
		return rc;
	}
	pss_texts_finish(&value->list);
	value->list = texts;
	return 0;
}

/* A session of PowerShell remoting has one name, of several that may be given. */
static bool has_configuration(const struct pss_session *session, const char *name)
{
	return strcasecmp(name, session->shell) == 0 ||
	       (pss_configuration_is_powershell(name) && pss_configuration_is_powershell(session->shell));
}

static bool passes(const struct pss_selection *selection, const struct pss_session *session)
{
	const struct pss_value *shell = selection->shell;
	bool computer = session->found || !selection->computer || !selection->computer->given;

	if (shell && shell->given && !has_configuration(session, shell->text))
		return false;
	for (size_t i = 0; !computer && i < selection->computer->list.n_items; i++)
		computer = matches_text(selection->computer->list.items[i], session->computer, true);
	return computer && (!selection->state || !selection->state->given ||
			    session->state == (uint64_t)selection->state->number + 1);
}

bool pss_select_matches(const struct pss_selection *selection, const char *computer, const struct pss_session *session)
{
	bool any = false;

	if (!matches_text(computer, session->computer, true))
		return false;
	for (unsigned i = 0; i < PSS_SELECTOR_COUNT; i++) {
		const struct pss_value *value = selection->selectors[i];
		any = any || (value && value->given);
		for (size_t j = 0; value && j < value->list.n_items; j++)
			if (matches(resolve(i, value->list.items[j]), value->list.items[j], session, true))
				return true;
	}
	return !any;
}

/* An unmatched literal of -ComputerName is an error as well. */
static void check_computers(struct pss_call *call, const struct pss_value *computer,
			    const struct pss_sessions *sessions)
{
	for (size_t i = 0; computer && i < computer->list.n_items && !call->stop; i++) {
		const char *pattern = computer->list.items[i];
		bool found = pss_select_is_pattern(pattern);
		for (size_t j = 0; !found && j < sessions->n_items; j++)
			found = matches_text(pattern, sessions->items[j].computer, true);
		if (!found)
			report_missing(call, "computer name", pattern);
	}
}

void pss_select(struct pss_call *call, const struct pss_selection *selection, struct pss_sessions *sessions)
{
	_cleanup_(pss_free_pointer) bool *chosen = calloc(sessions->n_items + 1, sizeof *chosen);
	bool any = false;
	size_t kept = 0;

	if (!chosen) {
		pss_call_error(call, PSS_FAILED, NULL, "not enough memory");
		return;
	}
	for (unsigned i = 0; i < PSS_SELECTOR_COUNT; i++) {
		const struct pss_value *value = selection->selectors[i];
		if (!value || !value->given)
			continue;
		any = true;
		select_values(call, selection, i, &value->list, sessions, chosen);
	}
	if (!selection->computers_are_asked)
		check_computers(call, selection->computer, sessions);
	for (size_t i = 0; i < sessions->n_items; i++) {
		if ((chosen[i] || !any) && passes(selection, &sessions->items[i]))
			sessions->items[kept++] = sessions->items[i];
		else
			pss_session_finish(&sessions->items[i]);
	}
	sessions->n_items = kept;
}

const struct pss_session *pss_select_one(struct pss_call *call, enum pss_selector selector, const char *text,
					 const struct pss_sessions *sessions)
{
	const struct pss_session *found = NULL;
	size_t n_found = 0;

	selector = resolve(selector, text);
	for (size_t i = 0; i < sessions->n_items; i++) {
		if (!matches(selector, text, &sessions->items[i], false))
			continue;
		found = &sessions->items[i];
		n_found++;
	}
	if (n_found == 1)
		return found;
	if (n_found == 0)
		report_missing(call, nouns[selector], text);
	else
		pss_call_error(call, PSS_NO_SESSION, NULL, "Multiple matches found for name %s.", text);
	return NULL;
}

bool pss_select_check_name(struct pss_call *call, const char *parameter, const char *name)
{
	_cleanup_(pss_free_pointer) char *visible = pss_visible(name, false);

	if (pss_is_reserved_name(name))
		pss_call_usage(call, "-%s: '%s' would be taken for an Id or an InstanceId", parameter, name);
	else if (!visible || strcmp(visible, name) != 0 || name[0] == '-' || strpbrk(name, "*?[]"))
		pss_call_usage(call,
			       "-%s wants a name without control characters, wildcards or a dash in front, not '%s'",
			       parameter, name);
	else
		return true;
	return false;
}
