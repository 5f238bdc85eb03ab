/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames that a peer on the link sends to us. */
#ifndef TEST_FUZZ_FRAME_H
#define TEST_FUZZ_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lengths of headers without options. */
#define ETHERNET 14u
#define IP4 20u
#define IP6 40u
#define TCP 20u

extern const uint8_t our_mac[6], peer_mac[6], our_ip4[4], our_ip6[16];

/** Numbers in network order. */
void frame_put16(uint8_t *at, unsigned value);
void frame_put32(uint8_t *at, uint32_t value);
uint32_t frame_get32(const uint8_t *at);

static inline unsigned
frame_ip(bool v6)
{
	return v6 ? IP6 : IP4;
}

/** Writes Ethernet and IP in front of @p length bytes, from peer number @p host. @return the frame's length. */
size_t frame_headers(uint8_t *frame, bool v6, uint8_t protocol, uint8_t host, size_t length);

/** Fills in the checksum at offset @p at of the @p length bytes behind IP, if it lies in them. */
void frame_checksum(uint8_t *frame, bool v6, uint8_t protocol, size_t at, size_t length);

/** Fills in the checksum of the IPv4 header. */
void frame_ip4_checksum(uint8_t *frame);

#endif /* TEST_FUZZ_FRAME_H */
