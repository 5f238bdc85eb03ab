/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FWD_HEADERS_H
#define FWD_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

enum fwd_l3 {
	FWD_L3_OTHER,
	FWD_L3_IPV4,
	FWD_L3_IPV6,
};

/*
 * What is in a frame. Whatever is reported lies inside the frame's bytes, whatever its fields claim:
 *
 *	l3 is IPV4 or IPV6    the whole header, options included, is there, at l3_offset
 *	l4_protocol != 0      the whole fixed header of TCP, UDP, ICMP or SCTP is there, at l4_offset
 *	l4_covered != 0       the layer-4 checksum is over so many bytes from l4_offset; 0 also where that cannot be
 *	                      known: fragments, and lengths that lie
 *	malformed             some header was cut short, or claims what cannot be
 */
struct fwd_headers {
	uint32_t l3_offset;
	uint32_t l4_offset;
	uint32_t l4_covered;
	uint16_t ether_type; /* host order, behind all VLAN tags; 0: not even Ethernet */
	uint8_t l3;	     /* enum fwd_l3 */
	uint8_t l4_protocol; /* 0 also for fragments but the first, and behind IPv6 extension headers */
	bool malformed;
};

void fwd_headers_parse(const uint8_t *data, uint32_t length, struct fwd_headers *h);

#endif /* FWD_HEADERS_H */
