/* SPDX-License-Identifier: BSD-3-Clause */
#include "world.h"
#include "hold.h"
#include "lent.h"
#include "printed.h"

#include <inttypes.h>
#include <stdarg.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#define KIB (1u << 10)
#define WITH_PROCESS 224u /* configurations from here on, of 256 */
#define LATE_END 99u	  /* the configuration in which the library ends later */

struct rte_mempool *world_foreign, *world_clones;
uint16_t world_port;
uint8_t *world_external;

/* Memory is short in all of them, so that calls fail and buffers are used again. */
static const struct evpl_global_config configs[] = {
	{.slab_size = 128 * KIB, .buffer_size = 4 * KIB, .max_slabs = 3, .packet_mbufs = 63},
	{.slab_size = 256 * KIB,
	 .buffer_size = 16 * KIB,
	 .large_buffer_size = 64 * KIB,
	 .max_slabs = 4,
	 .packet_mbufs = 127},
	{.slab_size = 192 * KIB, .buffer_size = 64 * KIB, .large_buffer_size = 64 * KIB, .max_slabs = 3},
	{.slab_size = 600000, .buffer_size = 4000, .large_buffer_size = 200000, .max_slabs = 3, .packet_mbufs = 63},
	{.slab_size = 256 * KIB,
	 .buffer_size = 16 * KIB,
	 .large_buffer_size = 128 * KIB,
	 .max_slabs = 3,
	 .packet_mbufs = 127,
	 .far_packets = 1},
	{.slab_size = 16 * KIB,
	 .buffer_size = 1 * KIB,
	 .large_buffer_size = 16 * KIB,
	 .max_slabs = 6,
	 .packet_mbufs = 31,
	 .sample_period = 7},
};

void
world_fail(const struct world *w, const char *expression, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (w->print != NULL) {
		fprintf(w->print, "\t/* Then: %s. Not so: %s */\n", what, expression);
		printed_end(w);
	}
	fflush(stdout);
	fprintf(stderr, "step %" PRIu64 ", %s: %s (not so: %s)\n", w->step, w->operation, what, expression);
	abort();
}

/* home_assert() and cmocka's asserts end the process by exit(). */
static const char *leaving;

static void
say_leaving(void)
{
	if (leaving == NULL)
		return;
	fprintf(stderr, "at the end: %s fails\n", leaving);
	fflush(NULL);
	abort();
}

void
world_prepare(void)
{
	if (world_foreign != NULL)
		return;
	if (program_start_eal("fuzz") < 0) {
		fprintf(stderr, "rte_eal_init: %s\n", rte_strerror(rte_errno));
		exit(99);
	}
	rte_log_set_global_level(RTE_LOG_CRIT); /* refused calls say why */
	atexit(say_leaving);
	content_init();
	leaving = "the start";
	world_foreign = plain_pool("foreign", FOREIGN_MBUFS, 2048 + RTE_PKTMBUF_HEADROOM);
	world_clones = plain_pool("clones", CLONES, 128);
	world_port = port_loop(world_foreign);
	world_external = aligned_alloc(EXTERNAL_BYTES, (size_t)EXTERNALS * EXTERNAL_BYTES);
	leaving = world_external != NULL ? NULL : "memory for external slabs";
}

static void
slots_init(struct slots *s, unsigned most)
{
	s->n = 0;
	for (unsigned i = 0; i < most; i++)
		s->live[i] = (uint16_t)i;
}

void
world_begin(struct world *w, unsigned config)
{
	const struct evpl_global_config *chosen = &configs[config % DIM(configs)];
	FILE *print = w->print;

	memset(w, 0, sizeof(*w));
	w->print = print;
	w->operation = "begin";
	w->end_kind = config;
	slots_init(&w->views, VIEWS);
	slots_init(&w->packets, PACKETS);
	printed_begin(w, chosen);
	expect(w, evpl_init(chosen) == 0, "the library does not start");
	w->small = evpl_buffer_size();
	w->large = evpl_large_buffer_size();
	w->far = chosen->far_packets != 0;
	w->most_slabs = chosen->max_slabs;
	if (config >= WITH_PROCESS)
		lent_begin(w);
}

/* ---------------------------------------------------------------------------------------------------------------- */

/* Bytes of all views and packets. Only the fields of iovecs are read: some are LOCAL of the other player. */
static void
check_bytes(struct world *w)
{
	for (unsigned i = 0; i < w->views.n; i++) {
		const struct view *v = &w->view[w->views.live[i]];

		expect(w, content_is(v->iovec.data, v->iovec.length, w->reference.take[v->take].stream, v->offset),
		       "v[%u] shows %u bytes, and not all of them are what was written", w->views.live[i],
		       v->iovec.length);
	}
	for (unsigned i = 0; i < w->packets.n; i++)
		hold_check_packet(w, &w->packet[w->packets.live[i]]);
}

/* The iovecs that count on a block directly, lent ones included, but for those in rings. */
static unsigned
iovecs_on(const struct world *w, const struct reference_block *block)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->views.n; i++)
		n += w->view[w->views.live[i]].iovec.ref == block->name;
	return n + lent_count(w, block->name);
}

/*
 * Each iovec is one count of the mbuf that it names. A buffer that has more of them is current in a context. If only
 * packets are left of a buffer, its mbuf counts 1, and it may be current or not.
 */
static void
check_counts(struct world *w, const struct evpl_stats *stats)
{
	unsigned ringed = w->ring[0].n + w->ring[1].n + w->ring[2].n, current = 0, perhaps = 0;
	uint32_t held = w->reference.held[REFERENCE_BUFFER], apart;

	for (unsigned i = 0; i < w->reference.n_blocks; i++) {
		const struct reference_block *block = &w->reference.block[i];
		unsigned iovecs, count;

		if (block->takes == 0)
			continue;
		iovecs = iovecs_on(w, block);
		count = rte_mbuf_refcnt_read((const struct rte_mbuf *)block->name);
		expect(w, count >= RTE_MAX(iovecs, 1u), "%u iovecs are on a block, and it counts %u", iovecs, count);
		if (block->kind != REFERENCE_BUFFER)
			continue;
		if (count > RTE_MAX(iovecs, 1u) + ringed)
			current++;
		else if (count > iovecs)
			perhaps++;
	}
	apart = stats->buffers_in_use - stats->buffers_current;
	expect(w, stats->buffers_in_use >= stats->buffers_current && apart + current <= held,
	       "%u buffers are in use, %u of them current; the program holds %u, at least %u of them current",
	       stats->buffers_in_use, stats->buffers_current, held, current);
	expect(w, apart + current + perhaps >= held,
	       "%u buffers are in use, %u of them current; the program holds %u, at most %u of them current",
	       stats->buffers_in_use, stats->buffers_current, held, current + perhaps);
	expect(w, stats->buffers_current <= 2 * w->contexts, "%u buffers are current in %u contexts",
	       stats->buffers_current, w->contexts);
}

/* In each of the library's pools; and mbufs of the packet pools, as far as they can be seen. */
static void
check_pools(struct world *w, const struct evpl_stats *stats)
{
	uint32_t rx = 0;

	for (unsigned i = 0; i < POOLS; i++)
		rx += w->pool[i].pool != NULL ? w->pool[i].n : 0;
	expect(w, stats->rx_buffers == rx, "RX pools have %u mbufs instead of %u", stats->rx_buffers, rx);
	expect(w, stats->rx_buffers_in_use == w->reference.held[REFERENCE_RX],
	       "%u mbufs of RX pools are in use instead of %u", stats->rx_buffers_in_use,
	       w->reference.held[REFERENCE_RX]);
	rx = rte_mempool_in_use_count(world_foreign);
	expect(w, rx == w->reference.held[REFERENCE_FOREIGN], "%u mbufs of the foreign pool are in use instead of %u",
	       rx, w->reference.held[REFERENCE_FOREIGN]);
	expect(w, stats->packet_mbufs_in_use <= stats->packet_mbufs, "more packet mbufs are in use than there are");
	if (w->views.n + w->packets.n + w->n_flight + w->ring[0].n + w->ring[1].n + w->ring[2].n +
		    lent_count(w, NULL) ==
	    0)
		expect(w, stats->packet_mbufs_in_use == 0, "%u packet mbufs are in use, and the program has none",
		       stats->packet_mbufs_in_use);
}

static void
check_quotas(struct world *w)
{
	for (unsigned i = 0; i < PLAYERS * CONTEXTS; i++) {
		const struct context *c = &w->context[i / CONTEXTS][i % CONTEXTS];
		uint64_t bytes;

		if (c->evpl == NULL || c->quota == 0)
			continue;
		(void)reference_owned(&w->reference, c->owner, &bytes);
		expect(w, bytes <= c->quota, "a context with a quota of %" PRIu64 " bytes holds %" PRIu64, c->quota,
		       bytes);
	}
}

static void
check_statistics(struct world *w, const struct evpl_stats *stats)
{
	unsigned pools = 0;

	for (unsigned i = 0; i < POOLS; i++)
		pools += w->pool[i].pool != NULL;
	expect(w, stats->contexts == w->contexts, "%u contexts instead of %u", stats->contexts, w->contexts);
	expect(w, stats->slabs <= w->most_slabs, "%u slabs, and at most %u are allowed", stats->slabs, w->most_slabs);
	expect(w, !w->notified || w->slabs_told == (int)(stats->slabs + pools),
	       "%u slabs and %u RX pools, and the callback was told of %d", stats->slabs, pools, w->slabs_told);
	expect(w, stats->buffers_in_use <= stats->buffers && stats->large_buffers_in_use <= stats->large_buffers,
	       "%u of %u buffers are in use, %u of %u large ones", stats->buffers_in_use, stats->buffers,
	       stats->large_buffers_in_use, stats->large_buffers);
	expect(w, stats->alloc_enomem == w->enomem, "%" PRIu64 " allocs without memory instead of %" PRIu64,
	       stats->alloc_enomem, w->enomem);
	expect(w, stats->rx_linearized == w->linearized, "%" PRIu64 " packets were copied instead of %" PRIu64,
	       stats->rx_linearized, w->linearized);
	expect(w, stats->rx_too_long == w->too_long, "%" PRIu64 " packets were too long instead of %" PRIu64,
	       stats->rx_too_long, w->too_long);
	expect(w, stats->rx_no_memory == w->no_memory, "for %" PRIu64 " packets was no memory instead of %" PRIu64,
	       stats->rx_no_memory, w->no_memory);
	expect(w, stats->overflow_mbufs_in_use == 0, "%u overflow mbufs are in use", stats->overflow_mbufs_in_use);
}

void
world_check(struct world *w)
{
	struct evpl_stats stats;

	lent_settle(w);
	check_bytes(w);
	evpl_stats_get(&stats);
	check_counts(w, &stats);
	check_pools(w, &stats);
	check_quotas(w);
	check_statistics(w, &stats);
	if (w->lent != NULL)
		lent_check(w);
}

/* ---------------------------------------------------------------------------------------------------------------- */

static void
release_views(struct world *w, unsigned player, bool shared)
{
	for (unsigned i = w->views.n; i-- > 0;) {
		struct view *v = &w->view[w->views.live[i]];
		struct evpl_iovec iovec;

		if ((v->iovec.flags & SHARED) ? !shared : v->player != player)
			continue;
		hold_check_view(w, v);
		say(w, "evpl_iovec_release(NULL, &v[%u]);", view_number(w, v));
		hold_drop_view(w, v, &iovec, NULL);
		evpl_iovec_release(NULL, &iovec);
	}
}

static void
leave_ring(struct world *w, struct ring *ring)
{
	if (ring->ring == NULL)
		return;
	for (unsigned i = 0; i < ring->n; i++)
		reference_let_go(&w->reference, ring->view[i].take);
	say(w, "evpl_ring_free(NULL, ring[%u]);", (unsigned)(ring - w->ring));
	evpl_ring_free(NULL, ring->ring);
	*ring = (struct ring){0};
}

/* What is in the port, and all packets. */
static void
leave_packets(struct world *w)
{
	struct rte_mbuf *mbuf;

	for (; w->n_flight > 0; w->n_flight--) {
		struct packet *p = &w->flight[w->first_flight++ % FLIGHTS];

		expect(w, rte_eth_rx_burst(world_port, 0, &mbuf, 1) == 1, "the port lost a packet");
		p->mbuf = mbuf;
		hold_check_packet(w, p);
		hold_let_go(w, p->piece, p->n);
		say(w, "rte_eth_rx_burst(port, 0, &p[0], 1); rte_pktmbuf_free(p[0]);");
		rte_pktmbuf_free(mbuf);
	}
	while (w->packets.n > 0) {
		struct packet *p = &w->packet[w->packets.live[w->packets.n - 1]];
		struct packet dropped;

		hold_check_packet(w, p);
		say(w, "rte_pktmbuf_free(p[%u]);", packet_number(w, p));
		dropped = hold_drop_packet(w, p);
		hold_let_go(w, dropped.piece, dropped.n);
		rte_pktmbuf_free(dropped.mbuf);
	}
}

/* The last context: all is home, so two buffers must be there for it, whatever its quota was used for before. */
static void
check_last(struct world *w, struct context *c)
{
	struct evpl_iovec iovec[2];

	if (w->contexts != 1 || c->group >= 0)
		return;
	for (unsigned i = 0; i < WAITS; i++) {
		if (w->wait[i].context == c)
			expect(w, evpl_alloc_wait_cancel(c->evpl, &w->wait[i].wait) == 0, "a wait is lost");
	}
	say(w, "evpl_iovecs_alloc(%s, %u, 0, SHARED, r, 2);", world_name(w, c), w->small - 2 * GUARDS);
	expect(w, evpl_iovecs_alloc(c->evpl, w->small - 2 * GUARDS, 0, SHARED, iovec, 2) == 2,
	       "all is released, and two buffers are not to be had: error %d", rte_errno);
	evpl_iovecs_release(c->evpl, iovec, 2);
}

void
world_leave(struct world *w, unsigned player, bool last)
{
	w->operation = "leave";
	w->turn = player;
	release_views(w, player, last);
	leave_ring(w, &w->ring[1 + player]);
	if (last) {
		leave_ring(w, &w->ring[0]);
		leave_packets(w);
		lent_end(w);
		world_check(w);
	}
	for (unsigned i = 0; i < CONTEXTS; i++) {
		struct context *c = &w->context[player][i];

		if (c->evpl == NULL)
			continue;
		if (last)
			check_last(w, c);
		say(w, "evpl_destroy(%s);", world_name(w, c));
		evpl_destroy(c->evpl);
		c->evpl = NULL;
		w->contexts--;
	}
}

bool
world_comes(const unsigned *number)
{
	uint64_t end = rte_get_timer_cycles() + 60 * rte_get_timer_hz();

	while (__atomic_load_n(number, __ATOMIC_ACQUIRE) == 0) {
		if (rte_get_timer_cycles() > end)
			return false;
		rte_delay_us_sleep(100);
	}
	return true;
}

static void
has_ended(void *arg)
{
	unsigned *calls = arg;

	__atomic_store_n(calls, *calls + 1, __ATOMIC_RELEASE);
}

/* The end begins while an iovec is held, and is over when that is released. This takes 100 ms. */
static void
end_library_late(struct world *w)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovec;
	unsigned calls = 0;

	expect(w, evpl_iovec_alloc(evpl, 1, 0, 1, SHARED, &iovec) == 1, "all is home, and no byte can be had");
	evpl_destroy(evpl);
	expect(w, evpl_cleanup_deferred(has_ended, &calls) == 0, "evpl_cleanup_deferred() fails");
	expect(w, evpl_create(NULL) == NULL && rte_errno == EPERM, "a context after the end began: %d", rte_errno);
	expect(w, evpl_init(NULL) == -EBUSY && evpl_cleanup() == -EPERM, "a start or an end after the end began");
	expect(w, __atomic_load_n(&calls, __ATOMIC_ACQUIRE) == 0, "the library ended while an iovec was held");
	evpl_iovec_release(NULL, &iovec);
	expect(w, world_comes(&calls), "all is released, and the library does not end");
}

static void
end_library(struct world *w)
{
	unsigned calls = 0;

	if (w->end_kind == LATE_END)
		end_library_late(w);
	else if (w->end_kind % 2 == 0)
		expect(w, evpl_cleanup() == 0, "evpl_cleanup() fails, although all is released");
	else
		expect(w, evpl_cleanup_deferred(has_ended, &calls) == 0 && calls == 1,
		       "evpl_cleanup_deferred() fails or waits, although all is released");
}

void
world_end(struct world *w)
{
	w->operation = "end";
	for (unsigned i = 0; i < EXTERNALS; i++) {
		if (w->external[i].is_there)
			expect(w, evpl_slab_remove_external(world_external + (size_t)i * EXTERNAL_BYTES) == 0,
			       "an external slab cannot be removed, although all is released");
	}
	leaving = "home_assert()";
	home_assert();
	leaving = NULL;
	for (unsigned i = 0; i < POOLS; i++) {
		if (w->pool[i].pool != NULL)
			expect(w, evpl_rx_pool_destroy(w->pool[i].pool) == 0,
			       "an RX pool cannot be destroyed, although all is released");
	}
	end_library(w);
	expect(w, !w->pressed.wrong, "a callback of evpl_pressure_notify() was told what is not so");
	expect(w, evpl_cleanup() == -EPERM, "the library runs behind its end");
	leaving = "home_assert_pool()";
	home_assert_pool(world_foreign, FOREIGN_MBUFS);
	home_assert_pool(world_clones, CLONES);
	leaving = NULL;
	printed_end(w);
}
