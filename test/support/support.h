/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every test program includes: cmocka in the order it wants, the library's public header, and the helpers.
 *
 *	program.h  main(): EAL with the test line, cmocka with TAP, re-executed children that must stop
 *	home.h     a running library per case, and the proof that every buffer came home
 *	bytes.h    content that tells which byte of which iovec it is; random numbers with a seed
 *	threads.h  threads on distinct cores that meet at a spin barrier
 *	port.h     virtual ports and foreign mempools
 */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_errno.h>
#include <rte_mbuf.h>

#include <evpl/evpl.h>

#include "bytes.h"
#include "home.h"
#include "port.h"
#include "program.h"
#include "threads.h"

#define SHARED EVPL_IOVEC_FLAG_SHARED
#define LOCAL 0

#define DIM(a) (sizeof(a) / sizeof((a)[0]))

/** The call fails with -1 and this rte_errno. */
#define assert_fails(call, error)                                                                                      \
	do {                                                                                                           \
		rte_errno = 0;                                                                                         \
		assert_int_equal((call), -1);                                                                          \
		assert_int_equal(rte_errno, (error));                                                                  \
	} while (0)

/** The call returns NULL with this rte_errno. */
#define assert_null_with(call, error)                                                                                  \
	do {                                                                                                           \
		rte_errno = 0;                                                                                         \
		assert_null(call);                                                                                     \
		assert_int_equal(rte_errno, (error));                                                                  \
	} while (0)

#endif /* TEST_SUPPORT_H */
