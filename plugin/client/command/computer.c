/* SPDX-License-Identifier: MIT */
/* A computer's name, taken apart and checked, and the parameters that say how to reach it. A name ends up in
 * ssh_config's commands (ProxyCommand, Match exec), so whatever a shell could read as more than a name is
 * refused here, before anything happens; the host process checks again. */
#include "client/command/computer.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/clean-text.h"
#include "wire/cleanup.h"

#define PORT_MAX 65535
#define POWERSHELL "Microsoft.PowerShell"

static const char *const transports[] = { "libssh", "ssh", NULL };

const struct pss_parameter pss_link_rows[PSS_LINK_COUNT] = {
	[PSS_LINK_USER_NAME] = { "UserName", NULL, PSS_KIND_TEXT, "NAME", .wants = "the name of a user",
				 .help = "log in as this user" },
	[PSS_LINK_PORT] = { "Port", NULL, PSS_KIND_NUMBER, "N", .min = 1, .max = PORT_MAX,
			    .help = "the port of the SSH server" },
	[PSS_LINK_KEY_FILE] = { "KeyFilePath", "IdentityFilePath", PSS_KIND_TEXT, "FILE",
				.wants = "the file of a private key", .help = "log in with this private key" },
	[PSS_LINK_CONFIG_FILE] = { "ConfigFile", NULL, PSS_KIND_TEXT, "FILE",
				   .wants = "a file like ssh_config, or none",
				   .help = "read this instead of ~/.ssh/config" },
	[PSS_LINK_OPTIONS] = { "Options", NULL, PSS_KIND_TEXTS, "Key=Value", .wants = "Key=Value as in ssh_config",
			       .help = "an option of ssh_config; repeat for more" },
	[PSS_LINK_CONNECTING_TIMEOUT] = { "ConnectingTimeout", NULL, PSS_KIND_NUMBER, "MS", .min = 1, .max = INT_MAX,
					  .help = "milliseconds until an attempt to connect is given up" },
	[PSS_LINK_CONFIGURATION_NAME] = { "ConfigurationName", NULL, PSS_KIND_TEXT, "SHELL",
					  .wants = "the name of a shell",
					  .help = "the remote shell, instead of the login shell; Microsoft.PowerShell: "
						  "PowerShell remoting" },
	[PSS_LINK_SUBSYSTEM] = { "Subsystem", NULL, PSS_KIND_TEXT, "NAME",
				 .wants = "the name of a subsystem of the SSH server",
				 .help = "the subsystem of PowerShell remoting, instead of powershell" },
	[PSS_LINK_TRANSPORT] = { "Transport", NULL, PSS_KIND_CHOICE, "TRANSPORT", .choices = transports,
				 .help = "who makes the connection: pssession itself, or the ssh program" },
	[PSS_LINK_SHARE] = { "ShareConnection", NULL, PSS_KIND_SWITCH,
			     .help = "one connection for several sessions that name the computer in the same way" },
	[PSS_LINK_SSH] = { "SSHTransport", NULL, PSS_KIND_SWITCH,
			   .help = "taken for PowerShell's sake; every connection is made over SSH" },
};

/* What no name may hold besides blanks and control bytes: what any shell gives a meaning. */
#define FORBIDDEN "'`\"$;&<>|(){}[]*?!#^~,/"

static char *refuse(const char *what, const char *name, const char *why)
{
	_cleanup_(pss_free_pointer) char *visible = pss_visible(name, false);
	return pss_format("%s '%s' is refused: %s", what, visible ? visible : "", why);
}

static int check_characters(const char *what, const char *name, const char *forbidden, char **ret_error)
{
	if (!*name)
		*ret_error = pss_format("%s is empty", what);
	else if (*name == '-')
		*ret_error = refuse(what, name, "it begins with a dash");
	else
		for (const char *at = name; *at; at++) {
			bool blank = *at == ' ' || iscntrl((unsigned char)*at);
			if (!blank && !strchr(forbidden, *at))
				continue;
			*ret_error = refuse(what, name,
					    blank        ? "it holds a blank or a control character"
					    : *at == '/' ? "it holds a slash, and a name is wanted, not a path"
							 : "it holds a character that means something to shells");
			return -EINVAL;
		}
	return *name && *name != '-' ? 0 : -EINVAL;
}

static int check_name(const char *what, const char *name, char **ret_error)
{
	return check_characters(what, name, "\\" FORBIDDEN, ret_error);
}

/* "DOMAIN\name" is one; at the end a backslash would take what a command has behind it into the name. */
static int check_user(const char *what, const char *name, char **ret_error)
{
	size_t n = strlen(name);

	if (n > 0 && name[n - 1] == '\\') {
		*ret_error = refuse(what, name, "it ends in a backslash");
		return -EINVAL;
	}
	return check_characters(what, name, FORBIDDEN, ret_error);
}

static int read_port(const char *text, const char *whole, unsigned *ret_port, char **ret_error)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (isdigit((unsigned char)*text) && !*end && port >= 1 && port <= PORT_MAX) {
		*ret_port = (unsigned)port;
		return 0;
	}
	*ret_error = refuse("the computer name", whole, "its port is not a number from 1 to 65535");
	return -EINVAL;
}

/* "host", "host:port", "[v6]", "[v6]:port", or a bare v6 address, which has no port. */
static int split_host(const char *rest, const char *whole, struct pss_target *target, char **ret_error)
{
	const char *host = rest + (*rest == '[');
	size_t n = *rest == '[' ? strcspn(host, "]") : strcspn(host, ":");
	const char *after = host + n;

	if (*rest == '[') {
		if (!*after || (after[1] && after[1] != ':')) {
			*ret_error =
				refuse("the computer name", whole, "it wants the form [address] or [address]:port");
			return -EINVAL;
		}
		after++;
	} else if (*after && strchr(after + 1, ':')) {
		n = strlen(host);
		after = host + n;
	}
	if (*after == ':') {
		int rc = read_port(after + 1, whole, &target->port, ret_error);
		if (rc < 0)
			return rc;
	}
	target->host = strndup(host, n);
	return target->host ? check_name("the computer name", target->host, ret_error) : -ENOMEM;
}

/* In place: "%5C" in an ssh:// name stands for a backslash (RFC 3986, section 2.1). -EINVAL: that is no such byte. */
static int decode_percents(char *text)
{
	static const char digits[] = "0123456789abcdef";
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from != '%') {
			*to++ = *from;
			continue;
		}
		const char *high = from[1] ? strchr(digits, tolower((unsigned char)from[1])) : NULL;
		const char *low = high && from[2] ? strchr(digits, tolower((unsigned char)from[2])) : NULL;
		if (!low || (high == digits && low == digits))
			return -EINVAL;
		*to++ = (char)((high - digits) * 16 + (low - digits));
		from += 2;
	}
	*to = '\0';
	return 0;
}

static int take_user(const char *text, bool is_uri, char **ret_user, char **ret_error)
{
	char *user = strdup(text);

	if (!user)
		return -ENOMEM;
	*ret_user = user;
	if (!is_uri || decode_percents(user) == 0)
		return check_user("the user name", user, ret_error);
	*ret_error = refuse("the user name", user, "a percent sign wants two hexadecimal digits behind it");
	return -EINVAL;
}

int pss_target_parse(const char *text, struct pss_target *ret_target, char **ret_error)
{
	_cleanup_(pss_free_pointer) char *copy = strdup(text);
	struct pss_target target = { 0 };
	int rc = 0;

	*ret_error = NULL;
	if (!copy)
		return -ENOMEM;
	char *rest = copy;
	bool is_uri = strncasecmp(rest, "ssh://", 6) == 0;
	if (is_uri) {
		rest += 6;
		size_t n = strlen(rest);
		if (n > 0 && rest[n - 1] == '/')
			rest[n - 1] = '\0';
	}
	char *at = strrchr(rest, '@');
	if (at) {
		*at = '\0';
		rc = take_user(rest, is_uri, &target.user, ret_error);
		rest = at + 1;
	}
	if (rc == 0)
		rc = split_host(rest, text, &target, ret_error);
	if (rc < 0)
		pss_target_finish(&target);
	else
		*ret_target = target;
	return rc;
}

void pss_target_finish(struct pss_target *target)
{
	free(target->host);
	free(target->user);
	*target = (struct pss_target){ 0 };
}

static int check_option(const char *option, char **ret_error)
{
	size_t n = strspn(option, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

	if (n > 0 && (option[n] == '=' || option[n] == ' ') && option[n + 1] && !strpbrk(option, "\n\r"))
		return 0;
	_cleanup_(pss_free_pointer) char *visible = pss_visible(option, false);
	*ret_error = pss_format("-Options wants %s, not '%s'", pss_link_rows[PSS_LINK_OPTIONS].wants,
				visible ? visible : "");
	return -EINVAL;
}

bool pss_configuration_is_powershell(const char *configuration)
{
	return strcasecmp(configuration, POWERSHELL) == 0 ||
	       (strncasecmp(configuration, "PowerShell", 10) == 0 && (!configuration[10] || configuration[10] == '.'));
}

static int check_subsystem(const struct pss_value *link, char **ret_error)
{
	const struct pss_value *subsystem = &link[PSS_LINK_SUBSYSTEM], *shell = &link[PSS_LINK_CONFIGURATION_NAME];

	if (!subsystem->given)
		return 0;
	if (check_name("-Subsystem", subsystem->text, ret_error) < 0)
		return -EINVAL;
	if (!shell->given || pss_configuration_is_powershell(shell->text))
		return 0;
	*ret_error = pss_format("-Subsystem is PowerShell remoting's (-ConfigurationName " POWERSHELL
				"), and does not go with -ConfigurationName %s",
				shell->text);
	return -EINVAL;
}

const char *pss_link_configuration(const struct pss_value *link)
{
	const struct pss_value *shell = &link[PSS_LINK_CONFIGURATION_NAME];

	if (shell->given ? pss_configuration_is_powershell(shell->text) : link[PSS_LINK_SUBSYSTEM].given)
		return POWERSHELL;
	return shell->given ? shell->text : NULL;
}

static void write_shell(const struct pss_value *link, struct pss_message *message)
{
	bool is_implied = link[PSS_LINK_SUBSYSTEM].given && !link[PSS_LINK_CONFIGURATION_NAME].given;

	pss_message_text(message, PSS_TAG_SHELL, is_implied ? POWERSHELL : link[PSS_LINK_CONFIGURATION_NAME].text);
	pss_message_text(message, PSS_TAG_SUBSYSTEM, link[PSS_LINK_SUBSYSTEM].text);
}

int pss_link_check(const struct pss_value *link, char **ret_error)
{
	const struct pss_value *key = &link[PSS_LINK_KEY_FILE], *config = &link[PSS_LINK_CONFIG_FILE];
	const struct pss_texts *options = &link[PSS_LINK_OPTIONS].list;

	if (link[PSS_LINK_SSH].given && !link[PSS_LINK_SSH].on) {
		*ret_error = strdup("-SSHTransport:false: there is no other way than SSH to a computer; leave it out");
		return -EINVAL;
	}
	if (link[PSS_LINK_USER_NAME].given) {
		int rc = check_user("-UserName", link[PSS_LINK_USER_NAME].text, ret_error);
		if (rc < 0)
			return rc;
	}
	if (link[PSS_LINK_CONFIGURATION_NAME].given) {
		int rc = check_name("-ConfigurationName", link[PSS_LINK_CONFIGURATION_NAME].text, ret_error);
		if (rc < 0)
			return rc;
	}
	if (key->given && access(key->text, R_OK) < 0) {
		int error = errno;
		_cleanup_(pss_free_pointer) char *visible = pss_visible(key->text, false);
		*ret_error = error == ENOENT || error == ENOTDIR
				     ? pss_format("-KeyFilePath: The specified key file %s was not found.", visible)
				     : pss_format("-KeyFilePath: %s cannot be read: %s", visible, strerror(error));
		return -EINVAL;
	}
	if (config->given && strcasecmp(config->text, "none") != 0 && access(config->text, R_OK) < 0) {
		int error = errno;
		_cleanup_(pss_free_pointer) char *visible = pss_visible(config->text, false);
		*ret_error = pss_format("-ConfigFile: %s cannot be read: %s", visible, strerror(error));
		return -EINVAL;
	}
	for (size_t i = 0; i < options->n_items; i++) {
		int rc = check_option(options->items[i], ret_error);
		if (rc < 0)
			return rc;
	}
	return check_subsystem(link, ret_error);
}

static void write_path(struct pss_message *message, enum pss_tag tag, const char *path, const char *directory)
{
	_cleanup_(pss_free_pointer) char *absolute = pss_format("%s/%s", directory, path);
	pss_message_text(message, tag, path[0] == '/' ? path : absolute);
}

void pss_link_write(const struct pss_value *link, const struct pss_target *target, const char *directory,
		    struct pss_message *message)
{
	const struct pss_texts *options = &link[PSS_LINK_OPTIONS].list;
	unsigned port = target->port ? target->port : (unsigned)link[PSS_LINK_PORT].number;

	pss_message_text(message, PSS_TAG_TARGET, target->host);
	pss_message_text(message, PSS_TAG_USER, target->user ? target->user : link[PSS_LINK_USER_NAME].text);
	if (port)
		pss_message_number(message, PSS_TAG_PORT, port);
	if (link[PSS_LINK_KEY_FILE].given)
		write_path(message, PSS_TAG_KEY_FILE, link[PSS_LINK_KEY_FILE].text, directory);
	if (link[PSS_LINK_CONFIG_FILE].given && strcasecmp(link[PSS_LINK_CONFIG_FILE].text, "none") == 0)
		pss_message_text(message, PSS_TAG_CONFIG_FILE, "none");
	else if (link[PSS_LINK_CONFIG_FILE].given)
		write_path(message, PSS_TAG_CONFIG_FILE, link[PSS_LINK_CONFIG_FILE].text, directory);
	for (size_t i = 0; i < options->n_items; i++)
		pss_message_text(message, PSS_TAG_OPTION, options->items[i]);
	if (link[PSS_LINK_CONNECTING_TIMEOUT].given)
		pss_message_number(message, PSS_TAG_CONNECT_TIMEOUT,
				   (uint64_t)link[PSS_LINK_CONNECTING_TIMEOUT].number);
	if (link[PSS_LINK_SHARE].on)
		pss_message_number(message, PSS_TAG_SHARE, 1);
	if (link[PSS_LINK_TRANSPORT].given)
		pss_message_text(message, PSS_TAG_TRANSPORT, transports[link[PSS_LINK_TRANSPORT].number]);
	write_shell(link, message);
}

void pss_link_write_again(const struct pss_value *link, const char *instance, struct pss_message *message)
{
	pss_message_text(message, PSS_TAG_INSTANCE, instance);
	write_shell(link, message);
}
