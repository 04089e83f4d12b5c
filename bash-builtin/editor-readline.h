/* SPDX-License-Identifier: MIT */
/* What bash exports of readline and of its own line editing, and its headers do not declare
 * (readline/readline.h, bashline.h, bashhist.h of bash 5.1 to 5.3). Nothing is linked: the names are
 * found in the shell itself, or in the readline that it shares. Weak ones are missing in some version. */
#pragma once

#include <stdio.h>

typedef int pss_rl_command(int count, int key);

struct pss_keymap_entry {
	char type; /* enum pss_keymap_type */
	pss_rl_command *function;
};
enum pss_keymap_type { PSS_KEYMAP_FUNCTION, PSS_KEYMAP_MAP, PSS_KEYMAP_MACRO };
#define PSS_KEYMAP_SIZE 257
#define PSS_ANYOTHERKEY 256 /* of a keymap below a key: what the key does alone */

struct pss_funmap {
	const char *name;
	pss_rl_command *function;
};

#define PSS_READERR (-2)
#define PSS_RL_STATE_INITIALIZED 0x2ul
#define PSS_RL_STATE_TERMPREPPED 0x4ul
#define PSS_RL_STATE_ISEARCH 0x80ul
#define PSS_RL_STATE_NSEARCH 0x100ul
#define PSS_RL_STATE_MACROINPUT 0x800ul
#define PSS_RL_STATE_TTYCSAVED 0x40000ul
#define PSS_RL_STATE_READSTR 0x10000000ul /* bash 5.3 */

extern unsigned long rl_readline_state;
extern FILE *rl_instream, *rl_outstream;
extern char *rl_line_buffer, *rl_prompt, *rl_display_prompt;
extern int rl_point, rl_end, rl_mark, rl_done, rl_pending_input, rl_dispatching, rl_already_prompted;
extern int rl_explicit_arg, rl_numeric_arg, rl_num_chars_to_read, rl_catch_signals, rl_catch_sigwinch;
extern int rl_editing_mode;
extern int rl_eof_found __attribute__((weak));
extern int rl_attempted_completion_over, rl_filename_completion_desired, rl_filename_quoting_desired;
extern struct pss_funmap **funmap;
extern struct pss_keymap_entry emacs_standard_keymap[], emacs_meta_keymap[], emacs_ctlx_keymap[];
extern struct pss_keymap_entry vi_movement_keymap[], vi_insertion_keymap[];
extern char *rl_executing_macro;
extern void _rl_pop_executing_macro(void) __attribute__((weak));

extern int (*rl_getc_function)(FILE *stream);
extern int (*rl_startup_hook)(void), (*rl_pre_input_hook)(void), (*rl_event_hook)(void);
extern int (*rl_signal_event_hook)(void), (*rl_input_available_hook)(void);
extern void (*rl_prep_term_function)(int meta), (*rl_deprep_term_function)(void);
extern void (*rl_redisplay_function)(void);
extern void rl_redisplay(void);
extern int rl_set_prompt(const char *prompt);
extern char *rl_get_termcap(const char *capability);
extern char **(*rl_attempted_completion_function)(const char *text, int start, int end);
extern char *(*rl_completion_entry_function)(const char *text, int state);
extern int (*rl_directory_completion_hook)(char **name), (*rl_directory_rewrite_hook)(char **name);
extern int (*rl_filename_stat_hook)(char **name);
extern char *(*rl_filename_rewrite_hook)(char *name, int length);
extern int (*rl_ignore_some_completions_function)(char **matches);
extern char *(*rl_completion_word_break_hook)(void);
extern void (*rl_completion_display_matches_hook)(char **matches, int n_matches, int longest);
extern void rl_display_match_list(char **matches, int n_matches, int longest);
extern const char *rl_completer_quote_characters, *rl_special_prefixes;
extern int rl_completion_append_character, rl_completion_suppress_append, rl_completion_query_items, rl_display_fixed;

extern char *readline(const char *prompt);
extern void rl_check_signals(void), rl_free_line_state(void), rl_cleanup_after_signal(void);
extern void rl_prep_terminal(int meta), rl_deprep_terminal(void), rl_reset_screen_size(void);
extern void rl_get_screen_size(int *ret_rows, int *ret_columns);
extern int rl_pending_signal(void), rl_on_new_line(void), rl_forced_update_display(void), rl_crlf(void);
extern int rl_clear_visible_line(void), rl_clear_pending_input(void), rl_insert_text(const char *text);
extern int rl_ding(void), rl_read_key(void), rl_set_keyboard_input_timeout(int microseconds);
extern pss_rl_command *rl_named_function(const char *name);
extern struct pss_keymap_entry *rl_get_keymap(void);
extern void rl_set_keymap(struct pss_keymap_entry *keymap), rl_set_keymap_from_edit_mode(void);
extern int rl_parse_and_bind(char *line), rl_read_init_file(const char *file);
extern int rl_variable_bind(const char *name, const char *value);
extern void rl_replace_line(const char *text, int clear_undo);
extern pss_rl_command rl_insert, rl_quoted_insert;
extern char *rl_variable_value(const char *name);

extern void using_history(void), add_history(const char *line), clear_history(void);
extern int history_expand(char *line, char **ret);
extern int history_quoting_state __attribute__((weak));

/* bash's own */
extern int bash_readline_initialized;
extern void initialize_readline(void);
extern int bash_execute_unix_command(int count, int key) __attribute__((weak));
extern int check_add_history(char *line, int force);
extern int enable_history_list, remember_on_history, history_lines_this_session;
extern int history_expansion, history_expansion_inhibited, hist_verify;
