/* SPDX-License-Identifier: MIT */
/* SCM_RIGHTS and its alignment, in one place. Called by the ends of a connection over which channels are handed on. */
#include "wire/descriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr header; /* for its alignment */
	char bytes[CMSG_SPACE(PSS_DESCRIPTORS_MAX * sizeof(int))];
};

ssize_t pss_send_descriptor(int socket, const void *data, size_t n, int passed)
{
	struct iovec piece = { .iov_base = (void *)data, .iov_len = n };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	union control control = { 0 };
	ssize_t sent;

	if (passed >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof passed);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof passed);
		memcpy(CMSG_DATA(header), &passed, sizeof passed);
	}
	do {
		sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : sent;
}

static void take(struct msghdr *message, struct pss_descriptors *descriptors)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n && descriptors->n < PSS_DESCRIPTORS_MAX; i++)
			memcpy(&descriptors->fds[descriptors->n++], CMSG_DATA(header) + i * sizeof(int), sizeof(int));
	}
}

ssize_t pss_receive_descriptors(int socket, void *data, size_t n, struct pss_descriptors *ret_descriptors)
{
	struct iovec piece = { .iov_base = data, .iov_len = n };
	union control control;
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes
	};
	ssize_t got;

	ret_descriptors->n = 0;
	do {
		got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	take(&message, ret_descriptors);
	return got;
}
