/* SPDX-License-Identifier: BSD-3-Clause */
/* What is logged between two moments. */
#ifndef TEST_LOGGED_H
#define TEST_LOGGED_H

/** From now on DPDK's log goes to memory. */
void log_begin(void);

/** Ends log_begin(). @return what was logged; the caller frees it. */
char *log_end(void);

/** Ends log_begin(), and asserts that exactly this line of the library was logged. */
void assert_logged(const char *line);

#endif /* TEST_LOGGED_H */
