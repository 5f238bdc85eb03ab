/* SPDX-License-Identifier: BSD-3-Clause */
/* 60 KB that mbufs are attached to, piece by piece: for the ways named extbuf. */
#ifndef BENCH_LARGE_H
#define BENCH_LARGE_H

#include <rte_mbuf.h>

#define BENCH_LARGE (60u << 10)

extern struct rte_mbuf_ext_shared_info bench_large_info;
extern char bench_large[BENCH_LARGE];

/* Call it before a loop, when no mbuf is attached. */
void bench_large_begin(void);

/* Attaches a new mbuf to these bytes. The caller sets data_len and pkt_len. */
static inline void
bench_large_attach(struct rte_mbuf *m, unsigned offset, unsigned length)
{
	rte_mbuf_ext_refcnt_update(&bench_large_info, 1);
	rte_pktmbuf_attach_extbuf(m, bench_large + offset, RTE_BAD_IOVA, (uint16_t)length, &bench_large_info);
}

#endif /* BENCH_LARGE_H */
