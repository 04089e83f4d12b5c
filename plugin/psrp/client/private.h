/* SPDX-License-Identifier: MIT */
/* What the client's own files share; nobody else includes it. */
#pragma once

#include "base/secret.h"
#include "psrp/client/client.h"
#include "psrp/clixml/value.h"
#include "psrp/messages/answers.h"
#include "psrp/messages/pipeline.h"
#include "psrp/messages/records.h"
#include "psrp/wire/elements.h"
#include "psrp/wire/fragments.h"
#include "psrp/wire/message.h"
#include "terminal/column.h"

typedef enum {
	PSS_ROLE_LINE,     /* the user's text, from the terminal */
	PSS_ROLE_COMMAND,  /* the user's text, beside it */
	PSS_ROLE_STATUS,   /* how that went, and the prompt */
	PSS_ROLE_COMPLETE, /* what may stand at the cursor */
} PssRole;

/* One pipeline on the server, from its Command to its Close. */
typedef struct {
	PssGuid guid;
	PssRole role;
	gboolean is_acknowledged; /* the server has taken its CREATE_PIPELINE */
	gboolean is_over;
	gboolean has_failed, was_stopped;
	gboolean is_signalled;  /* or will be, once it is acknowledged */
	GPtrArray *outputs;     /* char *, of STATUS and COMPLETE; NULL stands for a null */
	gsize n_output;         /* bytes of them, with what keeping each takes */
	char *failure;          /* why it failed, or NULL */
	gboolean is_incomplete; /* that: the text wants more lines */
} PssPipeline;

/* A line editor for what PowerShell asks (ask.c). */
#define PSS_PSRP_ANSWER_MAX 4096 /* bytes, as a terminal has it; what is longer is cut */
typedef enum { PSS_PSRP_ASK_LINE, PSS_PSRP_ASK_SECRET, PSS_PSRP_ASK_KEY } PssPsrpAskKind;
typedef enum { PSS_PSRP_ASK_GOES_ON, PSS_PSRP_ASK_DONE, PSS_PSRP_ASK_CANCELLED } PssPsrpAskResult;
typedef struct {
	PssPsrpAskKind kind;
	PssSecret *text;
	guint escape; /* inside of a sequence that a key sends */
} PssPsrpAsk;

typedef struct PssPsrpQuestion PssPsrpQuestion; /* questions.c */

struct PssPsrp {
	const PssPsrpEvents *events;
	gpointer user;
	guint opening_deadline_ms, completion_deadline_ms;
	guint columns, rows;
	PssPsrpState state;
	guint deadline_timer, stopping_timer;

	/* the wire */
	PssGuid pool;
	PssElementReader *elements;
	PssDefragmenter *defragmenter;
	PssGuid element_guid; /* of the Data whose fragments are read */
	guint64 last_object;  /* ids of messages sent */
	gboolean is_malformed;
	char *protocol;      /* the server's version, or NULL */
	char *term;          /* of the options */
	GString *last_words; /* its standard error and noise, the end of them */

	GPtrArray *pipelines; /* PssPipeline, those without a Close */
	GString *text;        /* the lines of one command so far */
	GByteArray *typed;    /* keys that nothing has read */
	PssPsrpQuestion *question;
	gboolean leaves; /* `exit` has run in the line */
	int leave_status;

	/* the screen */
	struct pss_column column;
	gboolean has_progress; /* a line of progress stands there */
	gboolean was_return;   /* the last byte of output */

	/* the last first prompt */
	gboolean has_prompt;
	GString *prompt, *directory;
	int status;

	/* completion */
	gboolean is_completing; /* the answer is wanted */
	guint complete_timer;   /* till it is not any more */
	char *complete_line;    /* with the lines before it */
	gsize complete_before, complete_point;

	/* the command beside the terminal, NULL while there is none */
	const PssPsrpCommandEvents *command_events;
	gpointer command_user;
	gboolean command_is_json, command_has_words;
	char **command_properties;
	int command_status; /* of a program run by words; -1: unknown */
	GByteArray *input;  /* that is not sent yet */
	gboolean input_ends, input_is_open, input_in_flight;
};

/* ---- client.c */
PssPipeline *pss_psrp_add_pipeline(PssPsrp *psrp, PssRole role);
PssPipeline *pss_psrp_find(PssPsrp *psrp, const PssGuid *guid); /* or NULL */
PssPipeline *pss_psrp_find_role(PssPsrp *psrp, PssRole role);   /* that is not over; or NULL */
void pss_psrp_stop_timers(PssPsrp *psrp);
void pss_psrp_end(PssPsrp *psrp, PssPsrpEnd how, const char *cause);
void pss_psrp_notice(PssPsrp *psrp, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- send.c: what stands in one line is obeyed in order */
void pss_psrp_send_message(PssPsrp *psrp, GString *line, guint32 type, const PssGuid *pipeline, const char *body,
			   gsize n);
/* Several messages in one Data, which is acknowledged once; `body` NULL: none. */
void pss_psrp_send_gather(PssPsrp *psrp, GByteArray *fragments, guint32 type, const PssGuid *pipeline,
			  const GString *body);
void pss_psrp_send_gathered(GString *line, const PssGuid *pipeline, const GByteArray *fragments);
void pss_psrp_send_pipeline(PssPsrp *psrp, GString *line, PssPipeline *pipeline, const PssPipelineSpec *spec);
void pss_psrp_send_closes(PssPsrp *psrp, GString *line); /* of all pipelines that are over, which are forgotten */
void pss_psrp_send_signal(PssPsrp *psrp, PssPipeline *pipeline);
void pss_psrp_send_on_acknowledged(PssPsrp *psrp, PssPipeline *pipeline); /* for the first time */
void pss_psrp_send_answer(PssPsrp *psrp, gboolean is_pool, const PssGuid *pipeline, const GString *body);
void pss_psrp_send_line(PssPsrp *psrp, GString *line); /* takes it, and wipes it */
void pss_psrp_send_opening(PssPsrp *psrp);

/* ---- line.c */
void pss_psrp_line_begin_status(PssPsrp *psrp, GString *line); /* the pipeline behind what has been put into the line */
void pss_psrp_line_on_status(PssPsrp *psrp, PssPipeline *status);
void pss_psrp_line_emit_typed(PssPsrp *psrp);
void pss_psrp_line_forget_typed(PssPsrp *psrp, gsize n); /* the first so many, which may be a password */

/* ---- screen.c */
void pss_psrp_screen_show(PssPsrp *psrp, const char *text, gsize n);
void pss_psrp_screen_show_text(PssPsrp *psrp, const char *text);
void pss_psrp_screen_progress(PssPsrp *psrp, const char *text); /* one line, which the next output replaces */
void pss_psrp_screen_end_progress(PssPsrp *psrp);

/* ---- host-calls.c */
void pss_psrp_host_call(PssPsrp *psrp, gboolean is_pool, const PssGuid *pipeline, const PssValue *call);

/* ---- questions.c */
typedef enum {
	PSS_PSRP_QUESTION_LINE,
	PSS_PSRP_QUESTION_SECRET_LINE,
	PSS_PSRP_QUESTION_FIELDS,
	PSS_PSRP_QUESTION_CREDENTIAL,
	PSS_PSRP_QUESTION_CHOICE,
	PSS_PSRP_QUESTION_CHOICES,
	PSS_PSRP_QUESTION_KEY,
} PssPsrpQuestionKind;
typedef struct {
	PssPsrpQuestionKind kind;
	gboolean is_pool;
	PssGuid pipeline;
	gint64 call;   /* ci */
	gint64 method; /* mi */
	const PssValue *parameters;
} PssPsrpAsked;
gboolean pss_psrp_question_is_secret(const PssPsrpAsked *asked); /* an answer to it is a SecureString */
/* Beside the terminal the command's events ask, and lines answer. */
void pss_psrp_question_ask(PssPsrp *psrp, const PssPsrpAsked *asked, gboolean is_beside);
void pss_psrp_question_keys(PssPsrp *psrp); /* those that wait answer it */
void pss_psrp_question_drop(PssPsrp *psrp); /* without an answer */

/* ---- ask.c */
void pss_psrp_ask_init(PssPsrpAsk *ask, PssPsrpAskKind kind);
void pss_psrp_ask_finish(PssPsrpAsk *ask);
/* Takes keys up to the end of the answer; *ret_n are those taken. Appends what is to be echoed. */
PssPsrpAskResult pss_psrp_ask_keys(PssPsrpAsk *ask, const guint8 *keys, gsize n, gsize *ret_n, GString *echo);

/* ---- invoke.c */
void pss_psrp_invoke_on_message(PssPsrp *psrp, const PssMessage *message, const PssValue *value);
void pss_psrp_invoke_host(PssPsrp *psrp, const char *text, gboolean ends_line);
void pss_psrp_invoke_progress(PssPsrp *psrp, const char *text);
#define PSS_PSRP_NOT_ANSWERED "the command asks a question, and there is no terminal to answer it at"
void pss_psrp_invoke_refuse(PssPsrp *psrp, const char *why); /* says so, and stops it */
gboolean pss_psrp_invoke_can_ask(const PssPsrp *psrp);
/* FALSE: nobody hears of it. */
gboolean pss_psrp_invoke_on_status(PssPsrp *psrp, int status);
void pss_psrp_invoke_forget(PssPsrp *psrp);

/* ---- input.c */
void pss_psrp_input_on_acknowledged(PssPsrp *psrp, PssPipeline *pipeline);

/* ---- complete.c */
void pss_psrp_complete_on_over(PssPsrp *psrp, PssPipeline *pipeline);
void pss_psrp_complete_give_up(PssPsrp *psrp);
