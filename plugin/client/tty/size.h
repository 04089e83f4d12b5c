/* SPDX-License-Identifier: MIT */
/* The size of the terminal that this command runs on, wherever its three streams go; 80 by 24 without one. */
#pragma once

void pss_terminal_size(unsigned *ret_columns, unsigned *ret_rows);
