/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two threads with too little memory for both: they take until there is nothing, wait, are called back, release on one
 * thread what the other has taken, and now and then do nothing while their stash is full.
 *
 * What would break: a buffer that two threads have, because one took it out of the other's stash at the wrong moment,
 * shows in its bytes or in the thread sanitizer. A wait that is forgotten hangs the test. A thread that overtakes a
 * wait shows as an alloc that fails in a callback: that may happen now and then, but not mostly.
 */
#include <errno.h>
#include <sched.h>

#include "support.h"

#define HELD 16u
#define BUFFERS 12u

static const struct evpl_global_config scarce = {.slab_size = 64 << 10,
						 .buffer_size = 16 << 10,
						 .large_buffer_size = 16 << 10,
						 .max_slabs = BUFFERS / 4,
						 .packet_mbufs = 255};
/* One of them may have so much that its own waits are for its quota, too. */
static const struct evpl_thread_config limited = {.quota = (BUFFERS / 2) * (16 << 10)};
static const enum threads_kind kinds[] = {THREADS_LCORES, THREADS_PLAIN, THREADS_MIXED};

struct scarce {
	struct evpl_ring *to[2];
	unsigned steps;
	atomic_uint waits, served, failed;
};

struct part {
	struct scarce *s;
	struct evpl *evpl;
	struct evpl_ring *in, *out;
	struct dice dice;
	struct evpl_wait wait;
	bool waits;
	uint64_t next_seed;
	struct evpl_iovec held[HELD];
	unsigned n;
};

static unsigned
length(void)
{
	return (16u << 10) - 2 * GUARDS;
}

static bool
is_right(const struct evpl_iovec *iovec)
{
	return bytes_sealed(evpl_iovec_data(iovec), length());
}

static bool
take_one(struct part *p)
{
	struct evpl_iovec *iovec = &p->held[p->n];

	if (p->n == HELD || evpl_iovec_alloc(p->evpl, length(), 0, 1, SHARED, iovec) != 1)
		return false;
	bytes_seal(evpl_iovec_data(iovec), length(), p->next_seed++);
	p->n++;
	return true;
}

static void
called_back(struct evpl *evpl, struct evpl_wait *wait, void *arg)
{
	struct part *p = arg;

	threads_check(evpl == p->evpl && wait == &p->wait);
	p->waits = false;
	if (take_one(p)) {
		atomic_fetch_add(&p->s->served, 1);
		return;
	}
	atomic_fetch_add(&p->s->failed, 1);
	p->waits = true;
	threads_check(evpl_alloc_wait(evpl, wait, length(), called_back, p) == 0);
}

static void
begin_wait(struct part *p)
{
	if (p->waits || p->n == HELD)
		return;
	p->waits = true;
	atomic_fetch_add(&p->s->waits, 1);
	threads_check(evpl_alloc_wait(p->evpl, &p->wait, length(), called_back, p) == 0);
}

/* Through its own context, through none, or by the other thread. */
static void
give_up_one(struct part *p)
{
	struct evpl_iovec iovec;

	iovec_draw(&p->dice, p->held, &p->n, &iovec);
	threads_check(is_right(&iovec));
	if (dice_below(&p->dice, 3) == 0 && evpl_ring_enqueue_burst(p->out, &iovec, 1, NULL) == 1)
		return;
	evpl_iovec_release(dice_below(&p->dice, 3) != 0 ? p->evpl : NULL, &iovec);
}

static void
receive(struct part *p)
{
	struct evpl_iovec iovec;

	while (evpl_ring_dequeue_burst(p->in, &iovec, 1, NULL) == 1) {
		threads_check(is_right(&iovec));
		evpl_iovec_release(p->evpl, &iovec);
	}
}

static void
step(struct part *p)
{
	if (dice_below(&p->dice, 2) && !p->waits) {
		if (!take_one(p))
			begin_wait(p);
	} else if (p->n > 0) {
		give_up_one(p);
	}
	receive(p);
	(void)evpl_alloc_wait_poll(p->evpl);
	if (dice_below(&p->dice, 64) == 0)
		sched_yield();
}

/* In the end each thread has released all, and the other's waits are served. */
static void
finish(struct part *p)
{
	while (p->n > 0 && !threads_failed())
		give_up_one(p);
	while (p->waits && !threads_failed()) {
		receive(p);
		(void)evpl_alloc_wait_poll(p->evpl);
		while (p->n > 0)
			give_up_one(p);
	}
	threads_meet();
	receive(p);
	threads_meet();
}

static void
work(unsigned index, void *arg)
{
	struct scarce *s = arg;
	struct part p = {.s = s, .in = s->to[index], .out = s->to[!index], .next_seed = 1 + ((uint64_t)index << 32)};

	p.evpl = evpl_create(index == 0 ? NULL : &limited);
	threads_check(p.evpl != NULL);
	dice_init(&p.dice, index);
	threads_meet();
	for (unsigned i = 0; i < s->steps && !threads_failed(); i++)
		step(&p);
	finish(&p);
	evpl_destroy(p.evpl);
}

static void
nobody_starves_and_no_byte_is_lost(void **state)
{
	struct home *home = *state;
	static struct scarce s;

	unwatched_bytes_only(); /* tracing keeps buffers waiting in stashes */
	s.steps = threads_rounds(200000);
	for (unsigned i = 0; i < 2; i++) {
		s.to[i] = evpl_ring_create(i == 0 ? "a" : "b", 4, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		assert_non_null(s.to[i]);
	}
	for (unsigned i = 0; i < DIM(kinds); i++) {
		threads_run(kinds[i], work, &s);
		home_assert_held(0);
	}
	for (unsigned i = 0; i < 2; i++)
		evpl_ring_free(home->evpl, s.to[i]);
	print_message("# %u waits, %u were served, %u found nothing in their callback\n", atomic_load(&s.waits),
		      atomic_load(&s.served), atomic_load(&s.failed));
	assert_int_equal(atomic_load(&s.waits), atomic_load(&s.served));
}

static const struct CMUnitTest cases[] = {
	home_case(nobody_starves_and_no_byte_is_lost, scarce),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "scarce", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
