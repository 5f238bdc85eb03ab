/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments that end behind the receive window, or behind the FIN of another one. lwIP 2.1.3 cuts those that come in order, and
 * of those out of order only one that goes to the end of a queue. Another one was queued as it came, and when the numbers before
 * it arrived, with the window as small as the peer made it, an assertion ended the program:
 *
 *	"ooseq tcplen > rcv_wnd"    a queued segment is longer than the window that is left
 *	"tcplen > rcv_wnd"          a segment up to the window's end takes the place of a queued one with FIN, and so its FIN
 */
#ifndef TCP_WINDOW_H
#define TCP_WINDOW_H

#include <lwip/priv/tcp_priv.h>

/*
 * Cuts a segment of a connection that is open, or about to be: what is behind the window, or behind FIN, is as if it had not
 * come. The header is in this machine's byte order, p begins behind its options, and the number is not far from the next one.
 */
void tcp_window_cut(const struct tcp_pcb *pcb, struct tcp_hdr *header, struct pbuf *p);

#endif /* TCP_WINDOW_H */
