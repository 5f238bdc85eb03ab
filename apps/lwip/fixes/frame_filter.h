/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received frames that lwIP 2.1.3 must not see. Some IPv6 frames: see ip6_filter.h. Frames that are too short: lwIP
 * reads these fields without a look at the frame's length, and gets what an earlier frame left in the buffer:
 *
 *	ARP       its 28 bytes: a frame with one of them was answered in the name of the last sender that asked
 *	IPv4      the fields of its header, before lwIP checks by them that the header is there
 *	IPv6      the link-layer address in an option of neighbour discovery whose length is 0
 *
 * IPv4 fragments without a byte: with --copy, or when too many mbufs are held, the answer to an echo request had an
 * empty pbuf at its end. An assertion of ARP's queue then ended the program.
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
