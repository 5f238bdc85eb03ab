/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two threads drive the counts of one iovec past 16 bits at the same time.
 *
 * What would break: both threads may see a count below the limit, and both may then add. A clone that moves to another
 * mbuf may meet a clone of the other thread that does the same, or the release that ends that mbuf. So both threads
 * clone the same SHARED iovec 100,000 times from the same moment on, release in random order while the other one still
 * clones, and exchange their clones. Both also make packets of the iovec until that is refused.
 */
#include "support.h"

#define CLONES 100000u
#define PACKETS 40000u

static const struct evpl_global_config config = {.slab_size = 1 << 20, .buffer_size = 16 << 10, .packet_mbufs = 255};
static const struct evpl_global_config many_packets = {
	.slab_size = 1 << 20, .buffer_size = 16 << 10, .packet_mbufs = 2 * PACKETS + 1000};

struct limit {
	struct evpl_iovec source;
	struct evpl_iovec *clone[2];
	struct rte_mbuf **packet[2];
	unsigned packets[2];
};

static void
shuffle(struct evpl_iovec *iovec, unsigned n, struct dice *dice)
{
	for (unsigned i = n; i > 1; i--)
		iovec_swap(&iovec[i - 1], &iovec[dice_below(dice, i)]);
}

static bool
holds(const struct evpl_iovec *iovec)
{
	return bytes_right(evpl_iovec_data(iovec), evpl_iovec_length(iovec), 9, 0) == evpl_iovec_length(iovec);
}

static void
clone_past_the_limit(unsigned index, void *arg)
{
	struct limit *l = arg;
	struct evpl *evpl = evpl_create(NULL);
	struct dice dice;

	threads_check(evpl != NULL);
	dice_init(&dice, index);
	for (unsigned round = 0; round < 2; round++) {
		struct evpl_iovec *mine = l->clone[index], *other = l->clone[!index];

		if (!threads_meet())
			break;
		/* Together they pass the limit in the middle of this. */
		for (unsigned i = 0; i < CLONES; i++)
			evpl_iovec_clone(&mine[i], i % 3 || i == 0 ? &l->source : &mine[i - 1]);
		if (!threads_meet())
			break;
		shuffle(mine, CLONES, &dice);
		/* Half of them released by this thread while the other one clones again, and the other way round. */
		for (unsigned i = 0; i < CLONES; i++) {
			if (i % 1000 == 0)
				threads_check(holds(&mine[i]));
			evpl_iovec_release(i & 1 ? evpl : NULL, &mine[i]);
			if (index == 1 && i < CLONES / 2)
				evpl_iovec_clone(&mine[i], &l->source);
		}
		if (index == 1)
			evpl_iovecs_release(NULL, mine, CLONES / 2);
		if (!threads_meet())
			break;
		/* Each makes, the other releases. */
		for (unsigned i = 0; i < CLONES; i++)
			evpl_iovec_clone(&mine[i], &l->source);
		if (!threads_meet())
			break;
		for (unsigned i = 0; i < CLONES; i++) {
			if (i % 1000 == 0)
				threads_check(holds(&other[CLONES - 1 - i]));
			evpl_iovec_release(i & 1 ? evpl : NULL, &other[CLONES - 1 - i]);
		}
		if (!threads_meet())
			break;
	}
	evpl_destroy(evpl);
}

static void
run_clones(struct limit *l)
{
	for (unsigned i = 0; i < 2; i++) {
		l->clone[i] = calloc(CLONES, sizeof(struct evpl_iovec));
		assert_non_null(l->clone[i]);
	}
	iovec_fill(&l->source, 9);
	threads_run(THREADS_LCORES, clone_past_the_limit, l);
	threads_run(THREADS_MIXED, clone_past_the_limit, l);
	iovec_assert(&l->source, 9, 0);
	evpl_iovec_release(NULL, &l->source);
	free(l->clone[0]);
	free(l->clone[1]);
}

static void
clones_of_a_buffer_by_both_past_the_limit_lose_no_count(void **state)
{
	struct home *home = *state;

	for (unsigned retired = 0; retired <= 1; retired++) {
		struct limit l = {0};

		assert_int_equal(evpl_iovec_alloc(home->evpl, 100, 0, 1, SHARED, &l.source), 1);
		if (retired)
			home_fresh(home);
		run_clones(&l);
		home_fresh(home);
		home_assert_held(0);
	}
}

static void
clones_of_a_received_mbuf_by_both_past_the_limit_lose_no_count(void **state)
{
	struct home *home = *state;
	struct rte_mempool *ours = evpl_rx_pool_create("received", 255, 0, SOCKET_ID_ANY);
	struct rte_mempool *foreign = plain_pool("foreign", 255, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct limit l = {0};

	assert_non_null(ours);
	assert_int_equal(evpl_iovecs_from_mbuf(home->evpl, filled_mbuf(ours, 100, 9), SHARED, 1, &l.source), 1);
	run_clones(&l);
	assert_int_equal(evpl_iovecs_from_mbuf(home->evpl, filled_mbuf(foreign, 100, 9), SHARED, 1, &l.source), 1);
	run_clones(&l);
	assert_int_equal(rte_mempool_in_use_count(ours), 0);
	home_assert_pool(foreign, 255);
	assert_int_equal(evpl_rx_pool_destroy(ours), 0);
	rte_mempool_free(foreign);
}

static void
make_packets(unsigned index, void *arg)
{
	struct limit *l = arg;
	struct evpl *evpl = evpl_create(NULL);
	unsigned n = 0;

	threads_check(evpl != NULL);
	threads_meet();
	while (n < PACKETS) {
		struct evpl_iovec clone;

		evpl_iovec_clone(&clone, &l->source);
		l->packet[index][n] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (l->packet[index][n] == NULL) {
			threads_check(rte_errno == EOVERFLOW);
			evpl_iovec_release(evpl, &clone);
			break;
		}
		n++;
	}
	l->packets[index] = n;
	threads_meet();
	/* The other's, from the end, while it frees ours. */
	n = l->packets[!index];
	while (n-- > 0) {
		struct rte_mbuf *m = l->packet[!index][n];

		if (n % 1000 == 0)
			threads_check(bytes_right(rte_pktmbuf_mtod(m, void *), 100, 9, 0) == 100);
		rte_pktmbuf_free(m);
	}
	threads_meet();
	evpl_destroy(evpl);
}

static void
packets_of_a_buffer_by_both_past_the_limit_are_refused(void **state)
{
	struct home *home = *state;
	struct limit l = {0};

	for (unsigned i = 0; i < 2; i++) {
		l.packet[i] = calloc(PACKETS + 1, sizeof(struct rte_mbuf *));
		assert_non_null(l.packet[i]);
	}
	assert_int_equal(evpl_iovec_alloc(home->evpl, 100, 0, 1, SHARED, &l.source), 1);
	iovec_fill(&l.source, 9);
	home_fresh(home);
	for (unsigned round = 0; round < 5; round++) {
		threads_run(round & 1 ? THREADS_MIXED : THREADS_LCORES, make_packets, &l);
		assert_in_range(l.packets[0] + l.packets[1], 60000, 65535);
		iovec_assert(&l.source, 9, 0);
		home_assert_held(1);
	}
	evpl_iovec_release(NULL, &l.source);
	home_assert_held(0);
	free(l.packet[0]);
	free(l.packet[1]);
}

static const struct CMUnitTest cases[] = {
	home_case(clones_of_a_buffer_by_both_past_the_limit_lose_no_count, config),
	home_case(clones_of_a_received_mbuf_by_both_past_the_limit_lose_no_count, config),
	home_case(packets_of_a_buffer_by_both_past_the_limit_are_refused, many_packets),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "limit", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
