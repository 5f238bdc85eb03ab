/* SPDX-License-Identifier: BSD-3-Clause */
/* Trials of the calls that take memory: iovecs, packets, pools, rings, slabs. */
#include <sys/mman.h>
#include <unistd.h>

#include <rte_ethdev.h>

#include "calls.h"

#define MANY 150u /* buffers: those of three slabs */

static struct evpl_iovec iovecs[MANY];
static int taken;
static struct rte_mempool *pool;
static uint16_t port;

static void
begin_one_class(void)
{
	assert_int_equal(evpl_init(&home_small), 0);
	calls_evpl = evpl_create(NULL);
	assert_non_null(calls_evpl);
}

/* ---- iovecs ------------------------------------------------------------------------------------------------------ */

static unsigned length;

static int
alloc(void)
{
	taken = evpl_iovec_alloc(calls_evpl, length, 0, MANY, LOCAL, iovecs);
	return taken > 0 ? 0 : rte_errno;
}

static void
release(void)
{
	assert_int_equal(iovecs_fill(iovecs, taken, 7), length);
	assert_int_equal(iovecs_assert(iovecs, taken, 7), length);
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	calls_end_pause(); /* a slab of the other class may have served it */
	calls_use_context();
}

static void
try_alloc(unsigned bytes)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = alloc,
					   .again = calls_end_pause,
					   .use = release,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	length = bytes;
	trial_run(&trial);
}

void
alloc_makes_a_small_slab(void **state)
{
	(void)state;
	try_alloc(1000);
}

void
alloc_makes_a_large_slab(void **state)
{
	(void)state;
	try_alloc(1 << 20);
}

void
alloc_splits(void **state)
{
	(void)state;
	try_alloc(3 << 20);
}

static int
alloc_many(void)
{
	taken = evpl_iovecs_alloc(calls_evpl, 60000, 0, SHARED, iovecs, MANY);
	return taken == (int)MANY ? 0 : rte_errno;
}

static void
release_many(void)
{
	assert_int_equal(iovecs_fill(iovecs, taken, 7), MANY * 60000u);
	assert_int_equal(iovecs_assert(iovecs, taken, 7), MANY * 60000u);
	evpl_iovecs_release(calls_evpl, iovecs, taken);
}

void
alloc_of_many_makes_slabs(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = alloc_many,
					   .again = calls_end_pause,
					   .use = release_many,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	trial_run(&trial);
}

static int
reserve(void)
{
	taken = evpl_iovec_reserve(calls_evpl, length, 0, MANY, iovecs);
	return taken > 0 ? 0 : rte_errno;
}

static void
commit(void)
{
	evpl_iovec_set_length(&iovecs[0], 100);
	evpl_iovec_commit(calls_evpl, 0, iovecs, 1);
	length = 100;
	release();
	length = 1000;
}

void
reserve_makes_a_slab(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = reserve,
					   .again = calls_end_pause,
					   .use = commit,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	length = 1000;
	trial_run(&trial);
}

/* The pause that follows when there was no memory for a slab ends by itself. */
void
alloc_tries_again_by_itself(void **state)
{
	(void)state;
	begin_one_class();
	length = 1000;
	faulty_arm_one("rte_memzone_reserve_aligned", 1);
	assert_int_equal(alloc(), ENOMEM);
	assert_true(faulty_disarm());
	while (alloc() != 0)
		usleep(10000);
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	calls_end();
}

/* All free buffers of the only slab are in the stash of another context. */
static struct evpl *other;

static void
begin_with_other_stash(void)
{
	struct evpl_global_config config = home_small;
	struct evpl_stats stats;

	config.max_slabs = 1;
	assert_int_equal(evpl_init(&config), 0);
	calls_evpl = evpl_create(NULL);
	other = evpl_create(NULL);
	assert_non_null(calls_evpl);
	assert_non_null(other);
	assert_int_equal(evpl_iovec_alloc(other, 1000, 0, 1, LOCAL, iovecs), 1);
	evpl_stats_get(&stats);
	for (unsigned i = 1; i < stats.buffers; i++)
		assert_int_equal(evpl_iovec_alloc(other, evpl_buffer_size(), 0, 1, LOCAL, &iovecs[i]), 1);
	evpl_iovecs_release(other, iovecs, (int)stats.buffers);
}

/* The stashes are looked at once in 10 ms. */
static void
wait_for_next_look(void)
{
	usleep(20000);
}

static void
release_and_end_other(void)
{
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	evpl_destroy(other);
}

void
alloc_from_another_stash(void **state)
{
	static const struct trial trial = {.prepare = begin_with_other_stash,
					   .call = alloc,
					   .again = wait_for_next_look,
					   .use = release_and_end_other,
					   .finish = calls_end,
					   .errors = {ENOMEM}};

	(void)state;
	length = 1000;
	trial_run(&trial);
}

/* ---- the end of EAL's memory ------------------------------------------------------------------------------------- */

#define MOST 1024u /* large buffers */
#define SOME 4096u /* bytes of each that are written */

static struct evpl_iovec large[MOST];

/* Large buffers until there is no memory; their number. */
static unsigned
take_all(void)
{
	unsigned n = 0;

	while (n < MOST && evpl_iovec_alloc(calls_evpl, evpl_large_buffer_size(), 0, 1, LOCAL, &large[n]) == 1) {
		bytes_fill(evpl_iovec_data(&large[n]), SOME, n, 0);
		n++;
	}
	assert_in_range(n, 2, MOST - 1);
	assert_int_equal(rte_errno, ENOMEM);
	return n;
}

/* No fault is made here: memory really ends, of the heap or of the huge pages, while slabs are made. */
void
growth_to_the_end(void **state)
{
	struct inventory before;
	unsigned n;

	(void)state;
	inventory_take(&before);
	calls_begin_context();
	n = take_all();
	evpl_iovec_release(calls_evpl, &large[n - 1]);
	assert_int_equal(evpl_iovec_alloc(calls_evpl, 1 << 20, 0, 1, LOCAL, &large[n - 1]), 1);
	bytes_fill(evpl_iovec_data(&large[n - 1]), SOME, n - 1, 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(bytes_right(evpl_iovec_data(&large[i]), SOME, i, 0), SOME);
	evpl_iovecs_release(calls_evpl, large, (int)n);
	evpl_destroy(calls_evpl);
	calls_evpl = NULL;
	assert_true(evpl_trim() > 0);
	calls_end();
	inventory_assert(&before, true, "at the end");
}

/* ---- waits ------------------------------------------------------------------------------------------------------- */

static struct evpl_wait wait;

static void
take_waited(struct evpl *evpl, struct evpl_wait *w, void *arg)
{
	(void)w;
	(void)arg;
	iovec_take(evpl, 1000, LOCAL, iovecs, 3);
	taken = 1;
}

static void
begin_wait(void)
{
	calls_begin_context();
	taken = 0;
	memset(&wait, 0, sizeof(wait));
	assert_int_equal(evpl_alloc_wait(calls_evpl, &wait, 1000, take_waited, NULL), 0);
}

static int
poll_wait(void)
{
	return evpl_alloc_wait_poll(calls_evpl) == 1 ? 0 : ENOMEM;
}

static void
release_waited(void)
{
	assert_int_equal(taken, 1);
	iovec_assert(iovecs, 3, 0);
	evpl_iovec_release(calls_evpl, iovecs);
}

void
wait_makes_a_slab(void **state)
{
	static const struct trial trial = {.prepare = begin_wait,
					   .call = poll_wait,
					   .again = calls_end_pause,
					   .use = release_waited,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	trial_run(&trial);
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

static struct rte_mbuf *packet;

static void
begin_with_iovec(void)
{
	calls_begin_context();
	iovec_take(calls_evpl, 1000, LOCAL, iovecs, 9);
}

static void
begin_far_with_iovec(void)
{
	struct evpl_global_config config = calls_config;

	config.far_packets = 1;
	assert_int_equal(evpl_init(&config), 0);
	calls_evpl = evpl_create(NULL);
	assert_non_null(calls_evpl);
	iovec_take(calls_evpl, 1000, LOCAL, iovecs, 9);
}

static int
make_packet(void)
{
	packet = evpl_iovecs_to_mbuf(calls_evpl, iovecs, 1);
	return packet != NULL ? 0 : rte_errno;
}

static void
free_packet(void)
{
	mbuf_assert(packet, 1000, 9);
	rte_pktmbuf_free(packet);
}

void
to_mbuf(void **state)
{
	static const struct trial trial = {.prepare = begin_with_iovec,
					   .call = make_packet,
					   .use = free_packet,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .threads = true};

	(void)state;
	trial_run(&trial);
}

void
to_mbuf_far(void **state)
{
	static const struct trial trial = {.prepare = begin_far_with_iovec,
					   .call = make_packet,
					   .use = free_packet,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .threads = true};

	(void)state;
	trial_run(&trial);
}

static int
send_iovec(void)
{
	rte_errno = 0;
	return evpl_tx_burst(calls_evpl, port, 0, iovecs, 1) == 1 ? 0 : rte_errno;
}

static void
receive_sent(void)
{
	assert_int_equal(rte_eth_rx_burst(port, 0, &packet, 1), 1);
	free_packet();
}

void
tx_burst(void **state)
{
	static const struct trial trial = {.prepare = begin_far_with_iovec,
					   .call = send_iovec,
					   .use = receive_sent,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .threads = true};

	(void)state;
	pool = plain_pool("loop", 1023, RTE_MBUF_DEFAULT_BUF_SIZE);
	port = port_loop(pool);
	trial_run(&trial);
	port_close(port);
	rte_mempool_free(pool);
}

#define PACKETS 8u

static int
alloc_packets(void)
{
	taken = evpl_packets_alloc(calls_evpl, pool, 1000, SHARED, iovecs, PACKETS);
	return taken == (int)PACKETS ? 0 : rte_errno;
}

static void
begin_with_pool(void)
{
	calls_begin_context();
	pool = plain_pool("packets", 1023, RTE_MBUF_DEFAULT_BUF_SIZE);
}

static void
release_packets(void)
{
	assert_int_equal(iovecs_fill(iovecs, taken, 7), PACKETS * 1000u);
	assert_int_equal(iovecs_assert(iovecs, taken, 7), PACKETS * 1000u);
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	home_assert_pool(pool, 1023);
	rte_mempool_free(pool);
}

void
packets_of_a_plain_pool(void **state)
{
	static const struct trial trial = {.prepare = begin_with_pool,
					   .call = alloc_packets,
					   .use = release_packets,
					   .finish = calls_end,
					   .errors = {ENOMEM}};

	(void)state;
	trial_run(&trial);
}

/* A chain is in the ring, which evpl_rx_burst() copies. Without memory it is dropped, and counted. */
static void
send_chain(void)
{
	const uint16_t lengths[] = {600, 400};

	packet = filled_chain(pool, lengths, 2, 9);
	assert_int_equal(rte_eth_tx_burst(port, 0, &packet, 1), 1);
}

static void
begin_with_chain(void)
{
	calls_begin_context();
	send_chain();
}

static int
receive_chain(void)
{
	struct evpl_stats stats;

	if (evpl_rx_burst(calls_evpl, port, 0, iovecs, 1) == 1)
		return 0;
	evpl_stats_get(&stats);
	return stats.rx_no_memory == 1 ? ENOMEM : EPROTO;
}

static void
send_chain_again(void)
{
	calls_end_pause();
	send_chain();
}

static void
release_chain(void)
{
	assert_int_equal(evpl_iovec_length(iovecs), 1000);
	iovec_assert(iovecs, 9, 0);
	evpl_iovec_release(calls_evpl, iovecs);
	home_assert_pool(pool, 1023);
}

void
rx_burst_copies_chains(void **state)
{
	static const struct trial trial = {.prepare = begin_with_chain,
					   .call = receive_chain,
					   .again = send_chain_again,
					   .use = release_chain,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	pool = plain_pool("chains", 1023, RTE_MBUF_DEFAULT_BUF_SIZE);
	port = port_loop(pool);
	trial_run(&trial);
	port_close(port);
	rte_mempool_free(pool);
}

/* ---- pools and rings --------------------------------------------------------------------------------------------- */

static int
create_rx_pool(void)
{
	pool = evpl_rx_pool_create("receive", 255, 0, SOCKET_ID_ANY);
	return pool != NULL ? 0 : rte_errno;
}

static void
destroy_rx_pool(void)
{
	home_assert_pool(pool, 255);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

void
rx_pool_is_created(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = create_rx_pool,
					   .use = destroy_rx_pool,
					   .finish = calls_end,
					   .errors = {ENOMEM}};

	(void)state;
	trial_run(&trial);
}

static struct evpl_ring *ring;

static int
create_ring(void)
{
	ring = evpl_ring_create("ring", 100, SOCKET_ID_ANY, 0);
	return ring != NULL ? 0 : rte_errno;
}

static void
use_ring(void)
{
	iovec_take(calls_evpl, 1000, LOCAL, iovecs, 9);
	assert_int_equal(evpl_ring_enqueue_burst(ring, iovecs, 1, NULL), 1);
	assert_int_equal(evpl_ring_dequeue_burst(ring, iovecs, 1, NULL), 1);
	iovec_assert(iovecs, 9, 0);
	evpl_iovec_release(calls_evpl, iovecs);
	evpl_ring_free(calls_evpl, ring);
}

void
ring_is_created(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = create_ring,
					   .use = use_ring,
					   .finish = calls_end,
					   .errors = {ENOMEM, ENOSPC}};

	(void)state;
	trial_run(&trial);
}

/* ---- external slabs ---------------------------------------------------------------------------------------------- */

#define EXTERNAL_BYTES ((size_t)4 << 20)

static void *memory;
static unsigned freed;

static void
note_freed(void *addr, uint64_t bytes, void *arg)
{
	(void)arg;
	assert_ptr_equal(addr, memory);
	assert_int_equal(bytes, EXTERNAL_BYTES);
	freed++;
}

static void
begin_for_group(void)
{
	const struct evpl_thread_config config = {.socket_id = EVPL_EXTERNAL(2)};

	calls_begin();
	calls_evpl = evpl_create(&config);
	assert_non_null(calls_evpl);
	freed = 0;
}

static int
add_external(void)
{
	return -evpl_slab_add_external(memory, EXTERNAL_BYTES, 4096, NULL, EVPL_EXTERNAL(2), EVPL_EXTERNAL_NO_IOVA,
				       note_freed, NULL);
}

static void
remove_external(void)
{
	assert_int_equal(freed, 0);
	iovec_take(calls_evpl, 1000, LOCAL, iovecs, 9);
	iovec_assert(iovecs, 9, 0);
	assert_true((uintptr_t)evpl_iovec_data(iovecs) - (uintptr_t)memory < EXTERNAL_BYTES);
	evpl_iovec_release(calls_evpl, iovecs);
	evpl_destroy(calls_evpl);
	calls_evpl = NULL;
	assert_int_equal(evpl_slab_remove_external(memory), 0);
	assert_int_equal(freed, 1);
}

void
external_slab_is_added(void **state)
{
	static const struct trial trial = {.prepare = begin_for_group,
					   .call = add_external,
					   .use = remove_external,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	memory = mmap(NULL, EXTERNAL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(memory != MAP_FAILED);
	trial_run(&trial);
	munmap(memory, EXTERNAL_BYTES);
}

/* ---- clones ------------------------------------------------------------------------------------------------------ */

#define CLONES 70000u

static struct evpl_iovec clones[CLONES];

/* A fault leaves room for some, and for the rest there is memory. */
static int
clone_many(void)
{
	for (unsigned i = 0; i < CLONES; i++)
		evpl_iovec_clone(&clones[i], iovecs);
	return 0;
}

static void
release_clones(void)
{
	for (unsigned i = 0; i < CLONES; i++) {
		if (i % 1000 == 0)
			iovec_assert(&clones[i], 9, 0);
		evpl_iovec_release(calls_evpl, &clones[i]);
	}
	iovec_assert(iovecs, 9, 0);
	evpl_iovec_release(calls_evpl, iovecs);
}

void
clones_beyond_16_bits(void **state)
{
	static const struct trial trial = {
		.prepare = begin_with_iovec, .call = clone_many, .use = release_clones, .finish = calls_end};

	(void)state;
	trial_run(&trial);
}
