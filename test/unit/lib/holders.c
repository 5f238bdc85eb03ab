/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log lines of an evpl_cleanup() that is refused: who holds what, in which slabs, and which ports may have it.
 *
 * What would break: these lines are all that a plain build says of a leak. A line that names another context, that
 * counts what is home, or that is one of a thousand, leads nowhere. So what is held is known, and each line is
 * compared.
 */
#include <rte_ethdev.h>

#include "logged.h"
#include "port_lies.h"
#include "stopped.h"

#define KIB 1024u
#define LINES 8u /* of a kind that are logged */
#define HOLDERS 10u

/* Each slab is one buffer. */
static const struct evpl_global_config tiny_slabs = {
	.slab_size = KIB, .buffer_size = KIB, .large_buffer_size = KIB, .packet_mbufs = 63};

static const struct evpl_global_config one_slab = {
	.slab_size = 4 * KIB, .buffer_size = KIB, .large_buffer_size = KIB, .packet_mbufs = 63};

static unsigned
times(const char *text, const char *part)
{
	unsigned n = 0;

	for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
		n++;
	return n;
}

/* What a refused evpl_cleanup() logs. The caller frees it. */
static char *
refusal(void)
{
	log_begin();
	if (evpl_cleanup() != -EBUSY) {
		free(log_end());
		fail_msg("evpl_cleanup() is not refused");
	}
	return log_end();
}

static void
assert_line(const char *text, unsigned n, const char *line)
{
	if (times(text, line) != n)
		fail_msg("not %u times \"%s\" in:\n%s", n, line, text);
}

static void
eight_contexts_and_slabs_are_named_and_the_rest_counted(void **state)
{
	struct evpl_iovec iovec[HOLDERS];
	struct evpl *evpl[HOLDERS + 1];
	char *text;

	(void)state;
	plain_builds_only(); /* a tracing build lists iovecs instead */
	assert_int_equal(evpl_init(&tiny_slabs), 0);
	for (unsigned i = 0; i <= HOLDERS; i++) {
		evpl[i] = evpl_create(NULL);
		assert_non_null(evpl[i]);
		if (i < HOLDERS)
			iovec_take(evpl[i], 100, SHARED, &iovec[i], i);
	}
	text = refusal();
	assert_line(
		text, 1,
		"cleanup: still held: 11 contexts, 10 buffers, 0 receive buffers, 0 packet mbufs, 0 overflow mbufs\n");
	assert_line(text, LINES, "cleanup: taken by context ");
	assert_line(text, LINES, ": 1 buffers, about 100 bytes, 1 iovecs, 0 packets in flight, the oldest for ");
	assert_line(text, 1, "cleanup: taken by context 0:");
	assert_line(text, 1, "cleanup: taken by context 7:");
	assert_line(text, 1, "cleanup: and by 2 more contexts\n");
	assert_line(text, LINES, " has 1 of its 1 buffers away: 1 current, 0 held, 0 only by packets\n");
	assert_line(text, 1, "cleanup: slab 0 has ");
	assert_line(text, 1, "cleanup: slab 7 has ");
	assert_line(text, 1, "cleanup: and 2 more slabs\n");
	assert_line(text, 0, "gone");
	assert_line(text, 0, "port");
	free(text);

	/* One more, and as many as there are lines for. A context and a slab of which nothing is held are not named. */
	for (unsigned i = 1; i < 3; i++) {
		evpl_iovec_release(evpl[i], &iovec[i]);
		evpl_destroy(evpl[i]);
		text = refusal();
		assert_line(text, i == 1, "cleanup: and by 1 more contexts\n");
		assert_line(text, i == 1, "cleanup: and 1 more slabs\n");
		free(text);
	}
	text = refusal();
	assert_line(text, LINES, "cleanup: taken by context ");
	assert_line(text, 0, "cleanup: taken by context 1:");
	assert_line(text, LINES, " has 1 of its 1 buffers away");
	assert_line(text, 0, "more");
	free(text);
	for (unsigned i = 0; i <= HOLDERS; i++) {
		if (i < HOLDERS && (i == 0 || i > 2))
			evpl_iovec_release(evpl[i], &iovec[i]);
		if (i == 0 || i > 2)
			evpl_destroy(evpl[i]);
	}
	assert_int_equal(evpl_cleanup(), 0);
}

static void
contexts_that_are_gone_are_named_together(void **state)
{
	struct evpl_iovec iovec[2];
	char *text;

	(void)state;
	plain_builds_only();
	assert_int_equal(evpl_init(&tiny_slabs), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct evpl *evpl = evpl_create(NULL);

		assert_non_null(evpl);
		iovec_take(evpl, 100 + i, SHARED, &iovec[i], i);
		evpl_destroy(evpl);
	}
	text = refusal();
	assert_line(text, 1,
		    "cleanup: taken by contexts that are gone: 2 buffers, about 201 bytes, 2 iovecs, 0 packets");
	assert_line(text, 0, "taken by context ");
	assert_line(text, 2, " has 1 of its 1 buffers away: 0 current, 1 held, 0 only by packets\n");
	free(text);
	evpl_iovec_release(NULL, &iovec[0]);
	evpl_iovec_release(NULL, &iovec[1]);
	assert_int_equal(evpl_cleanup(), 0);
}

/* Each kind of buffer counts, also where there are as many of another kind. */
static void
all_kinds_of_buffers_of_a_slab_are_counted(void **state)
{
	struct evpl_iovec iovec[2];
	struct rte_mbuf *packet;
	struct evpl *evpl;
	char *text;

	(void)state;
	plain_builds_only();
	assert_int_equal(evpl_init(&one_slab), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	for (unsigned i = 0; i < 2; i++)
		iovec_take(evpl, KIB, SHARED, &iovec[i], i);
	text = refusal();
	assert_line(text, 1, " has 2 of its 4 buffers away: 1 current, 1 held, 0 only by packets\n");
	free(text);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec[0], 1);
	assert_non_null(packet);
	text = refusal();
	assert_line(text, 1, " has 2 of its 4 buffers away: 1 current, 0 held, 1 only by packets\n");
	free(text);
	rte_pktmbuf_free(packet);
	evpl_iovec_release(evpl, &iovec[1]);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
ports_and_receive_pools_that_may_have_mbufs_are_named(void **state)
{
	struct rte_mempool *pool, *idle;
	char *text, line[256], device[RTE_ETH_NAME_MAX_LEN];
	struct rte_mbuf *m;
	uint16_t ports[2];

	(void)state;
	plain_builds_only();
	assert_int_equal(evpl_init(&tiny_slabs), 0);
	pool = evpl_rx_pool_create("held", 31, 0, SOCKET_ID_ANY);
	idle = evpl_rx_pool_create("idle", 31, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_non_null(idle);
	for (unsigned i = 0; i < DIM(ports); i++)
		ports[i] = port_loop(pool);
	m = rte_pktmbuf_alloc(pool);
	assert_non_null(m);
	text = refusal();
	assert_line(text, 1,
		    "cleanup: still held: 0 contexts, 0 buffers, 1 receive buffers, 0 packet mbufs, 0 overflow");
	assert_line(text, 1, "cleanup: receive pool held has 1 of its 31 mbufs away\n");
	assert_line(text, 0, "idle");
	for (unsigned i = 0; i < DIM(ports); i++) {
		assert_int_equal(rte_eth_dev_get_name_by_port(ports[i], device), 0);
		snprintf(line, sizeof(line),
			 "cleanup: port %u (%s, net_ring): 1 receive and 1 transmit queues may keep mbufs", ports[i],
			 device);
		assert_line(text, 1, line);
	}
	assert_line(text, 0, "taken by");
	free(text);
	lies.no_queues = true; /* then it has none of them */
	text = refusal();
	assert_line(text, 0, "cleanup: port ");
	free(text);
	lies.no_queues = false;
	rte_pktmbuf_free(m);
	for (unsigned i = 0; i < DIM(ports); i++)
		port_close(ports[i]);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
refused_cleanups_leave_no_memory(void **state)
{
	struct evpl_iovec iovec;
	struct evpl *evpl;
	size_t heap = 0;

	(void)state;
	assert_int_equal(evpl_init(&tiny_slabs), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	iovec_take(evpl, 100, SHARED, &iovec, 1);
	for (unsigned i = 0; i < 1000; i++) {
		free(refusal());
		if (i == 10)
			heap = home_c_heap();
	}
	assert_true(home_c_heap() < heap + 1000 * sizeof(void *));
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
}

static const struct CMUnitTest cases[] = {
	stopped_case(eight_contexts_and_slabs_are_named_and_the_rest_counted),
	stopped_case(contexts_that_are_gone_are_named_together),
	stopped_case(all_kinds_of_buffers_of_a_slab_are_counted),
	stopped_case(refused_cleanups_leave_no_memory),
	cmocka_unit_test(ports_and_receive_pools_that_may_have_mbufs_are_named), /* the driver keeps heap */
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "holders", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
