/* SPDX-License-Identifier: BSD-3-Clause */
/* 60 KB of which mbufs are segments, without a copy: what extbuf's ways are. */
#ifndef BENCH_LARGE_H
#define BENCH_LARGE_H

#include <rte_mbuf.h>

#define BENCH_LARGE (60u << 10)

extern struct rte_mbuf_ext_shared_info bench_large_info;
extern char bench_large[BENCH_LARGE];

/* Call it before a loop: no mbuf is a segment yet. */
void bench_large_begin(void);

/* Makes a new mbuf a segment with these bytes as its buffer. The caller sets its lengths. */
static inline void
bench_large_attach(struct rte_mbuf *m, unsigned offset, unsigned length)
{
	rte_mbuf_ext_refcnt_update(&bench_large_info, 1);
	rte_pktmbuf_attach_extbuf(m, bench_large + offset, RTE_BAD_IOVA, (uint16_t)length, &bench_large_info);
}

#endif /* BENCH_LARGE_H */
