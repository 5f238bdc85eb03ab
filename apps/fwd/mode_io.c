/* SPDX-License-Identifier: BSD-3-Clause */
/* Modes that never read a packet's bytes. */
#include "mode.h"

uint16_t
fwd_io(struct fwd_stream *s, uint16_t n)
{
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (likely(n != 0))
		fwd_send(s, &s->targets[0], s->iovecs, n, bytes);
	return n;
}

uint16_t
fwd_rxonly(struct fwd_stream *s, uint16_t n)
{
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (likely(n != 0)) {
		fwd_count(&s->count->rx_consumed, n);
		evpl_iovecs_release(s->evpl, s->iovecs, n);
	}
	return n;
}

uint16_t
fwd_tee(struct fwd_stream *s, uint16_t n)
{
	struct evpl_iovec *clones = s->lcore->clones;
	uint16_t last = (uint16_t)(s->target_count - 1);
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (unlikely(n == 0))
		return 0;
	for (uint16_t t = 0; t < last; t++) {
		for (uint16_t i = 0; i < n; i++)
			evpl_iovec_clone(&clones[i], &s->iovecs[i]);
		fwd_send(s, &s->targets[t], clones, n, bytes);
	}
	/* The last port gets the references that were received. */
	fwd_send(s, &s->targets[last], s->iovecs, n, bytes);
	return n;
}
