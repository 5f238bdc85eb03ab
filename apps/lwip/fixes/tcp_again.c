/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counts TCP segments that are sent again, as they leave (lwipopts.h, LWIP_HOOK_TCP_OUT_ADD_TCPOPTS). lwIP 2.1.3 counts
 * only those that duplicate acknowledgements ask for, not those that a time-out sends. Which kind occurs depends on the
 * peer: a peer whose window changes with each acknowledgement sends no duplicates.
 */
#include <lwip/priv/tcp_priv.h>

#include "glue.h"

static uint64_t again;

static bool
has_number(const struct pbuf *p, const struct tcp_hdr *header)
{
	return p->tot_len > TCPH_HDRLEN_BYTES(header) || (TCPH_FLAGS(header) & (TCP_SYN | TCP_FIN)) != 0;
}

uint32_t *
glue_tcp_count_again(const struct pbuf *p, const struct tcp_hdr *header, const struct tcp_pcb *pcb, uint32_t *options)
{
	if (TCP_SEQ_LT(lwip_ntohl(header->seqno), pcb->snd_nxt) && has_number(p, header))
		again++;
	return options;
}

uint64_t
glue_tcp_sent_again(void)
{
	return again;
}
