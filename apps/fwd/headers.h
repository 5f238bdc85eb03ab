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
 * What is in a frame. Everything that is reported lies inside the frame's bytes, whatever the frame's fields contain:
 *
 *	l3 is IPV4 or IPV6    the whole header, with its options, is there, at l3_offset
 *	l4_protocol != 0      the whole fixed header of TCP, UDP, ICMP or SCTP is there, at l4_offset
 *	l4_covered != 0       the layer-4 checksum is over that many bytes from l4_offset. It is 0 also if the number
 *	                      cannot be known: for fragments, and if a length is false
 *	malformed             some header is cut short, or a field has an impossible value
 */
struct fwd_headers {
	uint32_t l3_offset;
	uint32_t l4_offset;
	uint32_t l4_covered;
	uint16_t ether_type; /* host order, behind all VLAN tags; 0: no Ethernet header */
	uint8_t l3;	     /* enum fwd_l3 */
	uint8_t l4_protocol; /* 0 also for later fragments, and behind IPv6 extension headers */
	bool malformed;
};

void fwd_headers_parse(const uint8_t *data, uint32_t length, struct fwd_headers *h);

#endif /* FWD_HEADERS_H */
