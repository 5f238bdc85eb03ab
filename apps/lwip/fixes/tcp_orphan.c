/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>

#include <lwip/priv/tcp_priv.h>

#include "tcp_orphan.h"

/* The program closed both directions, and only FIN is not acknowledged. */
static bool
is_orphan(const struct tcp_pcb *pcb)
{
	return (pcb->state == FIN_WAIT_1 || pcb->state == CLOSING) && (pcb->flags & TF_RXCLOSED) != 0 &&
	       pcb->snd_lbb - pcb->lastack <= 1;
}

void
tcp_orphans_end(void)
{
	struct tcp_pcb *pcb, *next;

	for (pcb = tcp_active_pcbs; pcb != NULL; pcb = next) {
		next = pcb->next;
		/* lwIP sets tmr when a segment arrives, until the program closes. */
		if (is_orphan(pcb) && tcp_ticks - pcb->tmr > 2 * TCP_MSL / TCP_SLOW_INTERVAL)
			tcp_abort(pcb);
	}
}
