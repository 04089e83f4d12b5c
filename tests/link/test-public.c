/* SPDX-License-Identifier: MIT */
/* Blobs of public keys as anybody may write them: no length leads out of them. On 64-bit machines the greatest ones do
 * not reach the sign; on 32-bit ones they would. */
#include <string.h>

#include "link/libssh/common/public-key.h"

/* A certificate of the type ssh-ed25519-cert-v01@openssh.com whose string number `at` (the type is 0) says that it is
 * `n` bytes long. */
static GBytes *certificate(guint at, guint32 n)
{
	static const char type[] = "ssh-ed25519-cert-v01@openssh.com";
	static const char *const strings[] = { type, "nonce", "public key" };
	GByteArray *blob = g_byte_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
		guint32 length = GUINT32_TO_BE(i == at ? n : (guint32)strlen(strings[i]));
		g_byte_array_append(blob, (const guint8 *)&length, sizeof length);
		g_byte_array_append(blob, (const guint8 *)strings[i], (guint)strlen(strings[i]));
	}
	static const guint8 rest[] = { 0, 0, 0, 0, 0, 0, 0, 0, /* type: user */ 0, 0, 0, 1 };
	g_byte_array_append(blob, rest, sizeof rest);
	return g_byte_array_free_to_bytes(blob);
}

static void sound(void)
{
	g_autoptr(GBytes) blob = certificate(99, 0);

	g_assert_true(pss_public_is_user_certificate(blob));
}

static void lengths(void)
{
	static const guint32 wrong[] = { 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffc, 0xffffffff };

	for (guint at = 0; at < 3; at++)
		for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
			g_autoptr(GBytes) blob = certificate(at, wrong[i]);
			g_assert_false(pss_public_is_user_certificate(blob));
			g_assert_false(pss_public_is_of(blob, blob));
		}
}

/* Each of its beginnings. */
static void cut(void)
{
	g_autoptr(GBytes) whole = certificate(99, 0);

	for (gsize n = 0; n < g_bytes_get_size(whole); n++) {
		/* Memory of its own, so that a sanitizer sees what is read behind it. */
		g_autoptr(GBytes) blob = g_bytes_new(g_bytes_get_data(whole, NULL), n);
		g_assert_false(pss_public_is_user_certificate(blob));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/public/a certificate", sound);
	g_test_add_func("/public/lengths that lead out of it", lengths);
	g_test_add_func("/public/one that is cut", cut);
	return g_test_run();
}
