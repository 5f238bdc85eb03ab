/* SPDX-License-Identifier: BSD-3-Clause */
/* Modes that rewrite only the Ethernet addresses. */
#include <string.h>

#include <rte_byteorder.h>

#include "mode.h"

uint16_t
fwd_mac(struct fwd_stream *s, uint16_t n)
{
	struct evpl_iovec *iovecs = s->iovecs;
	struct fwd_target *t = &s->targets[0];
	uint8_t macs[2 * RTE_ETHER_ADDR_LEN];
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (unlikely(n == 0))
		return 0;
	fwd_macs(t, macs);
	for (uint16_t i = 0; i < n; i++) {
		fwd_prefetch(iovecs, i, n);
		if (likely(evpl_iovec_length(&iovecs[i]) >= RTE_ETHER_HDR_LEN))
			memcpy(evpl_iovec_data(&iovecs[i]), macs, sizeof(macs));
		else
			fwd_count(&s->count->rx_malformed, 1);
	}
	fwd_send(s, t, iovecs, n, bytes);
	return n;
}

/*
 * Two loads and two stores for the twelve bytes:
 *
 *	first  | d0 d1 d2 d3 d4 d5 s0 s1 |	second | s2 s3 s4 s5 |
 *	   ->  | s0 s1 s2 s3 s4 s5 d0 d1 |	   ->  | d2 d3 d4 d5 |
 */
static inline void
swap_macs(uint8_t *data)
{
	uint64_t first;
	uint32_t second;

	memcpy(&first, data, 8);
	memcpy(&second, data + 8, 4);
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
	uint64_t swapped = first >> 48 | (uint64_t)second << 16 | first << 48;
	uint32_t rest = (uint32_t)(first >> 16);
#else
	uint64_t swapped = first << 48 | (uint64_t)second << 16 | first >> 48;
	uint32_t rest = (uint32_t)(first >> 16);
#endif
	memcpy(data, &swapped, 8);
	memcpy(data + 8, &rest, 4);
}

uint16_t
fwd_macswap(struct fwd_stream *s, uint16_t n)
{
	struct evpl_iovec *iovecs = s->iovecs; /* a local: the compiler must assume that writing to packets changes s */
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (unlikely(n == 0))
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		fwd_prefetch(iovecs, i, n);
		if (likely(evpl_iovec_length(&iovecs[i]) >= RTE_ETHER_HDR_LEN))
			swap_macs(evpl_iovec_data(&iovecs[i]));
		else
			fwd_count(&s->count->rx_malformed, 1);
	}
	fwd_send(s, &s->targets[0], iovecs, n, bytes);
	return n;
}
