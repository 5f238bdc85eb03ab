/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_alloc_wait(), quotas, and stashes that are taken back.
 *
 * What would break: a wait that nobody calls back stops a connection for ever. One that is called back too early, or
 * overtaken, finds no memory. A buffer that stays in another context's stash is memory that nobody has. So each case
 * takes all memory there is, and then says exactly who gets the buffer that comes home.
 */
#include <errno.h>

#include "support.h"

#define KIB (1u << 10)

/* Two slabs of four buffers; there is one class, so that each buffer is known. */
static const struct evpl_global_config eight = {.slab_size = 64 * KIB,
						.buffer_size = 16 * KIB,
						.large_buffer_size = 16 * KIB,
						.max_slabs = 2,
						.packet_mbufs = 63};
static const struct evpl_global_config with_large = {.slab_size = 64 * KIB,
						     .buffer_size = 16 * KIB,
						     .large_buffer_size = 64 * KIB,
						     .max_slabs = 3,
						     .packet_mbufs = 63};

/* A wait that notes when it was called back, and takes what it waited for. */
struct waiter {
	struct evpl_wait wait;
	struct evpl_iovec iovec;
	struct waiter *again;	/* begins its wait again in the callback; NULL: not */
	unsigned length, order; /* order: 1 for the first that was called back; 0: not yet */
	int got;		/* what the alloc in the callback returned */
	bool takes;
};
static unsigned calls;

static int
take(struct evpl *evpl, struct evpl_iovec *iovec, unsigned length)
{
	return evpl_iovec_alloc(evpl, length, 0, 4, SHARED, iovec);
}

static unsigned
whole(void)
{
	return evpl_buffer_size() - 2 * GUARDS;
}

/* All buffers but those that tracing keeps waiting. Returns how many. */
static unsigned
take_all(struct evpl *evpl, struct evpl_iovec *iovecs)
{
	unsigned n = 0;

	while (n < 16 && take(evpl, &iovecs[n], whole()) == 1)
		n++;
	assert_int_equal(rte_errno, ENOMEM);
	assert_in_range(n, 1, 15);
	return n;
}

static void
called_back(struct evpl *evpl, struct evpl_wait *wait, void *arg)
{
	struct waiter *w = arg;

	assert_ptr_equal(wait, &w->wait);
	w->order = ++calls;
	if (w->takes)
		w->got = take(evpl, &w->iovec, w->length);
	if (w->again != NULL)
		assert_int_equal(evpl_alloc_wait(evpl, wait, w->length, called_back, w), 0);
}

static void
begin(struct evpl *evpl, struct waiter *w, unsigned length)
{
	*w = (struct waiter){.length = length, .takes = true};
	assert_int_equal(evpl_alloc_wait(evpl, &w->wait, length, called_back, w), 0);
}

static int
setup(void **state)
{
	calls = 0;
	return home_setup(state);
}
#define wait_case(function, config)                                                                                    \
	{                                                                                                              \
#function, function, setup, home_teardown, (void *)(uintptr_t) & (config)                              \
	}

static void
poll_without_waits_is_0(void **state)
{
	assert_int_equal(evpl_alloc_wait_poll(home_context(state)), 0);
	assert_int_equal(evpl_alloc_wait_poll(NULL), 0);
}

static void
impossible_waits_are_refused(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_wait wait = {0};

	assert_int_equal(evpl_alloc_wait(NULL, &wait, 1, called_back, NULL), -EINVAL);
	assert_int_equal(evpl_alloc_wait(evpl, NULL, 1, called_back, NULL), -EINVAL);
	assert_int_equal(evpl_alloc_wait(evpl, &wait, 0, called_back, NULL), -EINVAL);
	assert_int_equal(evpl_alloc_wait(evpl, &wait, 1, NULL, NULL), -EINVAL);
	assert_int_equal(evpl_alloc_wait(evpl, &wait, 64 * 16 * KIB + 1, called_back, NULL), -EMSGSIZE);
	assert_int_equal(evpl_alloc_wait_cancel(evpl, &wait), -ENOENT);
	assert_int_equal(evpl_alloc_wait_cancel(NULL, &wait), -EINVAL);
	assert_int_equal(evpl_alloc_wait_cancel(evpl, NULL), -EINVAL);
	assert_int_equal(evpl_alloc_wait(evpl, &wait, 64 * 16 * KIB, called_back, NULL), 0);
	assert_int_equal(evpl_alloc_wait(evpl, &wait, 1, called_back, NULL), -EALREADY);
	assert_int_equal(evpl_alloc_wait_cancel(evpl, &wait), 0);
	assert_int_equal(evpl_alloc_wait_cancel(evpl, &wait), -ENOENT);
}

static void
wait_is_called_back_when_a_buffer_is_home(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovecs[16];
	unsigned n = take_all(evpl, iovecs), gone = 0;
	struct waiter w;

	begin(evpl, &w, whole());
	assert_int_equal(evpl_alloc_wait_poll(evpl), 0);
	evpl_iovec_release(evpl, &iovecs[gone++]);
	assert_int_equal(evpl_alloc_wait_poll(evpl), 1);
	assert_int_equal(w.got, 1);
	assert_int_equal(evpl_alloc_wait_poll(evpl), 0);
	evpl_iovec_release(evpl, &w.iovec);
	evpl_iovecs_release(evpl, iovecs + gone, (int)(n - gone));
}

/* Two contexts wait by turns. Who waited first is first, whoever polls first. */
static void
waits_are_served_in_order(void **state)
{
	struct evpl *a = home_context(state), *b = evpl_create(NULL);
	struct evpl_iovec iovecs[16];
	unsigned n = take_all(a, iovecs), gone = 0;
	struct waiter w[4];

	assert_non_null(b);
	for (unsigned i = 0; i < DIM(w); i++)
		begin(i % 2 == 0 ? a : b, &w[i], whole());
	for (unsigned i = 0; i < DIM(w) && gone < n; i++) {
		evpl_iovec_release(a, &iovecs[gone++]);
		assert_int_equal(evpl_alloc_wait_poll(i % 2 == 0 ? b : a), 0); /* not its turn */
		assert_int_equal(evpl_alloc_wait_poll(i % 2 == 0 ? a : b), 1);
		assert_int_equal(w[i].order, i + 1);
		assert_int_equal(w[i].got, 1);
	}
	for (unsigned i = 0; i < DIM(w); i++) {
		if (w[i].order == 0)
			assert_int_equal(evpl_alloc_wait_cancel(i % 2 == 0 ? a : b, &w[i].wait), 0);
		else
			evpl_iovec_release(NULL, &w[i].iovec);
	}
	evpl_iovecs_release(a, iovecs + gone, (int)(n - gone));
	evpl_destroy(b);
}

static void
nobody_overtakes_a_wait(void **state)
{
	struct evpl *a = home_context(state), *b = evpl_create(NULL);
	struct evpl_iovec iovecs[16], other;
	unsigned n = take_all(a, iovecs), gone = 0;
	struct waiter w;

	assert_non_null(b);
	begin(a, &w, whole());
	evpl_iovec_release(NULL, &iovecs[gone++]);
	assert_fails(take(b, &other, whole()), ENOMEM);
	assert_int_equal(evpl_alloc_wait_poll(a), 1);
	assert_int_equal(w.got, 1);
	evpl_iovec_release(NULL, &iovecs[gone++]);
	assert_int_equal(take(b, &other, whole()), 1); /* nobody waits any more */
	evpl_iovec_release(b, &other);
	evpl_iovec_release(a, &w.iovec);
	evpl_iovecs_release(a, iovecs + gone, (int)(n - gone));
	evpl_destroy(b);
}

/* More is free than the waits ask for. */
static void
others_have_what_no_wait_asks_for(void **state)
{
	struct evpl *a = home_context(state), *b = evpl_create(NULL);
	struct evpl_iovec iovecs[16], other;
	unsigned n = take_all(a, iovecs), gone = 0;
	struct waiter w;

	assert_non_null(b);
	begin(a, &w, whole());
	evpl_iovec_release(NULL, &iovecs[gone++]);
	evpl_iovec_release(NULL, &iovecs[gone++]);
	assert_int_equal(take(b, &other, whole()), 1);
	assert_int_equal(evpl_alloc_wait_poll(a), 1);
	assert_int_equal(w.got, 1);
	evpl_iovec_release(b, &other);
	evpl_iovec_release(a, &w.iovec);
	evpl_iovecs_release(a, iovecs + gone, (int)(n - gone));
	evpl_destroy(b);
}

static void
wait_for_several_buffers_waits_for_all_of_them(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovecs[16];
	unsigned n, gone = 0;
	struct waiter big, small;

	unwatched_bytes_only(); /* three buffers have no room for the guards */
	n = take_all(evpl, iovecs);
	begin(evpl, &big, 3 * 16 * KIB);
	big.takes = false;
	begin(evpl, &small, 100);
	evpl_iovec_release(NULL, &iovecs[gone++]);
	evpl_iovec_release(NULL, &iovecs[gone++]);
	assert_int_equal(evpl_alloc_wait_poll(evpl), 0); /* the small one is behind it */
	evpl_iovec_release(NULL, &iovecs[gone++]);
	assert_int_equal(evpl_alloc_wait_poll(evpl), 2); /* the first took nothing */
	assert_int_equal(big.order, 1);
	assert_int_equal(small.order, 2);
	assert_int_equal(small.got, 1);
	evpl_iovec_release(evpl, &small.iovec);
	evpl_iovecs_release(evpl, iovecs + gone, (int)(n - gone));
}

static void
wait_that_begins_again_keeps_its_place(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovecs[16];
	unsigned n = take_all(evpl, iovecs), gone = 0;
	struct waiter first, second;

	begin(evpl, &first, whole());
	begin(evpl, &second, whole());
	first.again = &first;
	first.takes = second.takes = false;
	evpl_iovec_release(NULL, &iovecs[gone++]);
	assert_int_equal(evpl_alloc_wait_poll(evpl), 1); /* once in a poll */
	assert_int_equal(first.order, 1);
	first.again = NULL;
	assert_int_equal(evpl_alloc_wait_poll(evpl), 2);
	assert_int_equal(first.order, 2);
	assert_int_equal(second.order, 3);
	evpl_iovecs_release(evpl, iovecs + gone, (int)(n - gone));
}

static void
destroy_ends_waits_without_callbacks(void **state)
{
	struct evpl *a = home_context(state), *b = evpl_create(NULL);
	struct evpl_iovec iovecs[16], other;
	unsigned n = take_all(a, iovecs), gone = 0;
	struct waiter w;

	assert_non_null(b);
	begin(b, &w, whole());
	assert_int_equal(evpl_alloc_wait_cancel(a, &w.wait), -ENOENT); /* it is b's */
	evpl_destroy(b);
	assert_int_equal(w.order, 0);
	evpl_iovec_release(NULL, &iovecs[gone++]);
	assert_int_equal(take(a, &other, whole()), 1); /* nothing is claimed */
	evpl_iovec_release(a, &other);
	evpl_iovecs_release(a, iovecs + gone, (int)(n - gone));
}

/* The wait itself makes the slab that has become possible. */
static void
wait_is_served_by_a_large_buffer_where_no_small_one_is_left(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovecs[16], large;
	struct waiter w;
	unsigned n = 0;

	assert_int_equal(evpl_iovec_alloc(evpl, 64 * KIB - 2 * GUARDS, 0, 1, LOCAL, &large), 1);
	while (n < 16 && evpl_iovec_alloc(evpl, whole(), 0, 1, SHARED, &iovecs[n]) == 1)
		n++;
	begin(evpl, &w, whole());
	assert_int_equal(evpl_alloc_wait_poll(evpl), 0);
	evpl_iovec_release(NULL, &large);
	assert_int_equal(evpl_alloc_wait_poll(evpl), 1);
	assert_int_equal(w.got, 1);
	evpl_iovec_release(evpl, &w.iovec);
	evpl_iovecs_release(evpl, iovecs, (int)n);
}

static void
stash_of_another_context_is_taken_back_before_enomem(void **state)
{
	struct evpl *a = home_context(state), *b = evpl_create(NULL);
	struct evpl_iovec iovecs[16], mine[16];
	unsigned n = take_all(b, iovecs), m;

	evpl_iovecs_release(b, iovecs, (int)n); /* into its stash */
	m = take_all(a, mine);
	assert_int_equal(m, n - 1); /* one is current in b */
	evpl_iovecs_release(b, mine, (int)m);
	m = take_all(a, mine); /* b keeps nothing for a while */
	assert_int_equal(m, n - 1);
	evpl_iovecs_release(a, mine, (int)m);
	evpl_destroy(b);
}

static void
quota_limits_one_context_only(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * 16 * KIB + 100};
	struct evpl *a = home_context(state), *b = evpl_create(&config);
	struct evpl_iovec iovecs[3], other;

	assert_non_null(b);
	for (unsigned i = 0; i < DIM(iovecs); i++)
		assert_int_equal(take(b, &iovecs[i], whole()), 1);
	assert_fails(take(b, &other, whole()), ENOMEM);
	assert_int_equal(take(a, &other, whole()), 1);
	evpl_iovec_release(a, &other);
	evpl_iovec_release(NULL, &iovecs[0]); /* through no context */
	assert_int_equal(take(b, &iovecs[0], whole()), 1);
	evpl_iovec_release(a, &iovecs[0]); /* through another one */
	assert_int_equal(take(b, &iovecs[0], whole()), 1);
	evpl_destroy(b);
	evpl_iovecs_release(a, iovecs, DIM(iovecs)); /* the quota outlives its context */
}

/* A try that finds no buffer gives back what it took of the quota. */
static void
quota_of_a_try_without_memory_is_given_back(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * 16 * KIB};
	struct evpl *a = home_context(state), *b = evpl_create(&config);
	struct evpl_iovec all[8], iovecs[3], other;

	assert_non_null(b);
	for (unsigned i = 0; i < DIM(all); i++)
		assert_int_equal(take(a, &all[i], whole()), 1);
	for (unsigned i = 0; i < 4; i++)
		assert_fails(take(b, &other, whole()), ENOMEM);
	evpl_iovecs_release(NULL, all, DIM(all));
	for (unsigned i = 0; i < DIM(iovecs); i++)
		assert_int_equal(take(b, &iovecs[i], whole()), 1);
	assert_fails(take(b, &other, whole()), ENOMEM); /* the quota's end */
	evpl_iovecs_release(b, iovecs, DIM(iovecs));
	evpl_destroy(b);
}

static void
quota_that_a_wait_needs_is_waited_for(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * 16 * KIB};
	struct evpl *a = home_context(state), *b = evpl_create(&config);
	struct evpl_iovec iovecs[3], other;
	struct waiter w = {0};

	assert_non_null(b);
	for (unsigned i = 0; i < DIM(iovecs); i++)
		assert_int_equal(take(b, &iovecs[i], whole()), 1);
	assert_int_equal(evpl_alloc_wait(b, &w.wait, 16 * KIB + 1, called_back, &w), -EMSGSIZE);
	begin(b, &w, whole());
	assert_int_equal(evpl_alloc_wait_poll(b), 0);
	assert_int_equal(take(a, &other, whole()), 1); /* such a wait takes nothing from others */
	evpl_iovec_release(a, &iovecs[0]);
	assert_int_equal(evpl_alloc_wait_poll(b), 1);
	assert_int_equal(w.got, 1);
	evpl_iovec_release(a, &other);
	evpl_iovec_release(b, &w.iovec);
	evpl_iovecs_release(b, &iovecs[1], 2);
	evpl_destroy(b);
}

/* Room for one of two waits: what the first one's callback takes is gone for the second. */
static void
quota_is_promised_once(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * 16 * KIB};
	struct evpl *b = evpl_create(&config);
	struct evpl_iovec iovecs[3];
	struct waiter w[2];

	(void)state;
	assert_non_null(b);
	for (unsigned i = 0; i < DIM(iovecs); i++)
		assert_int_equal(take(b, &iovecs[i], whole()), 1);
	begin(b, &w[0], whole());
	begin(b, &w[1], whole());
	for (unsigned i = 0; i < DIM(w); i++) {
		evpl_iovec_release(b, &iovecs[i]);
		assert_int_equal(evpl_alloc_wait_poll(b), 1);
		assert_int_equal(w[i].got, 1);
	}
	evpl_iovec_release(b, &w[0].iovec);
	evpl_iovec_release(b, &w[1].iovec);
	evpl_iovec_release(b, &iovecs[2]);
	evpl_destroy(b);
}

static void
free_packet(void *packet)
{
	rte_pktmbuf_free(packet);
}

/* A thread that sends keeps counts of its buffers. They are all that is left of these. */
static void
quota_that_only_a_tx_cache_uses_is_free(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * 16 * KIB, .stash_buffers = 1};
	struct evpl *b = evpl_create(&config);
	struct evpl_iovec iovecs[3], clone;
	struct rte_mbuf *packets[3];

	(void)state;
	assert_non_null(b);
	for (unsigned turn = 0; turn < 2; turn++) {
		for (unsigned i = 0; i < DIM(iovecs); i++) {
			assert_int_equal(take(b, &iovecs[i], whole()), 1);
			evpl_iovec_clone(&clone, &iovecs[i]);
			packets[i] = evpl_iovecs_to_mbuf(b, &clone, 1);
			assert_non_null(packets[i]);
		}
		evpl_iovecs_release(b, iovecs, DIM(iovecs));
		for (unsigned i = 0; i < DIM(packets); i++)
			threads_run_elsewhere(free_packet, packets[i]);
	}
	evpl_destroy(b);
}

static void
wait_for_a_large_buffer_is_served_by_small_ones(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovecs[16];
	struct waiter w;
	unsigned n = 0;

	unwatched_bytes_only(); /* guards need a third buffer */
	while (n < 16 && evpl_iovec_alloc(evpl, whole(), 0, 1, SHARED, &iovecs[n]) == 1)
		n++;
	for (unsigned length = 30 * KIB; length <= 32 * KIB; length += 2 * KIB) {
		assert_fails(evpl_iovec_alloc(evpl, length, 0, 4, SHARED, &iovecs[n]), ENOMEM);
		begin(evpl, &w, length);
		w.takes = false;
		evpl_iovec_release(NULL, &iovecs[n - 1]);
		assert_int_equal(evpl_alloc_wait_poll(evpl), 0);
		evpl_iovec_release(NULL, &iovecs[n - 2]);
		assert_int_equal(evpl_alloc_wait_poll(evpl), 1);
		assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 4, SHARED, &iovecs[n - 2]), 2);
	}
	evpl_iovecs_release(evpl, iovecs, (int)n);
}

static void
quota_below_three_buffers_is_einval(void **state)
{
	const struct evpl_thread_config config = {.quota = 3 * 16 * KIB - 1};

	(void)state;
	assert_null_with(evpl_create(&config), EINVAL);
}

static const struct CMUnitTest cases[] = {
	wait_case(poll_without_waits_is_0, eight),
	wait_case(impossible_waits_are_refused, eight),
	wait_case(wait_is_called_back_when_a_buffer_is_home, eight),
	wait_case(waits_are_served_in_order, eight),
	wait_case(nobody_overtakes_a_wait, eight),
	wait_case(others_have_what_no_wait_asks_for, eight),
	wait_case(wait_for_several_buffers_waits_for_all_of_them, eight),
	wait_case(wait_that_begins_again_keeps_its_place, eight),
	wait_case(destroy_ends_waits_without_callbacks, eight),
	wait_case(wait_is_served_by_a_large_buffer_where_no_small_one_is_left, with_large),
	wait_case(stash_of_another_context_is_taken_back_before_enomem, eight),
	wait_case(quota_limits_one_context_only, eight),
	wait_case(quota_of_a_try_without_memory_is_given_back, eight),
	wait_case(quota_that_a_wait_needs_is_waited_for, eight),
	wait_case(quota_is_promised_once, eight),
	wait_case(quota_that_only_a_tx_cache_uses_is_free, eight),
	wait_case(wait_for_a_large_buffer_is_served_by_small_ones, with_large),
	wait_case(quota_below_three_buffers_is_einval, eight),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "wait", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
