/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 packets that are longer than their path takes, in fragments. lwIP 2.1.3's ip6_frag() moves the pointers of the pbufs that it is
 * given; TCP keeps those, and what it sent again from there were other bytes, or it ran off their end. So lwIP is built without
 * (LWIP_IPV6_FRAG), and the glue cuts a frame on its way out, which leaves the pbufs as they are.
 */
#ifndef GLUE_IP6_FRAGMENT_H
#define GLUE_IP6_FRAGMENT_H

#include "glue.h"

/* Bytes of L3 that the frame's path takes, if it is IPv6 and longer; else 0. */
unsigned ip6_fragment_mtu(const struct glue_netif *n, const struct pbuf *frame);

/* Sends the frame, copied into fragments of that MTU. ERR_OK, or ERR_MEM: not all of them were sent. */
err_t ip6_fragment_send(struct glue_netif *n, const struct pbuf *frame, unsigned mtu);

#endif /* GLUE_IP6_FRAGMENT_H */
