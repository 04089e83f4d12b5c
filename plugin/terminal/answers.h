/* SPDX-License-Identifier: MIT */
/* What a terminal sends of its own accord or because a program asked, among the keys that a person types. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum pss_answer {
	PSS_ANSWER_NONE, /* keys */
	PSS_ANSWER_PART, /* may become one: it ends with the bytes that there are */
	PSS_ANSWER_WHOLE,
};

/* Does an answer begin at `bytes`, whose first is ESC? Its length. `position_asked`: somebody asked for the cursor's
 * position, and so `ESC [ 1 ; 2 R` is no F3 with Shift. */
enum pss_answer pss_answer_find(const unsigned char *bytes, size_t n, bool position_asked, size_t *ret_length);

/* Is it the one to a device attributes query? Those who ask several things ask for it last, as all terminals know it.
 */
bool pss_answer_is_last(const unsigned char *answer, size_t n);
