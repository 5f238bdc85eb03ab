/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_window.h"

/* The number of a FIN in the last segment that waits out of order; end if there is none. */
static u32_t
fin_before(const struct tcp_pcb *pcb, u32_t end)
{
	const struct tcp_seg *segment = pcb->ooseq;

	if (segment == NULL)
		return end;
	while (segment->next != NULL)
		segment = segment->next;
	return (TCPH_FLAGS(segment->tcphdr) & TCP_FIN) != 0 ? segment->tcphdr->seqno + segment->len : end;
}

/* Cuts the segment so that it ends before that number. */
static void
cut_at(u32_t end, struct tcp_hdr *header, struct pbuf *p)
{
	u32_t length = TCP_SEQ_LT(header->seqno, end) ? end - header->seqno : 0;

	TCPH_UNSET_FLAG(header, TCP_FIN);
	if (length < p->tot_len)
		pbuf_realloc(p, (u16_t)length);
}

void
tcp_window_cut(const struct tcp_pcb *pcb, struct tcp_hdr *header, struct pbuf *p)
{
	u32_t end = pcb->rcv_nxt + pcb->rcv_wnd, length = p->tot_len;

	/* The whole segment is behind the window: lwIP answers, and takes nothing. */
	if (!TCP_SEQ_LT(header->seqno, end))
		return;
	if ((TCPH_FLAGS(header) & TCP_FIN) != 0)
		length++;
	if (length > end - header->seqno)
		cut_at(end, header, p);
	/* It fills the window, so it must not take over the FIN of a queued segment: FIN has no room. */
	if (header->seqno + p->tot_len == end)
		cut_at(fin_before(pcb, end), header, p);
}
