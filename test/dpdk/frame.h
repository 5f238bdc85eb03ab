/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames for DPDK's libraries, which parse the headers. They are made of iovecs: the headers are in one, the payload is
 * in as many as a case wants. Payloads are streams of bytes.h, so each byte that a library changes in a frame is found.
 */
#ifndef TEST_FRAME_H
#define TEST_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl.h>

#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#define FRAME_ETHER (uint32_t)sizeof(struct rte_ether_hdr)
#define FRAME_IPV4 (uint32_t)sizeof(struct rte_ipv4_hdr)
#define FRAME_IPV6 (uint32_t)sizeof(struct rte_ipv6_hdr)
#define FRAME_TCP (uint32_t)sizeof(struct rte_tcp_hdr)
#define FRAME_UDP (uint32_t)sizeof(struct rte_udp_hdr)

/* 192.0.2.1 and 198.51.100.2 (RTE_IPV4() shifts into the sign). */
#define FRAME_SOURCE 0xC0000201u
#define FRAME_TARGET 0xC6336402u

/** What differs between the frames of a case. */
struct frame {
	bool ipv6;
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t ip_id;
	uint32_t seq; /* of TCP */
};

/** Writes Ethernet, IP and TCP or UDP headers for @p payload bytes, with right IP checksums. @return their bytes. */
uint32_t frame_headers(void *to, const struct frame *frame, uint32_t payload);

/**
 * Sets the lengths of a packet's headers as offloads and libraries want them. @return l3 and l4 added up, without
 * Ethernet's.
 */
uint32_t frame_set_lengths(struct rte_mbuf *packet, const struct frame *frame);

/** Fails the case unless the @p length bytes of the packet at @p from are stream @p seed at @p offset. */
void frame_assert(const struct rte_mbuf *packet, uint32_t from, uint32_t length, uint64_t seed, uint64_t offset);

/** Fails the case unless the chain is sound: rte_mbuf_check, and a pkt_len that is the sum. */
void frame_assert_sound(struct rte_mbuf *packet);

/** The bytes at @p offset, which must lie in one piece or fit @p room. */
const void *frame_read(const struct rte_mbuf *packet, uint32_t offset, uint32_t length, void *room);

/**
 * One payload iovec cut into @p n pieces of about equal length, the first ones a byte longer. Each second one is a
 * copy, or they would be neighbours and one segment; the others are clone segments: what a stack that holds bytes
 * until they are acknowledged sends. The iovec itself stays the caller's.
 */
void frame_cut(struct evpl *evpl, struct evpl_iovec *segments, unsigned n, const struct evpl_iovec *payload);

/** A packet of a header iovec and a clone of the payload in @p n segments (see frame_cut()). */
struct rte_mbuf *frame_build(struct evpl *evpl, const struct frame *frame, const struct evpl_iovec *payload,
			     unsigned n);

/** Takes an iovec of @p length bytes of stream @p seed. */
void frame_payload(struct evpl *evpl, unsigned length, unsigned flags, uint64_t seed, struct evpl_iovec *r_iovec);

/** Turns what a library made into iovecs and back into a packet, which must be sound. @return that packet. */
struct rte_mbuf *frame_there_and_back(struct evpl *evpl, struct rte_mbuf *packet);

#endif /* TEST_FRAME_H */
