/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments IPv6 packets that are longer than their path takes. lwIP 2.1.3's ip6_frag() moves the pointers of the pbufs
 * that it gets, and TCP keeps those pbufs. When TCP sent them again, it sent other bytes, or read behind the pbufs'
 * end. So lwIP is built without ip6_frag() (LWIP_IPV6_FRAG). The glue cuts a frame on its way out, and leaves the pbufs
 * as they are.
 */
#ifndef GLUE_IP6_FRAGMENT_H
#define GLUE_IP6_FRAGMENT_H

#include "glue.h"

/* Bytes of L3 that the frame's path takes, if the frame is IPv6 and longer than that; else 0. */
unsigned ip6_fragment_mtu(const struct glue_netif *n, const struct pbuf *frame);

/* Copies the frame into fragments of that MTU, and sends them. ERR_OK; ERR_MEM: some fragments were not sent. */
err_t ip6_fragment_send(struct glue_netif *n, const struct pbuf *frame, unsigned mtu);

#endif /* GLUE_IP6_FRAGMENT_H */
