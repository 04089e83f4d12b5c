/* SPDX-License-Identifier: MIT */
/* Error and progress records as text: in the form that PowerShell's ConciseView gives errors, which its own client
 * would have to compute likewise from what crosses the wire. */
#include "psrp/messages/records.h"

#include <string.h>

/* ErrorCategory_Category: the numbers of System.Management.Automation.ErrorCategory. */
static const char *const categories[] = {
	"NotSpecified",     "OpenError",           "CloseError",       "DeviceError",         "DeadlockDetected",
	"InvalidArgument",  "InvalidData",         "InvalidOperation", "InvalidResult",       "InvalidType",
	"MetadataError",    "NotImplemented",      "NotInstalled",     "ObjectNotFound",      "OperationStopped",
	"OperationTimeout", "SyntaxError",         "ParserError",      "PermissionDenied",    "ResourceBusy",
	"ResourceExists",   "ResourceUnavailable", "ReadError",        "WriteError",          "FromStdErr",
	"SecurityError",    "ProtocolError",       "ConnectionError",  "AuthenticationError", "LimitsExceeded",
	"QuotaExceeded",    "NotEnabled",
};

static const char *text_of(const PssValue *record, const char *name)
{
	const char *text = pss_value_text(pss_value_get(record, name));
	return text ? text : "";
}

char *pss_record_category(const PssValue *record)
{
	gint64 number = pss_value_integer(pss_value_get(record, "ErrorCategory_Category"), 0);
	return g_strdup(categories[number >= 0 && (gsize)number < G_N_ELEMENTS(categories) ? number : 0]);
}

static const char *message_of(const PssValue *record)
{
	const char *details = text_of(record, "ErrorDetails_Message");
	const PssValue *exception = pss_value_get(record, "Exception");
	const char *message = *details ? details : text_of(exception, "Message");

	if (*message)
		return message;
	return pss_value_text(exception) ? pss_value_text(exception) : text_of(record, "ErrorCategory_Message");
}

/* What stands before the message. */
static char *heading_of(const PssValue *record)
{
	const char *activity = text_of(record, "ErrorCategory_Activity");
	g_autofree char *category = NULL;

	if (pss_value_is_true(pss_value_get(pss_value_get(record, "Exception"), "WasThrownFromThrowStatement")))
		return g_strdup("Exception");
	if (*activity)
		return g_strdup(activity);
	category = pss_record_category(record);
	if (strcmp(category, "NotSpecified") != 0)
		return g_steal_pointer(&category);
	return g_strdup(text_of(record, "ErrorCategory_Reason"));
}

static gboolean is_native_error(const PssValue *record)
{
	return g_str_has_prefix(text_of(record, "FullyQualifiedErrorId"), "NativeCommandError");
}

char *pss_record_error_text(const PssValue *record)
{
	const char *message = message_of(record);
	g_autofree char *heading = heading_of(record);

	if (is_native_error(record) || !*heading)
		return g_strdup(message);
	return g_strdup_printf("%s: %s", heading, message);
}

char *pss_record_progress_text(const PssValue *record)
{
	const char *status = text_of(record, "StatusDescription");
	const char *operation = text_of(record, "CurrentOperation");
	gint64 percent = pss_value_integer(pss_value_get(record, "PercentComplete"), -1);
	GString *text = g_string_new(text_of(record, "Activity"));

	if (*status)
		g_string_append_printf(text, ": %s", status);
	if (percent >= 0 && percent <= 100)
		g_string_append_printf(text, " %d %%", (int)percent);
	if (*operation)
		g_string_append_printf(text, " %s", operation);
	return g_string_free(text, FALSE);
}
