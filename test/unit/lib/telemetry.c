/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the telemetry commands answer, figure by figure, in states whose figures are known.
 *
 * What would break: nothing but an operator reads these figures, and decides by them. A figure that is off by one, that
 * counts too early, or that is another one's, is never noticed by a program. So each case makes a state in which every
 * figure has a value of its own, and asks this process's own socket. (e2e/test_telemetry.py compares the fields with
 * their documentation.)
 */
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include "asked.h"
#include "port_lies.h"

#define KIB 1024u
#define SMALL (16u * KIB)
#define LARGE (64u * KIB)

/* Slabs of 16 small buffers, or of 4 large ones. */
static const struct evpl_global_config config = {
	.slab_size = 16 * SMALL, .buffer_size = SMALL, .large_buffer_size = LARGE, .packet_mbufs = 63};
static const struct evpl_global_config two_slabs = {
	.slab_size = 16 * SMALL, .buffer_size = SMALL, .large_buffer_size = LARGE, .max_slabs = 2, .packet_mbufs = 63};
static const struct evpl_global_config with_keeper = {.slab_size = 16 * SMALL,
						      .buffer_size = SMALL,
						      .large_buffer_size = LARGE,
						      .packet_mbufs = 63,
						      .low_watermark = 17 * SMALL};

static const char *
allocs_are(const char *in_plain_builds)
{
	return EVPL_IOVEC_TRACE ? "counted" : in_plain_builds;
}

static void
info_says_what_the_library_runs_with(void **state)
{
	const struct evpl_global_config all = {.slab_size = 33 * SMALL,
					       .buffer_size = SMALL,
					       .large_buffer_size = LARGE,
					       .max_slabs = 77,
					       .packet_mbufs = 127,
					       .sample_period = 9,
					       .far_packets = 1,
					       .idle_trim_ms = 3600000,
					       .low_watermark = 5000,
					       .high_watermark = 70000};
	const struct expected values[] = {
		{"users", 2},
		{"buffer_size", SMALL},
		{"large_buffer_size", LARGE},
		{"slab_size", 33 * SMALL},
		{"large_slab_size", 9 * LARGE},
		{"max_slabs", 77},
		{"low_watermark", 5000},
		{"high_watermark", 70000},
		{"idle_trim_ms", 3600000},
		{"packet_mbufs", 127},
		{"ref_limit", EVPL_REF_LIMIT},
		{"sample_period", EVPL_IOVEC_TRACE ? 0 : 9},
		{"huge_pages", rte_eal_has_hugepages() != 0},
	};
	const struct expected zeros[] = {{"users", 0}, {"buffer_size", 0}, {"large_slab_size", 0}, {"packet_mbufs", 0}};
	struct evpl_iovec iovec;
	struct evpl *evpl;
	int64_t most;

	(void)state;
	assert_int_equal(evpl_init(&all), 0);
	assert_int_equal(evpl_init(NULL), 0);
	if (!EVPL_IOVEC_TRACE)
		assert_figures("/evpl/info", NULL, values);
	assert_text("/evpl/info", NULL, "version", EVPL_VERSION_STRING);
	assert_text("/evpl/info", NULL, "dpdk", rte_version());
	assert_text("/evpl/info", NULL, "packets", "far");
	assert_text("/evpl/info", NULL, "iova", rte_eal_iova_mode() == RTE_IOVA_PA ? "PA" : "VA");
	assert_text("/evpl/info", NULL, "allocs", allocs_are("estimated"));
	lies = (struct lies){.iova_pa = true, .huge_pages = true};
	assert_text("/evpl/info", NULL, "iova", "PA");
	assert_int_equal(number("/evpl/info", NULL, "huge_pages"), 1);
	lies = (struct lies){0};
	/* The largest alignment is one that can be had, and no larger one can. */
	most = number("/evpl/info", NULL, "max_alignment");
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovec_alloc(evpl, 1, (unsigned)most, 1, LOCAL, &iovec), 1);
	evpl_iovec_release(evpl, &iovec);
	assert_fails(evpl_iovec_alloc(evpl, 1, 2 * (unsigned)most, 1, LOCAL, &iovec), EINVAL);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(number("/evpl/info", NULL, "users"), 1);
	assert_int_equal(evpl_cleanup(), 0);
	assert_figures("/evpl/info", NULL, zeros);
	assert_text("/evpl/info", NULL, "packets", "none");
	assert_text("/evpl/info", NULL, "allocs", allocs_are("unknown"));
}

static void
stopped_library_says_zero(void **state)
{
	const struct expected stats[] = {{"contexts", 0}, {"slabs", 0},	       {"buffers", 0},	  {"refills", 0},
					 {"iovecs", 0},	  {"packet_mbufs", 0}, {"rx_buffers", 0}, {"oldest_ms", 0}};

	(void)state;
	assert_figures("/evpl/stats", NULL, stats);
	assert_int_equal(number("/evpl/contexts", NULL, "contexts"), 0);
	assert_int_equal(number("/evpl/slabs", NULL, "slabs"), 0);
	assert_int_equal(number("/evpl/pools", NULL, "pools"), 0);
	assert_int_equal(number("/evpl/map,0", NULL, "slab"), INT64_MIN);
	assert_int_equal(shown("/evpl/pools", "pool"), 0);
}

/* Buffers in every state: see the figures. */
struct held {
	struct evpl_iovec first, second, clone, whole, large, split[2];
	struct rte_mbuf *packet;
};

static void
hold(struct evpl *evpl, struct held *h)
{
	struct evpl_iovec sent;

	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, LOCAL, &h->first), 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 3000, 0, 1, SHARED, &h->second), 1);
	evpl_iovec_clone(&h->clone, &h->first);
	evpl_iovec_clone(&sent, &h->first);
	h->packet = evpl_iovecs_to_mbuf(evpl, &sent, 1);
	assert_non_null(h->packet);
	/* A buffer of its own, because the current one has more room left. Then two that become current. */
	assert_int_equal(evpl_iovec_alloc(evpl, SMALL, 0, 1, LOCAL, &h->whole), 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 40000, 0, 1, LOCAL, &h->large), 1);
	assert_int_equal(evpl_iovec_alloc(evpl, LARGE + 34464, 0, 2, LOCAL, h->split), 2);
}

static void
let_go(struct evpl *evpl, struct held *h)
{
	evpl_iovec_release(evpl, &h->second);
	evpl_iovec_release(evpl, &h->clone);
	evpl_iovec_release(evpl, &h->large);
	evpl_iovecs_release(evpl, h->split, 2);
}

static void
figures_are_those_of_what_is_held(void **state)
{
	struct evpl *evpl = home_context(state), *other;
	const struct expected stats[] = {
		{"contexts", 2},
		{"contexts_peak", 2},
		{"slabs", 2},
		{"slabs_made", 2},
		{"slabs_made_ahead", 0},
		{"slabs_given_back", 0},
		{"buffers", 20},
		{"buffers_in_use", 6},
		{"buffers_current", 2},
		{"large_buffers", 4},
		{"large_buffers_in_use", 3},
		{"waits", 0},
		{"refills", 4},
		{"whole_buffers", 2},
		{"rewinds", 0},
		{"remote_returns", 0},
		{"splits", 1},
		{"spills", 0},
		{"buffers_held", 6},
		{"iovecs", 7},
		{"packets", 1},
		{"bytes_pinned", 3 * SMALL + 3 * LARGE},
		{"bytes_carved", 160384},
		{"bytes_live", 160384},
		{"buffers_orphaned", 0},
		{"buffers_away_peak", 6},
		{"packet_mbufs", 63},
		{"packet_mbufs_in_use", 1},
		{"packet_mbufs_away_peak", home_is_far() ? 1 : 42},	/* what a thread keeps of 63 */
		{"packet_mbufs_away_peak_read", home_is_far() ? 1 : 0}, /* it was read before */
		{"bytes_taken", 1000 + SMALL + 40000 + LARGE},
		{"overflow_mbufs_in_use", 0},
	};
	const struct expected context[] = {
		{"buffers_current", 2},
		{"refills", 4},
		{"whole_buffers", 2},
		{"splits", 1},
		{"buffers_held", 6},
		{"iovecs", 7},
		{"packets", 1},
		{"bytes_pinned", 3 * SMALL + 3 * LARGE},
		{"stash_buffers", 0},
		{"waits", 0},
		{"quota", 0},
		{"lcore", (int64_t)rte_lcore_id()},
		{"quota_used", 0},
		{"buffers_taken", 6},
		{"large_stash_size", 64},
		{"stash_size", 64},
	};
	const struct expected idle[] = {
		{"buffers_current", 0}, {"refills", 0}, {"buffers_held", 0}, {"iovecs", 0}, {"buffers_taken", 0}};
	struct held h;

	plain_builds_only(); /* guards, and what tracing counts */
	other = evpl_create(NULL);
	hold(evpl, &h);
	assert_int_equal(number("/evpl/stats", NULL, "buffers_away_peak_read"), 6);
	assert_figures("/evpl/stats", NULL, stats);
	assert_figures("/evpl/contexts", "context_0", context);
	assert_figures("/evpl/contexts", "context_1", idle);
	assert_in_range(number("/evpl/stats", NULL, "oldest_ms"), 0, 3600000);

	/* One of two iovecs of a packet's buffer is gone, then the packet: what is left is half of what was. */
	evpl_iovec_release(evpl, &h.first);
	assert_int_equal(number("/evpl/stats", NULL, "iovecs"), 6);
	rte_pktmbuf_free(h.packet);
	assert_int_equal(number("/evpl/stats", NULL, "packets"), 0);
	assert_int_equal(number("/evpl/stats", NULL, "bytes_live"), 160384 - 500);
	assert_int_equal(number("/evpl/stats", NULL, "packet_mbufs_in_use"), 0);
	/* A buffer goes home through another context than took it. */
	evpl_iovec_release(other, &h.whole);
	assert_int_equal(number("/evpl/stats", NULL, "remote_returns"), 1);
	assert_int_equal(number("/evpl/slabs", "slab_0", "remote_returns"), 1);
	assert_int_equal(number("/evpl/slabs", "slab_1", "remote_returns"), 0);
	evpl_destroy(other);
	assert_int_equal(number("/evpl/stats", NULL, "contexts"), 1);
	assert_int_equal(number("/evpl/stats", NULL, "contexts_peak"), 2);
	let_go(evpl, &h);
	/* A peak of all time stays. One since it was read begins anew. */
	evpl_destroy(evpl);
	((struct home *)*state)->evpl = NULL;
	assert_int_equal(number("/evpl/stats", NULL, "buffers_away_peak_read"), 0); /* no buffer was taken since */
	assert_int_equal(number("/evpl/stats", NULL, "buffers_away_peak"), 6);
}

static void
slabs_and_maps_show_each_buffer(void **state)
{
	struct evpl *evpl = home_context(state);
	const struct expected small[] = {
		{"buffer_size", SMALL},
		{"buffers", 16},
		{"buffers_away", 3},
		{"buffers_away_peak", 3},
		{"buffers_free", 13},
		{"buffers_stashed", 0},
		{"buffers_current", 1},
		{"buffers_lent", 0},
		{"takes", 3},
		{"rewinds", 0},
		{"buffers_held", 3},
		{"iovecs", 4},
		{"packets", 1},
		{"bytes_pinned", 3 * SMALL},
		{"bytes_carved", 20384},
		{"bytes_live", 20384},
	};
	const struct expected large[] = {
		{"buffer_size", LARGE},
		{"buffers", 4},
		{"buffers_away", 3},
		{"buffers_free", 1},
		{"buffers_current", 1},
		{"takes", 3},
		{"iovecs", 3},
		{"packets", 0},
		{"bytes_pinned", 3 * LARGE},
		{"bytes_carved", 140000},
	};
	int64_t fill = 0, iovecs = 0, packets = 0;
	struct held h;
	char *map;

	plain_builds_only();
	hold(evpl, &h);
	assert_figures("/evpl/slabs", "slab_0", small);
	assert_figures("/evpl/slabs", "slab_1", large);
	assert_text("/evpl/slabs", "slab_0", "kind", "memzone");
	map = ask("/evpl/map,0");
	assert_int_equal(telemetry_number(map, NULL, "slab"), 0);
	assert_int_equal(telemetry_number(map, NULL, "buffers"), 16);
	assert_int_equal(telemetry_number(map, NULL, "buffer_size"), SMALL);
	assert_int_equal(telemetry_count(map, "\"free\""), 13);
	assert_int_equal(telemetry_count(map, "\"current\""), 1);
	assert_int_equal(telemetry_count(map, "\"held\""), 2);
	for (unsigned i = 0; i < 16; i++) {
		fill += telemetry_element(map, "fill", i);
		iovecs += telemetry_element(map, "iovecs", i);
		packets += telemetry_element(map, "packets", i);
		assert_int_equal(telemetry_element(map, "context", i), 0);
	}
	assert_int_equal(fill, 7 + 19 + 100); /* per cent of a buffer, rounded up */
	assert_int_equal(iovecs, 4);
	assert_int_equal(packets, 1);
	free(map);

	/* Only a packet is left of the first buffer, and another one is in the stash. */
	evpl_iovec_release(evpl, &h.first);
	evpl_iovec_release(evpl, &h.clone);
	evpl_iovec_release(evpl, &h.whole);
	map = ask("/evpl/map,0");
	assert_int_equal(telemetry_count(map, "\"lent\""), 1);
	assert_int_equal(telemetry_count(map, "\"stash\""), 1);
	assert_int_equal(telemetry_count(map, "\"held\""), 0);
	free(map);
	assert_int_equal(number("/evpl/slabs", "slab_0", "buffers_lent"), 1);
	assert_int_equal(number("/evpl/slabs", "slab_0", "buffers_stashed"), 1);
	assert_int_equal(number("/evpl/contexts", "context_0", "stash_buffers"), 1);
	assert_int_equal(number("/evpl/contexts", "context_0", "large_stash_buffers"), 0);
	/* More iovecs of a buffer than there were when its window left it. */
	assert_int_equal(number("/evpl/slabs", "slab_1", "iovecs"), 3);
	evpl_iovec_clone(&h.first, &h.split[0]);
	assert_int_equal(number("/evpl/slabs", "slab_1", "iovecs"), 4);
	evpl_iovec_release(evpl, &h.first);
	rte_pktmbuf_free(h.packet);
	evpl_iovec_release(evpl, &h.second);
	evpl_iovec_release(evpl, &h.large);
	evpl_iovecs_release(evpl, h.split, 2);
	assert_in_range(number("/evpl/contexts", "context_0", "large_stash_buffers"), 1, 2);
}

static void
never(struct evpl *evpl, struct evpl_wait *wait, void *arg)
{
	(void)evpl;
	(void)wait;
	(void)arg;
}

static void
failures_and_waits_count_in_their_context(void **state)
{
	struct evpl *evpl = home_context(state), *other = evpl_create(NULL);
	const struct expected values[] = {
		{"alloc_einval", 4},  {"alloc_emsgsize", 2}, {"alloc_enomem", 1}, {"send_einval", 4},
		{"send_emsgsize", 1}, {"send_enomem", 2},    {"waits", 1},
	};
	const unsigned many = UINT16_MAX + 2;
	struct evpl_iovec *iovec = calloc(many, sizeof(*iovec)), got[10] = {0};
	struct evpl_wait wait = {0};
	struct rte_mbuf *packet[64];
	unsigned n = 0;

	assert_non_null(iovec);
	assert_fails(evpl_iovec_alloc(evpl, 1, 3, 1, LOCAL, got), EINVAL);
	assert_fails(evpl_iovec_alloc(evpl, 1, 0, 1, SHARED + 1, got), EINVAL);
	assert_fails(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, NULL), EINVAL);
	assert_fails(evpl_iovecs_alloc(evpl, 1, 0, LOCAL, got, 0), EINVAL);
	for (unsigned i = 0; i < 2; i++)
		assert_fails(evpl_iovec_alloc(evpl, 2 * LARGE, 0, 1, LOCAL, got), EMSGSIZE);
	assert_fails(evpl_iovec_alloc(evpl, 9 * LARGE, 0, 10, LOCAL, got), ENOMEM);
	for (unsigned i = 0; i < 4; i++)
		assert_null_with(evpl_iovecs_to_mbuf(evpl, got, 0), EINVAL);
	iovec_take(evpl, 10, SHARED, &iovec[0], 1);
	for (unsigned i = 1; i < many; i++)
		evpl_iovec_clone(&iovec[i], &iovec[0]);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, (int)many), EMSGSIZE);
	while ((packet[n] = evpl_iovecs_to_mbuf(evpl, &iovec[n], 1)) != NULL)
		assert_in_range(++n, 1, 63);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, &iovec[n], 1), ENOMEM);
	assert_int_equal(evpl_alloc_wait(evpl, &wait, 4 * LARGE, never, NULL), 0);
	assert_figures("/evpl/contexts", "context_0", values);
	assert_figures("/evpl/stats", NULL, values);
	for (unsigned i = 0; i < DIM(values); i++)
		assert_int_equal(number("/evpl/contexts", "context_1", values[i].field), 0);
	/* What a context counted stays when it ends. */
	assert_fails(evpl_iovec_alloc(other, 1, 3, 1, LOCAL, got), EINVAL);
	evpl_destroy(other);
	assert_int_equal(number("/evpl/stats", NULL, "alloc_einval"), 5);
	assert_int_equal(evpl_alloc_wait_cancel(evpl, &wait), 0);
	rte_pktmbuf_free_bulk(packet, n);
	evpl_iovecs_release(evpl, iovec + n, (int)(many - n));
	free(iovec);
}

/* What a window has bought. With it, the buffer's mbuf counts 49,152. Tracing's headers do not tell it. */
#if EVPL_IOVEC_TRACE
#define STOCK 0u
#else
#define STOCK EVPL_PVT_PREPAID_STEP
#endif

static void
spills_are_the_references_beyond_the_limit(void **state)
{
	const unsigned n = 40000, stock = STOCK;
	struct evpl *evpl = home_context(state);
	struct evpl_iovec *iovec;

	plain_builds_only();
	iovec = calloc(n + 1, sizeof(*iovec));
	assert_non_null(iovec);
	iovec_take(evpl, 100, SHARED, &iovec[0], 1);
	for (unsigned i = 1; i <= n; i++)
		evpl_iovec_clone(&iovec[i], &iovec[0]);
	assert_int_equal(number("/evpl/stats", NULL, "spills"), n - (EVPL_REF_LIMIT - stock));
	assert_in_range(number("/evpl/stats", NULL, "overflow_mbufs_in_use"), 1, 10);
	evpl_iovecs_release(evpl, iovec, (int)n + 1);
	free(iovec);
}

static void
quotas_are_shown_with_what_they_refused(void **state)
{
	const struct evpl_thread_config limited = {.quota = 3 * LARGE};
	struct evpl *evpl = evpl_create(&limited);
	struct evpl_iovec iovec[3], more;

	(void)state;
	assert_non_null(evpl);
	for (unsigned i = 0; i < DIM(iovec); i++)
		iovec_take(evpl, LARGE - 2 * GUARDS, LOCAL, &iovec[i], i);
	assert_int_equal(number("/evpl/contexts", "context_1", "quota"), 3 * LARGE);
	assert_int_equal(number("/evpl/contexts", "context_1", "quota_used"), 3 * LARGE);
	assert_int_equal(number("/evpl/contexts", "context_1", "quota_refused"), 0);
	assert_fails(evpl_iovec_alloc(evpl, SMALL, 0, 1, LOCAL, &more), ENOMEM);
	/* A small buffer and a large one. Tracing tries again without guards. */
	assert_in_range(number("/evpl/contexts", "context_1", "quota_refused"), 2, GUARDS > 0 ? 4 : 2);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
}

static void
buffers_of_contexts_that_are_gone_are_orphans(void **state)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovec;

	assert_non_null(evpl);
	iovec_take(evpl, 100, SHARED, &iovec, 1);
	assert_int_equal(number("/evpl/stats", NULL, "buffers_orphaned"), 0);
	assert_int_equal(number("/evpl/contexts", "context_1", "buffers_held"), 1);
	evpl_destroy(evpl);
	assert_int_equal(number("/evpl/stats", NULL, "buffers_orphaned"), 1);
	assert_int_equal(number("/evpl/contexts", "context_0", "buffers_held"), 0);
	evpl_iovec_release(home_context(state), &iovec);
	assert_int_equal(number("/evpl/stats", NULL, "buffers_orphaned"), 0);
}

/* The keeper makes slabs until so many bytes are free. */
static void
slabs_of_the_keeper_are_made_ahead(void **state)
{
	(void)state;
	while (number("/evpl/stats", NULL, "slabs_made_ahead") != 2)
		rte_delay_us_sleep(1000);
	assert_int_equal(number("/evpl/stats", NULL, "slabs"), 2);
	assert_int_equal(number("/evpl/stats", NULL, "slabs_made"), 2);
	assert_int_equal(number("/evpl/stats", NULL, "slabs_given_back"), 0);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(info_says_what_the_library_runs_with),
	cmocka_unit_test(stopped_library_says_zero),
	home_case(figures_are_those_of_what_is_held, config),
	home_case(slabs_and_maps_show_each_buffer, config),
	home_case(failures_and_waits_count_in_their_context, two_slabs),
	home_case(spills_are_the_references_beyond_the_limit, config),
	home_case(quotas_are_shown_with_what_they_refused, config),
	home_case(buffers_of_contexts_that_are_gone_are_orphans, config),
	home_case(slabs_of_the_keeper_are_made_ahead, with_keeper),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "telemetry", .cases = cases, .n_cases = DIM(cases)};

	return telemetry_begin("telemetry") ? program_main(&program, argc, argv) : 1;
}
