/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHARED iovecs on two threads: they are handed over, kept and released at the same time, and the threads compete for
 * slabs.
 *
 * What would break: a count that is not atomic loses an update only if both threads change it within a few nanoseconds.
 * A release that does not order the writes before it lets the next owner of the buffer see old bytes. So the threads
 * run on two cores and meet at a spin barrier before each release, and the bytes of every iovec are read by the thread
 * that did not write them. Each case runs on EAL lcores, on plain pthreads, and on one of each.
 */
#include <rte_ring.h>

#include "support.h"

#define RING_SIZE 256u

static const struct evpl_global_config config = {.slab_size = 1 << 20, .buffer_size = 16 << 10, .packet_mbufs = 1023};
static const struct evpl_global_config one_slab = {
	.slab_size = 256 << 10, .buffer_size = 4 << 10, .max_slabs = 1, .packet_mbufs = 255};

static const enum threads_kind kinds[] = {THREADS_LCORES, THREADS_PLAIN, THREADS_MIXED};

/* An iovec on its way, with what it must hold. */
struct message {
	struct evpl_iovec iovec;
	uint64_t seed;
};

/*
 * Rings of pointers to messages: an iovec must stay where it is, or be moved, which a ring's copy does not do. A slot
 * is used again only when so many younger messages were sent that the other thread is done with it.
 */
struct pipes {
	struct rte_ring *to[2];
	struct message sent[2][2 * RING_SIZE];
	unsigned n;
};

static bool
holds(const struct evpl_iovec *iovec, uint64_t seed)
{
	return bytes_right(evpl_iovec_data(iovec), evpl_iovec_length(iovec), seed, 0) == evpl_iovec_length(iovec);
}

/* Takes, fills and sends n iovecs to the other, keeps a clone of every other one, and reads what the other sends. */
static void
send_and_receive(unsigned index, void *arg)
{
	struct pipes *pipes = arg;
	struct evpl *evpl = evpl_create(NULL);
	struct message kept[64] = {0}, *message = NULL;
	unsigned sent = 0, received = 0;
	void *got;
	struct dice dice;

	threads_check(evpl != NULL);
	dice_init(&dice, index);
	threads_meet();
	while ((sent < pipes->n || received < pipes->n) && !threads_failed()) {
		if (sent < pipes->n && message == NULL) {
			struct message *slot = &kept[sent % DIM(kept)];

			message = &pipes->sent[index][sent % DIM(pipes->sent[index])];
			message->seed = (uint64_t)index << 32 | sent;
			if (!threads_check(evpl_iovec_alloc(evpl, 1 + dice_below(&dice, 300), 0, 1, SHARED,
							    &message->iovec) == 1))
				break;
			iovec_fill(&message->iovec, message->seed);
			if (slot->iovec.ref != NULL) {
				threads_check(holds(&slot->iovec, slot->seed));
				evpl_iovec_release(sent & 2 ? evpl : NULL, &slot->iovec);
				slot->iovec.ref = NULL;
			}
			if (sent & 1) {
				evpl_iovec_clone(&slot->iovec, &message->iovec);
				slot->seed = message->seed;
			}
		}
		if (message != NULL && rte_ring_enqueue(pipes->to[!index], message) == 0) {
			message = NULL;
			sent++;
		}
		if (rte_ring_dequeue(pipes->to[index], &got) == 0) {
			struct message *theirs = got;

			threads_check(holds(&theirs->iovec, theirs->seed));
			evpl_iovec_release(received & 1 ? evpl : NULL, &theirs->iovec);
			received++;
		}
	}
	for (unsigned i = 0; i < DIM(kept); i++) {
		if (kept[i].iovec.ref != NULL) {
			threads_check(holds(&kept[i].iovec, kept[i].seed));
			evpl_iovec_release(evpl, &kept[i].iovec);
		}
	}
	evpl_destroy(evpl);
}

static void
shared_handed_to_the_other_thread_keeps_its_bytes(void **state)
{
	static struct pipes pipes;

	(void)state;
	pipes.n = threads_rounds(100000);
	for (unsigned i = 0; i < 2; i++) {
		char name[] = {'p', 'i', 'p', 'e', (char)('0' + i), '\0'};

		pipes.to[i] = rte_ring_create(name, RING_SIZE, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		assert_non_null(pipes.to[i]);
	}
	for (unsigned i = 0; i < DIM(kinds); i++)
		threads_run(kinds[i], send_and_receive, &pipes);
	rte_ring_free(pipes.to[0]);
	rte_ring_free(pipes.to[1]);
	home_assert_held(0);
}

#define ROUNDS 30000u
#define REFS 3u

/* References of one iovec, REFS for each thread. */
struct rounds {
	struct evpl_iovec reference[2][REFS];
	struct rte_mempool *pool; /* of received mbufs; NULL: from slabs */
	bool retired;		  /* the context that took it is gone by the time of the releases */
	struct evpl *taker;
};

static void
round_take(struct rounds *r, struct evpl *evpl, unsigned round)
{
	struct evpl *owner = r->retired ? evpl_create(NULL) : evpl;
	struct evpl_iovec *first = &r->reference[0][0];

	if (!threads_check(owner != NULL))
		return;
	if (r->pool != NULL) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(r->pool);

		if (!threads_check(mbuf != NULL) || !threads_check(rte_pktmbuf_append(mbuf, 64) != NULL))
			return;
		threads_check(evpl_iovecs_from_mbuf(owner, mbuf, SHARED, 1, first) == 1);
	} else {
		threads_check(evpl_iovec_alloc(owner, 64, 0, 1, SHARED, first) == 1);
	}
	iovec_fill(first, round);
	for (unsigned i = 1; i < 2 * REFS; i++)
		evpl_iovec_clone(&r->reference[i / REFS][i % REFS], first);
	if (r->retired)
		evpl_destroy(owner);
}

static void
release_at_once(unsigned index, void *arg)
{
	struct rounds *r = arg;
	struct evpl *evpl = evpl_create(NULL);

	threads_check(evpl != NULL);
	for (unsigned round = 0; round < threads_rounds(r->retired ? ROUNDS / 10 : ROUNDS); round++) {
		if (index == round % 2)
			round_take(r, evpl, round);
		if (!threads_meet())
			break;
		for (unsigned i = 0; i < REFS; i++) {
			/* The other may have released all of its own by now: ours must still keep the bytes. */
			threads_check(holds(&r->reference[index][i], round));
			evpl_iovec_release(round & 2 ? evpl : NULL, &r->reference[index][i]);
		}
		if (!threads_meet())
			break;
	}
	evpl_destroy(evpl);
}

static void
shared_released_by_both_at_once_comes_home_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DIM(kinds); i++) {
		for (unsigned retired = 0; retired <= 1; retired++) {
			struct rounds r = {.retired = retired};

			threads_run(kinds[i], release_at_once, &r);
			home_assert_held(0);
		}
	}
}

static void
received_released_by_both_at_once_comes_home_once(void **state)
{
	struct rte_mempool *ours = evpl_rx_pool_create("ours", 1023, 0, SOCKET_ID_ANY);
	struct rte_mempool *foreign = plain_pool("foreign", 63, RTE_MBUF_DEFAULT_BUF_SIZE);

	(void)state;
	assert_non_null(ours);
	for (unsigned i = 0; i < DIM(kinds); i++) {
		struct rounds r = {.pool = ours};

		threads_run(kinds[i], release_at_once, &r);
		r.pool = foreign;
		threads_run(kinds[i], release_at_once, &r);
	}
	assert_int_equal(rte_mempool_in_use_count(ours), 0);
	home_assert_pool(foreign, 63);
	rte_mempool_free(foreign);
	assert_int_equal(evpl_rx_pool_destroy(ours), 0);
}

/* Clones and releases of one iovec, by both, without any order. */
static void
clone_and_release(unsigned index, void *arg)
{
	struct evpl_iovec *source = arg, clone[5];
	struct evpl *evpl = evpl_create(NULL);

	threads_check(evpl != NULL);
	threads_meet();
	for (unsigned round = 0; round < threads_rounds(100000) && !threads_failed(); round++) {
		for (unsigned i = 0; i < DIM(clone); i++)
			evpl_iovec_clone(&clone[i], source);
		for (unsigned i = 0; i < DIM(clone); i++)
			evpl_iovec_release((round + i + index) & 1 ? evpl : NULL, &clone[i]);
	}
	threads_check(holds(source, 7));
	evpl_destroy(evpl);
}

static void
shared_cloned_and_released_by_both_ends_with_its_count(void **state)
{
	struct home *home = *state;

	for (unsigned i = 0; i < DIM(kinds); i++) {
		struct evpl_iovec iovec;
		uint16_t count;

		assert_int_equal(evpl_iovec_alloc(home->evpl, 100, 0, 1, SHARED, &iovec), 1);
		iovec_fill(&iovec, 7);
		count = rte_mbuf_refcnt_read(iovec.ref);
		threads_run(kinds[i], clone_and_release, &iovec);
		assert_int_equal(rte_mbuf_refcnt_read(iovec.ref), count);
		evpl_iovec_release(home->evpl, &iovec);
	}
}

/* Takes buffers until there are none, marks them, looks for the other's marks, gives them back. */
static void
fight_for_buffers(unsigned index, void *arg)
{
	const struct evpl_thread_config small = {.stash_buffers = 1};
	struct evpl_iovec iovec[64];

	(void)arg;
	for (unsigned round = 0; round < threads_rounds(1000); round++) {
		struct evpl *evpl = evpl_create(&small);
		unsigned n = 0;

		if (!threads_check(evpl != NULL) || !threads_meet())
			break;
		while (n < DIM(iovec) && evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, round & 1, &iovec[n]) == 1) {
			uint32_t mark[2] = {index, n};

			memcpy(evpl_iovec_data(&iovec[n]), mark, sizeof(mark));
			n++;
		}
		for (unsigned i = 0; i < n; i++) {
			uint32_t mark[2] = {index, i};

			threads_check(memcmp(evpl_iovec_data(&iovec[i]), mark, sizeof(mark)) == 0);
		}
		evpl_iovecs_release(round & 2 ? evpl : NULL, iovec, (int)n);
		evpl_destroy(evpl);
	}
}

static void
buffers_fought_over_go_to_one_thread_each(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DIM(kinds); i++) {
		threads_run(kinds[i], fight_for_buffers, NULL);
		home_assert_held(0);
	}
}

/* Grows slabs from both sides at once, from none, many times. */
static void
grow(unsigned index, void *arg)
{
	struct evpl_iovec iovec[200];
	struct evpl *evpl = evpl_create(NULL);

	(void)arg;
	threads_check(evpl != NULL);
	threads_meet();
	for (unsigned i = 0; i < DIM(iovec); i++) {
		threads_check(evpl_iovec_alloc(evpl, evpl_buffer_size() - i, 0, 1, SHARED, &iovec[i]) == 1);
		iovec_fill(&iovec[i], index * 1000 + i);
	}
	threads_meet();
	for (unsigned i = 0; i < DIM(iovec); i++)
		threads_check(holds(&iovec[i], index * 1000 + i));
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
}

static void
slabs_grown_by_both_at_once_serve_both(void **state)
{
	struct home *home = *state;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < DIM(kinds); i++) {
			threads_run(kinds[i], grow, NULL);
			evpl_destroy(home->evpl);
			home_assert();
			assert_int_equal(evpl_cleanup(), 0);
			assert_int_equal(evpl_init(&config), 0);
			home->evpl = evpl_create(NULL);
			assert_non_null(home->evpl);
		}
	}
}

static void
work_and_look(unsigned index, void *arg)
{
	atomic_bool *done = arg;

	if (index == 0) {
		for (unsigned round = 0; round < threads_rounds(2000); round++) {
			struct evpl *evpl = evpl_create(NULL);
			struct evpl_iovec iovec[20];

			if (!threads_check(evpl != NULL))
				break;
			for (unsigned i = 0; i < DIM(iovec); i++)
				threads_check(evpl_iovec_alloc(evpl, 5000, 0, 1, i & 1, &iovec[i]) == 1);
			for (unsigned i = 0; i < DIM(iovec); i++) {
				if (i % 2)
					rte_pktmbuf_free(evpl_iovecs_to_mbuf(evpl, &iovec[i], 1));
				else
					evpl_iovec_release(evpl, &iovec[i]);
			}
			evpl_destroy(evpl);
		}
		atomic_store(done, true);
		return;
	}
	while (!atomic_load(done) && !threads_failed()) {
		struct evpl_stats stats;

		evpl_stats_get(&stats);
		threads_check(stats.contexts <= 2);
		threads_check(stats.buffers_in_use <= stats.buffers);
		threads_check(stats.packet_mbufs_in_use <= stats.packet_mbufs);
	}
}

static void
stats_read_while_another_works_are_in_bounds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DIM(kinds); i++) {
		atomic_bool done = false;

		threads_run(kinds[i], work_and_look, &done);
	}
}

static const struct CMUnitTest cases[] = {
	home_case(shared_handed_to_the_other_thread_keeps_its_bytes, config),
	home_case(shared_released_by_both_at_once_comes_home_once, config),
	home_case(received_released_by_both_at_once_comes_home_once, config),
	home_case(shared_cloned_and_released_by_both_ends_with_its_count, config),
	home_case(buffers_fought_over_go_to_one_thread_each, one_slab),
	home_case(slabs_grown_by_both_at_once_serve_both, config),
	home_case(stats_read_while_another_works_are_in_bounds, config),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "share", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
