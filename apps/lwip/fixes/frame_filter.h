/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received frames that lwIP 2.1.3 must not see. There are three kinds:
 *
 * Some IPv6 frames: see ip6_filter.h.
 *
 * Frames that are too short. lwIP reads these fields without checking the frame's length. It then uses bytes that an
 * earlier frame has left in the buffer:
 *
 *	ARP       all 28 bytes: lwIP answered a frame with one of these bytes to the sender of an earlier frame
 *	IPv4      the header: lwIP reads it first, and checks its length afterwards
 *	IPv6      the link-layer address in an option of neighbour discovery whose length is 0
 *
 * IPv4 fragments without data. If the mbufs were copied, the answer to an echo request had an empty pbuf at its end. An
 * assertion in the queue of ARP then ended the program.
 *
 * lwIP itself checks all other headers: UDP, TCP, ICMP, ICMPv6 and MLD headers, an IPv4 header's options, fragments,
 * and the other options of an advertisement. (tcp_filter.c checks TCP's options.) lwIP is built without VLAN tags, IGMP
 * and DHCP.
 */
#ifndef GLUE_FRAME_FILTER_H
#define GLUE_FRAME_FILTER_H

#include <lwip/pbuf.h>

enum frame_verdict { FRAME_PASSES, FRAME_REFUSED, FRAME_SHORT };

/* The headers of the frame must be in its first pbuf. */
enum frame_verdict frame_filter(const struct pbuf *frame);

#endif /* GLUE_FRAME_FILTER_H */
