/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client that comes back from the port of a connection that is in TIME_WAIT here. lwIP 2.1.3 answers its SYN with RST or with
 * an ACK, and takes no connection from that port for the 10 seconds of TIME_WAIT. Here it does, as RFC 1122 (4.2.2.13) and
 * RFC 9293 (3.10.7.4) let it:
 *
 *	a SYN whose number is behind all that the old connection received    the old one is gone, the listener gets the SYN
 *	an RST with the number that comes next                               the old one is gone
 *
 * The second is what a client sends that got the ACK, for its SYN had an older number. It then repeats the SYN.
 */
#ifndef TCP_TIME_WAIT_H
#define TCP_TIME_WAIT_H

#include <stdbool.h>

#include <lwip/priv/tcp_priv.h>

/*
 * A segment for a connection in TIME_WAIT, with its header as in LWIP_HOOK_TCP_INPACKET_PCB, and p behind that header.
 * True: the connection is gone, and the segment is dealt with.
 */
bool tcp_time_wait_ends(struct tcp_pcb *pcb, struct tcp_hdr *header, u16_t options, u16_t options_in_first,
			struct pbuf *p);

#endif /* TCP_TIME_WAIT_H */
