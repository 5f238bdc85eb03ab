/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_time_wait.h"

/* The new connection's first number is further from the old one's last number than any window. */
#define ISN_GAP (1u << 20)
#define ISN_SPREAD (1u << 30)

static bool reopens;
static u32_t old_end;

/* lwipopts.h, LWIP_HOOK_TCP_ISN. With an old number, segments of the old connection would count: RFC 1122. */
u32_t
glue_tcp_isn(void)
{
	u32_t random = glue_random();

	return reopens ? old_end + ISN_GAP + random % ISN_SPREAD : random;
}

/*
 * Makes the segment again what tcp_input() got, and calls tcp_input() again. That call frees p, and the caller of the
 * hook frees it, too: hence the reference.
 */
static void
input_again(struct tcp_hdr *header, u16_t options, struct pbuf *p)
{
	header->src = lwip_htons(header->src);
	header->dest = lwip_htons(header->dest);
	header->seqno = lwip_htonl(header->seqno);
	header->ackno = lwip_htonl(header->ackno);
	header->wnd = lwip_htons(header->wnd);
	pbuf_header_force(p, (s16_t)(TCP_HLEN + options));
	pbuf_ref(p);
	STATS_DEC(tcp.recv);
	tcp_input(p, ip_current_input_netif());
}

bool
tcp_time_wait_ends(struct tcp_pcb *pcb, struct tcp_hdr *header, u16_t options, u16_t options_in_first, struct pbuf *p)
{
	u8_t flags = TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST);

	if ((flags & TCP_RST) != 0 && header->seqno == pcb->rcv_nxt) {
		tcp_abort(pcb);
		return true;
	}
	if (flags != TCP_SYN || TCP_SEQ_LT(header->seqno, pcb->rcv_nxt) || options != options_in_first)
		return false;
	old_end = pcb->snd_nxt;
	/* This sends nothing, because the connection is in TIME_WAIT. */
	tcp_abort(pcb);
	reopens = true;
	input_again(header, options, p);
	reopens = false;
	return true;
}
