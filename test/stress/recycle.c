/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One buffer that two threads hold. Both release it at the same moment, and both then try to take it again.
 *
 * What would break: if the end of a count does not acquire, the next owner may write while the previous holder still
 * reads, by the rules of the memory model. x86 does not show that. The thread sanitizer does, but only if nothing else
 * has ordered the two threads in between; a barrier, a ring or a lock would do that. So there is only one buffer. What
 * each thread holds of it (an iovec, or a packet that is freed inside DPDK) ends right after the barrier. Then the same
 * thread tries to take the buffer and to write to it before it meets the other thread. On any machine, a buffer that
 * comes home while the other thread still holds it shows in the bytes.
 */
#include <rte_pause.h>

#include "pool_ops.h"
#include "support.h"

#define ROUNDS 500u /* in all builds: the sanitizer needs no more */
#define LENGTH 64u

static const struct evpl_global_config one_buffer = {
	.slab_size = 16 << 10, .buffer_size = 16 << 10, .max_slabs = 1, .packet_mbufs = 1023};

static const enum threads_kind kinds[] = {THREADS_LCORES, THREADS_PLAIN, THREADS_MIXED};

struct recycle {
	struct rte_mempool *pool; /* of one received mbuf; NULL: the slab's buffer */
	unsigned packets;	  /* how many of the two threads hold a packet, and not an iovec */
	bool cloned;		  /* and one is DPDK's clone of the other */
	struct evpl_iovec iovec[2];
	struct rte_mbuf *packet[2];
};

static bool
holds_packet(const struct recycle *r, unsigned index)
{
	return index >= 2 - r->packets;
}

static bool
take_first(const struct recycle *r, struct evpl *evpl, struct evpl_iovec *iovec)
{
	struct rte_mbuf *mbuf;

	if (r->pool == NULL)
		return threads_check(evpl_iovec_alloc(evpl, LENGTH, 0, 1, SHARED, iovec) == 1);
	mbuf = rte_pktmbuf_alloc(r->pool);
	return threads_check(mbuf != NULL) && threads_check(rte_pktmbuf_append(mbuf, LENGTH) != NULL) &&
	       threads_check(evpl_iovecs_from_mbuf(evpl, mbuf, SHARED, 1, iovec) == 1);
}

static void
take(struct recycle *r, struct evpl *evpl, unsigned round)
{
	struct evpl_iovec first;

	if (take_first(r, evpl, &first)) {
		iovec_fill(&first, round);
		for (unsigned i = 0; i < 2; i++) {
			evpl_iovec_clone(&r->iovec[i], &first);
			if (holds_packet(r, i)) {
				r->packet[i] = evpl_iovecs_to_mbuf(evpl, &r->iovec[i], 1);
				threads_check(r->packet[i] != NULL);
			}
		}
		if (r->cloned) {
			rte_pktmbuf_free(r->packet[1]);
			r->packet[1] = rte_pktmbuf_clone(r->packet[0], r->packet[0]->pool);
			threads_check(r->packet[1] != NULL);
		}
		evpl_iovec_release(evpl, &first);
	}
}

/* A context for which the slab's buffer is not the current one. */
static struct evpl *
renew(struct evpl *evpl)
{
	evpl_destroy(evpl);
	evpl = evpl_create(NULL);
	threads_check(evpl != NULL);
	return evpl;
}

static void
let_go(struct recycle *r, struct evpl *evpl, unsigned index, unsigned round)
{
	if (holds_packet(r, index)) {
		const void *data = rte_pktmbuf_mtod(r->packet[index], const void *);

		threads_check(bytes_right(data, LENGTH, round, 0) == LENGTH);
		if (r->cloned && index == 1)
			clone_free(r->packet[index]);
		else
			rte_pktmbuf_free(r->packet[index]);
	} else {
		threads_check(bytes_right(r->iovec[index].data, LENGTH, round, 0) == LENGTH);
		if (round & 4)
			evpl_iovecs_release(round & 2 ? evpl : NULL, &r->iovec[index], 1);
		else
			evpl_iovec_release(round & 2 ? evpl : NULL, &r->iovec[index]);
	}
}

/*
 * If it is home: the other may still hold it, or have taken it. Not with memset, which GCC makes code of that the
 * sanitizer does not see.
 */
static void
take_again(const struct recycle *r, struct evpl *evpl)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *mbuf;

	if (r->pool != NULL) {
		mbuf = rte_pktmbuf_alloc(r->pool);
		if (mbuf != NULL) {
			bytes_fill(rte_pktmbuf_mtod(mbuf, void *), LENGTH, ROUNDS, 0);
			rte_pktmbuf_free(mbuf);
		}
	} else if (evpl_iovec_alloc(evpl, LENGTH, 0, 1, SHARED, &iovec) == 1) {
		iovec_fill(&iovec, ROUNDS);
		evpl_iovec_release(evpl, &iovec);
	}
}

static void
recycle(unsigned index, void *arg)
{
	struct recycle *r = arg;
	struct evpl *evpl = evpl_create(NULL);

	threads_check(evpl != NULL);
	for (unsigned round = 0; round < ROUNDS; round++) {
		if (index == round % 2) {
			take(r, evpl, round);
			if (r->pool == NULL)
				evpl = renew(evpl);
		}
		if (!threads_meet())
			break;
		let_go(r, evpl, index, round);
		take_again(r, evpl);
		if (!threads_meet())
			break;
		/* Not before, for it takes the library's lock; and one after the other, or they sleep on it. */
		for (unsigned i = 0; r->pool == NULL && i < 2; i++) {
			if (i == index)
				evpl = renew(evpl);
			threads_meet();
		}
	}
	evpl_destroy(evpl);
}

static void
run(struct rte_mempool *pool)
{
	for (unsigned i = 0; i < DIM(kinds); i++) {
		for (unsigned variant = 0; variant <= 3; variant++) {
			struct recycle r = {.pool = pool, .packets = RTE_MIN(variant, 2u), .cloned = variant == 3};

			threads_run(kinds[i], recycle, &r);
			home_assert_held(0);
		}
	}
}

static void
buffer_let_go_by_both_at_once_is_the_next_owners(void **state)
{
	(void)state;
	run(NULL);
}

static void
received_let_go_by_both_at_once_is_the_next_owners(void **state)
{
	struct rte_mempool *pool = evpl_rx_pool_create("received", 1, 0, SOCKET_ID_ANY);

	(void)state;
	assert_non_null(pool);
	run(pool);
	home_assert_pool(pool, 1);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
foreign_let_go_by_both_at_once_is_the_next_owners(void **state)
{
	struct rte_mempool *pool = plain_pool("foreign", 1, RTE_MBUF_DEFAULT_BUF_SIZE);

	(void)state;
	run(pool);
	home_assert_pool(pool, 1);
	rte_mempool_free(pool);
}

struct rewind {
	unsigned flags;
	struct rte_mbuf *packet;
	struct rte_mbuf *anchor;		 /* what counts the packets on the buffer, */
	struct rte_mbuf_ext_shared_info *shinfo; /* or this; NULL */
};

static uint16_t
packets_on(const struct rewind *r)
{
	return r->shinfo != NULL ? rte_mbuf_ext_refcnt_read(r->shinfo) : rte_mbuf_refcnt_read(r->anchor);
}

/* One sends all of its current buffer and takes it again as soon as it may; the other frees the packet. */
static void
rewind_current(unsigned index, void *arg)
{
	struct rewind *r = arg;
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovec;

	threads_check(evpl != NULL);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint16_t count = 0;

		if (index == 0 &&
		    threads_check(evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, r->flags, &iovec) == 1)) {
			bytes_fill(iovec.data, LENGTH, round, 0);
			r->packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
			threads_check(r->packet != NULL);
			r->anchor = rte_mbuf_from_indirect(r->packet);
			r->shinfo = RTE_MBUF_HAS_EXTBUF(r->packet) ? r->packet->shinfo : NULL;
			count = packets_on(r);
		}
		if (!threads_meet())
			break;
		if (index == 0) {
			while (packets_on(r) == count && !threads_failed())
				rte_pause(); /* relaxed: it is the library that must acquire */
			if (threads_check(evpl_iovec_alloc(evpl, LENGTH, 0, 1, r->flags, &iovec) == 1)) {
				iovec_fill(&iovec, ROUNDS);
				evpl_iovec_release(evpl, &iovec);
			}
		} else {
			const void *data = rte_pktmbuf_mtod(r->packet, const void *);

			threads_check(bytes_right(data, LENGTH, round, 0) == LENGTH);
			rte_pktmbuf_free(r->packet);
		}
		if (!threads_meet())
			break;
	}
	evpl_destroy(evpl);
}

static void
current_buffer_rewound_when_the_other_frees_its_packet_is_the_owners(void **state)
{
	(void)state;
	unwatched_bytes_only();
	for (unsigned i = 0; i < DIM(kinds); i++) {
		for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
			struct rewind r = {.flags = flags};

			threads_run(kinds[i], rewind_current, &r);
			home_assert_held(0);
		}
	}
}

static const struct CMUnitTest cases[] = {
	home_case(buffer_let_go_by_both_at_once_is_the_next_owners, one_buffer),
	home_case(received_let_go_by_both_at_once_is_the_next_owners, one_buffer),
	home_case(foreign_let_go_by_both_at_once_is_the_next_owners, one_buffer),
	home_case(current_buffer_rewound_when_the_other_frees_its_packet_is_the_owners, one_buffer),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "recycle", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
