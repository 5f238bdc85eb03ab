/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callbacks that tell of slabs.
 *
 * What would break: a buffer in memory that a device does not know, or memory that a device still knows after EAL has
 * given it to others. So the callback keeps a list, which must have the bytes of every iovec and of every packet in
 * memory of the library, at each moment.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include <rte_cycles.h>
#include <rte_log.h>

#include "support.h"

#define KIB (1u << 10)
#define MOST 64u

static const struct evpl_global_config small = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .large_buffer_size = 64 * KIB, .packet_mbufs = 63};
static const struct evpl_global_config preallocated = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .packet_mbufs = 63, .preallocate_slabs = 2};

static const struct evpl_global_config ahead = {.slab_size = 64 * KIB,
						.buffer_size = 16 * KIB,
						.large_buffer_size = 64 * KIB,
						.packet_mbufs = 63,
						.low_watermark = 100 * KIB};

/* What a device knows. */
struct device {
	struct evpl_slab_info slab[MOST];
	unsigned n, added, removed;
	unsigned refuse_at; /* the slab that it cannot take, counted from 1; 0: none */
};

static int
tell(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	struct device *d = arg;
	unsigned at;

	assert_non_null(slab->addr);
	assert_ptr_equal(slab->addr, slab->zone->addr);
	assert_int_equal(slab->length, slab->zone->len);
	assert_int_equal(slab->page_size, slab->zone->hugepage_sz);
	assert_int_equal(slab->flags, 0);
	if (event == EVPL_SLAB_ADDED) {
		if (d->added + 1 == d->refuse_at)
			return -ENOSPC;
		assert_true(d->n < MOST);
		d->slab[d->n++] = *slab;
		d->added++;
		return 0;
	}
	assert_int_equal(event, EVPL_SLAB_REMOVED);
	for (at = 0; at < d->n && d->slab[at].addr != slab->addr; at++)
		;
	assert_true(at < d->n); /* it was told of it */
	d->slab[at] = d->slab[--d->n];
	d->removed++;
	return -1; /* which means nothing */
}

static void
assert_known(const struct device *d, const void *data, uint64_t length)
{
	for (unsigned i = 0; i < d->n; i++) {
		uint64_t offset = (uint64_t)((uintptr_t)data - (uintptr_t)d->slab[i].addr);

		if (offset <= d->slab[i].length && length <= d->slab[i].length - offset)
			return;
	}
	fail_msg("a device does not know %p", data);
}

static void
take(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, SHARED, &iovecs[i]), 1);
}

static void
notify_without_init_or_callback_fails(void **state)
{
	struct device d = {0};

	(void)state;
	assert_int_equal(evpl_slab_notify(NULL, &d), -EINVAL);
	assert_int_equal(evpl_slab_notify(tell, &d), -EPERM);
	assert_int_equal(evpl_slab_notify_end(tell, &d), -ENOENT);
	assert_int_equal(d.added + d.removed, 0);
}

static void
every_iovec_is_in_a_slab_that_was_told_of(void **state)
{
	struct home *home = *state;
	struct evpl_iovec iovec[20], large;
	struct device d = {0};

	assert_int_equal(evpl_slab_notify(tell, &d), 0);
	assert_int_equal(d.n, 0);
	take(home->evpl, iovec, DIM(iovec));
	assert_int_equal(evpl_iovec_alloc(home->evpl, 60 * KIB, 0, 1, LOCAL, &large), 1);
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_known(&d, iovec[i].data, iovec[i].length);
	assert_known(&d, large.data, large.length);
	evpl_iovecs_release(home->evpl, iovec, DIM(iovec));
	evpl_iovec_release(home->evpl, &large);
	evpl_destroy(home->evpl);
	home->evpl = NULL;
	assert_true(evpl_trim() > 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(d.removed, d.added);
	assert_int_equal(evpl_slab_notify_end(tell, &d), 0);
}

static void
slabs_that_exist_are_told_at_once(void **state)
{
	struct device d = {0}, other = {0};
	struct evpl_iovec iovec[9];
	struct rte_mempool *pool;

	take(home_context(state), iovec, DIM(iovec));
	pool = evpl_rx_pool_create("told", 63, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_int_equal(evpl_slab_notify(tell, &d), 0);
	assert_int_equal(d.n, 4); /* three slabs and the pool */
	assert_int_equal(evpl_slab_notify(tell, &d), -EEXIST);
	assert_int_equal(d.n, 4);
	assert_int_equal(evpl_slab_notify(tell, &other), 0);
	assert_int_equal(other.n, 4);
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_known(&d, iovec[i].data, iovec[i].length);
	/* The end tells that all goes, although it stays. */
	assert_int_equal(evpl_slab_notify_end(tell, &d), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(other.n, 4);
	assert_int_equal(evpl_slab_notify_end(tell, &d), -ENOENT);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	assert_int_equal(other.n, 3);
	assert_int_equal(d.removed, 4);
	evpl_iovecs_release(home_context(state), iovec, DIM(iovec));
	assert_int_equal(evpl_slab_notify_end(tell, &other), 0);
}

/* The first slab is the last one, and the pool comes after it. */
static void
one_slab_and_a_pool_are_told_at_once(void **state)
{
	struct device d = {0};
	struct evpl_iovec iovec;
	struct rte_mempool *pool;

	take(home_context(state), &iovec, 1);
	pool = evpl_rx_pool_create("told", 7, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_int_equal(evpl_slab_notify(tell, &d), 0);
	assert_int_equal(d.n, 2);
	assert_known(&d, iovec.data, iovec.length);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	assert_int_equal(d.n, 1);
	evpl_iovec_release(home_context(state), &iovec);
	assert_int_equal(evpl_slab_notify_end(tell, &d), 0);
}

static void
mbufs_of_receive_pools_are_told_of(void **state)
{
	struct device d = {0}, late = {0};
	struct rte_mempool *pool;
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(evpl_slab_notify(tell, &d), 0);
	pool = evpl_rx_pool_create("told", 7, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_int_equal(d.n, 1);
	assert_int_equal(evpl_slab_notify(tell, &late), 0); /* there is no slab before the pool */
	assert_int_equal(late.n, 1);
	m = rte_pktmbuf_alloc(pool);
	assert_non_null(m);
	assert_known(&d, m->buf_addr, m->buf_len);
	rte_pktmbuf_free(m);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(late.n, 0);
	assert_int_equal(evpl_slab_notify_end(tell, &d), 0);
	assert_int_equal(evpl_slab_notify_end(tell, &late), 0);
}

static void
cleanup_tells_that_the_rest_goes(void **state)
{
	struct device d = {0};

	(void)state;
	assert_int_equal(evpl_init(&preallocated), 0);
	assert_int_equal(evpl_slab_notify(tell, &d), 0);
	assert_int_equal(d.n, 2);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(d.n, 0);
	assert_int_equal(d.removed, 2);
	/* And forgets it. */
	assert_int_equal(evpl_init(&preallocated), 0);
	assert_int_equal(d.added, 2);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
slab_that_is_refused_is_not_used(void **state)
{
	struct device first = {0}, d = {.refuse_at = 3};
	struct evpl_iovec iovec[8], more;

	rte_log_set_global_level(RTE_LOG_CRIT); /* the log says so, too */
	assert_int_equal(evpl_slab_notify(tell, &first), 0);
	assert_int_equal(evpl_slab_notify(tell, &d), 0);
	take(home_context(state), iovec, DIM(iovec)); /* two slabs */
	assert_fails(evpl_iovec_alloc(home_context(state), 16 * KIB, 0, 1, SHARED, &more), ENOMEM);
	assert_int_equal(d.n, 2);
	assert_int_equal(first.n, 2); /* it had taken the third, and was told that it goes */
	assert_true(first.added > 2);
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_known(&first, iovec[i].data, iovec[i].length);
	assert_null_with(evpl_rx_pool_create("refused", 7, 0, SOCKET_ID_ANY), ENOSPC);
	evpl_iovecs_release(home_context(state), iovec, DIM(iovec));
	assert_int_equal(evpl_slab_notify_end(tell, &d), 0);
	assert_int_equal(evpl_slab_notify_end(tell, &first), 0);
}

static void
callback_that_refuses_what_exists_is_not_kept(void **state)
{
	struct device d = {.refuse_at = 2};
	struct evpl_iovec iovec[9];

	take(home_context(state), iovec, DIM(iovec));
	assert_int_equal(evpl_slab_notify(tell, &d), -ENOSPC);
	assert_int_equal(d.n, 0);
	assert_int_equal(d.removed, 1);
	assert_int_equal(evpl_slab_notify_end(tell, &d), -ENOENT);
	evpl_iovecs_release(home_context(state), iovec, DIM(iovec));
}

/* Each of the two ends of a listener frees it. A hundred that are not freed are more than one byte each. */
static void
listeners_that_end_leave_no_memory(void **state)
{
	struct device refusing = {.refuse_at = 1}, d = {0};
	struct evpl_iovec iovec;
	size_t heap = 0;

	take(home_context(state), &iovec, 1);
	for (unsigned i = 0; i <= 100; i++) {
		assert_int_equal(evpl_slab_notify(tell, &refusing), -ENOSPC);
		if (i == 0)
			heap = home_c_heap();
	}
	assert_true(home_c_heap() < heap + 100);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(evpl_slab_notify(tell, &d), 0);
		assert_int_equal(evpl_slab_notify_end(tell, &d), 0);
	}
	assert_true(home_c_heap() < heap + 100);
	evpl_iovec_release(home_context(state), &iovec);
}

static pthread_t main_thread;
static atomic_bool refuses;
static atomic_uint refused_elsewhere;

static int
refuse(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	(void)slab;
	(void)arg;
	if (event != EVPL_SLAB_ADDED || !atomic_load(&refuses))
		return 0;
	if (!pthread_equal(pthread_self(), main_thread))
		atomic_fetch_add(&refused_elsewhere, 1);
	return -ENOSPC;
}

/* The keeper gives back what it has made. At the case's end EAL's heap is as before. */
static void
slab_that_is_made_ahead_and_refused_is_given_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovecs[MOST];
	struct evpl_stats was, is;
	unsigned n = 0;

	main_thread = pthread_self();
	assert_int_equal(evpl_slab_notify(refuse, NULL), 0);
	atomic_store(&refuses, true);
	evpl_stats_get(&was);
	while (atomic_load(&refused_elsewhere) == 0) {
		if (n < MOST)
			n += evpl_iovec_alloc(evpl, 16 * KIB, 0, 1, SHARED, &iovecs[n]) == 1;
		rte_delay_us_sleep(1000);
	}
	evpl_stats_get(&is);
	assert_int_equal(is.slabs, was.slabs);
	evpl_iovecs_release(evpl, iovecs, (int)n);
	assert_int_equal(evpl_slab_notify_end(refuse, NULL), 0);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(notify_without_init_or_callback_fails),
	home_case(every_iovec_is_in_a_slab_that_was_told_of, small),
	home_case(slabs_that_exist_are_told_at_once, small),
	home_case(one_slab_and_a_pool_are_told_at_once, small),
	home_case(mbufs_of_receive_pools_are_told_of, small),
	cmocka_unit_test(cleanup_tells_that_the_rest_goes),
	home_case(slab_that_is_refused_is_not_used, small),
	home_case(callback_that_refuses_what_exists_is_not_kept, small),
	home_case(slab_that_is_made_ahead_and_refused_is_given_back, ahead),
	home_case(listeners_that_end_leave_no_memory, small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "slab_notify", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
