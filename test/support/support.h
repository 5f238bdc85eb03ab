/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every test program includes this header: cmocka in the order that it needs, the library's public header, and helpers.
 *
 *	program.h  main(): EAL with the options for tests, cmocka with TAP, child processes that must stop
 *	home.h     a running library per case, and the proof that every buffer came home
 *	bytes.h    content that shows which byte of which iovec it is; random numbers with a seed
 *	threads.h  threads on distinct cores that meet at a spin barrier
 *	port.h     virtual ports, and mempools that are not the library's
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
#include <rte_lcore.h>
#include <rte_memory.h>
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
 * Tracing builds (meson -Diovec_trace=true) run all of this, too, and stop at a misuse that a plain build tolerates. So
 * a case moves an iovec with evpl_iovec_move(). After it moved, released or sent an iovec, it reads only the fields.
 * Operations that a plain build tolerates and a tracing build forbids have cases of their own, which begin with
 * plain_builds_only().
 *
 * A tracing build that also watches bytes (unless -Diovec_trace_bytes=false) differs in two points. Each alloc and
 * reserve takes GUARDS more bytes, at a multiple of 16, if the buffer has room for them. And a buffer whose references
 * are all home is not used again in place. So neighbours lie up to 2 * GUARDS apart. A case about the very next byte,
 * or about how few buffers are needed, must allow for that, or begin with unwatched_bytes_only().
 */
#ifndef TEST_TRACE_BYTES
#define TEST_TRACE_BYTES 0
#endif
#define GUARDS (TEST_TRACE_BYTES ? 32u : 0u)

/** Ends the case that it stands in, as skipped for that reason, unless the condition holds. */
#define skip_unless(condition, reason)                                                                                 \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			program_skips(__func__, (reason));                                                             \
			return;                                                                                        \
		}                                                                                                      \
	} while (0)

/** The same, in every tracing build. */
#define plain_builds_only() skip_unless(!EVPL_IOVEC_TRACE, "tracing stops the program there")

/** The same, where threads_run() has no second core. */
#define two_lcores_only() skip_unless(rte_lcore_count() > 1, "there is one lcore")

/** The same, in tracing builds that watch bytes. */
#define unwatched_bytes_only() skip_unless(!TEST_TRACE_BYTES, "watched buffers are not used again in place")

/** The same, if EAL has less than that many MiB. home_setup() then makes no context if there is none to be had. */
#define memory_only(mib)                                                                                               \
	skip_unless(rte_eal_get_physmem_size() >= (uint64_t)(mib) << 20, "EAL has less than " #mib " MiB")

#define DIM(a) (sizeof(a) / sizeof((a)[0]))

/** Asserts that the call returns -1 with this rte_errno. */
#define assert_fails(call, error)                                                                                      \
	do {                                                                                                           \
		rte_errno = 0;                                                                                         \
		assert_int_equal((call), -1);                                                                          \
		assert_int_equal(rte_errno, (error));                                                                  \
	} while (0)

/** Asserts that the call returns NULL with this rte_errno. */
#define assert_null_with(call, error)                                                                                  \
	do {                                                                                                           \
		rte_errno = 0;                                                                                         \
		assert_null(call);                                                                                     \
		assert_int_equal(rte_errno, (error));                                                                  \
	} while (0)

#endif /* TEST_SUPPORT_H */
