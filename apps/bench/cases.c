/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

const struct bench_case *const bench_families[] = {
	bench_alloc,	    bench_hold,	 bench_clone,  bench_handover, bench_packet,
	bench_plain_thread, bench_scale, bench_growth, bench_memory,   bench_age,
	bench_sample,	    bench_slabs, NULL,
};
