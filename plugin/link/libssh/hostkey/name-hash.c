/* SPDX-License-Identifier: MIT */
/* SHA-1 block by block, as GChecksum gives no state between blocks. It guards no secret here, only finds lines, whose
 * verdict known-hosts.c gives. Called by known-hosts-index.c; knows no files. */
#include "link/libssh/hostkey/name-hash.h"

#include <string.h>

#define BLOCK 64
#define N_WORDS 5   /* of a state, and of a digest */
#define N_ROUNDS 80 /* of a block */
#define LENGTH_BYTES 8
#define INNER_PAD 0x36
#define OUTER_PAD 0x5c
#define BASE64_CHARACTERS 28 /* of 20 bytes */

struct PssHashedName {
	guint n_blocks;
	guint32 words[][N_ROUNDS]; /* each block's, spread out for its rounds */
};

/* ---- SHA-1 */

static const guint32 initial[N_WORDS] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };

static inline guint32 rotate(guint32 word, guint n)
{
	return word << n | word >> (32 - n);
}

static void spread(const guchar block[BLOCK], guint32 words[N_ROUNDS])
{
	memcpy(words, block, BLOCK);
	for (guint i = 0; i < BLOCK / sizeof *words; i++)
		words[i] = GUINT32_FROM_BE(words[i]);
	for (guint i = BLOCK / sizeof *words; i < N_ROUNDS; i++)
		words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
}

static inline void turn(guint32 s[N_WORDS], guint32 f, guint32 constant, guint32 word)
{
	guint32 first = rotate(s[0], 5) + f + s[4] + constant + word;

	s[4] = s[3];
	s[3] = s[2];
	s[2] = rotate(s[1], 30);
	s[1] = s[0];
	s[0] = first;
}

static void compress(guint32 state[N_WORDS], const guint32 words[N_ROUNDS])
{
	guint32 s[N_WORDS];
	guint i = 0;

	memcpy(s, state, sizeof s);
	for (; i < 20; i++)
		turn(s, (s[1] & s[2]) | (~s[1] & s[3]), 0x5a827999, words[i]);
	for (; i < 40; i++)
		turn(s, s[1] ^ s[2] ^ s[3], 0x6ed9eba1, words[i]);
	for (; i < 60; i++)
		turn(s, (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3]), 0x8f1bbcdc, words[i]);
	for (; i < N_ROUNDS; i++)
		turn(s, s[1] ^ s[2] ^ s[3], 0xca62c1d6, words[i]);
	for (i = 0; i < N_WORDS; i++)
		state[i] += s[i];
}

/* The end of a message that stands behind one whole block: its last bit, zeros, and its length in bits. */
static void pad(guchar *message, gsize n, gsize n_padded)
{
	guint64 bits = GUINT64_TO_BE((guint64)(BLOCK + n) * 8);

	memset(message + n, 0, n_padded - n);
	message[n] = 0x80;
	memcpy(message + n_padded - sizeof bits, &bits, sizeof bits);
}

/* ---- a line */

static void begin(guint32 state[N_WORDS], const guchar salt[PSS_NAME_HASH_BYTES], guchar padding)
{
	guchar block[BLOCK];
	guint32 words[N_ROUNDS];

	memset(block, padding, sizeof block);
	for (guint i = 0; i < PSS_NAME_HASH_BYTES; i++)
		block[i] ^= salt[i];
	spread(block, words);
	memcpy(state, initial, sizeof initial);
	compress(state, words);
}

/* As many bytes as a hash has, from as many characters as those are in base64. */
static gboolean decode(const char *text, guchar ret_bytes[PSS_NAME_HASH_BYTES])
{
	gint state = 0;
	guint save = 0;
	guchar bytes[BASE64_CHARACTERS];

	if (g_base64_decode_step(text, BASE64_CHARACTERS, bytes, &state, &save) != PSS_NAME_HASH_BYTES)
		return FALSE;
	memcpy(ret_bytes, bytes, PSS_NAME_HASH_BYTES);
	return TRUE;
}

gboolean pss_name_hash_parse(const char *text, gsize n, PssNameHash *ret_hash)
{
	static const char magic[] = "|1|";
	const char *salt = text + strlen(magic), *digest = salt + BASE64_CHARACTERS + 1;
	guchar bytes[PSS_NAME_HASH_BYTES], hash[PSS_NAME_HASH_BYTES];

	if (n != strlen(magic) + 2 * BASE64_CHARACTERS + 1 || memcmp(text, magic, strlen(magic)) != 0 ||
	    digest[-1] != '|' || !decode(salt, bytes) || !decode(digest, hash))
		return FALSE;
	begin(ret_hash->inner, bytes, INNER_PAD);
	begin(ret_hash->outer, bytes, OUTER_PAD);
	memcpy(ret_hash->digest, hash, sizeof hash);
	for (guint i = 0; i < N_WORDS; i++)
		ret_hash->digest[i] = GUINT32_FROM_BE(ret_hash->digest[i]);
	return TRUE;
}

/* ---- a name */

PssHashedName *pss_hashed_name_new(const char *name)
{
	gsize n = strlen(name), n_blocks = (n + 1 + LENGTH_BYTES + BLOCK - 1) / BLOCK;
	g_autofree guchar *message = g_malloc(n_blocks * BLOCK);
	PssHashedName *hashed = g_malloc(sizeof *hashed + n_blocks * sizeof *hashed->words);

	memcpy(message, name, n);
	pad(message, n, n_blocks * BLOCK);
	hashed->n_blocks = (guint)n_blocks;
	for (gsize i = 0; i < n_blocks; i++)
		spread(message + i * BLOCK, hashed->words[i]);
	return hashed;
}

void pss_hashed_name_free(PssHashedName *name)
{
	g_free(name);
}

gboolean pss_hashed_name_is(const PssHashedName *name, const PssNameHash *hash)
{
	guint32 state[N_WORDS], words[N_ROUNDS];
	guchar block[BLOCK];

	memcpy(state, hash->inner, sizeof state);
	for (guint i = 0; i < name->n_blocks; i++)
		compress(state, name->words[i]);
	for (guint i = 0; i < N_WORDS; i++)
		state[i] = GUINT32_TO_BE(state[i]);
	memcpy(block, state, sizeof state);
	pad(block, sizeof state, sizeof block);
	spread(block, words);
	memcpy(state, hash->outer, sizeof state);
	compress(state, words);
	return memcmp(state, hash->digest, sizeof state) == 0;
}
