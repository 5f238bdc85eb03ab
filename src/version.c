/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The version and the kind of this build.
 */
#include "base.h"

#include "trace/hooks.h"

const char *
evpl_version(void)
{
	return "evpl-dpdk " EVPL_VERSION_STRING HOOK_BY_BUILD("", " (tracing)", " (tracing, without bytes)");
}
