/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults: makes the Nth call fail that the library, or the program itself, makes to a function outside: DPDK's, the C
 * library's or the kernel's. The function is not called then. It returns the error that its documentation names.
 *
 *	a program of ours   links this shared object before DPDK and the C library, and calls faulty_arm()
 *	any other program   LD_PRELOAD=faulty.so EVPL_FAULT=N, or EVPL_FAULT=FUNCTION:N to count one function only
 *
 * With EVPL_FAULT_FILE=FILE a line is appended to that file when the fault happens:
 *
 *	fault N FUNCTION MODULE+OFFSET
 *
 * and one when the program ends: "calls N", all that were counted. EVPL_FAULT=0 only counts.
 *
 * A call counts if it comes from the code of libevpl-dpdk.so or of the program: its return address says so. What DPDK
 * calls itself does not count. A program or library with DPDK's static libraries in it cannot be tested this way.
 */
#ifndef FAULTY_H
#define FAULTY_H

#include <stdbool.h>

/** Functions that can be made to fail are visible, so that they come before those of the libraries behind. */
#define FAULTY_EXPORT __attribute__((visibility("default")))

/** Makes the Nth call from now on fail (from 1 on), of any thread; 0: none, calls are only counted. */
FAULTY_EXPORT void faulty_arm(unsigned n);

/** As faulty_arm(), but counts the calls of the one function only. @p name must stay valid. */
FAULTY_EXPORT void faulty_arm_one(const char *name, unsigned n);

/** Ends it. @return whether a call failed. */
FAULTY_EXPORT bool faulty_disarm(void);

/** The calls that were counted since the last faulty_arm(). */
FAULTY_EXPORT unsigned faulty_count(void);

/** The function whose call failed last; NULL: none. */
FAULTY_EXPORT const char *faulty_name(void);

/** The faults so far, how many functions had one, and at how many places of the code. */
FAULTY_EXPORT unsigned faulty_injected(unsigned *functions, unsigned *places);

/** The blocks of the C library's heap that the library and the program have taken, and nobody has freed. */
FAULTY_EXPORT unsigned faulty_blocks(void);

/** A call of rte_telemetry_register_cmd() that was let through: its function; NULL: there was none for that command. */
FAULTY_EXPORT void *faulty_command(const char *name);

/* ---- for the functions that fail --------------------------------------------------------------------------------- */

/* Whether the call of that function from there fails. */
bool faulty_hits(const char *name, const void *from);

/* Whether the call came from the library or the program. */
bool faulty_is_ours(const void *from);

/* A block of the heap that was taken from there (NULL: none was), and its end. */
void *blocks_began(void *memory, const void *from);
void blocks_ended(const void *memory);

/* The function that would be called without this object. */
void *faulty_next(const char *name);

/* The operations of mempools are called through a table: puts ours in front of those that get mbufs. */
void faulty_watch_pools(void);

#define FROM __builtin_return_address(0)
#define HITS(name) faulty_hits(#name, FROM)
#define NEXT(name) ((__typeof__(&name))(uintptr_t)faulty_next(#name))

/* A function that returns `error` when it fails, after `effect`. */
#define FAILS(type, name, parameters, arguments, effect, error)                                                        \
	FAULTY_EXPORT type name parameters                                                                             \
	{                                                                                                              \
		if (HITS(name)) {                                                                                      \
			effect;                                                                                        \
			return error;                                                                                  \
		}                                                                                                      \
		return NEXT(name) arguments;                                                                           \
	}

#endif /* FAULTY_H */
