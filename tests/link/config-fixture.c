/* SPDX-License-Identifier: MIT */
#include "config-fixture.h"

#include "link-sshd.h"

void set_up(Fixture *f, gconstpointer unused)
{
	link_record_init(&f->link);
	f->directory = g_dir_make_tmp("pss-config-XXXXXX", NULL);
	f->target = link_target("box");
	f->person = pss_login_new(f->target, &link_events, &f->link);
	f->config = pss_ssh_config_new(f->target);
}

void tear_down(Fixture *f, gconstpointer unused)
{
	const char *const remove[] = { "rm", "-rf", f->directory, NULL };

	run_program(remove);
	g_free(f->directory);
	pss_ssh_config_free(f->config);
	pss_login_leave(f->person);
	pss_login_unref(f->person);
	pss_target_free(f->target);
	link_record_finish(&f->link);
}

void fresh_config(Fixture *f)
{
	pss_ssh_config_free(f->config);
	f->config = pss_ssh_config_new(f->target);
	run_pending();
	g_string_truncate(f->link.notes, 0);
}
