/* SPDX-License-Identifier: BSD-3-Clause */
/* Trials of the calls that make packets, and what packets and iovecs come from: pools, rings, external slabs. */
#include <sys/mman.h>

#include <rte_ethdev.h>

#include "calls.h"

#define PACKETS 8u

static struct evpl_iovec iovecs[PACKETS];
static int taken;
static struct rte_mempool *pool;
static uint16_t port;

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

/* The port returns what it sends. */
static void
run_on_a_port(const struct trial *trial)
{
	pool = plain_pool("packets", 1023, RTE_MBUF_DEFAULT_BUF_SIZE);
	port = port_loop(pool);
	trial_run(trial);
	port_close(port);
	rte_mempool_free(pool);
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
	run_on_a_port(&trial);
}

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
	run_on_a_port(&trial);
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
