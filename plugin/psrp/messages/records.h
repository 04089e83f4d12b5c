/* SPDX-License-Identifier: MIT */
/* Error and progress records ([MS-PSRP] 2.2.3.15, 2.2.5.1.25) as text. All results are the caller's; records may be
 * NULL. */
#pragma once

#include "psrp/clixml/value.h"

/* "Get-Item: Cannot find path '/x' because it does not exist." */
char *pss_record_error_text(const PssValue *record);

/* "ObjectNotFound" */
char *pss_record_category(const PssValue *record);

/* "Copying: file 3 of 7 42 %" */
char *pss_record_progress_text(const PssValue *record);
