/* SPDX-License-Identifier: BSD-3-Clause */
#include <malloc.h>
#include <stdlib.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

#include "support.h"

const struct evpl_global_config home_small = {
	.slab_size = 1 << 20,
	.buffer_size = 64 << 10,
	.packet_mbufs = 1023,
};

static bool has_keeper; /* slabs may come and go at any time */

size_t
home_heap(void)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < rte_socket_count(); i++) {
		struct rte_malloc_socket_stats stats;

		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			bytes += stats.heap_allocsz_bytes;
	}
	return bytes;
}

size_t
home_c_heap(void)
{
	return mallinfo2().uordblks;
}

bool
home_is_far(void)
{
	return EVPL_IOVEC_TRACE || getenv("EVPL_TEST_FAR") != NULL;
}

/* The same configuration with far packets only. Cases of packets run with both. */
static const struct evpl_global_config *
far_config(const struct evpl_global_config *config)
{
	static struct evpl_global_config far;

	far = config != NULL ? *config : (struct evpl_global_config){0};
	far.far_packets = 1;
	return &far;
}

struct evpl *
home_fresh(struct home *home)
{
	evpl_destroy(home->evpl);
	home->evpl = evpl_create(NULL);
	assert_non_null(home->evpl);
	return home->evpl;
}

int
home_setup(void **state)
{
	struct home *home;

	if (evpl_buffer_size() != 0)
		fail_msg("not run: an earlier case failed and left the library running");
	home = calloc(1, sizeof(*home));
	assert_non_null(home);
	home->config = *state;
	has_keeper = home->config != NULL && (home->config->low_watermark != 0 || home->config->idle_trim_ms != 0);
	home->heap = home_heap() - port_lost();
	if (getenv("EVPL_TEST_FAR") != NULL)
		home->config = far_config(home->config);
	assert_int_equal(evpl_init(home->config), 0);
	home->evpl = evpl_create(NULL);
	/* With little memory a case that needs much begins with memory_only(). */
	assert_true(home->evpl != NULL || rte_eal_get_physmem_size() < (uint64_t)HOME_MEMORY << 20);
	*state = home;
	return 0;
}

int
home_teardown(void **state)
{
	struct home *home = *state;
	size_t heap = home->heap;

	evpl_destroy(home->evpl);
	free(home);
	home_assert();
	has_keeper = false;
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(home_heap() - port_lost(), heap);
	return 0;
}

/* The pieces are linked through their first word. */
void *
home_spend_heap(void)
{
	void *spent = NULL;

	for (size_t size = (size_t)1 << 30; size >= 64; size /= 2) {
		void **piece;

		while ((piece = rte_malloc(NULL, size, 0)) != NULL) {
			*piece = spent;
			spent = piece;
		}
	}
	assert_non_null(spent);
	return spent;
}

void
home_give_back(void *spent)
{
	while (spent != NULL) {
		void *next = *(void **)spent;

		rte_free(spent);
		spent = next;
	}
}

static int
compare(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return (x > y) - (x < y);
}

/* Fails if two of the addresses are nearer to each other than room. */
static void
assert_apart(uintptr_t *address, size_t n, size_t room, const char *what)
{
	qsort(address, n, sizeof(*address), compare);
	for (size_t i = 1; i < n; i++) {
		if (address[i] - address[i - 1] < room)
			fail_msg("one %s came out twice: %p and %p", what, (void *)address[i - 1], (void *)address[i]);
	}
}

/* Takes n buffers of one size into iovec. */
static void
take_buffers(struct evpl *evpl, uint32_t size, uint32_t n, struct evpl_iovec *iovec)
{
	uintptr_t *address = calloc(n + 1, sizeof(*address));

	assert_non_null(address);
	for (uint32_t i = 0; i < n; i++) {
		if (evpl_iovec_alloc(evpl, size, 0, 1, LOCAL, &iovec[i]) != 1)
			fail_msg("buffer %u of %u (%u bytes) is not to be had: %s", i, n, size,
				 rte_strerror(rte_errno));
		address[i] = (uintptr_t)evpl_iovec_data(&iovec[i]);
	}
	assert_apart(address, n, size, "buffer");
	free(address);
}

/* Takes every buffer of the slabs at once. On one NUMA node that needs no new slab, but a keeper may make one. */
static void
drain_buffers(struct evpl *evpl, const struct evpl_stats *quiet)
{
	struct evpl_iovec *iovec = calloc(quiet->buffers + 1, sizeof(*iovec));
	struct evpl_stats stats;

	assert_non_null(iovec);
	take_buffers(evpl, evpl_large_buffer_size(), quiet->large_buffers, iovec);
	take_buffers(evpl, evpl_buffer_size(), quiet->buffers - quiet->large_buffers, iovec + quiet->large_buffers);
	evpl_stats_get(&stats);
	if (rte_socket_count() == 1 && !has_keeper)
		assert_int_equal(stats.slabs, quiet->slabs);
	assert_int_equal(stats.buffers_in_use, quiet->buffers);
	evpl_iovecs_release(evpl, iovec, (int)quiet->buffers);
	free(iovec);
}

/* Makes packets of one byte until no packet mbuf is left. */
static void
drain_packets(struct evpl *evpl, const struct evpl_stats *quiet)
{
	struct rte_mbuf **packet = calloc(quiet->packet_mbufs + 1, sizeof(*packet));
	uintptr_t *address = calloc(quiet->packet_mbufs + 1, sizeof(*address));
	struct evpl_iovec iovec, clone;
	uint32_t n = 0;

	assert_non_null(packet);
	assert_non_null(address);
	assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &iovec), 1);
	for (;;) {
		const char *reason;

		assert_in_range(n, 0, quiet->packet_mbufs);
		evpl_iovec_clone(&clone, &iovec);
		packet[n] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (packet[n] == NULL)
			break;
		if (rte_mbuf_check(packet[n], 1, &reason) != 0)
			fail_msg("a packet mbuf came back broken: %s", reason);
		assert_null(packet[n]->next);
		address[n] = (uintptr_t)packet[n];
		n++;
	}
	assert_true(rte_errno == ENOMEM || rte_errno == EOVERFLOW);
	evpl_iovec_release(evpl, &clone);
	assert_apart(address, n, sizeof(struct rte_mbuf), "packet mbuf");
	rte_pktmbuf_free_bulk(packet, n);
	evpl_iovec_release(evpl, &iovec);
	free(address);
	free(packet);
}

static void
assert_quiet(const struct evpl_stats *stats)
{
	assert_int_equal(stats->contexts, 0);
	assert_int_equal(stats->buffers_in_use, 0);
	assert_int_equal(stats->buffers_current, 0);
	assert_int_equal(stats->rx_buffers_in_use, 0);
	assert_int_equal(stats->packet_mbufs_in_use, 0);
	assert_int_equal(stats->overflow_mbufs_in_use, 0);
}

void
home_assert(void)
{
	struct evpl_stats stats, after;
	struct evpl *evpl;

	evpl_stats_get(&stats);
	assert_quiet(&stats);
	if (stats.buffers == 0)
		return;
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	evpl_stats_get(&stats); /* the packet pool may be new, made with the context */
	drain_buffers(evpl, &stats);
	drain_packets(evpl, &stats);
	evpl_destroy(evpl);
	evpl_stats_get(&after);
	assert_quiet(&after);
}

void
home_assert_pool(struct rte_mempool *pool, unsigned n)
{
	struct rte_mbuf **mbuf = calloc(n + 1, sizeof(struct rte_mbuf *));
	uintptr_t *address = calloc(n + 1, sizeof(*address));

	assert_non_null(mbuf);
	assert_non_null(address);
	for (unsigned i = 0; i < n; i++) {
		const char *reason;

		mbuf[i] = rte_mbuf_raw_alloc(pool);
		if (mbuf[i] == NULL)
			fail_msg("mbuf %u of %u of pool %s is missing", i, n, pool->name);
		/* What DPDK promises of an mbuf in its pool, and what fast paths of PMDs rely on. */
		if (rte_mbuf_check(mbuf[i], 0, &reason) != 0)
			fail_msg("an mbuf of pool %s came home broken: %s", pool->name, reason);
		assert_int_equal(rte_mbuf_refcnt_read(mbuf[i]), 1);
		assert_int_equal(mbuf[i]->nb_segs, 1);
		assert_null(mbuf[i]->next);
		if (RTE_MBUF_HAS_EXTBUF(mbuf[i]))
			assert_int_equal(rte_mbuf_ext_refcnt_read(mbuf[i]->shinfo), 1);
		address[i] = (uintptr_t)mbuf[i];
	}
	assert_null(rte_mbuf_raw_alloc(pool));
	assert_apart(address, n, sizeof(struct rte_mbuf), "mbuf");
	for (unsigned i = 0; i < n; i++)
		rte_mbuf_raw_free(mbuf[i]);
	free(address);
	free(mbuf);
}

void
home_assert_held(uint32_t n)
{
	struct evpl_stats stats;

	evpl_stats_get(&stats);
	assert_int_equal(stats.buffers_in_use - stats.buffers_current, n);
}
