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

/*
 * Tracing builds (meson -Diovec_trace=true) run all of this, too, and stop at a misuse that a plain build puts up with. So a
 * case hands an iovec on with evpl_iovec_move() and looks into one that it moved from, released or sent only by its fields.
 * What a tracing build forbids and a plain one puts up with has cases of its own, which begin with plain_builds_only().
 *
 * Where it also watches bytes (unless -Diovec_trace_bytes=false), GUARDS more are taken with each alloc and reserve that leaves
 * room for them in a buffer, at a multiple of 16, and a buffer whose references are all home is not used again in place. So
 * neighbours lie up to 2 * GUARDS apart, and what is about the very next byte, or about how few buffers are needed, either
 * reckons with that, or begins with unwatched_bytes_only().
 */
#ifndef TEST_TRACE_BYTES
#define TEST_TRACE_BYTES 0
#endif
#define GUARDS (TEST_TRACE_BYTES ? 32u : 0u)

/** Ends the case that it stands in, as skipped, in every tracing build. */
#define plain_builds_only()                                                                                            \
	do {                                                                                                           \
		if (EVPL_IOVEC_TRACE) {                                                                                \
			program_skips(__func__, "tracing stops the program there");                                    \
			return;                                                                                        \
		}                                                                                                      \
	} while (0)

/** The same in tracing builds that watch bytes. */
#define unwatched_bytes_only()                                                                                         \
	do {                                                                                                           \
		if (TEST_TRACE_BYTES) {                                                                                \
			program_skips(__func__, "watched buffers are not used again in place");                        \
			return;                                                                                        \
		}                                                                                                      \
	} while (0)

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
