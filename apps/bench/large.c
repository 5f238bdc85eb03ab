/* SPDX-License-Identifier: BSD-3-Clause */
#include "large.h"

/* The bytes are static, so nothing is freed when the last mbuf ends. */
static void
keep_bytes(void *bytes, void *opaque)
{
	RTE_SET_USED(bytes);
	RTE_SET_USED(opaque);
}

struct rte_mbuf_ext_shared_info bench_large_info = {.free_cb = keep_bytes};
char bench_large[BENCH_LARGE] __rte_cache_aligned;

void
bench_large_begin(void)
{
	rte_mbuf_ext_refcnt_set(&bench_large_info, 1);
}
