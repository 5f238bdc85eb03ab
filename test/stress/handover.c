/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHARED iovecs that are moved into messages, sent through a ring, and moved out on another core, as programs hand them
 * over. On that core they are moved, cloned, cut, sent as packets and released, while the first core takes the next
 * ones.
 *
 * What would break: in a tracing build the record of an iovec belongs to the thread that took it. When another thread
 * gives the iovec up, the record may be in use again at the next instruction. A tracing build must report nothing here.
 *
 * EVPL_TEST_MINUTES=N repeats the random case for N minutes. Without it the number of steps is fixed.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <rte_ring.h>

#include "support.h"

#define MESSAGES 256u

static const struct evpl_global_config config = {.slab_size = 1 << 20, .buffer_size = 16 << 10, .packet_mbufs = 1023};

static const enum threads_kind kinds[] = {THREADS_LCORES, THREADS_PLAIN, THREADS_MIXED};

/* An iovec on its way, with what it must hold; or a packet that is to be freed on the other side. */
struct message {
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	uint64_t seed, offset;
};

/* What goes from one thread to the other: messages in full, and those that were read in empty. */
struct pipe {
	struct rte_ring *full, *empty;
	struct message messages[MESSAGES];
};

struct pipes {
	struct pipe to[2];
	unsigned n; /* messages for each thread to send */
};

/* One thread's part. */
struct part {
	struct evpl *evpl;
	struct pipe *in, *out;
	struct dice dice;
	uint64_t next_seed;
	struct rte_mbuf *packet; /* made of a received iovec; to be freed by the other thread */
};

static bool
holds(const struct evpl_iovec *iovec, uint64_t seed, uint64_t offset)
{
	return bytes_right(evpl_iovec_data(iovec), evpl_iovec_length(iovec), seed, offset) == evpl_iovec_length(iovec);
}

/* Puts an iovec, or a part or clone of it, into the message, and keeps nothing. */
static void
put_in(struct part *p, struct message *message, struct evpl_iovec *iovec)
{
	unsigned length = evpl_iovec_length(iovec), offset = dice_below(&p->dice, length);

	message->offset = 0;
	switch (dice_below(&p->dice, 6)) {
	case 0:
		evpl_iovec_clone(&message->iovec, iovec);
		evpl_iovec_release(p->evpl, iovec);
		break;
	case 1:
		evpl_iovec_clone_segment(&message->iovec, iovec, offset, length - offset);
		evpl_iovec_release(p->evpl, iovec);
		message->offset = offset;
		break;
	case 2:
		evpl_iovec_move_segment(&message->iovec, iovec, offset, length - offset);
		message->offset = offset;
		break;
	default:
		evpl_iovec_move(&message->iovec, iovec);
	}
}

/* Takes an iovec and sends it, or the packet that waits; false: there is no message free, or no room. */
static bool
send_one(struct part *p)
{
	struct message *message;
	struct evpl_iovec iovec;
	void *got;

	if (rte_ring_dequeue(p->out->empty, &got) != 0)
		return false;
	message = got;
	message->packet = p->packet;
	p->packet = NULL;
	if (message->packet == NULL) {
		if (!threads_check(evpl_iovec_alloc(p->evpl, 1 + dice_below(&p->dice, 300), 1, 1, SHARED, &iovec) == 1))
			return false;
		message->seed = p->next_seed++;
		iovec_fill(&iovec, message->seed);
		put_in(p, message, &iovec);
	}
	return threads_check(rte_ring_enqueue(p->out->full, message) == 0);
}

/* What the other side does with an iovec that it has got. */
static void
use_up(struct part *p, struct evpl_iovec *iovec, uint64_t seed, uint64_t offset)
{
	unsigned length = evpl_iovec_length(iovec), cut = dice_below(&p->dice, length);
	struct evpl_iovec other;

	switch (dice_below(&p->dice, 6)) {
	case 0:
		evpl_iovec_clone(&other, iovec);
		evpl_iovec_release(p->evpl, iovec);
		threads_check(holds(&other, seed, offset));
		evpl_iovec_release(NULL, &other);
		break;
	case 1:
		evpl_iovec_move_segment(&other, iovec, cut, length - cut);
		threads_check(holds(&other, seed, offset + cut));
		evpl_iovecs_release(p->evpl, &other, 1);
		break;
	case 2:
		evpl_iovec_clone_segment(&other, iovec, cut, length - cut);
		threads_check(holds(&other, seed, offset + cut));
		evpl_iovec_release(p->evpl, &other);
		evpl_iovec_release(p->evpl, iovec);
		break;
	case 3:
		evpl_iovec_set_length(iovec, cut + 1);
		evpl_iovec_move(&other, iovec);
		evpl_iovec_set_length(&other, length); /* may grow back */
		threads_check(holds(&other, seed, offset));
		evpl_iovec_release(p->evpl, &other);
		break;
	case 4:
		if (p->packet == NULL) {
			p->packet = evpl_iovecs_to_mbuf(p->evpl, iovec, 1);
			threads_check(p->packet != NULL);
			break;
		}
		/* fallthrough */
	default:
		evpl_iovec_release(p->evpl, iovec);
	}
}

/* Moves an iovec out of its message, which may be used again at once. */
static bool
receive_one(struct part *p)
{
	struct evpl_iovec iovec;
	struct message *message;
	struct rte_mbuf *packet;
	uint64_t seed, offset;
	void *got;

	if (rte_ring_dequeue(p->in->full, &got) != 0)
		return false;
	message = got;
	packet = message->packet;
	seed = message->seed;
	offset = message->offset;
	if (packet == NULL)
		evpl_iovec_move(&iovec, &message->iovec);
	threads_check(rte_ring_enqueue(p->in->empty, message) == 0);
	if (packet == NULL) {
		threads_check(holds(&iovec, seed, offset));
		use_up(p, &iovec, seed, offset);
	}
	rte_pktmbuf_free(packet);
	return true;
}

static void
send_and_receive(unsigned index, void *arg)
{
	struct pipes *pipes = arg;
	struct part p = {.evpl = evpl_create(NULL), .in = &pipes->to[index], .out = &pipes->to[!index]};
	unsigned sent = 0, received = 0;

	threads_check(p.evpl != NULL);
	dice_init(&p.dice, index);
	p.next_seed = (uint64_t)index << 32;
	threads_meet();
	while ((sent < pipes->n || received < pipes->n) && !threads_failed()) {
		unsigned before = sent + received;

		for (unsigned i = 0; i < 32 && sent < pipes->n && send_one(&p); i++)
			sent++;
		for (unsigned i = 0; i < 32 && received < pipes->n && receive_one(&p); i++)
			received++;
		if (sent + received == before)
			sched_yield(); /* on a loaded machine the other one may wait for this core */
	}
	rte_pktmbuf_free(p.packet);
	evpl_destroy(p.evpl);
}

static struct rte_ring *
ring_create(const char *name, unsigned index)
{
	char text[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	snprintf(text, sizeof(text), "%s%u", name, index);
	ring = rte_ring_create(text, 2 * MESSAGES, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	assert_non_null(ring);
	return ring;
}

static time_t
seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void
moved_through_messages_keeps_its_bytes(void **state)
{
	static struct pipes pipes;
	const char *minutes = getenv("EVPL_TEST_MINUTES");
	time_t end = seconds() + 60 * (minutes != NULL ? atol(minutes) : 0);

	(void)state;
	pipes.n = threads_rounds(100000);
	for (unsigned i = 0; i < 2; i++) {
		struct pipe *pipe = &pipes.to[i];

		pipe->full = ring_create("full", i);
		pipe->empty = ring_create("empty", i);
		for (unsigned k = 0; k < MESSAGES; k++)
			assert_int_equal(rte_ring_enqueue(pipe->empty, &pipe->messages[k]), 0);
	}
	do {
		for (unsigned i = 0; i < DIM(kinds); i++)
			threads_run(kinds[i], send_and_receive, &pipes);
	} while (seconds() < end);
	for (unsigned i = 0; i < 2; i++) {
		rte_ring_free(pipes.to[i].full);
		rte_ring_free(pipes.to[i].empty);
	}
	home_assert_held(0);
}

/*
 * The same by force. A thread that had no record yet takes a lock when it notes where the iovec went, and has given up
 * the record of where it came from by then. It is held there until the record's thread has gone round all of its
 * records.
 */
static atomic_bool stopped, may_go_on, over;
static _Thread_local bool stops_at_lock;

#if EVPL_IOVEC_TRACE
int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
	int (*lock)(pthread_mutex_t *);

	if (stops_at_lock) {
		stops_at_lock = false;
		stopped = true;
		while (!may_go_on)
			sched_yield();
	}
	program_next(&lock, sizeof(lock), "pthread_mutex_lock");
	return lock(mutex);
}
#endif

/* What was moved meanwhile: each call looks at its record. */
static void *
move_out(void *arg)
{
	struct evpl_iovec *iovec = arg, moved, clone;

	evpl_iovec_length(iovec); /* makes the thread known, which takes the lock, too */
	stops_at_lock = true;
	evpl_iovec_move(&moved, iovec);
	stops_at_lock = false;
	evpl_iovec_clone_segment(&clone, &moved, 1, evpl_iovec_length(&moved) - 1);
	evpl_iovec_release(NULL, &clone);
	evpl_iovec_release(NULL, &moved);
	over = true;
	return NULL;
}

static void
moved_out_while_its_record_is_used_again_is_no_bug(void **state)
{
	struct home *home = *state;
	struct evpl_iovec iovec, other;
	pthread_t thread;

	assert_int_equal(evpl_iovec_alloc(home->evpl, 300, 1, 1, SHARED, &iovec), 1);
	stopped = may_go_on = over = false;
	assert_int_equal(pthread_create(&thread, NULL, move_out, &iovec), 0);
	while (!stopped && !over)
		sched_yield();
	for (unsigned i = 0; i < 20000; i++) {
		assert_int_equal(evpl_iovec_alloc(home->evpl, 8, 1, 1, SHARED, &other), 1);
		evpl_iovec_release(home->evpl, &other);
	}
	may_go_on = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	if (EVPL_IOVEC_TRACE)
		assert_true(stopped);
}

static const struct CMUnitTest cases[] = {
	home_case(moved_out_while_its_record_is_used_again_is_no_bug, config),
	home_case(moved_through_messages_keeps_its_bytes, config),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "handover", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
