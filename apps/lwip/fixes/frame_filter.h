/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received frames that lwIP 2.1.3 must not see: of IPv6, see ip6_filter.h; and those that end before what lwIP reads without
 * a look at their length. What it read then was left in the buffer by an earlier frame:
 *
 *	ARP       its 28 bytes: a single one was answered in the name of the last that asked
 *	IPv4      the fields of its header, to check with those that the header is there
 *	IPv6      an option of neighbour discovery whose length is 0: the link-layer address in it
 *
 * And a fragment of IPv4 without a byte: with --copy, or when too many mbufs are held, the answer to an echo request had an empty
 * pbuf at its end, and the program ended at an assertion of ARP's queue.
 *
 * All else of a frame's headers lwIP checks itself: UDP, TCP, ICMP, ICMPv6 and MLD headers, an IPv4 header's options, fragments,
 * and the other options of an advertisement. (Of TCP's options: tcp_filter.c.) It has no VLAN tags, no IGMP, no DHCP.
 */
#ifndef GLUE_FRAME_FILTER_H
#define GLUE_FRAME_FILTER_H

#include <lwip/pbuf.h>

enum frame_verdict { FRAME_PASSES, FRAME_REFUSED, FRAME_SHORT };

/* Of a frame whose headers are in its first pbuf. */
enum frame_verdict frame_filter(const struct pbuf *frame);

#endif /* GLUE_FRAME_FILTER_H */
