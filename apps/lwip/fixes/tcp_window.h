/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments that end behind the receive window, or behind the FIN of another segment. lwIP 2.1.3 cuts those that come in
 * order. Out of order it cuts only a segment that goes to the end of a queue, and queues others as they came. When the
 * numbers before such a segment arrived, and the window was as small as the peer made it, an assertion ended the
 * program:
 *
 *	"ooseq tcplen > rcv_wnd"    a queued segment is longer than the window that is left
 *	"tcplen > rcv_wnd"          a segment up to the window's end takes over a queued one with FIN, and so its FIN
 */
#ifndef TCP_WINDOW_H
#define TCP_WINDOW_H

#include <lwip/priv/tcp_priv.h>

/*
 * Cuts off what is behind the window, or behind FIN, as if it had not come. The connection is open, or about to be. The
 * header is in this machine's byte order, p begins behind its options, and the number is not far from the next one.
 */
void tcp_window_cut(const struct tcp_pcb *pcb, struct tcp_hdr *header, struct pbuf *p);

#endif /* TCP_WINDOW_H */
