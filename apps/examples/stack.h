/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stack of external-stack.c: a little UDP, for port 7. It knows mbufs, and nothing of iovecs.
 */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

struct stack_headers {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
};
_Static_assert(sizeof(struct stack_headers) == 42, "without padding");

/** Where an answer goes: the headers of the datagram. */
struct stack_peer {
	struct stack_headers headers;
};

/** @return the pool that the port receives to and that headers come from; NULL: rte_errno. */
struct rte_mempool *stack_start(void);

/**
 * Takes a received packet. True: it is a datagram for port 7, @p m is its payload, and is the caller's again. False: it
 * was none, and has been freed.
 */
bool stack_input(struct rte_mbuf *m, struct stack_peer *r_peer);

/** Sends @p payload to the peer. Takes the payload in any case. False: it was not sent. */
bool stack_output(struct rte_mbuf *payload, const struct stack_peer *peer);

#endif /* STACK_H */
