/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP 2.1.3 divides a segment that a small window does not let go (tcp_split_unsent_seg()). It means to move FIN to the second
 * part, but leaves it on the first one, too: the peer would take that for the end, and miss the last bytes. As FIN ends all that
 * is sent, it is taken from a segment that others follow, before the segment's sum is made.
 *
 * PSH stays on both parts. It only makes the peer hand over what it has, which it may need to do to open its window.
 */
#include <lwip/priv/tcp_priv.h>

/* lwipopts.h, LWIP_HOOK_TCP_OUT_ADD_TCPOPTS: adds none, and returns where they would begin. */
u32_t *
glue_tcp_sends(const struct tcp_pcb *pcb, struct tcp_hdr *header, u32_t *options)
{
	const struct tcp_seg *segment = pcb->unsent;

	/* Segments that are sent are at the head of those not sent; all else has no data. */
	if (segment == NULL || segment->tcphdr != header || (TCPH_FLAGS(header) & TCP_FIN) == 0)
		return options;
	while ((segment = segment->next) != NULL) {
		if (TCP_SEQ_GT(lwip_ntohl(segment->tcphdr->seqno), lwip_ntohl(header->seqno)))
			TCPH_UNSET_FLAG(header, TCP_FIN);
	}
	return options;
}
