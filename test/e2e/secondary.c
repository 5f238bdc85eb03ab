/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets of iovecs that end in another process. The primary makes them and sends them through a ring. The secondary
 * reads their bytes, and frees the packets and clones of them. If both exit with status 0, all bytes were right, and
 * everything is home.
 *
 * What would break: the end of a packet could call an address of the primary, or count in memory that only the primary
 * has.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ring.h>

#include <evpl/evpl.h>

#define ROUNDS 200u
#define PACKETS 32u
#define LENGTH 1448u

/* A pattern of its number. */
static void
fill(const struct evpl_iovec *iovec, uint32_t number)
{
	unsigned char *bytes = evpl_iovec_data(iovec);

	for (unsigned i = 0; i < evpl_iovec_length(iovec); i++)
		bytes[i] = (unsigned char)(number * 31 + i);
}

static bool
is_right(const struct rte_mbuf *m, uint32_t number)
{
	const unsigned char *bytes = rte_pktmbuf_mtod(m, const unsigned char *);

	for (unsigned i = 0; i < LENGTH; i++) {
		if (bytes[i] != (unsigned char)(number * 31 + i))
			return false;
	}
	return m->data_len == LENGTH;
}

static int
failed(const char *what, int number)
{
	fprintf(stderr, "%s: %s (%d)\n", rte_eal_process_type() == RTE_PROC_PRIMARY ? "primary" : "secondary", what,
		number);
	return 1;
}

static int
primary(void)
{
	struct rte_ring *there = rte_ring_create("there", 1024, SOCKET_ID_ANY, 0);
	struct rte_ring *back = rte_ring_create("back", 1024, SOCKET_ID_ANY, 0);
	struct rte_mempool *clones = rte_pktmbuf_pool_create("clones", 1023, 0, 0, 0, SOCKET_ID_ANY);
	struct evpl *evpl = evpl_init(NULL) == 0 ? evpl_create(NULL) : NULL;
	struct evpl_iovec iovec, kept;
	struct evpl_stats stats;
	void *answer;

	if (evpl == NULL || there == NULL || back == NULL || clones == NULL)
		return failed("cannot start", rte_errno);
	puts("ready");
	fflush(stdout);
	for (uint32_t i = 0; i < ROUNDS * PACKETS; i++) {
		struct rte_mbuf *m, *sent;

		if (evpl_iovec_alloc(evpl, LENGTH, 0, 1, i & 1, &iovec) != 1)
			return failed("no iovec", rte_errno);
		fill(&iovec, i);
		if (i % 5 == 0) { /* the bytes are held here as well, for a while */
			evpl_iovec_clone(&kept, &iovec);
			evpl_iovec_release(evpl, &kept);
		}
		m = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		if (m == NULL)
			return failed("no packet", rte_errno);
		sent = m;
		if (i % 3 == 0) { /* a clone ends there, and its original before it here */
			sent = rte_pktmbuf_clone(m, clones);
			if (sent == NULL)
				return failed("no clone", rte_errno);
			rte_pktmbuf_free(m);
		}
		if (rte_ring_enqueue(there, sent) != 0)
			return failed("the ring is full", (int)i);
		if (i % PACKETS == PACKETS - 1) {
			while (rte_ring_dequeue(back, &answer) != 0)
				rte_pause();
			if ((uintptr_t)answer != 1)
				return failed("wrong bytes", (int)i);
		}
	}
	evpl_destroy(evpl);
	evpl_stats_get(&stats);
	if (stats.buffers_in_use != 0 || stats.packet_mbufs_in_use != 0)
		return failed("not home", (int)(stats.buffers_in_use + stats.packet_mbufs_in_use));
	if (rte_mempool_avail_count(clones) != 1023)
		return failed("clones are not home", (int)rte_mempool_avail_count(clones));
	return evpl_cleanup() == 0 ? 0 : failed("evpl_cleanup", 0);
}

static int
secondary(void)
{
	struct rte_ring *there = rte_ring_lookup("there"), *back = rte_ring_lookup("back");
	bool right = true;
	void *m;

	if (evpl_init(NULL) != -ENOTSUP || there == NULL || back == NULL)
		return failed("cannot start", rte_errno);
	for (uint32_t i = 0; i < ROUNDS * PACKETS; i++) {
		while (rte_ring_dequeue(there, &m) != 0)
			rte_pause();
		right = right && is_right(m, i);
		rte_pktmbuf_free(m);
		if (i % PACKETS == PACKETS - 1)
			while (rte_ring_enqueue(back, (void *)(uintptr_t)(right ? 1 : 2)) != 0)
				rte_pause();
	}
	return right ? 0 : failed("wrong bytes", 0);
}

int
main(int argc, char **argv)
{
	int rc;

	if (rte_eal_init(argc, argv) < 0)
		return failed("rte_eal_init", rte_errno);
	rc = rte_eal_process_type() == RTE_PROC_PRIMARY ? primary() : secondary();
	rte_eal_cleanup();
	return rc;
}
