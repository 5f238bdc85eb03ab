/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP over DPDK ports, every byte in iovecs. What a program on lwIP's raw API needs besides lwIP's own headers.
 *
 *	received:  mbuf -> iovec -> struct pbuf_custom, which releases the iovec when lwIP frees it      (pbuf.c)
 *	sent:      glue_write() -> PBUF_ROM, whose block holds a clone of the iovec until it is freed    (memory.c)
 *	           linkoutput: pbuf chain -> one iovec per pbuf -> mbuf chain -> port                    (pbuf.c, netif.c)
 *
 * One thread runs lwIP, all its netifs, and everything here; iovecs are LOCAL.
 *
 * Include lwIP's headers before DPDK's, and no rte_ethdev.h or rte_ip.h in one file with them: both define IP's headers.
 */
#ifndef GLUE_H
#define GLUE_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/err.h>
#include <lwip/pbuf.h>

#include <evpl/evpl.h>

struct tcp_pcb;

/*
 * As tcp_write() without TCP_WRITE_FLAG_COPY, of length bytes of the iovec from offset on: what lwIP queues holds a
 * reference to the whole iovec until the peer has acknowledged the bytes, or the connection is gone. The caller keeps its
 * own iovec and may release it at once, but nobody may write to those bytes any more.
 * With --copy, and with an lwIP that cannot do without (see glue_zero_copy()), the bytes are copied.
 * flags: TCP_WRITE_FLAG_MORE, or 0. length: 1 to 65,535.
 * Returns what tcp_write() does: ERR_OK, or ERR_MEM with nothing queued (no room in the send buffer, or no memory: try again
 * from the sent or poll callback), ERR_CONN; and ERR_ARG for bytes that are not inside the iovec.
 */
err_t glue_write(struct tcp_pcb *pcb, struct evpl_iovec *iovec, unsigned offset, unsigned length, u8_t flags);

/* The context of the thread that runs lwIP. */
struct evpl *glue_evpl(void);

/*
 * The iovec that holds the bytes of a received pbuf (of this one, not of the chain behind it); NULL if there is none, for
 * they were copied. p->payload lies inside it, at offset (char *)p->payload - (char *)evpl_iovec_data(iovec). It stays the
 * pbuf's: glue_write() or clone it before pbuf_free().
 */
struct evpl_iovec *glue_pbuf_iovec(struct pbuf *p);

#endif /* GLUE_H */
