/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs that come and go while two threads take, send, hand over and release buffers at full rate, and a third one
 * gives idle slabs back in a loop. Or it brings external slabs, and unmaps those that nobody uses.
 *
 * What would break: EAL writes zeros over the memory that it gets back, and gives it out again, or unmaps it. So a slab
 * that goes while a thread still touches it shows in the bytes, as a crash, or in the thread sanitizer. The last thing
 * that a thread does with a buffer counts: the end of a packet on another lcore, of DPDK's clone of it, of a SHARED
 * iovec that another thread took, and the buffers that a TX cache keeps.
 *
 * EVPL_TEST_MINUTES=N repeats it for N minutes. Without it the number of steps is fixed.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include <rte_ring.h>

#include "pool_ops.h"
#include "support.h"

#define HELD 192u     /* most iovecs that a thread holds */
#define PHASES 6u     /* in which a thread's iovecs become more, and none */
#define SHORTEST 128u /* bytes of an iovec: its seed, and a pattern at both ends */
#define ENDS 56u      /* bytes of the pattern at each end */

/* Four buffers in a slab, so that slabs come and go often. Large ones are a slab each. */
static const struct evpl_global_config by_trim = {
	.slab_size = 64 << 10, .buffer_size = 16 << 10, .large_buffer_size = 64 << 10, .packet_mbufs = 1023};
static const struct evpl_global_config by_keeper = {.slab_size = 64 << 10,
						    .buffer_size = 16 << 10,
						    .large_buffer_size = 64 << 10,
						    .packet_mbufs = 1023,
						    .preallocate_slabs = 2,
						    .low_watermark = 128 << 10,
						    .high_watermark = 256 << 10,
						    .idle_trim_ms = 2};
static const struct evpl_global_config two_buffers = {
	.slab_size = 16 << 10, .buffer_size = 16 << 10, .max_slabs = 2, .packet_mbufs = 63};
static const struct evpl_thread_config small_stash = {.stash_buffers = 2};
static const struct evpl_thread_config of_group = {.stash_buffers = 2, .socket_id = EVPL_EXTERNAL(0)};

static const enum threads_kind kinds[] = {THREADS_LCORES, THREADS_PLAIN, THREADS_MIXED};

/* To one thread: packets to free, and SHARED iovecs to release. */
struct pipe {
	struct rte_ring *packets;
	struct evpl_ring *iovecs;
};

struct elastic {
	const struct evpl_thread_config *context;
	struct pipe to[2];
	struct rte_mempool *clones;
	unsigned steps; /* in a phase */
	atomic_bool done;
	atomic_ullong trimmed; /* bytes */
};

struct part {
	struct elastic *e;
	struct evpl *evpl;
	struct pipe *in, *out;
	struct dice dice;
	uint64_t next_seed;
	struct evpl_iovec held[HELD];
	unsigned n;
};

/* The bytes say what they must be: a buffer that was lost, and belongs to another, is found. */
static void
fill(void *data, unsigned length, uint64_t seed)
{
	memcpy(data, &seed, sizeof(seed));
	bytes_fill((char *)data + sizeof(seed), ENDS, seed, 0);
	bytes_fill((char *)data + length - ENDS, ENDS, seed, 1000);
}

static bool
is_right(const void *data, unsigned length)
{
	uint64_t seed;

	memcpy(&seed, data, sizeof(seed));
	return seed != 0 && bytes_right((const char *)data + sizeof(seed), ENDS, seed, 0) == ENDS &&
	       bytes_right((const char *)data + length - ENDS, ENDS, seed, 1000) == ENDS;
}

static bool
iovec_is_right(const struct evpl_iovec *iovec)
{
	return is_right(evpl_iovec_data(iovec), evpl_iovec_length(iovec));
}

/* Mostly whole buffers, so that slabs are used up. */
static unsigned
any_length(struct part *p)
{
	switch (dice_below(&p->dice, 8)) {
	case 0:
		return 60000; /* a large buffer */
	case 1:
	case 2:
		return SHORTEST + dice_below(&p->dice, 2000);
	default:
		return (16 << 10) - 2 * GUARDS;
	}
}

static void
take_one(struct part *p)
{
	struct evpl_iovec *iovec = &p->held[p->n];
	unsigned flags = dice_below(&p->dice, 2) ? SHARED : LOCAL;

	if (evpl_iovec_alloc(p->evpl, any_length(p), 0, 1, flags, iovec) != 1) {
		threads_check(rte_errno == ENOMEM);
		return;
	}
	fill(evpl_iovec_data(iovec), evpl_iovec_length(iovec), p->next_seed++);
	p->n++;
}

/* Sends it as a packet, and now and then as a clone of one. The other thread frees it. */
static void
send_packet(struct part *p, struct evpl_iovec *iovec)
{
	struct rte_mbuf *packet = evpl_iovecs_to_mbuf(p->evpl, iovec, 1), *clone = NULL;

	if (packet == NULL) {
		evpl_iovec_release(p->evpl, iovec); /* all packet mbufs are in flight */
		return;
	}
	if (dice_below(&p->dice, 3) == 0)
		clone = rte_pktmbuf_clone(packet, p->e->clones);
	if (rte_ring_enqueue(p->out->packets, packet) != 0)
		rte_pktmbuf_free(packet);
	if (clone != NULL && rte_ring_enqueue(p->out->packets, clone) != 0)
		clone_free(clone);
}

/* What a thread does with an iovec that it no longer needs. */
static void
give_up_one(struct part *p)
{
	struct evpl_iovec iovec, clone;

	iovec_draw(&p->dice, p->held, &p->n, &iovec);
	threads_check(iovec_is_right(&iovec));
	switch (dice_below(&p->dice, 5)) {
	case 0:
		evpl_iovec_clone(&clone, &iovec);
		evpl_iovec_release(p->evpl, &iovec);
		send_packet(p, &clone);
		break;
	case 1:
		send_packet(p, &iovec);
		break;
	case 2:
		if ((iovec_flags(&iovec) & SHARED) && evpl_ring_enqueue_burst(p->out->iovecs, &iovec, 1, NULL) == 1)
			break;
		evpl_iovec_release(NULL, &iovec);
		break;
	default:
		evpl_iovec_release(p->evpl, &iovec);
	}
}

/* Takes what the other thread has sent. */
static unsigned
receive(struct part *p)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	unsigned n = 0;
	void *got;

	for (; n < 16 && rte_ring_dequeue(p->in->packets, &got) == 0; n++) {
		packet = got;
		threads_check(is_right(rte_pktmbuf_mtod(packet, void *), packet->data_len));
		if (RTE_MBUF_CLONED(packet))
			clone_free(packet);
		else
			rte_pktmbuf_free(packet);
	}
	for (; n < 32 && evpl_ring_dequeue_burst(p->in->iovecs, &iovec, 1, NULL) == 1; n++) {
		threads_check(iovec_is_right(&iovec));
		evpl_iovec_release(dice_below(&p->dice, 2) ? p->evpl : NULL, &iovec);
	}
	return n;
}

/* Holds more and more, then less and less, at a random rate, and in the end nothing. */
static void
phase(struct part *p)
{
	unsigned most = 1 + dice_below(&p->dice, HELD), step;

	for (step = 0; step < p->e->steps && !threads_failed(); step++) {
		unsigned wanted = step < p->e->steps / 2 ? most : most / 8;

		if (p->n < wanted)
			take_one(p);
		else if (p->n > 0)
			give_up_one(p);
		if (step % 8 == 0)
			receive(p);
	}
	while (p->n > 0 && !threads_failed())
		give_up_one(p);
}

static void
work(unsigned index, void *arg)
{
	struct elastic *e = arg;
	struct part p = {.e = e, .in = &e->to[index], .out = &e->to[!index], .next_seed = 1 + ((uint64_t)index << 32)};

	p.evpl = evpl_create(e->context);
	threads_check(p.evpl != NULL);
	dice_init(&p.dice, index);
	for (unsigned i = 0; i < PHASES && threads_meet(); i++) {
		phase(&p);
		if (!threads_meet()) /* the other sends nothing any more */
			break;
		while (receive(&p) > 0)
			;
		if (!threads_meet())
			break;
		/* All but stashes and current buffers is home. */
		if (index == 0)
			atomic_fetch_add(&e->trimmed, evpl_trim());
	}
	evpl_destroy(p.evpl);
}

static void *
trim_always(void *arg)
{
	struct elastic *e = arg;

	while (!atomic_load(&e->done)) {
		atomic_fetch_add(&e->trimmed, evpl_trim());
#ifndef TEST_THREAD_SANITIZER /* DPDK's rte_ring_count() reads plainly what other threads write */
		struct evpl_stats stats;

		evpl_stats_get(&stats);
#endif
		sched_yield();
	}
	return NULL;
}

#define EXTERNALS 16u
#define EXTERNAL_LENGTH (64u << 10)

static void
unmap(void *addr, uint64_t length, void *arg)
{
	atomic_fetch_add((atomic_ullong *)arg, length);
	munmap(addr, length);
}

static bool
bring(struct elastic *e, void **addr, bool large)
{
	*addr = mmap(NULL, EXTERNAL_LENGTH * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return *addr != MAP_FAILED && evpl_slab_add_external(*addr, EXTERNAL_LENGTH * 2, 4096, NULL, EVPL_EXTERNAL(0),
							     EVPL_EXTERNAL_NO_IOVA | (large ? EVPL_EXTERNAL_LARGE : 0),
							     unmap, &e->trimmed) == 0;
}

/* Each external slab is tried again and again. When it goes, another one comes. In the end all of them go. */
static void *
bring_always(void *arg)
{
	struct elastic *e = arg;
	void *addr[EXTERNALS];
	int rc;

	for (unsigned i = 0; i < EXTERNALS; i++)
		threads_check(bring(e, &addr[i], i % 2));
	while (!atomic_load(&e->done)) {
		for (unsigned i = 0; i < EXTERNALS; i++) {
			rc = evpl_slab_remove_external(addr[i]);
			threads_check(rc == 0 || rc == -EBUSY);
			if (rc == 0)
				threads_check(bring(e, &addr[i], i % 2));
		}
		sched_yield();
	}
	for (unsigned i = 0; i < EXTERNALS; i++)
		threads_check(evpl_slab_remove_external(addr[i]) == 0);
	return NULL;
}

static void
pipe_create(struct pipe *pipe, struct evpl *evpl, unsigned index)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "packets%u", index);
	pipe->packets = rte_ring_create(name, 256, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(pipe->packets);
	snprintf(name, sizeof(name), "iovecs%u", index);
	pipe->iovecs = evpl_ring_create(name, 256, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(pipe->iovecs);
	(void)evpl;
}

static time_t
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void
run(struct evpl *evpl, const struct evpl_thread_config *context, void *(*meanwhile)(void *))
{
	const char *minutes = getenv("EVPL_TEST_MINUTES");
	time_t end = seconds() + 60 * (minutes != NULL ? atol(minutes) : 0);
	static struct elastic e;
	struct evpl_stats stats;
	pthread_t trimmer;

	e.context = context;
	e.steps = threads_rounds(20000);
	e.clones = plain_pool("clones", 511, 0);
	atomic_store(&e.trimmed, 0);
	for (unsigned i = 0; i < 2; i++)
		pipe_create(&e.to[i], evpl, i);
	do {
		for (unsigned i = 0; i < DIM(kinds); i++) {
			atomic_store(&e.done, false);
			assert_int_equal(pthread_create(&trimmer, NULL, meanwhile, &e), 0);
			threads_run(kinds[i], work, &e);
			atomic_store(&e.done, true);
			assert_int_equal(pthread_join(trimmer, NULL), 0);
			assert_false(threads_failed());
			home_assert_held(0);
		}
	} while (seconds() < end);
	for (unsigned i = 0; i < 2; i++) {
		rte_ring_free(e.to[i].packets);
		evpl_ring_free(evpl, e.to[i].iovecs);
	}
	rte_mempool_free(e.clones);
	evpl_stats_get(&stats);
	print_message("# %llu MiB went, %u slabs are left\n", atomic_load(&e.trimmed) >> 20, stats.slabs);
	assert_true(atomic_load(&e.trimmed) > 0 || stats.slabs == 0);
}

static void
slabs_that_go_by_trim_take_nothing_with_them(void **state)
{
	struct evpl_stats stats;

	run(home_context(state), &small_stash, trim_always);
	evpl_trim();
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 0);
	assert_int_equal(stats.slab_bytes, 0);
}

static void
slabs_that_the_keeper_makes_and_gives_back_take_nothing_with_them(void **state)
{
	struct evpl_stats stats;

	run(home_context(state), &small_stash, trim_always);
	evpl_stats_get(&stats);
	assert_true(stats.slabs >= by_keeper.preallocate_slabs);
}

static void
external_slabs_that_come_and_go_take_nothing_with_them(void **state)
{
	struct evpl_stats stats;

	run(home_context(state), &of_group, bring_always);
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 0);
	assert_int_equal(stats.slab_bytes, 0);
}

/* Each of two threads takes a whole buffer of two, and puts it back into its slab. */
static void
take_one_of_two(unsigned index, void *arg)
{
	struct elastic *e = arg;
	struct evpl *evpl = evpl_create(&small_stash);
	struct evpl_iovec iovec;

	threads_check(evpl != NULL);
	threads_meet();
	for (unsigned step = 0; step < e->steps && !threads_failed(); step++) {
		if (!threads_check(evpl_iovec_alloc(evpl, (16 << 10) - 2 * GUARDS, 0, 1, SHARED, &iovec) == 1))
			break;
		fill(iovec.data, SHORTEST, 1 + step + ((uint64_t)index << 32));
		threads_check(is_right(iovec.data, SHORTEST));
		evpl_iovec_release(NULL, &iovec);
	}
	threads_meet();
	evpl_destroy(evpl);
}

/* The slab that goes was free memory, and as much may come again at once. */
static void
alloc_does_not_fail_because_a_slab_goes(void **state)
{
	static struct elastic e;
	struct home *home = *state;
	pthread_t trimmer;

	unwatched_bytes_only(); /* tracing keeps buffers waiting */
	evpl_destroy(home->evpl);
	home->evpl = NULL;
	e.steps = threads_rounds(50000);
	for (unsigned i = 0; i < DIM(kinds); i++) {
		atomic_store(&e.done, false);
		assert_int_equal(pthread_create(&trimmer, NULL, trim_always, &e), 0);
		threads_run(kinds[i], take_one_of_two, &e);
		atomic_store(&e.done, true);
		assert_int_equal(pthread_join(trimmer, NULL), 0);
	}
	home_assert_held(0);
}

static const struct CMUnitTest cases[] = {
	home_case(alloc_does_not_fail_because_a_slab_goes, two_buffers),
	home_case(slabs_that_go_by_trim_take_nothing_with_them, by_trim),
	home_case(external_slabs_that_come_and_go_take_nothing_with_them, by_trim),
	home_case(slabs_that_the_keeper_makes_and_gives_back_take_nothing_with_them, by_keeper),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "elastic", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
