/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP 2.1.3 splits a segment that does not fit into a small window (tcp_split_unsent_seg()). It means to move FIN to
 * the second part, but leaves it on the first part, too. The peer would take the first FIN for the end, and miss the
 * last bytes. FIN is the end of what is sent, so FIN is taken off a segment that others follow, before its checksum is
 * made.
 *
 * PSH stays on both parts. It only makes the peer hand over what it has, and the peer may have to do so to open its
 * window.
 */
#include <lwip/priv/tcp_priv.h>

/* lwipopts.h, LWIP_HOOK_TCP_OUT_ADD_TCPOPTS: adds no options, and returns the place where they would begin. */
u32_t *
glue_tcp_unset_early_fin(const struct tcp_pcb *pcb, struct tcp_hdr *header, u32_t *options)
{
	const struct tcp_seg *segment = pcb->unsent;

	/* A segment that is being sent is the first of unsent. Other headers have no data. */
	if (segment == NULL || segment->tcphdr != header || (TCPH_FLAGS(header) & TCP_FIN) == 0)
		return options;
	while ((segment = segment->next) != NULL) {
		if (TCP_SEQ_GT(lwip_ntohl(segment->tcphdr->seqno), lwip_ntohl(header->seqno)))
			TCPH_UNSET_FLAG(header, TCP_FIN);
	}
	return options;
}
