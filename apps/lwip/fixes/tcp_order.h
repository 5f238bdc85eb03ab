/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP 2.1.3 loses the order of what TCP has to send when a port has no room at the wrong moment. The connection is
 * lost with it:
 *
 *	three acknowledgements are the same: the first segment moves from unacked to the head of unsent   tcp_rexmit()
 *	linkoutput has no room: that segment stays in unsent, while later ones are in unacked             tcp_output()
 *	the retransmission time-out puts unsent behind unacked, "which is older"              tcp_rexmit_rto_prepare()
 *
 * The peer waits for the first segment, which now stands behind others that no window lets go. This took a few hundred
 * transfers with 1 % of loss and virtio_user, whose queue is often full.
 */
#ifndef TCP_ORDER_H
#define TCP_ORDER_H

#include <stdbool.h>

struct tcp_pcb;

/*
 * Whether the last unsent segment has the last sequence numbers. lwIP appends to the last unsent segment, or sets FIN
 * in it. If that segment is one to be sent again, new bytes would get numbers of older ones, and FIN would come before
 * the end. If this returns false, the caller must wait.
 */
bool tcp_order_is_kept(const struct tcp_pcb *pcb);

/* Puts all connections' segments back into order, and sends. Looks at each connection: call it every second or so. */
void tcp_order_mend(void);

#endif /* TCP_ORDER_H */
