/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>
#include <string.h>

#include <rte_errno.h>

#include "mode.h"

static const struct fwd_mode modes[] = {
	{.name = "io", .help = "send packets as they are", .burst = fwd_io, .receives = true, .transmits = true},
	{.name = "mac",
	 .help = "set the source MAC to the port's, the destination MAC to the peer's (--eth-peer)",
	 .burst = fwd_mac,
	 .receives = true,
	 .transmits = true},
	{.name = "macswap",
	 .help = "swap source MAC and destination MAC",
	 .burst = fwd_macswap,
	 .receives = true,
	 .transmits = true},
	{.name = "5tswap",
	 .help = "swap MACs, IP addresses, and TCP or UDP ports",
	 .burst = fwd_5tswap,
	 .receives = true,
	 .transmits = true},
	{.name = "rxonly", .help = "receive and drop", .burst = fwd_rxonly, .receives = true},
	{.name = "txonly",
	 .help = "send UDP packets of one flow",
	 .burst = fwd_txonly,
	 .transmits = true,
	 .generates = true},
	{.name = "flowgen",
	 .help = "send UDP packets of many flows, drop what is received",
	 .burst = fwd_flowgen,
	 .receives = true,
	 .transmits = true,
	 .generates = true},
	{.name = "csum",
	 .help = "as mac, and recompute IPv4, TCP, UDP and SCTP checksums",
	 .burst = fwd_csum,
	 .receives = true,
	 .transmits = true},
	{.name = "icmpecho",
	 .help = "answer ARP and ICMP echo requests, but not those to groups; drop all else",
	 .burst = fwd_icmpecho,
	 .receives = true,
	 .transmits = true,
	 .answers = true},
	{.name = "tee",
	 .help = "send each packet through every other port, without copying it",
	 .burst = fwd_tee,
	 .receives = true,
	 .transmits = true,
	 .multiplies = true},
};

const struct fwd_mode *
fwd_mode_at(unsigned index)
{
	return index < RTE_DIM(modes) ? &modes[index] : NULL;
}

const struct fwd_mode *
fwd_mode_find(const char *name)
{
	for (unsigned i = 0; i < RTE_DIM(modes); i++) {
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	}
	return NULL;
}

uint16_t
fwd_send_rest(struct fwd_stream *s, const struct fwd_target *t, struct evpl_iovec *iovecs, uint16_t sent, uint16_t n,
	      uint64_t bytes)
{
	uint16_t total = sent;

	/* Iovecs that are not sent stay unchanged, so their bytes can still be counted. */
	while (sent < n) {
		int error = rte_errno;
		uint16_t more;

		if (error == 0) {
			/* A full queue drops the rest of the burst, as in testpmd. */
			fwd_count(&t->count->drop_full, (uint64_t)(n - sent));
			bytes -= fwd_bytes(iovecs + sent, (uint16_t)(n - sent));
			evpl_iovecs_release(s->evpl, iovecs + sent, n - sent);
			break;
		}
		/* This iovec cannot become a packet; those behind it may. */
		fwd_count(error == EINVAL ? &t->count->drop_malformed : &t->count->drop_memory, 1);
		bytes -= evpl_iovec_length(&iovecs[sent]);
		evpl_iovec_release(s->evpl, &iovecs[sent++]);
		if (sent == n)
			break;
		more = evpl_tx_burst(s->evpl, t->port, t->queue, iovecs + sent, (uint16_t)(n - sent));
		sent = (uint16_t)(sent + more);
		total = (uint16_t)(total + more);
	}
	fwd_count(&t->count->tx_packets, total);
	fwd_count(&t->count->tx_bytes, bytes);
	return total;
}
