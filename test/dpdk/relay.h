/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that go from one lcore to another and back, through anything that carries mbufs. Nothing here fails a case by
 * itself, because cmocka's asserts must not be used in threads. Functions return false or NULL instead.
 */
#ifndef TEST_RELAY_H
#define TEST_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl.h>

/** Packet @p i of one to four segments, LOCAL and SHARED ones in turn; NULL: no memory at the moment. */
struct rte_mbuf *relay_make(struct evpl *evpl, uint16_t i);

/** Whether every byte of a packet of relay_make() is right; @p r_i tells which one it is. */
bool relay_check(const struct rte_mbuf *packet, uint16_t *r_i);

/**
 * One stage: takes a packet as SHARED iovecs, releases the last one's reference by a clone, and sends the packet on.
 */
struct rte_mbuf *relay_turn(struct evpl *evpl, struct rte_mbuf *packet);

#endif /* TEST_RELAY_H */
