/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_process.h: what the other process has returned is used again by the call that needs it.
 *
 * What would break: a call says that memory is short, or that something is in use, because of iovecs that nobody holds
 * any more.
 */
#include <errno.h>

#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "asked.h"
#include "process_there.h"

static uint16_t loop;

static void
plays_releasing(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY];
	unsigned n;

	while ((n = evpl_process_receive(process, iovecs, PROCESS_MANY)) > 0)
		evpl_iovecs_release(NULL, iovecs, (int)n);
	there_wait();
}

static void
plays_releasing_and_leaving(struct evpl_process *process)
{
	plays_releasing(process);
	there_check(evpl_detach(process) == 0);
}

/* Lends the iovecs, and returns when the other process has released them. */
static void
lend_and_return(struct there *there, const char *name, struct evpl_process *process, struct evpl_iovec *iovecs,
		unsigned n)
{
	there_begin(there, name, plays_releasing_and_leaving);
	assert_int_equal(evpl_process_send(process, iovecs, n), n);
	there_go(there);
	there_waits(there);
}

/* An alloc that finds no buffer takes those that the other process has returned. So does a send that finds no loan. */
static void
buffers_and_loans(void **state)
{
	static const struct evpl_global_config one_slab = {
		.slab_size = 1 << 20, .buffer_size = 64 << 10, .large_buffer_size = 64 << 10, .max_slabs = 1};
	struct evpl_iovec iovecs[20], one;
	struct evpl_process *process;
	struct there there;
	struct evpl *evpl;
	unsigned n = 0;

	(void)state;
	there_only();
	assert_int_equal(evpl_init(&one_slab), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	process = process_create(4, 0);
	there_begin(&there, "worker", plays_releasing);
	while (n < DIM(iovecs) && evpl_iovec_alloc(evpl, 64 << 10, 0, 1, SHARED, &iovecs[n]) == 1)
		n++;
	assert_int_equal(rte_errno, ENOMEM);
	assert_true(n >= 8);
	assert_int_equal(evpl_process_send(process, iovecs, n), 4);
	assert_int_equal(rte_errno, ENOBUFS);
	assert_int_equal(evpl_iovec_alloc(evpl, 64 << 10, 0, 1, SHARED, &one), -1);
	there_go(&there);
	there_waits(&there);
	assert_int_equal(evpl_process_send(process, &iovecs[4], 3), 3);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(evpl_iovec_alloc(evpl, 64 << 10, 0, 1, SHARED, &iovecs[i]), 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 64 << 10, 0, 1, SHARED, &one), -1);
	evpl_iovecs_release(evpl, iovecs, 4);
	evpl_iovecs_release(evpl, &iovecs[7], (int)n - 7);
	there_kill(&there);
	assert_int_equal(evpl_reclaim(process, 0), 3);
	assert_int_equal(evpl_cleanup(), -EBUSY);
	assert_int_equal(evpl_process_free(process), 0);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
}

#define MBUFS 7u

/* Takes all mbufs of the pool, lends them, and takes them again when they were returned. */
static void
lend_all_mbufs(struct evpl *evpl, struct rte_mempool *pool)
{
	struct evpl_process *process = process_create(0, 0);
	struct evpl_iovec iovecs[MBUFS], one;
	struct there there;

	assert_int_equal(evpl_packets_alloc(evpl, pool, PROCESS_LENGTH, SHARED, iovecs, MBUFS), MBUFS);
	assert_int_equal(evpl_packets_alloc(evpl, pool, PROCESS_LENGTH, SHARED, &one, 1), -1);
	assert_int_equal(rte_errno, ENOMEM);
	lend_and_return(&there, "worker", process, iovecs, MBUFS);
	assert_int_equal(evpl_packets_alloc(evpl, pool, PROCESS_LENGTH, SHARED, iovecs, MBUFS), MBUFS);
	assert_int_equal(evpl_packets_alloc(evpl, pool, PROCESS_LENGTH, SHARED, &one, 1), -1);
	assert_int_equal(rte_errno, ENOMEM);
	there_end(&there);
	evpl_iovecs_release(evpl, iovecs, MBUFS);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
mbufs_for_evpl_packets_alloc(void **state)
{
	struct rte_mempool *plain, *rx;

	there_only();
	rx = evpl_rx_pool_create("rx", MBUFS, 0, SOCKET_ID_ANY);
	assert_non_null(rx);
	lend_all_mbufs(home_context(state), rx);
	assert_int_equal(evpl_rx_pool_destroy(rx), 0);
	plain = plain_pool("plain", MBUFS, 2048);
	lend_all_mbufs(home_context(state), plain);
	assert_int_equal(rte_mempool_avail_count(plain), MBUFS);
	rte_mempool_free(plain);
}

#define PACKETS 31u

static const struct evpl_global_config few_packets = {
	.slab_size = 1 << 20, .buffer_size = 64 << 10, .packet_mbufs = PACKETS};

/* Packets of one iovec's bytes, until no packet mbuf is left, as iovecs again. */
static void
take_all_packets(struct evpl *evpl, struct evpl_iovec *bytes, struct evpl_iovec *r_iovecs)
{
	struct evpl_iovec clone;
	struct rte_mbuf *m;

	for (unsigned i = 0; i < PACKETS; i++) {
		evpl_iovec_clone(&clone, bytes);
		m = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		assert_non_null(m);
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, SHARED, 1, &r_iovecs[i]), 1);
	}
	evpl_iovec_clone(&clone, bytes);
	assert_null(evpl_iovecs_to_mbuf(evpl, &clone, 1));
	assert_int_equal(rte_errno, ENOMEM);
	evpl_iovec_release(evpl, &clone);
}

/* Packets that came back were lent, all of them. What the other process has returned can be sent again. */
static void
packet_mbufs(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec bytes, iovecs[PACKETS];
	struct rte_mbuf *packets[PACKETS];
	struct evpl_process *process;
	struct rte_mempool *plain;
	struct there there;

	there_only();
	plain = plain_pool("loop", 63, 256);
	loop = port_loop(plain);
	process = process_create(0, 0);
	iovec_take(evpl, PROCESS_LENGTH, SHARED, &bytes, 0);
	take_all_packets(evpl, &bytes, iovecs);
	lend_and_return(&there, "worker", process, iovecs, PACKETS);
	take_all_packets(evpl, &bytes, iovecs); /* evpl_iovecs_to_mbuf() */
	there_end(&there);
	lend_and_return(&there, "worker", process, iovecs, PACKETS);
	for (unsigned i = 0; i < PACKETS; i++)
		evpl_iovec_clone(&iovecs[i], &bytes);
	assert_int_equal(evpl_tx_burst(evpl, loop, 0, iovecs, PACKETS), PACKETS);
	there_end(&there);
	assert_int_equal(rte_eth_rx_burst(loop, 0, packets, PACKETS), PACKETS);
	rte_pktmbuf_free_bulk(packets, PACKETS);
	evpl_iovec_release(evpl, &bytes);
	port_close(loop);
	rte_mempool_free(plain);
	assert_int_equal(evpl_process_free(process), 0);
}

/* A slab is idle when the last iovec of it was returned. */
static void
slabs_for_evpl_trim(void **state)
{
	struct home *home = *state;
	struct evpl_process *process;
	struct evpl_iovec iovec;
	struct there there;

	there_only();
	process = process_create(0, 0);
	iovec_take(home->evpl, PROCESS_LENGTH, SHARED, &iovec, 0);
	evpl_destroy(home->evpl);
	home->evpl = NULL;
	assert_int_equal(evpl_trim(), 0);
	lend_and_return(&there, "worker", process, &iovec, 1);
	assert_int_not_equal(evpl_trim(), 0);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
}

/* What the other process has returned is held by nobody. Each answer is the first thing that can notice it. */
static void
answers_of_telemetry(void **state)
{
	const struct {
		const char *command, *inside;
	} asked[] = {{"/evpl/stats", NULL}, {"/evpl/contexts", "context_0"}, {"/evpl/slabs", "slab_0"}};
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct evpl_iovec iovec;
	struct there there;

	there_only();
	process = process_create(0, 0);
	for (unsigned i = 0; i < DIM(asked); i++) {
		iovec_take(evpl, PROCESS_LENGTH, SHARED, &iovec, 0);
		assert_int_equal(number(asked[i].command, asked[i].inside, "iovecs"), 1);
		lend_and_return(&there, "worker", process, &iovec, 1);
		assert_int_equal(number(asked[i].command, asked[i].inside, "iovecs"), 0);
		there_end(&there);
	}
	assert_int_equal(evpl_process_free(process), 0);
}

#define EXTERNAL_LENGTH (256u << 10)
#define EXTERNAL_PAGE 4096u

/* Memory of EAL that the program brings can be lent. */
static void
buffers_of_an_external_slab(void **state)
{
	const struct evpl_thread_config config = {.socket_id = EVPL_EXTERNAL(0)};
	struct evpl_process *process;
	struct evpl_iovec iovec;
	struct there there;
	struct evpl *evpl;
	void *memory;

	(void)state;
	there_only();
	memory = rte_malloc(NULL, EXTERNAL_LENGTH, 64 << 10);
	assert_non_null(memory);
	assert_int_equal(evpl_slab_add_external(memory, EXTERNAL_LENGTH, EXTERNAL_PAGE, NULL, EVPL_EXTERNAL(0),
						EVPL_EXTERNAL_NO_IOVA, NULL, NULL),
			 0);
	evpl = evpl_create(&config);
	assert_non_null(evpl);
	process = process_create(0, 0);
	iovec_take(evpl, PROCESS_LENGTH, SHARED, &iovec, 0);
	evpl_destroy(evpl);
	assert_int_equal(evpl_slab_remove_external(memory), -EBUSY);
	lend_and_return(&there, "worker", process, &iovec, 1);
	assert_int_equal(evpl_slab_remove_external(memory), 0);
	there_end(&there);
	rte_free(memory);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_sending(struct evpl_process *process)
{
	struct evpl_iovec iovec;

	there_check(evpl_process_receive(process, &iovec, 1) == 1);
	there_check(evpl_tx_burst(NULL, loop, 0, &iovec, 1) == 1);
	there_check(evpl_detach(process) == 0);
}

/* One process made a packet. Another one was lent an iovec of it, which it returns: then the first one's loan ends. */
static void
loans_that_depend_on_another_process(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *worker, *sender;
	struct evpl_iovec iovecs[2];
	struct rte_mempool *plain;
	struct there there;
	struct rte_mbuf *m;

	there_only();
	skip_unless(getenv("EVPL_TEST_FAR") == NULL, "the other process cannot make far packets");
	plain = plain_pool("loop", 63, 256);
	loop = port_loop(plain);
	worker = process_create(0, 0);
	sender = evpl_process_create("sender", 1, 1);
	assert_non_null(sender);
	for (unsigned round = 0; round < 3; round++) {
		there_begin(&there, "sender", plays_sending);
		iovec_take(evpl, PROCESS_LENGTH, SHARED, &iovecs[0], 0);
		assert_int_equal(evpl_process_send(sender, iovecs, 1), 1);
		there_end(&there);
		process_assert_lent(sender, EVPL_PROCESS_ABSENT, 1, 1);
		assert_int_equal(rte_eth_rx_burst(loop, 0, &m, 1), 1);
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, SHARED, 1, &iovecs[0]), 1);
		lend_and_return(&there, "worker", worker, iovecs, 1);
		if (round == 0) {
			process_assert_lent(sender, EVPL_PROCESS_ABSENT, 0, 0);
			there_end(&there);
		} else if (round == 1) {
			there_end(&there);
			iovec_take(evpl, PROCESS_LENGTH, SHARED, &iovecs[1], 0);
			lend_and_return(&there, "sender", sender, &iovecs[1], 1);
			there_end(&there);
		} else {
			assert_int_equal(evpl_process_free(sender), 0);
			there_end(&there);
		}
	}
	port_close(loop);
	rte_mempool_free(plain);
	assert_int_equal(evpl_process_free(worker), 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		/* First: it connects to telemetry. With coverage a child calls exit(), which removes the socket. */
		home_case(answers_of_telemetry, home_small),
		cmocka_unit_test(buffers_and_loans),
		home_case(mbufs_for_evpl_packets_alloc, home_small),
		home_case(packet_mbufs, few_packets),
		home_case(slabs_for_evpl_trim, home_small),
		home_case(buffers_of_an_external_slab, home_small),
		home_case(loans_that_depend_on_another_process, home_small),
	};
	static const struct program program = {.name = "process_returned", .cases = cases, .n_cases = DIM(cases)};

	return telemetry_begin("process_returned") ? program_main(&program, argc, argv) : 1;
}
