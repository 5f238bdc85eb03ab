/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every inline function is also an exported symbol of the shared library, and does the same.
 *
 * What would break: another language, or a pointer from dlsym(), cannot use a function that is only inline. A symbol
 * that is compiled from other text than the header's would do something else. So each function is looked up by name in
 * the library's own file, a whole life cycle runs through these pointers, and iovecs go from one half to the other and
 * back.
 */
#include <dlfcn.h>

#include "support.h"

struct calls {
	int (*alloc)(struct evpl *, unsigned, unsigned, unsigned, unsigned, struct evpl_iovec *);
	int (*alloc_all)(struct evpl *, unsigned, unsigned, unsigned, struct evpl_iovec *, unsigned);
	int (*reserve)(struct evpl *, unsigned, unsigned, unsigned, struct evpl_iovec *);
	void (*commit)(struct evpl *, unsigned, struct evpl_iovec *, int);
	void (*release)(struct evpl *, struct evpl_iovec *);
	void (*release_all)(struct evpl *, struct evpl_iovec *, int);
	void (*clone)(struct evpl_iovec *, struct evpl_iovec *);
	void (*clone_segment)(struct evpl_iovec *, const struct evpl_iovec *, unsigned, unsigned);
	void (*move)(struct evpl_iovec *, struct evpl_iovec *);
	void (*move_segment)(struct evpl_iovec *, struct evpl_iovec *, unsigned, unsigned);
	void *(*data)(const struct evpl_iovec *);
	unsigned (*length)(const struct evpl_iovec *);
	void (*set_length)(struct evpl_iovec *, unsigned);
	unsigned (*enqueue)(struct evpl_ring *, struct evpl_iovec *, unsigned, unsigned *);
	unsigned (*dequeue)(struct evpl_ring *, struct evpl_iovec *, unsigned, unsigned *);
};

/* The symbol, from libevpl-dpdk and from nowhere else. */
static void
find(void *function, size_t size, const char *name)
{
	void *symbol = dlsym(RTLD_DEFAULT, name);
	Dl_info info;

	if (symbol == NULL)
		fail_msg("%s is not exported", name);
	assert_int_not_equal(dladdr(symbol, &info), 0);
	if (strstr(info.dli_fname, "libevpl-dpdk.so") == NULL)
		fail_msg("%s comes from %s", name, info.dli_fname);
	assert_int_equal(size, sizeof(symbol));
	memcpy(function, &symbol, size); /* ISO C has no cast from an object's pointer to a function's */
}

#define FIND(calls, field, name) find(&(calls)->field, sizeof((calls)->field), name)

static void
find_all(struct calls *calls)
{
	FIND(calls, alloc, "evpl_iovec_alloc");
	FIND(calls, alloc_all, "evpl_iovecs_alloc");
	FIND(calls, reserve, "evpl_iovec_reserve");
	FIND(calls, commit, "evpl_iovec_commit");
	FIND(calls, release, "evpl_iovec_release");
	FIND(calls, release_all, "evpl_iovecs_release");
	FIND(calls, clone, "evpl_iovec_clone");
	FIND(calls, clone_segment, "evpl_iovec_clone_segment");
	FIND(calls, move, "evpl_iovec_move");
	FIND(calls, move_segment, "evpl_iovec_move_segment");
	FIND(calls, data, "evpl_iovec_data");
	FIND(calls, length, "evpl_iovec_length");
	FIND(calls, set_length, "evpl_iovec_set_length");
	FIND(calls, enqueue, "evpl_ring_enqueue_burst");
	FIND(calls, dequeue, "evpl_ring_dequeue_burst");
}

static void
symbols_do_a_whole_life_cycle(void **state)
{
	struct home *home = *state;
	struct calls call;

	find_all(&call);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec[5];

		assert_int_equal(call.alloc(home->evpl, 1000, 64, 1, flags, &iovec[0]), 1);
		assert_int_equal(call.length(&iovec[0]), 1000);
		assert_int_equal((uintptr_t)call.data(&iovec[0]) % 64, 0);
		iovec_fill(&iovec[0], 1);
		call.clone(&iovec[1], &iovec[0]);
		call.clone_segment(&iovec[2], &iovec[0], 100, 200);
		call.move(&iovec[3], &iovec[1]);
		assert_null(iovec[1].data);
		call.move_segment(&iovec[4], &iovec[3], 500, 500);
		call.set_length(&iovec[4], 10);
		call.release(home->evpl, &iovec[0]);
		iovec_assert(&iovec[2], 1, 100);
		iovec_assert(&iovec[4], 1, 500);
		call.move(&iovec[3], &iovec[4]);
		call.release_all(home->evpl, &iovec[2], 2);
		home_assert_held(0);
	}
}

static void
symbols_and_inlines_share_iovecs(void **state)
{
	struct home *home = *state;
	struct evpl_ring *ring = evpl_ring_create("symbols", 4, SOCKET_ID_ANY, 0);
	struct evpl_iovec by_call[50], by_inline[50], by_bulk[5], reserved, next;
	char *end;
	struct calls call;

	find_all(&call);
	for (unsigned i = 0; i < DIM(by_call); i++) {
		assert_int_equal(call.alloc(home->evpl, 3000, 0, 1, i & 1, &by_call[i]), 1);
		assert_int_equal(evpl_iovec_alloc(home->evpl, 3000, 0, 1, i & 1, &by_inline[i]), 1);
		iovec_fill(&by_call[i], i);
		iovec_fill(&by_inline[i], 100 + i);
	}
	assert_int_equal(call.reserve(home->evpl, 500, 0, 1, &reserved), 1);
	evpl_iovec_set_length(&reserved, 60);
	call.commit(home->evpl, 0, &reserved, 1);
	call.release(home->evpl, &reserved);
	assert_int_equal(call.alloc_all(home->evpl, 70, 0, SHARED, by_bulk, DIM(by_bulk)), DIM(by_bulk));
	for (unsigned i = 0; i < DIM(by_bulk); i++)
		iovec_fill(&by_bulk[i], 200 + i);
	for (unsigned i = 0; i < DIM(by_bulk); i++)
		iovec_assert(&by_bulk[i], 200 + i, 0);
	call.release_all(home->evpl, by_bulk, DIM(by_bulk));
	assert_int_equal(evpl_iovec_reserve(home->evpl, 500, 0, 1, &reserved), 1);
	end = (char *)reserved.data + 50;
	evpl_iovec_set_length(&reserved, 50);
	iovec_fill(&reserved, 7);
	call.commit(home->evpl, 0, &reserved, 1);
	/* The tail is given back. */
	assert_int_equal(evpl_iovec_alloc(home->evpl, 10, 0, 1, LOCAL, &next), 1);
	assert_in_range((uintptr_t)next.data, (uintptr_t)end, (uintptr_t)end + 2 * GUARDS);
	evpl_iovec_release(home->evpl, &next);
	for (unsigned i = 0; i < DIM(by_call); i++) {
		iovec_assert(&by_call[i], i, 0);
		iovec_assert(&by_inline[i], 100 + i, 0);
		evpl_iovec_release(home->evpl, &by_call[i]);
		call.release(home->evpl, &by_inline[i]);
	}
	assert_non_null(ring);
	assert_int_equal(call.enqueue(ring, &reserved, 1, NULL), 1);
	assert_int_equal(evpl_ring_dequeue_burst(ring, &reserved, 1, NULL), 1);
	assert_int_equal(evpl_ring_enqueue_burst(ring, &reserved, 1, NULL), 1);
	assert_int_equal(call.dequeue(ring, &reserved, 1, NULL), 1);
	evpl_ring_free(home->evpl, ring);
	iovec_assert(&reserved, 7, 0);
	call.release(NULL, &reserved);
}

static void
symbols_refuse_as_the_inlines_do(void **state)
{
	struct home *home = *state;
	struct evpl_iovec iovec;
	struct calls call;

	find_all(&call);
	assert_fails(call.alloc(home->evpl, 1, 3, 1, LOCAL, &iovec), EINVAL);
	assert_fails(call.alloc(home->evpl, evpl_buffer_size() + 1, 0, 1, LOCAL, &iovec), EMSGSIZE);
	assert_fails(call.reserve(home->evpl, 1, 0, 0, &iovec), EINVAL);
	assert_int_equal(call.alloc(home->evpl, 0, 0, 1, LOCAL, &iovec), 0);
}

static const struct CMUnitTest cases[] = {
	home_case(symbols_do_a_whole_life_cycle, home_small),
	home_case(symbols_and_inlines_share_iovecs, home_small),
	home_case(symbols_refuse_as_the_inlines_do, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "symbols", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
