/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lets a client come back from the port of a connection that is in TIME_WAIT here. lwIP 2.1.3 answers its SYN with RST
 * or with an ACK, and accepts no connection from that port for the 10 seconds of TIME_WAIT. This file accepts it, as
 * RFC 1122 (4.2.2.13) and RFC 9293 (3.10.7.4) allow:
 *
 *	a SYN whose number is behind all that the old connection received  the old one ends, the listener gets the SYN
 *	an RST with the number that comes next                             the old one ends
 *
 * A client sends that RST if its SYN had an older number and was answered with the ACK. It then repeats the SYN.
 */
#ifndef TCP_TIME_WAIT_H
#define TCP_TIME_WAIT_H

#include <stdbool.h>

#include <lwip/priv/tcp_priv.h>

/*
 * Handles a segment for a connection in TIME_WAIT. Its header is as in LWIP_HOOK_TCP_INPACKET_PCB, and p begins behind
 * the header. True: the connection is gone, and the segment is dealt with.
 */
bool tcp_time_wait_ends(struct tcp_pcb *pcb, struct tcp_hdr *header, u16_t options, u16_t options_in_first,
			struct pbuf *p);

#endif /* TCP_TIME_WAIT_H */
