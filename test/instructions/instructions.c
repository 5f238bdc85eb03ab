/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hot operations, each in a function of its own, for run.py. valgrind counts only the instructions of measure_*.
 * Work that is done once (a slab, a context, a first buffer) is done before.
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include <evpl/evpl.h>

#define SEGMENTS 40u
#define BURST 32u

static struct rte_mempool *plain, *slab_pool;
static struct evpl_ring *ring;
static struct rte_ring *raw_ring; /* of elements of an iovec's size */

#define MEASURE(name) static __attribute__((noinline)) void measure_##name(struct evpl *evpl, unsigned times)

/* The compiler must take the iovec for looked at and changed. */
static inline void
keep(struct evpl_iovec *iovec)
{
	__asm__ volatile("" : : "r"(iovec) : "memory");
}

static inline void
take(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec)
{
	if (evpl_iovec_alloc(evpl, length, 0, 1, flags, iovec) != 1)
		abort();
	keep(iovec);
}

static inline void
alloc_release(struct evpl *evpl, unsigned times, unsigned flags)
{
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < times; i++) {
		take(evpl, 64, flags, &iovec);
		evpl_iovec_release(evpl, &iovec);
	}
}

static inline void
clone_release(struct evpl *evpl, unsigned times, unsigned flags)
{
	struct evpl_iovec iovec, view;

	take(evpl, 64, flags, &iovec);
	for (unsigned i = 0; i < times; i++) {
		evpl_iovec_clone(&view, &iovec);
		keep(&view);
		evpl_iovec_release(evpl, &view);
	}
	evpl_iovec_release(evpl, &iovec);
}

static inline void
segments(struct evpl *evpl, unsigned times, unsigned flags)
{
	struct evpl_iovec iovec, views[SEGMENTS];

	take(evpl, SEGMENTS * 1448, flags, &iovec);
	for (unsigned i = 0; i < times; i += SEGMENTS) {
		for (unsigned k = 0; k < SEGMENTS; k++)
			evpl_iovec_clone_segment(&views[k], &iovec, k * 1448, 1448);
		keep(views);
		evpl_iovecs_release(evpl, views, SEGMENTS);
	}
	evpl_iovec_release(evpl, &iovec);
}

/* As many held at once as go through several buffers: refills and the ends of buffers are in it. */
static inline void
hold(struct evpl *evpl, unsigned times, unsigned flags)
{
	struct evpl_iovec held[250];

	for (unsigned i = 0; i < times; i += 250) {
		for (unsigned k = 0; k < 250; k++)
			take(evpl, 1500, flags, &held[k]);
		evpl_iovecs_release(evpl, held, 250);
	}
}

MEASURE(local_alloc_release)
{
	alloc_release(evpl, times, 0);
}

MEASURE(shared_alloc_release)
{
	alloc_release(evpl, times, EVPL_IOVEC_FLAG_SHARED);
}

MEASURE(local_clone_release)
{
	clone_release(evpl, times, 0);
}

MEASURE(shared_clone_release)
{
	clone_release(evpl, times, EVPL_IOVEC_FLAG_SHARED);
}

MEASURE(local_segment_release)
{
	segments(evpl, times, 0);
}

MEASURE(shared_segment_release)
{
	segments(evpl, times, EVPL_IOVEC_FLAG_SHARED);
}

MEASURE(local_hold_release)
{
	hold(evpl, times, 0);
}

MEASURE(shared_hold_release)
{
	hold(evpl, times, EVPL_IOVEC_FLAG_SHARED);
}

MEASURE(reserve_commit_release)
{
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < times; i++) {
		if (evpl_iovec_reserve(evpl, 1500, 0, 1, &iovec) != 1)
			abort();
		evpl_iovec_set_length(&iovec, 1000);
		evpl_iovec_commit(evpl, 0, &iovec, 1);
		keep(&iovec);
		evpl_iovec_release(evpl, &iovec);
	}
}

MEASURE(move)
{
	struct evpl_iovec here, there;

	take(evpl, 64, 0, &here);
	for (unsigned i = 0; i < times; i += 2) {
		evpl_iovec_move(&there, &here);
		keep(&there);
		evpl_iovec_move(&here, &there);
		keep(&here);
	}
	evpl_iovec_release(evpl, &here);
}

/* Bursts into a ring and out of it. */
MEASURE(ring)
{
	struct evpl_iovec iovecs[BURST];

	if (evpl_iovecs_alloc(evpl, 64, 0, 0, iovecs, BURST) != (int)BURST)
		abort();
	for (unsigned i = 0; i < times; i += BURST) {
		if (evpl_ring_enqueue_burst(ring, iovecs, BURST, NULL) != BURST)
			abort();
		keep(iovecs);
		if (evpl_ring_dequeue_burst(ring, iovecs, BURST, NULL) != BURST)
			abort();
		keep(iovecs);
	}
	evpl_iovecs_release(evpl, iovecs, BURST);
}

MEASURE(raw_ring)
{
	struct evpl_iovec iovecs[BURST] = {0};

	(void)evpl;
	for (unsigned i = 0; i < times; i += BURST) {
		if (rte_ring_enqueue_burst_elem(raw_ring, iovecs, sizeof(iovecs[0]), BURST, NULL) != BURST)
			abort();
		keep(iovecs);
		if (rte_ring_dequeue_burst_elem(raw_ring, iovecs, sizeof(iovecs[0]), BURST, NULL) != BURST)
			abort();
		keep(iovecs);
	}
}

MEASURE(bulk_alloc_release)
{
	struct evpl_iovec iovecs[BURST];

	for (unsigned i = 0; i < times; i += BURST) {
		if (evpl_iovecs_alloc(evpl, 64, 0, 0, iovecs, BURST) != (int)BURST)
			abort();
		keep(iovecs);
		evpl_iovecs_release(evpl, iovecs, BURST);
	}
}

/* Packets that are mbufs from the start, given back unsent. */
MEASURE(packets_alloc_release)
{
	struct evpl_iovec iovecs[BURST];

	for (unsigned i = 0; i < times; i += BURST) {
		if (evpl_packets_alloc(evpl, slab_pool, 64, 0, iovecs, BURST) != (int)BURST)
			abort();
		keep(iovecs);
		evpl_iovecs_release(evpl, iovecs, BURST);
	}
}

/* A packet of header and payload, which are neighbours and so one segment, and its iovec again. */
MEASURE(to_mbuf_from_mbuf)
{
	struct evpl_iovec iovecs[2];
	struct rte_mbuf *packet;
	int n;

	for (unsigned i = 0; i < times; i++) {
		take(evpl, 54, 0, &iovecs[0]);
		take(evpl, 1448, 0, &iovecs[1]);
		packet = evpl_iovecs_to_mbuf(evpl, iovecs, 2);
		/* Two where the payload is the first of another buffer. */
		n = packet != NULL ? evpl_iovecs_from_mbuf(evpl, packet, 0, 2, iovecs) : 0;
		if (n < 1)
			abort();
		evpl_iovecs_release(evpl, iovecs, n);
	}
}

/* Packets received from net_null, of a pool of this library's, and sent on; raw: without it. */
MEASURE(forward)
{
	struct evpl_iovec iovecs[BURST];

	for (unsigned i = 0; i < times; i += BURST) {
		if (evpl_rx_burst(evpl, 0, 0, iovecs, BURST) != BURST ||
		    evpl_tx_burst(evpl, 0, 0, iovecs, BURST) != BURST)
			abort();
	}
}

MEASURE(raw_forward)
{
	struct rte_mbuf *mbufs[BURST];

	(void)evpl;
	for (unsigned i = 0; i < times; i += BURST) {
		if (rte_eth_rx_burst(0, 0, mbufs, BURST) != BURST || rte_eth_tx_burst(0, 0, mbufs, BURST) != BURST)
			abort();
	}
}

/* 64 bytes each, taken and sent: packet mbufs are attached, and detached by the driver. */
MEASURE(send)
{
	struct evpl_iovec iovecs[BURST];

	for (unsigned i = 0; i < times; i += BURST) {
		for (unsigned k = 0; k < BURST; k++)
			take(evpl, 64, 0, &iovecs[k]);
		if (evpl_tx_burst(evpl, 0, 0, iovecs, BURST) != BURST)
			abort();
	}
}

MEASURE(raw_send)
{
	struct rte_mbuf *mbufs[BURST];

	(void)evpl;
	for (unsigned i = 0; i < times; i += BURST) {
		for (unsigned k = 0; k < BURST; k++) {
			mbufs[k] = rte_pktmbuf_alloc(plain);
			if (mbufs[k] == NULL || rte_pktmbuf_append(mbufs[k], 64) == NULL)
				abort();
		}
		if (rte_eth_tx_burst(0, 0, mbufs, BURST) != BURST)
			abort();
	}
}

static void
transmit(struct rte_mbuf **mbufs)
{
	if (rte_eth_tx_burst(0, 0, mbufs, BURST) != BURST)
		abort();
}

/* Header and payload that are made for each other: one segment. */
MEASURE(build)
{
	struct rte_mbuf *mbufs[BURST];
	struct evpl_iovec iovecs[2];

	for (unsigned i = 0; i < times; i += BURST) {
		for (unsigned k = 0; k < BURST; k++) {
			take(evpl, 54, 0, &iovecs[0]);
			take(evpl, 1448, 0, &iovecs[1]);
			mbufs[k] = evpl_iovecs_to_mbuf(evpl, iovecs, 2);
		}
		transmit(mbufs);
	}
}

/* Header, and a slice of bytes that are there already: two segments. */
MEASURE(slice)
{
	struct evpl_iovec large, iovecs[2];
	struct rte_mbuf *mbufs[BURST];

	take(evpl, BURST * 1448, 0, &large);
	for (unsigned i = 0; i < times; i += BURST) {
		for (unsigned k = 0; k < BURST; k++) {
			take(evpl, 54, 0, &iovecs[0]);
			evpl_iovec_clone_segment(&iovecs[1], &large, k * 1448, 1448);
			mbufs[k] = evpl_iovecs_to_mbuf(evpl, iovecs, 2);
		}
		transmit(mbufs);
	}
	evpl_iovec_release(evpl, &large);
}

static void
bytes_ended(void *bytes, void *opaque)
{
	(void)bytes;
	(void)opaque;
}

static void
raw_chains(unsigned times, bool slices)
{
	static struct rte_mbuf_ext_shared_info shinfo = {.free_cb = bytes_ended};
	static char bytes[BURST * 1448];
	struct rte_mbuf *mbufs[BURST];

	rte_mbuf_ext_refcnt_set(&shinfo, 1);
	for (unsigned i = 0; i < times; i += BURST) {
		for (unsigned k = 0; k < BURST; k++) {
			struct rte_mbuf *payload = rte_pktmbuf_alloc(plain);

			mbufs[k] = rte_pktmbuf_alloc(plain);
			if (mbufs[k] == NULL || payload == NULL || rte_pktmbuf_append(mbufs[k], 54) == NULL)
				abort();
			if (slices) {
				rte_mbuf_ext_refcnt_update(&shinfo, 1);
				rte_pktmbuf_attach_extbuf(payload, bytes + k * 1448, RTE_BAD_IOVA, 1448, &shinfo);
			}
			payload->data_len = 1448;
			payload->pkt_len = 1448;
			if (rte_pktmbuf_chain(mbufs[k], payload) != 0)
				abort();
		}
		transmit(mbufs);
	}
}

MEASURE(raw_build)
{
	(void)evpl;
	raw_chains(times, false);
}

MEASURE(raw_slice)
{
	(void)evpl;
	raw_chains(times, true);
}

/*
 * In a library that notes one of eight allocations. The length is another one than above, or the compiler would make
 * one function of both.
 */
MEASURE(sampled_alloc_release)
{
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < times; i++) {
		take(evpl, 128, 0, &iovec);
		evpl_iovec_release(evpl, &iovec);
	}
}

static const struct {
	const char *name;
	void (*measure)(struct evpl *evpl, unsigned times);
} operations[] = {
	{"local_alloc_release", measure_local_alloc_release},
	{"shared_alloc_release", measure_shared_alloc_release},
	{"local_clone_release", measure_local_clone_release},
	{"shared_clone_release", measure_shared_clone_release},
	{"local_segment_release", measure_local_segment_release},
	{"shared_segment_release", measure_shared_segment_release},
	{"local_hold_release", measure_local_hold_release},
	{"shared_hold_release", measure_shared_hold_release},
	{"reserve_commit_release", measure_reserve_commit_release},
	{"move", measure_move},
	{"ring", measure_ring},
	{"raw_ring", measure_raw_ring},
	{"bulk_alloc_release", measure_bulk_alloc_release},
	{"packets_alloc_release", measure_packets_alloc_release},
	{"to_mbuf_from_mbuf", measure_to_mbuf_from_mbuf},
	{"forward", measure_forward},
	{"raw_forward", measure_raw_forward},
	{"send", measure_send},
	{"raw_send", measure_raw_send},
	{"build", measure_build},
	{"raw_build", measure_raw_build},
	{"slice", measure_slice},
	{"raw_slice", measure_raw_slice},
};

static bool
rings_make(void)
{
	ring = evpl_ring_create("ring", 1023, SOCKET_ID_ANY, 0);
	raw_ring = rte_ring_create_elem("raw_ring", sizeof(struct evpl_iovec), 1024, SOCKET_ID_ANY, 0);
	return ring != NULL && raw_ring != NULL;
}

/* A net_null port, which EAL's arguments name. */
static bool
port_start(void)
{
	struct rte_eth_conf conf = {0};

	plain = rte_pktmbuf_pool_create("plain", 2047, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	slab_pool = evpl_rx_pool_create("instructions", 2047, 0, SOCKET_ID_ANY);
	return slab_pool != NULL && plain != NULL && rte_eth_dev_configure(0, 1, 1, &conf) == 0 &&
	       rte_eth_rx_queue_setup(0, 0, 0, (unsigned)SOCKET_ID_ANY, NULL, slab_pool) == 0 &&
	       rte_eth_tx_queue_setup(0, 0, 0, (unsigned)SOCKET_ID_ANY, NULL) == 0 && rte_eth_dev_start(0) == 0;
}

static bool
run_sampled(unsigned times)
{
	const struct evpl_global_config config = {.sample_period = 8};
	struct evpl *evpl = evpl_init(&config) == 0 ? evpl_create(NULL) : NULL;

	if (evpl == NULL)
		return false;
	alloc_release(evpl, 1000, 0);
	measure_sampled_alloc_release(evpl, times);
	puts("sampled_alloc_release");
	evpl_destroy(evpl);
	return evpl_cleanup() == 0;
}

/* The first argument is how many times; the others are EAL's. Names what it measures, in order. */
int
main(int argc, char **argv)
{
	unsigned times = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct evpl *evpl;

	if (times == 0 || rte_eal_init(argc - 1, argv + 1) < 0 || evpl_init(NULL) != 0)
		return 1;
	evpl = evpl_create(NULL);
	if (evpl == NULL || !port_start() || !rings_make())
		return 1;
	/* Slabs, buffers and pages that are there already; not inside measure_*. */
	for (unsigned flags = 0; flags <= EVPL_IOVEC_FLAG_SHARED; flags++)
		hold(evpl, 1000, flags);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		operations[i].measure(evpl, times);
		puts(operations[i].name);
	}
	(void)rte_eth_dev_stop(0);
	(void)rte_eth_dev_close(0);
	evpl_destroy(evpl);
	return evpl_cleanup() == 0 && run_sampled(times) ? 0 : 1;
}
