/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LOCAL iovecs that are sent: another thread frees the packet while the owner goes on cloning and releasing.
 *
 * What would break: the LOCAL count is plain arithmetic. So nothing that DPDK does with a packet, on any thread, may
 * change it; DPDK may only change the atomic count of the external buffer. If a packet held a LOCAL reference, its free
 * on the other core would race with the owner's clones, and a buffer would be lost or freed too early. So the owner
 * clones and releases the same LOCAL iovec at full speed while the other core frees packets of it. Both sides read the
 * bytes. Then every buffer must be home.
 */
#include <rte_ring.h>

#include "support.h"

#define PACKETS 200000u

static const struct evpl_global_config config = {.slab_size = 1 << 20, .buffer_size = 16 << 10, .packet_mbufs = 4095};

static const enum threads_kind kinds[] = {THREADS_LCORES, THREADS_PLAIN, THREADS_MIXED};

struct local {
	struct rte_ring *ring;
	struct rte_mempool *pool; /* of received mbufs; NULL: from slabs */
	bool fresh;		  /* a new iovec for each packet, instead of clones of one */
	atomic_bool done;
};

static bool
take(struct local *l, struct evpl *evpl, struct evpl_iovec *iovec)
{
	if (l->pool != NULL) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(l->pool);

		if (mbuf == NULL)
			return false; /* all in flight */
		threads_check(rte_pktmbuf_append(mbuf, 100) != NULL);
		threads_check(evpl_iovecs_from_mbuf(evpl, mbuf, LOCAL, 1, iovec) == 1);
		threads_check((iovec->flags & SHARED) == 0);
	} else if (!threads_check(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, iovec) == 1)) {
		return false;
	}
	iovec_fill(iovec, 5);
	return true;
}

static void
own(struct local *l)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovec, clone[4], sent;
	unsigned n = 0, packets = threads_rounds(PACKETS);

	threads_check(evpl != NULL);
	iovec.ref = NULL;
	while (n < packets && !threads_failed()) {
		struct rte_mbuf *packet = NULL;

		if (iovec.ref == NULL && !take(l, evpl, &iovec))
			continue;
		evpl_iovec_clone(&sent, &iovec);
		packet = evpl_iovecs_to_mbuf(evpl, &sent, 1);
		if (packet == NULL)
			evpl_iovec_release(evpl, &sent); /* all packet mbufs in flight */
		else if (rte_ring_enqueue(l->ring, packet) != 0)
			rte_pktmbuf_free(packet);
		else
			n++;
		for (unsigned i = 0; i < DIM(clone); i++)
			evpl_iovec_clone(&clone[i], &iovec);
		evpl_iovecs_release(n & 1 ? evpl : NULL, clone, DIM(clone));
		if (l->fresh || n == packets) {
			threads_check(bytes_right(evpl_iovec_data(&iovec), 100, 5, 0) == 100);
			evpl_iovec_release(evpl, &iovec);
			iovec.ref = NULL;
		}
	}
	if (iovec.ref != NULL)
		evpl_iovec_release(evpl, &iovec);
	atomic_store(&l->done, true);
	threads_meet();
	evpl_destroy(evpl);
}

static void
free_packets(struct local *l)
{
	void *packet;

	for (;;) {
		bool done = atomic_load(&l->done);

		if (rte_ring_dequeue(l->ring, &packet) == 0) {
			struct rte_mbuf *m = packet;

			threads_check(m->data_len == 100);
			threads_check(bytes_right(rte_pktmbuf_mtod(m, void *), 100, 5, 0) == 100);
			rte_pktmbuf_free(m);
		} else if (done || threads_failed()) {
			break;
		}
	}
	threads_meet();
}

static void
own_or_free(unsigned index, void *arg)
{
	threads_meet();
	if (index == 0)
		own(arg);
	else
		free_packets(arg);
}

static void
run(struct rte_mempool *pool)
{
	for (unsigned i = 0; i < DIM(kinds); i++) {
		for (unsigned fresh = 0; fresh <= 1; fresh++) {
			struct local l = {.pool = pool, .fresh = fresh};

			l.ring = rte_ring_create("packets", 1024, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
			assert_non_null(l.ring);
			threads_run(kinds[i], own_or_free, &l);
			rte_ring_free(l.ring);
			home_assert_held(0);
		}
	}
}

static void
local_sent_and_freed_elsewhere_while_the_owner_clones_loses_nothing(void **state)
{
	(void)state;
	run(NULL);
}

static void
received_local_sent_and_freed_elsewhere_while_the_owner_clones_loses_nothing(void **state)
{
	struct rte_mempool *pool = evpl_rx_pool_create("received", 2047, 0, SOCKET_ID_ANY);

	(void)state;
	assert_non_null(pool);
	run(pool);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static const struct CMUnitTest cases[] = {
	home_case(local_sent_and_freed_elsewhere_while_the_owner_clones_loses_nothing, config),
	home_case(received_local_sent_and_freed_elsewhere_while_the_owner_clones_loses_nothing, config),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "local_send", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
