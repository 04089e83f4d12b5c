/* SPDX-License-Identifier: MIT */
/* Frames that are well formed but for what they say, made of a fuzzer's input: the way past the parser of frames
 * (fuzz-frame.c is about that one). */
#pragma once

#include "fuzz.h"
#include "input.h"
#include "wire/message.h"

enum frame_sender { FRAME_OF_CLIENT, FRAME_OF_HOST };

/* Appends one frame: the number of a type (any of the wire's, from whichever side; any other byte is one of those that
 * this sender sends), an id of 0 to 7, a number of fields, the fields; with 255 fields the
 * payload is a block of raw bytes instead. A field is a tag and a kind: the length of a text, or one of the kinds in
 * frames.c. `instance` (or NULL) is what an INSTANCE of kind FIELD_INSTANCE says. */
void frame_from_input(struct pss_buffer *out, struct input *input, enum frame_sender sender, const char *instance);
