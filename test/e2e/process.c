/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Iovecs that a primary process lends to a secondary one (evpl_process.h), which may be killed at any moment.
 *
 *	process EAL... -- primary        lends until it reads "quit". "reclaim" on stdin, after the death of the other
 *	                                 process: reclaims, proves that everything is home, and says "whole"
 *	process EAL... -- secondary [N]  two threads of it receive, read, clone, keep, write, release and send iovecs,
 *	                                 and make packets; until it is killed, or N iovecs were received
 *
 * Each iovec begins with a number, and the rest of its bytes depends on it. Both processes check all bytes whenever
 * they have them. The primary keeps clones of some, so it sees bytes that were used again too early.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ring.h>

#include <evpl/evpl.h>

#define KEPT 24u
#define BURST 8u
#define OUT 256u /* packets */

static unsigned long long rounds; /* of the primary */

static void __attribute__((noreturn, format(printf, 1, 2))) fails(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s, after %llu rounds: ", rte_eal_process_type() == RTE_PROC_PRIMARY ? "primary" : "secondary",
		rounds);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(1);
}

static uint32_t
dice(uint64_t *state, uint32_t n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 0x2545F4914F6CDD1Du) >> 33) % n;
}

/* The eight bytes from byte i on; the first ones are the number. */
static uint64_t
word_at(uint64_t number, unsigned i)
{
	return number + i * (uint64_t)0x9E3779B97F4A7C15;
}

static void
fill(const struct evpl_iovec *iovec, uint64_t number)
{
	uint8_t *bytes = iovec->data;
	uint64_t word;
	unsigned i;

	for (i = 0; i + sizeof(word) <= iovec->length; i += sizeof(word)) {
		word = word_at(number, i);
		memcpy(bytes + i, &word, sizeof(word));
	}
	word = word_at(number, i);
	memcpy(bytes + i, &word, iovec->length - i);
}

static void
check(const void *data, unsigned length, const char *where)
{
	const uint8_t *bytes = data;
	uint64_t number, word, want;
	unsigned i;

	memcpy(&number, bytes, sizeof(number));
	for (i = 0; i + sizeof(word) <= length; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		if (word != word_at(number, i))
			fails("%s: byte %u of %u or one behind it is wrong in iovec %" PRIu64, where, i, length,
			      number);
	}
	want = word_at(number, i);
	if (memcmp(bytes + i, &want, length - i) != 0)
		fails("%s: the last bytes of %u are wrong in iovec %" PRIu64, where, length, number);
}

/* The secondary. */

static struct evpl_process *process;
static struct rte_ring *out;
static unsigned left; /* iovecs to receive; 0: no end */

/* One of its threads, with what it keeps. */
struct worker {
	uint64_t dice;
	struct evpl_iovec kept[KEPT];
};

static void
hand_out(struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = evpl_iovecs_to_mbuf(NULL, iovec, 1);

	if (m == NULL) {
		if (rte_errno != ENOMEM)
			fails("no packet: %s", rte_strerror(rte_errno));
		evpl_iovec_release(NULL, iovec);
	} else if (rte_ring_enqueue(out, m) != 0) {
		rte_pktmbuf_free(m);
	}
}

static void
send_back(struct evpl_iovec *iovec)
{
	if (evpl_process_send(process, iovec, 1) != 1)
		evpl_iovec_release(NULL, iovec);
}

static void
keep(struct worker *w, struct evpl_iovec *iovec)
{
	struct evpl_iovec *place = &w->kept[dice(&w->dice, KEPT)];

	if (place->ref != NULL) {
		check(place->data, place->length, "kept");
		evpl_iovec_release(NULL, place);
	}
	evpl_iovec_move(place, iovec);
}

static void
use(struct worker *w, struct evpl_iovec *iovec)
{
	struct evpl_iovec clone;

	check(iovec->data, iovec->length, "received");
	switch (dice(&w->dice, 6)) {
	case 0:
		evpl_iovec_release(NULL, iovec);
		break;
	case 1:
		keep(w, iovec);
		break;
	case 2:
		send_back(iovec);
		break;
	case 3:
		hand_out(iovec);
		break;
	case 4:
		evpl_iovec_clone(&clone, iovec);
		keep(w, &clone);
		send_back(iovec);
		break;
	default:
		evpl_iovec_clone(&clone, iovec);
		keep(w, &clone);
		hand_out(iovec);
	}
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct evpl_iovec iovecs[BURST];
	unsigned n, was = left;

	while (was == 0 || __atomic_load_n(&left, __ATOMIC_RELAXED) > 0) {
		n = evpl_process_receive(process, iovecs, BURST);
		for (unsigned i = 0; i < n; i++)
			use(w, &iovecs[i]);
		if (was != 0 && n > 0 && __atomic_fetch_sub(&left, n, __ATOMIC_RELAXED) <= n)
			__atomic_store_n(&left, 0, __ATOMIC_RELAXED);
		if (n == 0)
			usleep(50);
	}
	for (unsigned i = 0; i < KEPT; i++) {
		if (w->kept[i].ref != NULL)
			evpl_iovec_release(NULL, &w->kept[i]);
	}
	return NULL;
}

static int
secondary(unsigned n)
{
	struct worker workers[2] = {{.dice = rte_rdtsc() | 1}, {.dice = (uint64_t)getpid() << 20 | 1}};
	pthread_t thread;
	int rc;

	out = rte_ring_lookup("out");
	process = evpl_attach("worker");
	if (evpl_create(NULL) != NULL || rte_errno != ENOTSUP)
		fails("a context was made");
	if (process == NULL || out == NULL)
		fails("cannot attach: %s", rte_strerror(rte_errno));
	left = n;
	puts("attached");
	fflush(stdout);
	if (pthread_create(&thread, NULL, work, &workers[1]) != 0)
		fails("no thread");
	work(&workers[0]);
	pthread_join(thread, NULL);
	while ((rc = evpl_detach(process)) == -EBUSY)
		usleep(1000); /* the primary is receiving */
	return rc == 0 ? 0 : 1;
}

/* The primary. */

static struct evpl *evpl;
static struct evpl_iovec own[KEPT];
static uint64_t numbers = 1;
static unsigned came_back, packets; /* since the last reclaim() */

static bool
take_packets(void)
{
	bool some = false;
	void *m;

	while (rte_ring_dequeue(out, &m) == 0) {
		check(rte_pktmbuf_mtod((struct rte_mbuf *)m, void *), ((struct rte_mbuf *)m)->data_len, "packet");
		rte_pktmbuf_free(m);
		packets++;
		some = true;
	}
	return some;
}

static bool
take_back(void)
{
	struct evpl_iovec iovecs[BURST];
	unsigned n, before = came_back;

	while ((n = evpl_process_receive(process, iovecs, BURST)) > 0) {
		for (unsigned i = 0; i < n; i++)
			check(iovecs[i].data, iovecs[i].length, "sent back");
		evpl_iovecs_release(evpl, iovecs, (int)n);
		came_back += n;
	}
	return came_back != before;
}

/* How many iovecs can be lent now; if nobody is there, one is tried. */
static unsigned
count_room(void)
{
	struct evpl_process_info info;

	evpl_process_get(process, &info);
	return info.state == EVPL_PROCESS_ATTACHED ? RTE_MIN(info.iovecs - info.iovecs_lent, BURST) : 1;
}

/* Lends a few, and keeps clones of some. False: none was taken. */
static bool
lend(void)
{
	struct evpl_iovec iovec, *place;
	unsigned n = count_room(), sent = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned length = 64 + dice(&numbers, dice(&numbers, 8) == 0 ? 60000 : 2000);

		if (evpl_iovec_alloc(evpl, length, 0, 1, EVPL_IOVEC_FLAG_SHARED, &iovec) != 1)
			break;
		fill(&iovec, numbers);
		place = &own[dice(&numbers, KEPT)];
		if (place->ref != NULL) {
			check(place->data, place->length, "own");
			evpl_iovec_release(evpl, place);
			place->ref = NULL;
		} else {
			evpl_iovec_clone(place, &iovec);
		}
		if (evpl_process_send(process, &iovec, 1) == 1)
			sent++;
		else
			evpl_iovec_release(evpl, &iovec);
	}
	return sent > 0;
}

/* One turn. Where nothing can be done, the other process needs the CPU more. */
static void
turn(void)
{
	bool some = lend();

	some = take_back() || some;
	some = take_packets() || some;
	if (!some)
		usleep(50);
}

/* Takes all buffers that there are: none is lost, none comes out twice. */
static void
take_all(void)
{
	struct evpl_iovec all[128];
	struct evpl_stats stats;
	unsigned n = 0;

	while (n < 128 && evpl_iovec_alloc(evpl, 64 << 10, 0, 1, 0, &all[n]) == 1)
		n++;
	evpl_stats_get(&stats);
	if (n != stats.buffers)
		fails("%u buffers of %u can be taken", n, stats.buffers);
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < i; k++) {
			if (all[i].data == all[k].data)
				fails("a buffer came out twice");
		}
	}
	evpl_iovecs_release(evpl, all, (int)n);
}

static void
assert_whole(void)
{
	struct evpl_process_info info;
	struct evpl_stats stats;

	evpl_process_get(process, &info);
	if (info.iovecs_lent != 0 || info.packets_sent != 0 || info.state != EVPL_PROCESS_ABSENT)
		fails("%u iovecs and %u packets are left, state %d", info.iovecs_lent, info.packets_sent, info.state);
	for (unsigned i = 0; i < KEPT; i++) {
		if (own[i].ref != NULL) {
			check(own[i].data, own[i].length, "own");
			evpl_iovec_release(evpl, &own[i]);
			own[i].ref = NULL;
		}
	}
	evpl_destroy(evpl);
	evpl_stats_get(&stats);
	if (stats.buffers_in_use != 0)
		fails("%u buffers are not home", stats.buffers_in_use);
	evpl = evpl_create(NULL);
	if (evpl == NULL)
		fails("no context");
	take_all();
}

/* Asks each millisecond, and so gives back what was returned while the other thread sends, receives and reclaims. */
static void *
ask(void *arg)
{
	struct evpl_process_info info;
	struct evpl_stats stats;

	while (!__atomic_load_n((bool *)arg, __ATOMIC_RELAXED)) {
		evpl_stats_get(&stats);
		if (evpl_process_get(process, &info) != 0 || info.iovecs_lent > info.iovecs)
			fails("%u of %u iovecs are lent", info.iovecs_lent, info.iovecs);
		usleep(1000);
	}
	return NULL;
}

/* After the death of the other process. */
static void
reclaim(void)
{
	struct evpl_process_info info;
	int n;

	evpl_process_get(process, &info);
	if (info.state == EVPL_PROCESS_ATTACHED)
		fails("process %d is attached", info.pid);
	n = evpl_reclaim(process, 0);
	if (n < 0)
		fails("evpl_reclaim: %d", n);
	(void)take_packets();
	rte_ring_reset(out); /* it may have died with packets half way in */
	evpl_process_get(process, &info);
	if (info.iovecs_lent > info.packets_sent)
		fails("%u iovecs are lent, and %u packets sent", info.iovecs_lent, info.packets_sent);
	if (evpl_reclaim(process, EVPL_RECLAIM_PACKETS) < 0)
		fails("evpl_reclaim of packets");
	assert_whole();
	printf("whole: %u came back, %u packets, %d reclaimed, %u packets lost\n", came_back, packets, n,
	       info.packets_sent);
	came_back = packets = 0;
	fflush(stdout);
}

static int
primary(void)
{
	/* Few buffers, so that what was returned is needed at once. */
	static const struct evpl_global_config config = {
		.slab_size = 2 << 20, .buffer_size = 64 << 10, .large_buffer_size = 64 << 10, .max_slabs = 2};
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	bool ends = false;
	pthread_t thread;
	char line[32];

	out = rte_ring_create("out", OUT, SOCKET_ID_ANY, 0);
	evpl = evpl_init(&config) == 0 ? evpl_create(NULL) : NULL;
	process = evpl != NULL ? evpl_process_create("worker", 64, 64) : NULL;
	if (out == NULL || process == NULL)
		fails("cannot start: %s", rte_strerror(rte_errno));
	if (pthread_create(&thread, NULL, ask, &ends) != 0)
		fails("no thread");
	puts("ready");
	fflush(stdout);
	for (;; rounds++) {
		turn();
		if (poll(&in, 1, 0) == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL || strcmp(line, "quit\n") == 0)
			break;
		reclaim();
	}
	reclaim();
	__atomic_store_n(&ends, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (evpl_process_free(process) != 0)
		fails("evpl_process_free");
	evpl_destroy(evpl);
	return evpl_cleanup() == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv), rc;

	if (used < 0 || argc <= used + 1)
		return 2;
	if (strcmp(argv[used + 1], "primary") == 0)
		rc = primary();
	else
		rc = secondary(argc > used + 2 ? (unsigned)strtoul(argv[used + 2], NULL, 10) : 0);
	rte_eal_cleanup();
	return rc;
}
