/* SPDX-License-Identifier: MIT */
/* Who answers a question: SSH_ASKPASS, as ssh_config and the environment say, the person at the terminal, or nobody. */
#include "base/said.h"
#include "link/login/askpass.h"
#include "link/login/login-context.h"

static char *ask_by_program(PssLoginContext *person, const char *text)
{
	gint64 deadline = pss_login_set_aside_deadline(person);
	char *answer = pss_askpass_run(person, pss_login_askpass(person), pss_login_environment(person), text);

	pss_login_put_back_deadline(person, deadline);
	return answer;
}

char *pss_login_ask(PssLoginContext *person, enum pss_ask_kind kind, const char *text)
{
	g_autofree char *shown = pss_said_lines(text);
	char *answer = NULL;

	pss_login_begin_asking(person);
	if (pss_login_askpass(person))
		answer = ask_by_program(person, shown);
	else if (pss_login_can_be_asked(person))
		answer = pss_login_ask_at_terminal(person, kind, shown);
	pss_login_end_asking(person);
	return answer;
}
