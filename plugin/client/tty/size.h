/* SPDX-License-Identifier: MIT */
/* The size of a terminal, by TIOCGWINSZ. */
#pragma once

/* Of the terminal that this command runs on, wherever its three streams go; 80 by 24 without one. */
void pss_terminal_size(unsigned *ret_columns, unsigned *ret_rows);

/* Of the terminal behind this descriptor, which is one; 80 where it does not say. */
unsigned pss_descriptor_columns(int fd);
