/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The version: that of these headers, as macros, and that of the library that runs, as a call.
 *
 *	#if EVPL_VERSION < EVPL_VERSION_NUM(0, 1, 0)
 *	#error "too old"
 *	#endif
 *	printf("compiled with %s, runs with %s\n", EVPL_VERSION_STRING, evpl_version());
 *
 * include/README.md, installed as share/doc/libevpl-dpdk/versions.md, says which versions run together.
 */
#ifndef EVPL_VERSION_H
#define EVPL_VERSION_H

#include <evpl/evpl_core.h>

#include <rte_common.h> /* RTE_STR */

/** The version of these headers: major. It is the number in the shared library's soname, too. */
#define EVPL_VERSION_MAJOR 0
/** The version of these headers: minor. */
#define EVPL_VERSION_MINOR 1
/** The version of these headers: patch. */
#define EVPL_VERSION_PATCH 0

/** Makes one number of a version. Later versions have greater numbers. Each part is at most 255. */
#define EVPL_VERSION_NUM(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))

/** The version of these headers, as EVPL_VERSION_NUM() makes it. The preprocessor can compare it. */
#define EVPL_VERSION EVPL_VERSION_NUM(EVPL_VERSION_MAJOR, EVPL_VERSION_MINOR, EVPL_VERSION_PATCH)

/** The version of these headers, as text: "0.1.0". */
#define EVPL_VERSION_STRING RTE_STR(EVPL_VERSION_MAJOR) "." RTE_STR(EVPL_VERSION_MINOR) "." RTE_STR(EVPL_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Returns the name, the version and the kind of the library that runs: "evpl-dpdk 0.1.0" for a plain build,
 * "evpl-dpdk 0.1.0 (tracing)" for a tracing build (-Diovec_trace=true), "evpl-dpdk 0.1.0 (tracing, without bytes)" for
 * one that does not watch bytes (-Diovec_trace_bytes=false). With the shared library this version can be a later one
 * than EVPL_VERSION, which is fixed when the program is compiled.
 * @return the text. It stays valid as long as the process lives.
 * Owns: nothing. Neither EAL nor the library need be started.
 * Threads: any thread.
 * Cost: one load.
 */
EVPL_PVT_EXPORT const char *evpl_version(void);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_VERSION_H */
