/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eight threads on two cores. Each has a context and mailboxes. They take iovecs, clone them, send them and packets of
 * them to each other, pass on what they got, and wait for memory, of which there is too little for all. Contexts end
 * and begin, and slabs come and go.
 *
 * What would break: the kernel stops a thread at any instruction, and seven others may run before it goes on. So a step
 * that must not be left half done is seen half done. With two threads on two cores that takes luck. A buffer that was
 * given out twice shows in its bytes; one that was lost is found when all are taken in the end; a wait that nobody
 * serves hangs the test. yields.c makes threads stop more often, in the library's functions.
 */
#include <errno.h>
#include <sched.h>

#include <rte_ring.h>

#include "support.h"

#define MEMBERS 8u
#define HELD 12u
#define SHORTEST 16u /* bytes: the seed, twice */

static const struct evpl_global_config scarce = {.slab_size = 64 << 10,
						 .buffer_size = 16 << 10,
						 .large_buffer_size = 32 << 10,
						 .max_slabs = 8,
						 .packet_mbufs = 255};
static const struct evpl_global_config with_keeper = {.slab_size = 64 << 10,
						      .buffer_size = 16 << 10,
						      .large_buffer_size = 32 << 10,
						      .max_slabs = 12,
						      .packet_mbufs = 255,
						      .low_watermark = 64 << 10,
						      .high_watermark = 128 << 10,
						      .idle_trim_ms = 1};
/* Every other context. */
static const struct evpl_thread_config limited = {.quota = 8 * (16 << 10), .stash_buffers = 2};

struct member;

/*
 * From one member to another. A ring of many producers would do for all, but its producers pass its end on by an order
 * that neither C11 nor the thread sanitizer knows (see packet_pool.c).
 */
struct mailbox {
	struct evpl_ring *iovecs; /* SHARED */
	struct rte_ring *packets; /* to be freed */
};

struct crowd {
	struct member *members;
	unsigned steps;
	atomic_uint busy; /* members that may still send, or wait */
	atomic_ullong taken, sent, packets, waits, contexts;
};

struct member {
	struct crowd *crowd;
	struct evpl *evpl;
	struct mailbox from[MEMBERS];
	struct dice dice;
	struct evpl_wait wait;
	bool waits;
	uint64_t next_seed;
	struct evpl_iovec held[HELD];
	unsigned n;
};

static unsigned
any_length(struct dice *dice)
{
	switch (dice_below(dice, 8)) {
	case 0:
		return 20000; /* a large buffer */
	case 1:
	case 2:
	case 3:
		return (16 << 10) - 2 * GUARDS;
	default:
		return SHORTEST + dice_below(dice, 2000);
	}
}

/* @return whether there was memory. */
static bool
take_one(struct member *m, unsigned length, unsigned flags)
{
	struct evpl_iovec *iovec = &m->held[m->n];

	if (evpl_iovec_alloc(m->evpl, length, 0, 1, flags, iovec) != 1) {
		threads_check(rte_errno == ENOMEM);
		return false;
	}
	bytes_seal(evpl_iovec_data(iovec), length, m->next_seed++);
	m->n++;
	atomic_fetch_add_explicit(&m->crowd->taken, 1, memory_order_relaxed);
	return true;
}

static void
called_back(struct evpl *evpl, struct evpl_wait *wait, void *arg)
{
	struct member *m = arg;

	threads_check(evpl == m->evpl && wait == &m->wait && m->waits);
	m->waits = false;
	if (m->n < HELD)
		take_one(m, SHORTEST, SHARED);
}

static void
take_or_wait(struct member *m)
{
	unsigned length = any_length(&m->dice), flags = dice_below(&m->dice, 3) ? SHARED : LOCAL;

	if (take_one(m, length, flags) || TEST_TRACE_BYTES) /* tracing keeps buffers waiting in stashes */
		return;
	m->waits = threads_check(evpl_alloc_wait(m->evpl, &m->wait, length, called_back, m) == 0);
	atomic_fetch_add_explicit(&m->crowd->waits, 1, memory_order_relaxed);
}

/* A mailbox of any member. Its own is one of them. */
static struct mailbox *
any_mailbox(struct member *m)
{
	return &m->crowd->members[dice_below(&m->dice, MEMBERS)].from[m - m->crowd->members];
}

static void
free_packet(struct rte_mbuf *packet)
{
	threads_check(bytes_sealed(rte_pktmbuf_mtod(packet, void *), packet->data_len));
	rte_pktmbuf_free(packet);
}

static void
send_iovec(struct member *m, struct evpl_iovec *iovec)
{
	if ((iovec_flags(iovec) & SHARED) && evpl_ring_enqueue_burst(any_mailbox(m)->iovecs, iovec, 1, NULL) == 1)
		atomic_fetch_add_explicit(&m->crowd->sent, 1, memory_order_relaxed);
	else
		evpl_iovec_release(m->evpl, iovec);
}

/* A LOCAL iovec may leave its thread as a packet. */
static void
send_packet(struct member *m, struct evpl_iovec *iovec)
{
	struct rte_mbuf *packet = evpl_iovecs_to_mbuf(m->evpl, iovec, 1);

	if (packet == NULL) {
		threads_check(rte_errno == ENOMEM);
		evpl_iovec_release(m->evpl, iovec);
	} else if (rte_ring_enqueue(any_mailbox(m)->packets, packet) == 0) {
		atomic_fetch_add_explicit(&m->crowd->packets, 1, memory_order_relaxed);
	} else {
		free_packet(packet);
	}
}

static void
give_up(struct member *m, struct evpl_iovec *iovec)
{
	struct evpl_iovec clone;

	threads_check(bytes_sealed(evpl_iovec_data(iovec), evpl_iovec_length(iovec)));
	switch (dice_below(&m->dice, 6)) {
	case 0:
		evpl_iovec_clone(&clone, iovec);
		send_iovec(m, &clone);
		send_packet(m, iovec);
		break;
	case 1:
		evpl_iovec_clone(&clone, iovec);
		send_packet(m, &clone);
		send_iovec(m, iovec);
		break;
	case 2:
		send_iovec(m, iovec);
		break;
	case 3:
		send_packet(m, iovec);
		break;
	case 4:
		evpl_iovec_release(NULL, iovec);
		break;
	default:
		evpl_iovec_release(m->evpl, iovec);
	}
}

static void
give_up_one(struct member *m)
{
	struct evpl_iovec iovec;

	iovec_draw(&m->dice, m->held, &m->n, &iovec);
	give_up(m, &iovec);
}

/* What came is released, kept, or passed on. */
static void
receive_from(struct member *m, struct mailbox *from, bool last)
{
	struct evpl_iovec iovec;
	void *packet;

	while (rte_ring_dequeue(from->packets, &packet) == 0)
		free_packet(packet);
	while (evpl_ring_dequeue_burst(from->iovecs, &iovec, 1, NULL) == 1) {
		threads_check(bytes_sealed(evpl_iovec_data(&iovec), evpl_iovec_length(&iovec)));
		if (last || dice_below(&m->dice, 2))
			evpl_iovec_release(dice_below(&m->dice, 2) ? m->evpl : NULL, &iovec);
		else if (m->n < HELD)
			evpl_iovec_move(&m->held[m->n++], &iovec);
		else
			give_up(m, &iovec);
	}
}

static void
receive(struct member *m, bool last)
{
	for (unsigned i = 0; i < MEMBERS; i++)
		receive_from(m, &m->from[i], last);
}

/* Iovecs outlive the context that they were taken through; a wait does not. */
static void
renew_context(struct member *m, unsigned index)
{
	evpl_destroy(m->evpl);
	m->waits = false;
	m->evpl = evpl_create(index % 2 ? &limited : NULL);
	threads_check(m->evpl != NULL);
	atomic_fetch_add_explicit(&m->crowd->contexts, 1, memory_order_relaxed);
}

/* @return whether there was something to do. */
static bool
step(struct member *m, unsigned index)
{
	bool idle = m->waits && m->n == 0;

	if (!m->waits && m->n < HELD && dice_below(&m->dice, 2))
		take_or_wait(m);
	else if (m->n > 0)
		give_up_one(m);
	receive(m, false);
	(void)evpl_alloc_wait_poll(m->evpl);
	if (dice_below(&m->dice, 256) == 0)
		renew_context(m, index);
	if (dice_below(&m->dice, 256) == 0)
		evpl_trim();
	return !idle;
}

static void
live(unsigned index, void *arg)
{
	struct crowd *crowd = arg;
	struct member *m = &crowd->members[index];

	m->evpl = NULL;
	m->n = 0;
	dice_init(&m->dice, 1 + index);
	m->next_seed = 1 + ((uint64_t)index << 32);
	renew_context(m, index);
	threads_meet();
	for (unsigned i = 0; i < crowd->steps && !threads_failed();) {
		if (step(m, index))
			i++;
		else
			sched_yield(); /* who has the memory must run */
	}
	while (m->waits && !threads_failed()) {
		while (m->n > 0)
			give_up_one(m);
		receive(m, true);
		(void)evpl_alloc_wait_poll(m->evpl);
		sched_yield();
	}
	while (m->n > 0)
		give_up_one(m);
	atomic_fetch_sub(&crowd->busy, 1);
	/* Another one may wait for what is in this one's mailbox. */
	while (atomic_load(&crowd->busy) > 0 && !threads_failed()) {
		receive(m, true);
		sched_yield();
	}
	receive(m, true);
	evpl_destroy(m->evpl);
}

static void
mailbox_create(struct mailbox *mailbox, unsigned index)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "iovecs%u", index);
	mailbox->iovecs = evpl_ring_create(name, 4, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(mailbox->iovecs);
	snprintf(name, sizeof(name), "packets%u", index);
	mailbox->packets = rte_ring_create(name, 4, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(mailbox->packets);
}

static void
run(struct evpl *evpl, const bool *pinned, unsigned n)
{
	static struct member members[MEMBERS];
	static struct crowd crowd;

	crowd = (struct crowd){.members = members, .steps = threads_rounds(20000)};
	for (unsigned i = 0; i < MEMBERS; i++) {
		members[i].crowd = &crowd;
		for (unsigned k = 0; k < MEMBERS; k++)
			mailbox_create(&members[i].from[k], i * MEMBERS + k);
	}
	for (unsigned i = 0; i < n; i++) {
		atomic_store(&crowd.busy, MEMBERS);
		threads_run_many(MEMBERS, pinned[i], live, &crowd);
		home_assert_held(0);
	}
	for (unsigned i = 0; i < MEMBERS * MEMBERS; i++) {
		evpl_ring_free(evpl, members[i / MEMBERS].from[i % MEMBERS].iovecs);
		rte_ring_free(members[i / MEMBERS].from[i % MEMBERS].packets);
	}
	print_message("# %llu iovecs, %llu sent, %llu packets, %llu waits, %llu contexts\n", atomic_load(&crowd.taken),
		      atomic_load(&crowd.sent), atomic_load(&crowd.packets), atomic_load(&crowd.waits),
		      atomic_load(&crowd.contexts));
	assert_true(atomic_load(&crowd.sent) > 0 && atomic_load(&crowd.packets) > 0);
}

static void
eight_threads_that_share_too_little_memory_lose_nothing(void **state)
{
	run(home_context(state), (const bool[]){true, false}, 2);
}

static void
eight_threads_whose_slabs_come_and_go_lose_nothing(void **state)
{
	run(home_context(state), (const bool[]){true, false}, 2);
}

static const struct CMUnitTest cases[] = {
	home_case(eight_threads_that_share_too_little_memory_lose_nothing, scarce),
	home_case(eight_threads_whose_slabs_come_and_go_lose_nothing, with_keeper),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "crowd", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
