/* SPDX-License-Identifier: BSD-3-Clause */
#include <lwip/priv/tcp_priv.h>

#include "tcp_order.h"

static u32_t
number_of(const struct tcp_seg *segment)
{
	return lwip_ntohl(segment->tcphdr->seqno);
}

/* Nothing is in flight, and yet the first unsent segment is not the one that the peer waits for. */
static bool
is_out_of_order(const struct tcp_pcb *pcb)
{
	return pcb->unacked == NULL && pcb->unsent != NULL && number_of(pcb->unsent) != pcb->lastack;
}

bool
tcp_order_is_kept(const struct tcp_pcb *pcb)
{
	const struct tcp_seg *last = pcb->unsent;

	while (last != NULL && last->next != NULL)
		last = last->next;
	return last == NULL || number_of(last) + TCP_TCPLEN(last) == pcb->snd_lbb;
}

/* Moves segments that are older than the one before them to the head. Their own order stays as it is. */
static void
sort_unsent(struct tcp_seg **unsent)
{
	struct tcp_seg **at = unsent, **older_end = unsent;

	while (*at != NULL && (*at)->next != NULL) {
		struct tcp_seg *next = (*at)->next;

		if (TCP_SEQ_LT(number_of(*at), number_of(next))) {
			at = &(*at)->next;
			continue;
		}
		(*at)->next = next->next;
		next->next = *older_end;
		*older_end = next;
		older_end = &next->next;
	}
}

void
tcp_order_mend(void)
{
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
		if (!is_out_of_order(pcb))
			continue;
		sort_unsent(&pcb->unsent);
#if TCP_OVERSIZE
		/* Another segment may be the last one now, so nothing may be added to it. */
		pcb->unsent_oversize = 0;
#endif
		tcp_output(pcb);
	}
}
