/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small DPDK programs, as users write them. Each is correct. With a planted bug it is not, and the plug-in must say so.
 */
#ifndef EVPL_TEST_PLUGIN_PROGRAM_H
#define EVPL_TEST_PLUGIN_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#define ROUNDS 300u

/* Ends the program with exit code 3: it did not do its work. */
#define need(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			program_fail(#condition, __FILE__, __LINE__);                                                  \
	} while (0)

void program_fail(const char *condition, const char *file, int line) __attribute__((noreturn));
struct rte_mempool *program_pool(const char *name, unsigned n, uint16_t private_size, uint16_t room);
/* An IPv4 packet with so many bytes behind its headers, in as many segments as it needs. */
struct rte_mbuf *program_packet(struct rte_mempool *pool, uint8_t protocol, uint32_t length);
void program_check(const struct rte_mbuf *packet, uint32_t offset, uint32_t length);
/* Opens and starts every port, with that many queues, of that pool. */
void program_ports(struct rte_mempool *pool, uint16_t queues);
void program_close_ports(void);

extern bool program_bug;	/* a bug is planted */
extern const char *program_arg; /* the second word behind the name, or NULL */

void asked(void);
void captured(void);
void chains(void);
void forward(void);
void fragments(void);
void pipeline(void);
void pools(void);
void server(void);
void client(void);

#endif /* EVPL_TEST_PLUGIN_PROGRAM_H */
