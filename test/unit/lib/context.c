/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_create and evpl_destroy: configuration, many contexts, and what lives longer than its context.
 *
 * What would break: when a context ends, its stock of references and its free buffers must be given back, and nothing
 * else: its iovecs and packets live on. So contexts are made and ended while iovecs and packets are held in every
 * possible way.
 */
#include <limits.h>
#include <pthread.h>

#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

#include "support.h"

static const struct evpl_global_config one_slab = {
	.slab_size = 1 << 20, .buffer_size = 64 << 10, .max_slabs = 1, .packet_mbufs = 63};

/*
 * A machine of two nodes, of which the second one has no memory left, except while `has_memory` is set. The library's
 * calls of DPDK come here first. The main thread seems to run on the second node while `second_node` is set.
 */
static bool second_node, has_memory;

/* False: DPDK is asked, on the node where the thread is. */
static bool
is_spent(int socket_id)
{
	rte_errno = ENOMEM;
	return second_node && !has_memory && socket_id == 1;
}

unsigned
rte_socket_id(void)
{
	unsigned (*real)(void);

	program_next(&real, sizeof(real), "rte_socket_id");
	return second_node ? 1 : real();
}

void *
rte_zmalloc_socket(const char *type, size_t size, unsigned align, int socket_id)
{
	void *(*real)(const char *, size_t, unsigned, int), *p;
	bool was = second_node;

	if (is_spent(socket_id))
		return NULL;
	program_next(&real, sizeof(real), "rte_zmalloc_socket");
	second_node = false;
	p = real(type, size, align, has_memory ? SOCKET_ID_ANY : socket_id);
	second_node = was;
	return p;
}

const struct rte_memzone *
rte_memzone_reserve_aligned(const char *name, size_t size, int socket_id, unsigned flags, unsigned align)
{
	const struct rte_memzone *(*real)(const char *, size_t, int, unsigned, unsigned), *zone;
	bool was = second_node;

	if (is_spent(socket_id))
		return NULL;
	program_next(&real, sizeof(real), "rte_memzone_reserve_aligned");
	second_node = false;
	zone = real(name, size, has_memory ? SOCKET_ID_ANY : socket_id, flags, align);
	second_node = was;
	return zone;
}

struct rte_mempool *
rte_mempool_create_empty(const char *name, unsigned n, unsigned size, unsigned cache_size, unsigned private_size,
			 int socket_id, unsigned flags)
{
	struct rte_mempool *(*real)(const char *, unsigned, unsigned, unsigned, unsigned, int, unsigned);

	if (is_spent(socket_id))
		return NULL;
	program_next(&real, sizeof(real), "rte_mempool_create_empty");
	return real(name, n, size, cache_size, private_size, has_memory ? SOCKET_ID_ANY : socket_id, flags);
}

static void
create_with_fields_out_of_range_is_einval(void **state)
{
	const struct evpl_thread_config bad[] = {
		{.socket_id = -3},
		{.socket_id = INT_MIN},
		{.socket_id = RTE_MAX_NUMA_NODES},
		{.socket_id = INT_MAX},
		{.rx_flags = 2},
		{.rx_flags = 3},
		{.socket_id = EVPL_EXTERNAL(-1)},
		{.socket_id = EVPL_EXTERNAL(EVPL_EXTERNAL_GROUPS)},
		{.rx_flags = UINT_MAX},
		{.stash_buffers = 65},
		{.stash_buffers = UINT_MAX},
	};
	struct evpl_stats stats;

	(void)state;
	for (unsigned i = 0; i < DIM(bad); i++)
		assert_null_with(evpl_create(&bad[i]), EINVAL);
	evpl_stats_get(&stats);
	assert_int_equal(stats.contexts, 1);
}

static void
create_with_every_good_field_works(void **state)
{
	const struct evpl_thread_config good[] = {
		{0},
		{.socket_id = SOCKET_ID_ANY},
		{.socket_id = EVPL_SOCKET_ID_0},
		{.rx_flags = SHARED},
		{.stash_buffers = 1},
		{.stash_buffers = 64},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(good); i++) {
		struct evpl *evpl = evpl_create(&good[i]);
		struct evpl_iovec iovec[40];

		assert_non_null(evpl);
		for (unsigned round = 0; round < 3; round++) {
			for (unsigned k = 0; k < DIM(iovec); k++) {
				assert_int_equal(evpl_iovec_alloc(evpl, 40000, 0, 1, k & 1, &iovec[k]), 1);
				iovec_fill(&iovec[k], k);
			}
			for (unsigned k = 0; k < DIM(iovec); k++)
				iovec_assert(&iovec[k], k, 0);
			evpl_iovecs_release(evpl, iovec, DIM(iovec));
		}
		evpl_destroy(evpl);
		home_assert_held(0);
	}
}

static void
create_for_a_node_without_memory_fails_or_its_allocs_do(void **state)
{
	const struct evpl_thread_config config = {.socket_id = RTE_MAX_NUMA_NODES - 1};
	struct evpl_iovec iovec;
	struct evpl *evpl;

	/* Not with another node's memory. (Without huge pages EAL has one heap for all nodes, and may serve it.) */
	(void)state;
	rte_errno = 0;
	evpl = evpl_create(&config);
	if (evpl == NULL) {
		assert_true(rte_errno == ENOMEM || rte_errno == EINVAL);
		return;
	}
	if (evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &iovec) == 1)
		evpl_iovec_release(evpl, &iovec);
	else
		assert_int_equal(rte_errno, ENOMEM);
	evpl_destroy(evpl);
}

/* A context that is not bound to its node has all of it from the next one: packet mbufs, its quota, slabs. */
static void
context_on_a_node_without_memory_takes_from_the_next(void **state)
{
	const struct evpl_thread_config config = {.quota = 64 << 20};
	const struct evpl_thread_config bound = {.socket_id = 1};
	struct evpl_iovec iovec[20];
	struct rte_mbuf *packet;
	struct evpl *evpl;

	(void)state;
	second_node = true;
	assert_null_with(evpl_create(&bound), ENOMEM);
	evpl = evpl_create(&config);
	second_node = false;
	assert_non_null(evpl);
	second_node = true;
	for (unsigned i = 0; i < DIM(iovec); i++) {
		if (evpl_iovec_alloc(evpl, 40000, 0, 1, SHARED, &iovec[i]) != 1) {
			second_node = false;
			fail_msg("no buffer from the other node: %s", rte_strerror(rte_errno));
		}
		iovec_fill(&iovec[i], i);
	}
	second_node = false;
	for (unsigned i = 0; i < DIM(iovec); i++)
		iovec_assert(&iovec[i], i, 0);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec[0], 1);
	assert_non_null(packet);
	mbuf_assert(packet, 40000, 0);
	rte_pktmbuf_free(packet);
	evpl_iovecs_release(evpl, &iovec[1], DIM(iovec) - 1);
	evpl_destroy(evpl);
}

/* The only slab that there may be is of another node. */
static void
context_takes_from_the_only_node_that_has_slabs(void **state)
{
	struct evpl *evpl = home_context(state), *other;
	struct evpl_iovec iovecs[2];

	second_node = has_memory = true;
	other = evpl_create(NULL);
	if (other != NULL)
		(void)evpl_iovec_alloc(other, 100, 0, 1, SHARED, &iovecs[0]);
	second_node = has_memory = false;
	assert_non_null(other);
	iovec_fill(&iovecs[0], 1);
	iovec_take(evpl, 100, SHARED, &iovecs[1], 2);
	iovec_assert(&iovecs[0], 1, 0);
	iovec_assert(&iovecs[1], 2, 0);
	evpl_iovecs_release(evpl, iovecs, 2);
	evpl_destroy(other);
}

static void
destroy_of_null_is_allowed(void **state)
{
	(void)state;
	evpl_destroy(NULL);
}

static void
destroy_leaves_live_iovecs_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl *owner = evpl_create(NULL);
		struct evpl_iovec iovec[20], after[20];

		assert_non_null(owner);
		for (unsigned i = 0; i < DIM(iovec); i++) {
			assert_int_equal(evpl_iovec_alloc(owner, 30000, 0, 1, flags, &iovec[i]), 1);
			iovec_fill(&iovec[i], i);
		}
		for (unsigned i = 0; i < DIM(iovec); i += 2)
			evpl_iovec_release(owner, &iovec[i]);
		evpl_destroy(owner);
		/* What it gave back is taken and written by somebody else. */
		for (unsigned i = 0; i < DIM(after); i++) {
			assert_int_equal(evpl_iovec_alloc(evpl, 30000, 0, 1, flags, &after[i]), 1);
			iovec_fill(&after[i], 100 + i);
		}
		for (unsigned i = 1; i < DIM(iovec); i += 2)
			iovec_assert(&iovec[i], i, 0);
		for (unsigned i = 1; i < DIM(iovec); i += 2)
			evpl_iovec_release(i % 4 == 1 ? NULL : evpl, &iovec[i]);
		for (unsigned i = 0; i < DIM(after); i++)
			iovec_assert(&after[i], 100 + i, 0);
		evpl_iovecs_release(evpl, after, DIM(after));
		home_assert_held(0);
	}
}

static void
destroy_leaves_packets_their_bytes(void **state)
{
	struct evpl *owner = evpl_create(NULL);
	struct evpl_iovec iovec[2];
	struct rte_mbuf *packet;

	(void)state;
	assert_non_null(owner);
	assert_int_equal(evpl_iovec_alloc(owner, 1000, 0, 1, LOCAL, &iovec[0]), 1);
	iovec_fill(&iovec[0], 1);
	packet = evpl_iovecs_to_mbuf(owner, iovec, 1);
	assert_non_null(packet);
	evpl_destroy(owner);
	mbuf_assert(packet, 1000, 1);
	rte_pktmbuf_free(packet);
}

static void
contexts_by_the_hundred_come_and_go(void **state)
{
	struct evpl *evpl[100];
	struct evpl_iovec iovec[100];
	struct evpl_stats stats;

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < DIM(evpl); i++) {
			evpl[i] = evpl_create(NULL);
			assert_non_null(evpl[i]);
			assert_int_equal(evpl_iovec_alloc(evpl[i], 1000, 0, 1, i & 1, &iovec[i]), 1);
			iovec_fill(&iovec[i], i);
		}
		evpl_stats_get(&stats);
		assert_int_equal(stats.contexts, DIM(evpl) + 1);
		for (unsigned i = 0; i < DIM(evpl); i++) {
			iovec_assert(&iovec[i], i, 0);
			evpl_iovec_release(evpl[(i + round) % DIM(evpl)], &iovec[i]);
		}
		for (unsigned i = 0; i < DIM(evpl); i++)
			evpl_destroy(evpl[i]);
		home_assert_held(0);
	}
}

static void
use_context(void *arg)
{
	struct evpl_iovec iovec[30];
	struct rte_mbuf *packet;

	for (unsigned i = 0; i < DIM(iovec); i++) {
		threads_check(evpl_iovec_alloc(arg, 30000, 0, 1, i & 1, &iovec[i]) == 1);
		iovec_fill(&iovec[i], i);
	}
	packet = evpl_iovecs_to_mbuf(arg, iovec, 10);
	threads_check(packet != NULL);
	rte_pktmbuf_free(packet);
	evpl_iovecs_release(arg, iovec + 10, DIM(iovec) - 10);
}

static void
context_made_by_an_lcore_and_used_by_a_plain_thread_works(void **state)
{
	/* Its caches must not be those of the lcore that made it, and ends it. */
	threads_run_elsewhere(use_context, home_context(state));
}

static void
make_context(void *arg)
{
	struct evpl **evpl = arg;

	*evpl = evpl_create(NULL);
}

static void
end_context(void *arg)
{
	evpl_destroy(arg);
}

static void
context_made_by_a_plain_thread_and_used_by_an_lcore_works(void **state)
{
	struct evpl *evpl = NULL;

	(void)state;
	threads_run_elsewhere(make_context, &evpl);
	assert_non_null(evpl);
	use_context(evpl);
	threads_run_elsewhere(end_context, evpl);
}

static void
context_used_by_one_thread_after_another_breaks_nothing(void **state)
{
	/* The second one is no longer the owner, and tracing says so; it must not corrupt anything, though. */
	plain_builds_only();
	threads_run_elsewhere(use_context, home_context(state));
	use_context(home_context(state));
	threads_run_elsewhere(use_context, home_context(state));
	home_assert_held(0);
}

/* What a thread leaves to the destructor of its own data. */
struct left {
	struct evpl *evpl;
	struct evpl_iovec iovec;
};
static pthread_key_t left_key;

static void
end_left(void *arg)
{
	struct left *left = arg;
	struct evpl_iovec iovec;

	threads_check(evpl_iovec_alloc(left->evpl, 100, 0, 1, LOCAL, &iovec) == 1);
	evpl_iovec_release(left->evpl, &iovec);
	evpl_iovec_release(left->evpl, &left->iovec);
	evpl_destroy(left->evpl);
}

static void
leave_to_destructor(void *arg)
{
	struct left *left = arg;

	left->evpl = evpl_create(NULL);
	threads_check(left->evpl != NULL);
	threads_check(evpl_iovec_alloc(left->evpl, 100, 0, 1, LOCAL, &left->iovec) == 1);
	threads_check(pthread_setspecific(left_key, left) == 0);
}

static void
destructor_of_thread_specific_data_uses_the_context(void **state)
{
	struct left left[3];

	/*
	 * The library's own data of the thread may have ended before, as its key is older. The thread is still the same
	 * one.
	 */
	(void)state;
	assert_int_equal(pthread_key_create(&left_key, end_left), 0);
	for (unsigned i = 0; i < DIM(left); i++)
		threads_run_elsewhere(leave_to_destructor, &left[i]);
	assert_int_equal(pthread_key_delete(left_key), 0);
	home_assert_held(0);
}

/* No context comes or goes after it, so evpl_cleanup() frees the quota. */
static void
quota_of_a_context_that_is_gone_ends_with_the_library(void **state)
{
	struct evpl_thread_config config = {0};
	struct evpl_iovec iovec;
	size_t heap = home_heap();
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	config.quota = 3 * evpl_buffer_size();
	evpl = evpl_create(&config);
	assert_non_null(evpl);
	iovec_take(evpl, 1000, SHARED, &iovec, 1);
	evpl_destroy(evpl);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(NULL, &iovec);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(home_heap(), heap);
}

/* So a program that makes contexts with quotas for ever does not grow. */
static void
quotas_of_contexts_that_are_gone_end_before_the_library(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * evpl_buffer_size()};
	size_t heap = home_heap();

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct evpl *evpl = evpl_create(&config);

		assert_non_null(evpl);
		evpl_destroy(evpl);
		assert_int_equal(home_heap(), heap);
	}
}

/* Its last iovec comes back when nobody calls for the quota any more. */
static void
quota_of_a_context_that_is_gone_ends_before_another_one_begins(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * evpl_buffer_size()};
	struct evpl *evpl = evpl_create(&config);
	struct evpl_iovec iovec;
	size_t heap;

	(void)state;
	assert_non_null(evpl);
	iovec_take(evpl, 1000, SHARED, &iovec, 1);
	heap = home_heap();
	evpl_destroy(evpl);
	evpl_iovec_release(NULL, &iovec);
	evpl = evpl_create(&config);
	assert_int_equal(home_heap(), heap);
	evpl_destroy(evpl);
}

static const struct CMUnitTest cases[] = {
	home_case(create_with_fields_out_of_range_is_einval, home_small),
	home_case(create_with_every_good_field_works, home_small),
	home_case(create_for_a_node_without_memory_fails_or_its_allocs_do, home_small),
	home_case(context_on_a_node_without_memory_takes_from_the_next, home_small),
	home_case(context_takes_from_the_only_node_that_has_slabs, one_slab),
	home_case(destroy_of_null_is_allowed, home_small),
	home_case(destroy_leaves_live_iovecs_their_bytes, home_small),
	cmocka_unit_test(quota_of_a_context_that_is_gone_ends_with_the_library),
	home_case(quotas_of_contexts_that_are_gone_end_before_the_library, home_small),
	home_case(quota_of_a_context_that_is_gone_ends_before_another_one_begins, home_small),
	home_case(destroy_leaves_packets_their_bytes, home_small),
	home_case(contexts_by_the_hundred_come_and_go, home_small),
	home_case(context_made_by_an_lcore_and_used_by_a_plain_thread_works, home_small),
	home_case(context_made_by_a_plain_thread_and_used_by_an_lcore_works, home_small),
	home_case(context_used_by_one_thread_after_another_breaks_nothing, home_small),
	home_case(destructor_of_thread_specific_data_uses_the_context, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "context", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
