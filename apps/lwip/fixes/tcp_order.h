/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP 2.1.3 loses the order of what TCP has to send, and with it the connection, when a port has no room at the wrong moment:
 *
 *	three acknowledgements are the same: the first segment is taken from unacked, and put before unsent     tcp_rexmit()
 *	linkoutput has no room: it stays there, while later ones are unacked                                    tcp_output()
 *	the retransmission time-out puts unsent behind unacked, "which is older"                  tcp_rexmit_rto_prepare()
 *
 * The peer waits for the first segment, which now stands behind others that no window lets go. With virtio_user, whose queue
 * is often full, and 1 % of loss it took a few hundred transfers.
 */
#ifndef TCP_ORDER_H
#define TCP_ORDER_H

#include <stdbool.h>

struct tcp_pcb;

/*
 * Whether the last segment that is not sent has the last numbers. lwIP makes that one longer, or sets FIN in it: if it is one that
 * is to be sent again, new bytes would get numbers of older ones, and FIN would come before the end. When it is not, wait.
 */
bool tcp_order_is_kept(const struct tcp_pcb *pcb);

/* Puts the segments of all connections back into order, and sends. To be called every second or so: looks at each connection. */
void tcp_order_mend(void);

#endif /* TCP_ORDER_H */
