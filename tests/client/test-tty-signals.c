/* SPDX-License-Identifier: MIT */
/* Signals as flags: none that has come is missed, and two Ctrl-C in a row are two, also to who was looking away. */
#include <errno.h>
#include <glib.h>
#include <signal.h>

#include "client/tty/signals.h"

static bool is_noticed(void)
{
	return pss_signals_poll(NULL, 0, 0, NULL) < 0 && errno == EINTR;
}

static void interrupts_are_counted(void)
{
	pss_signals_catch(NULL);
	g_assert_cmpint(pss_signals_take_interrupts(), ==, 0);
	g_assert_false(is_noticed());
	for (int n = 1; n <= 3; n++) {
		for (int i = 0; i < n; i++)
			raise(SIGINT);
		g_assert_true(is_noticed());
		g_assert_cmpint(pss_signals_take_interrupts(), ==, n);
		g_assert_false(is_noticed());
	}
	raise(SIGINT);
	pss_signals_release();
	pss_signals_catch(NULL);
	g_assert_cmpint(pss_signals_take_interrupts(), ==, 0);
	pss_signals_release();
}

static void others_are_flags(void)
{
	pss_signals_catch(NULL);
	raise(SIGWINCH);
	raise(SIGWINCH);
	raise(SIGCONT);
	g_assert_true(is_noticed());
	g_assert_true(pss_signals_take_resize());
	g_assert_false(pss_signals_take_resize());
	g_assert_true(is_noticed());
	g_assert_true(pss_signals_take_continue());
	g_assert_false(is_noticed());
	pss_signals_release();
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/signals/interrupts are counted", interrupts_are_counted);
	g_test_add_func("/signals/others are flags", others_are_flags);
	return g_test_run();
}
