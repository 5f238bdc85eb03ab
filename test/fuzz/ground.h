/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the targets for packets and connections stand on: EAL, the library and a context, started once and kept for all
 * inputs. At the end of the process everything must be home.
 */
#ifndef TEST_FUZZ_GROUND_H
#define TEST_FUZZ_GROUND_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_mbuf.h>

#include <evpl/evpl.h>

/** Ends the process, as a fuzzer wants it, unless the condition holds. */
#define fuzz_check(condition)                                                                                          \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                        \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/** Ends the process without a report if something that every test needs is not there. */
#define fuzz_need(condition)                                                                                           \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: cannot start: %s\n", __FILE__, __LINE__, #condition);                  \
			_Exit(2);                                                                                      \
		}                                                                                                      \
	} while (0)

/**
 * Starts EAL and the library with that configuration (NULL: defaults). @p stop is called at the end of the process,
 * before the context is destroyed; NULL: nothing. @return the context.
 */
struct evpl *ground_start(const char *program, const struct evpl_global_config *config, void (*stop)(void));

#define GROUND_WAITING 64u
#define GROUND_SENT 256u

/** A port (net_null) that receives what ground_deliver() puts in. The bytes of each packet that it sends are kept. */
struct ground_port {
	uint16_t id;
	unsigned first, waiting; /* in received[] */
	struct rte_mbuf *received[GROUND_WAITING];
	unsigned sent; /* of these, so many */
	struct {
		uint8_t *bytes;
		uint32_t length;
	} packets[GROUND_SENT];
	uint64_t overflow; /* packets that were sent and not kept: there were GROUND_SENT */
};

/** @p name is a vdev's, as "net_null_a". */
void ground_open(struct ground_port *port, const char *name, struct rte_mempool *rx_pool);

/** Adds a segment with these bytes, out of @p pool, to a packet (NULL: it is the first). @return the packet. */
struct rte_mbuf *ground_append(struct rte_mbuf *packet, struct rte_mempool *pool, const uint8_t *bytes,
			       uint32_t length);

/** Puts a packet where the port receives it: the next burst has it. */
void ground_deliver(struct ground_port *port, struct rte_mbuf *m);

/** Forgets what was sent. */
void ground_forget(struct ground_port *port);

/** Whether all mbufs of the pool are home. */
static inline bool
ground_is_home(const struct rte_mempool *pool)
{
	return rte_mempool_in_use_count(pool) == 0;
}

/**
 * Between these calls the address sanitizer reports accesses to the bytes of the mbuf's room behind its data. Other
 * builds do nothing.
 */
void ground_guard(const struct rte_mbuf *m);
void ground_unguard(const struct rte_mbuf *m);

#endif /* TEST_FUZZ_GROUND_H */
