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

/* Puts the segments of all connections back into order, and sends. To be called every second or so: looks at each connection. */
void tcp_order_mend(void);

#endif /* TCP_ORDER_H */
