/* SPDX-License-Identifier: MIT */
/* Answers: what a status says, in the server's words where it has some. */
#include "copy/sftp/private.h"

#include "base/said.h"

G_DEFINE_QUARK(pss_sftp_error, pss_sftp_error)

static const char *const texts[] = {
	[PSS_SFTP_EOF] = "end of file",
	[PSS_SFTP_NO_SUCH_FILE] = "no such file or directory",
	[PSS_SFTP_PERMISSION_DENIED] = "permission denied",
	[PSS_SFTP_FAILURE] = "the server says only that it failed",
	[PSS_SFTP_BAD_MESSAGE] = "the server did not understand the request",
	[PSS_SFTP_NO_CONNECTION] = "the server has no connection",
	[PSS_SFTP_CONNECTION_LOST] = "the connection is lost",
	[PSS_SFTP_UNSUPPORTED] = "the server cannot do that",
};

static gboolean is_known(guint32 code)
{
	return code >= PSS_SFTP_EOF && code < G_N_ELEMENTS(texts);
}

/* OpenSSH's texts say no more than the codes ("Failure"). */
static const char *choose_text(const PssSftpReply *reply)
{
	gboolean has_own = reply->text && *reply->text && g_ascii_strcasecmp(reply->text, "failure") != 0;

	if (is_known(reply->code) && (reply->code != PSS_SFTP_FAILURE || !has_own) &&
	    reply->code != PSS_SFTP_CONNECTION_LOST)
		return texts[reply->code];
	return has_own ? reply->text : texts[PSS_SFTP_FAILURE];
}

GError *pss_sftp_bad_reply(void)
{
	return g_error_new_literal(PSS_SFTP_ERROR, PSS_SFTP_BAD_MESSAGE,
				   "the server's answer does not fit the request");
}

GError *pss_sftp_reply_error(const PssSftpReply *reply, PssFxp wanted)
{
	if (reply->type == PSS_FXP_STATUS && reply->code != 0)
		return g_error_new_literal(PSS_SFTP_ERROR, is_known(reply->code) ? (int)reply->code : PSS_SFTP_FAILURE,
					   choose_text(reply));
	return reply->type == wanted ? NULL : pss_sftp_bad_reply();
}

void pss_sftp_reply_parse(PssSftpReply *ret_reply, PssFxp type, const PssFxpReader *body, char **ret_text)
{
	*ret_reply = (PssSftpReply){ .type = type, .body = *body };
	if (type != PSS_FXP_STATUS)
		return;
	ret_reply->code = pss_fxp_get_u32(&ret_reply->body);
	if (ret_reply->body.is_bad)
		ret_reply->code = PSS_SFTP_BAD_MESSAGE;
	else if (ret_reply->code != 0) {
		g_autofree char *text = pss_fxp_get_text(&ret_reply->body); /* old servers send none */
		*ret_text = text ? pss_said_line(text) : NULL;
		ret_reply->text = *ret_text;
	}
}
