/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inline functions of the public headers once more, as exported symbols: for function pointers, debuggers and
 * languages that cannot include a C header.
 */
#define EVPL_PVT_INLINE __attribute__((visibility("default")))

#include <evpl/evpl.h>
