/* SPDX-License-Identifier: MIT */
/* Prints the lines of test-pssession, aligned or as JSON. Texts of a server, of ssh and of the host process go through
 * here on their way to the terminal, so this is where they are made fit to be shown, and to be passed on. */
#include "client/checks/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/base/strings.h"
#include "client/command/call.h"
#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define VERDICT_WIDTH 4
#define CHECK_WIDTH 12
#define INDENT (VERDICT_WIDTH + 2 + CHECK_WIDTH + 1)
#define WIDTH_MIN 40

static const char *const verdicts[] = {
	[PSS_VERDICT_OK] = "ok", [PSS_VERDICT_WARN] = "warn", [PSS_VERDICT_FAIL] = "fail"
};

/* In place: what is at `at`, n bytes, becomes `by`, which is no longer. */
static void replace(char *at, size_t n, const char *by)
{
	size_t n_by = strlen(by);

	memcpy(at, by, n_by);
	memmove(at + n_by, at + n, strlen(at + n) + 1);
}

/* A home directory has its user's name in it. */
static void hide_home(char *text, const char *home)
{
	size_t n = strlen(home);

	for (char *at = text; n > 1 && (at = strstr(at, home)); at++)
		if (at[n] == '/' || !at[n] || strchr(" :,;'\")", at[n]))
			replace(at, n, "~");
}

/* "user@host". */
static void hide_user(char *text, const char *host)
{
	_cleanup_(pss_free_pointer) char *behind = pss_format("@%s", host);

	if (!behind)
		return;
	for (char *at = text; (at = strstr(at, behind)); at += strlen(behind)) {
		char *start = at;
		while (start > text && !strchr(" '\"(/", start[-1]))
			start--;
		const char *by = at - start < 4 ? "*" : "USER";
		if (start == at)
			continue;
		replace(start, (size_t)(at - start), by);
		at = start + strlen(by);
	}
}

static char *make_fit(const struct pss_report *report, const char *raw)
{
	char *text = pss_clean_text(raw, strlen(raw), PSS_CLEAN_PLAIN);

	if (!text)
		return NULL;
	const char *home = getenv("HOME");

	hide_home(text, report->home);
	if (home)
		hide_home(text, home);
	if (report->host)
		hide_user(text, report->host);
	return text;
}

static char *describe_time(long long microseconds)
{
	if (microseconds < 0)
		return pss_format("%s", "");
	if (microseconds < 10000)
		return pss_format(" (%lld.%lld ms)", microseconds / 1000, microseconds / 100 % 10);
	if (microseconds < 10000000)
		return pss_format(" (%lld ms)", microseconds / 1000);
	return pss_format(" (%lld s)", microseconds / 1000000);
}

/* Bytes that begin a character. */
static size_t n_columns(const char *text, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++)
		columns += ((unsigned char)text[i] & 0xC0) != 0x80;
	return columns;
}

static void put_wrapped(const char *text, size_t room)
{
	size_t used = 0;

	while (*text) {
		size_t n = strcspn(text, " "), columns = n_columns(text, n);
		if (used > 0 && used + 1 + columns > room) {
			printf("\n%*s", INDENT, "");
			used = 0;
		}
		if (used > 0)
			putchar(' ');
		fwrite(text, 1, n, stdout);
		used += columns + (used > 0);
		text += n + strspn(text + n, " ");
	}
	putchar('\n');
}

static void put_line(const struct pss_report *report, enum pss_verdict verdict, const char *check, const char *text)
{
	printf("%-*s  %-*s ", VERDICT_WIDTH, verdicts[verdict], CHECK_WIDTH, check);
	if (report->width >= WIDTH_MIN)
		put_wrapped(text, report->width - INDENT);
	else
		puts(text);
}

static void put_object(const struct pss_report *report, enum pss_verdict verdict, const char *check, const char *text,
		       long long microseconds)
{
	bool is_first = report->n_lines[PSS_VERDICT_OK] + report->n_lines[PSS_VERDICT_WARN] +
				report->n_lines[PSS_VERDICT_FAIL] ==
			1;

	printf("%s{\"status\":\"%s\",\"check\":\"%s\",\"text\":\"", is_first ? "" : ",\n ", verdicts[verdict], check);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
	if (microseconds >= 0)
		printf(",\"ms\":%lld.%03lld", microseconds / 1000, microseconds % 1000);
	putchar('}');
}

void pss_report_begin(const struct pss_report *report)
{
	if (report->as_json)
		putchar('[');
}

void pss_report_put(struct pss_report *report, enum pss_verdict verdict, const char *check, long long microseconds,
		    const char *format, ...)
{
	_cleanup_(pss_free_pointer) char *raw = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&raw, format, arguments) < 0)
		raw = NULL;
	va_end(arguments);
	_cleanup_(pss_free_pointer) char *text = make_fit(report, raw ? raw : "not enough memory");
	_cleanup_(pss_free_pointer) char *time = describe_time(microseconds);
	_cleanup_(pss_free_pointer) char *whole = text && time ? pss_format("%s%s", text, time) : NULL;
	_cleanup_(pss_free_pointer) char *line = whole ? pss_format("%s %s %s", verdicts[verdict], check, whole) : NULL;

	report->n_lines[verdict]++;
	if (report->as_json)
		put_object(report, verdict, check, text ? text : "", microseconds);
	else
		put_line(report, verdict, check, whole ? whole : "not enough memory");
	fflush(stdout);
	pss_call_output(report->call, line ? line : "");
}

static void put_sum(const struct pss_report *report)
{
	size_t wrong = report->n_lines[PSS_VERDICT_FAIL], doubtful = report->n_lines[PSS_VERDICT_WARN];

	if (wrong > 0)
		printf("\n%zu failed, %zu %s\n", wrong, doubtful, doubtful == 1 ? "warning" : "warnings");
	else if (doubtful > 0)
		printf("\nnothing failed, %zu %s\n", doubtful, doubtful == 1 ? "warning" : "warnings");
	else
		puts("\nall is well");
}

void pss_report_end(const struct pss_report *report, bool interrupted)
{
	if (report->as_json)
		puts("]");
	else if (interrupted)
		puts("\ninterrupted: what is said is not all");
	else
		put_sum(report);
}
