/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every call of the API in random order, against a ledger that knows what each iovec and packet must hold.
 *
 * What would break: combinations that nobody thought of. Each thread keeps a ledger of the iovecs and packets that it
 * holds (ledger.h). Each entry says which stream of bytes it is a view of, and from which byte on. A step (step.h) is
 * one call that is drawn at random (from a seed, so that a failure can be run again). What the call returns is entered
 * into the ledger. What it consumes is removed. Entries that are drawn at random are read. Threads hand SHARED iovecs
 * and packets to each other. Memory is short (few slabs, few packet mbufs), so calls often fail with ENOMEM, and a call
 * that fails must not change its iovecs. At the end everything is released, in random order, and every buffer must be
 * home.
 */
#include "step.h"

static const struct evpl_global_config buffers_4k = {
	.slab_size = 128 << 10, .buffer_size = 4 << 10, .max_slabs = 3, .packet_mbufs = 63};
static const struct evpl_global_config buffers_100000 = {
	.slab_size = 1000000, .buffer_size = 100000, .max_slabs = 2, .packet_mbufs = 63};

struct game {
	struct player *player[2];
	struct rte_ring *entries[2], *packets[2];
	struct rte_mempool *rx_pool, *foreign;
	uint64_t seed;
	unsigned steps;
};

static void
play(unsigned index, void *arg)
{
	struct game *game = arg;
	struct player *p = game->player[index];

	dice_init(&p->dice, game->seed * 2 + index);
	p->next_seed = (uint64_t)(index + 1) << 40;
	p->rx_pool = game->rx_pool;
	p->foreign = game->foreign;
	p->entries_in = game->entries[index];
	p->packets_in = game->packets[index];
	p->entries_out = game->entries[!index];
	p->packets_out = game->packets[!index];
	p->n = p->n_packets = p->n_sent = 0;
	p->evpl = evpl_create(NULL);
	if (!threads_check(p->evpl != NULL))
		return;
	for (unsigned i = 0; i < game->steps && !threads_failed(); i++)
		step(p);
	if (!threads_meet()) /* nothing more is sent */
		return;
	do {
		while (p->n > 0)
			step_release(p);
		while (p->n_packets > 0)
			step_free_packet(p);
		step_take_what_was_sent(p);
	} while (p->n > 0 || p->n_packets > 0);
	evpl_destroy(p->evpl);
}

static struct rte_ring *
ring(const char *name, size_t size)
{
	struct rte_ring *r = rte_ring_create_elem(name, (unsigned)size, RING_SIZE, SOCKET_ID_ANY, 0);

	assert_non_null(r);
	return r;
}

static void
run(unsigned steps_each)
{
	struct game game = {.steps = steps_each};

	game.rx_pool = evpl_rx_pool_create("received", RX_MBUFS, 0, SOCKET_ID_ANY);
	game.foreign = plain_pool("foreign", RX_MBUFS, RTE_MBUF_DEFAULT_BUF_SIZE);
	assert_non_null(game.rx_pool);
	for (unsigned i = 0; i < 2; i++) {
		game.player[i] = calloc(1, sizeof(struct player));
		assert_non_null(game.player[i]);
	}
	game.entries[0] = ring("entries0", sizeof(void *));
	game.entries[1] = ring("entries1", sizeof(void *));
	game.packets[0] = ring("packets0", sizeof(struct packet));
	game.packets[1] = ring("packets1", sizeof(struct packet));
	for (game.seed = 1; game.seed <= 6; game.seed++) {
		threads_run((enum threads_kind)(game.seed % 3), play, &game);
		home_assert_held(0);
	}
	for (unsigned i = 0; i < 2; i++) {
		rte_ring_free(game.entries[i]);
		rte_ring_free(game.packets[i]);
		free(game.player[i]);
	}
	assert_int_equal(rte_mempool_in_use_count(game.rx_pool), 0);
	home_assert_pool(game.foreign, RX_MBUFS);
	assert_int_equal(evpl_rx_pool_destroy(game.rx_pool), 0);
	rte_mempool_free(game.foreign);
}

static void
random_calls_of_two_threads_agree_with_the_ledger(void **state)
{
	(void)state;
	run(threads_rounds(100000));
}

static const struct CMUnitTest cases[] = {
	home_case_named("random_calls_of_two_threads_agree_with_the_ledger: 4 KiB",
			random_calls_of_two_threads_agree_with_the_ledger, buffers_4k),
	home_case_named("random_calls_of_two_threads_agree_with_the_ledger: 100,000 B",
			random_calls_of_two_threads_agree_with_the_ledger, buffers_100000),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "model", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
