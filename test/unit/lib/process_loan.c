/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_process.h: iovecs that are lent to another process.
 *
 * What would break: a loan could keep its buffer for ever, or give it back while the other process reads it. A count
 * could be in memory that only one process has. Bytes could be wrong, or of another iovec.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "process_there.h"

/* With two classes of buffers. */
static const struct evpl_global_config with_large = {
	.slab_size = 4 << 20, .buffer_size = 64 << 10, .large_buffer_size = 1 << 20, .packet_mbufs = 1023};

/* Whether the program ends when an iovec of PROCESS_LENGTH grows by a byte, which belongs to others. */
static bool
ends_with_a_byte_more(struct evpl_iovec *iovec)
{
	const struct rlimit none = {0, 0};
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (setrlimit(RLIMIT_CORE, &none) != 0 || freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		evpl_iovec_set_length(iovec, PROCESS_LENGTH + 1);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
plays_echo(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY], kept, part;
	unsigned n = evpl_process_receive(process, iovecs, PROCESS_MANY);

	there_check(n == PROCESS_MANY / 2);
	there_check(ends_with_a_byte_more(&iovecs[0]));
	for (unsigned i = 0; i < n; i++) {
		there_check(iovecs[i].length == PROCESS_LENGTH && there_is_stream(&iovecs[i], i));
		evpl_iovec_clone(&kept, &iovecs[i]);
		evpl_iovec_clone_segment(&part, &kept, 10, 20);
		evpl_iovec_release(NULL, &kept);
		there_check(bytes_right(part.data, 20, i, 10) == 20);
		evpl_iovec_set_length(&part, 10);
		evpl_iovec_set_length(&part, 30);
		evpl_iovec_release(NULL, &part);
		iovec_fill(&iovecs[i], 100 + i);
	}
	rte_errno = 0;
	there_check(evpl_process_send(process, iovecs, n) == n && rte_errno == 0);
	there_check(iovecs[0].ref == NULL && iovecs[n - 1].ref == NULL);
	there_check(evpl_detach(process) == 0);
}

static void
bytes_go_there_and_come_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct there there;

	there_only();
	process = process_create(0, 0);
	for (unsigned round = 0; round < 3; round++) {
		there_begin(&there, "worker", plays_echo);
		process_send_streams(evpl, process, PROCESS_LENGTH, PROCESS_MANY / 2, 0);
		process_assert_lent(process, EVPL_PROCESS_ATTACHED, PROCESS_MANY / 2, 0);
		assert_int_equal(evpl_process_free(process), -EBUSY);
		assert_int_equal(evpl_reclaim(process, 0), -EBUSY);
		there_end(&there);
		process_assert_lent(process, EVPL_PROCESS_ABSENT, PROCESS_MANY / 2, 0);
		assert_int_equal(evpl_process_free(process), -EBUSY);
		process_receive_streams(evpl, process, PROCESS_MANY / 2, 100);
		process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
		home_assert_held(0);
	}
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_last_release(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY];
	unsigned n = evpl_process_receive(process, iovecs, PROCESS_MANY);

	there_wait();
	for (unsigned i = 0; i < n; i++)
		there_check(there_is_stream(&iovecs[i], i));
	evpl_iovecs_release(NULL, iovecs, (int)n);
	there_wait();
	there_check(evpl_detach(process) == 0);
}

/* The bytes stay while only the other process has them. Its last release brings the buffers home, and nothing else. */
static void
the_last_release_is_there(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct there there;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_last_release);
	process_send_streams(evpl, process, 60000, 5, 0);
	there_go(&there);
	there_waits(&there);
	home_assert_held(5 - 1); /* the last one is in the current buffer */
	evpl = home_fresh(*state);
	home_assert_held(5);
	there_go(&there);
	there_waits(&there);
	home_assert_held(0);
	process_assert_lent(process, EVPL_PROCESS_ATTACHED, 0, 0);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_keeping(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY], kept[PROCESS_MANY];
	unsigned n = evpl_process_receive(process, iovecs, PROCESS_MANY);

	for (unsigned i = 0; i < n; i++)
		evpl_iovec_clone(&kept[i], &iovecs[i]);
	there_check(evpl_process_send(process, iovecs, n) == n);
	there_wait();
	for (unsigned i = 0; i < n; i++)
		there_check(there_is_stream(&kept[i], i));
	while (n-- > 0) { /* the last one that is held is the first that was lent */
		there_check(evpl_detach(process) == -EBUSY);
		evpl_iovec_release(NULL, &kept[n]);
	}
	there_check(evpl_detach(process) == 0);
}

/* Both have the bytes then, and either may be the last one. */
static void
what_comes_back_may_be_kept_there(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct there there;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_keeping);
	process_send_streams(evpl, process, 60000, 5, 0);
	there_go(&there);
	there_waits(&there);
	process_receive_streams(evpl, process, 5, 0);
	process_assert_lent(process, EVPL_PROCESS_ATTACHED, 5, 0);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	home_assert_held(0);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_received(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY];
	struct rte_mbuf *m;

	there_check(evpl_process_receive(process, iovecs, PROCESS_MANY) == 4);
	for (unsigned i = 0; i < 4; i++)
		there_check(there_is_stream(&iovecs[i], i));
	/* Direct mbufs have their bytes behind them; pinned ones and large buffers would need a callback. */
	m = evpl_iovecs_to_mbuf(NULL, &iovecs[0], 1);
	there_check((m != NULL) == (getenv("EVPL_TEST_FAR") == NULL));
	if (m != NULL)
		rte_pktmbuf_free(m);
	else
		evpl_iovec_release(NULL, &iovecs[0]);
	for (unsigned i = 1; i < 3; i++)
		there_check(evpl_iovecs_to_mbuf(NULL, &iovecs[i], 1) == NULL && rte_errno == ENOTSUP);
	there_check(evpl_iovecs_to_mbuf(NULL, &iovecs[3], 1) == NULL && rte_errno == EMSGSIZE);
	evpl_iovecs_release(NULL, &iovecs[1], 3);
	there_check(evpl_detach(process) == 0);
}

/* Whatever keeps the bytes, its end is the primary's, as it would be without the other process. */
static void
mbufs_and_large_buffers_are_lent_too(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *plain, *rx;
	struct evpl_process *process;
	struct evpl_iovec iovecs[4];
	struct there there;

	there_only();
	plain = plain_pool("plain", 7, 2048);
	rx = evpl_rx_pool_create("rx", 7, 0, SOCKET_ID_ANY);
	assert_non_null(rx);
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_received);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(plain, PROCESS_LENGTH, 0), SHARED, 1, &iovecs[0]), 1);
	assert_int_equal(evpl_packets_alloc(evpl, rx, PROCESS_LENGTH, SHARED, &iovecs[1], 1), 1);
	iovec_fill(&iovecs[1], 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 70000, 0, 1, SHARED, &iovecs[3]), 1);
	iovec_fill(&iovecs[3], 3);
	assert_int_equal(evpl_iovec_alloc(evpl, 500000, 0, 1, SHARED, &iovecs[2]), 1);
	evpl_iovec_set_length(&iovecs[2], PROCESS_LENGTH);
	iovec_fill(&iovecs[2], 2);
	assert_int_equal(evpl_process_send(process, iovecs, 4), 4);
	there_end(&there);
	assert_int_equal(evpl_rx_pool_destroy(rx), 0); /* it also collects what was returned */
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(rte_mempool_avail_count(plain), 7);
	rte_mempool_free(plain);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_sending_twice(struct evpl_process *process)
{
	struct evpl_iovec iovecs[3], twice[3];

	there_check(evpl_process_receive(process, iovecs, 3) == 3);
	twice[0] = twice[1] = iovecs[1];
	twice[2] = iovecs[2];
	there_check(evpl_process_send(process, twice, 3) == 3);
	evpl_iovec_release(NULL, &iovecs[0]);
	there_check(evpl_detach(process) == 0);
}

/* The primary does not believe the other process: the reference of a loan comes back once. */
static void
what_is_sent_back_twice_comes_once(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct there there;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_sending_twice);
	process_send_streams(evpl, process, PROCESS_LENGTH, 3, 0);
	there_end(&there);
	process_receive_streams(evpl, process, 2, 1);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_releasing_twice(struct evpl_process *process)
{
	struct evpl_iovec iovecs[2], again;

	there_check(evpl_process_receive(process, iovecs, 2) == 2);
	again = iovecs[0];
	evpl_iovec_release(NULL, &iovecs[0]);
	evpl_iovec_release(NULL, &again);
	evpl_iovec_release(NULL, &iovecs[1]);
	there_wait();
}

/* A loan is once on the list of returned ones, or the list would have a circle. */
static void
what_is_released_twice_is_returned_once(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct there there;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_releasing_twice);
	process_send_streams(evpl, process, PROCESS_LENGTH, 2, 0);
	there_go(&there);
	there_waits(&there);
	process_assert_lent(process, EVPL_PROCESS_ATTACHED, 0, 0);
	there_end(&there);
	assert_int_equal(evpl_reclaim(process, 0), 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static uint16_t loop;

/* Far packets cannot be made here. */
static void
plays_sending_on(struct evpl_process *process)
{
	bool near = getenv("EVPL_TEST_FAR") == NULL;
	struct evpl_iovec iovecs[2];

	there_check(evpl_process_receive(process, iovecs, 2) == 2);
	for (unsigned i = 0; i < 2; i++)
		there_check(there_is_stream(&iovecs[i], i));
	there_check(evpl_tx_burst(NULL, loop, 0, iovecs, 2) == (near ? 2 : 0));
	if (!near)
		evpl_iovecs_release(NULL, iovecs, 2);
	there_check(evpl_detach(process) == 0);
}

/* Takes the mbuf into an iovec, and sends that as a packet of ours, while somebody else holds the bytes, too. */
static struct rte_mbuf *
packet_on(struct evpl *evpl, struct rte_mbuf *m)
{
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, SHARED, 1, &iovec), 1);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet);
	assert_ptr_not_equal(packet, m);
	evpl_iovec_release(evpl, &iovec);
	return packet;
}

/*
 * Packets of ours that came back: one on a buffer, one on a received mbuf of a plain pool. The other process makes
 * packets of both, on the same bytes. What those packets say of the bytes' beginning serves the packets that the
 * primary attaches to them.
 */
static void
packets_that_came_back_are_lent_too(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *packets[2], *more[2];
	struct evpl_stats stats;
	struct evpl_process *process;
	struct evpl_iovec iovecs[2];
	struct rte_mempool *plain;
	struct there there;

	there_only();
	plain = plain_pool("plain", 63, 2048);
	loop = port_loop(plain);
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_sending_on);
	iovec_take(evpl, PROCESS_LENGTH, SHARED, &iovecs[0], 0);
	packets[0] = evpl_iovecs_to_mbuf(evpl, &iovecs[0], 1);
	assert_non_null(packets[0]);
	packets[1] = packet_on(evpl, filled_mbuf(plain, PROCESS_LENGTH, 1));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, packets[i], SHARED, 1, &iovecs[i]), 1);
	assert_int_equal(evpl_process_send(process, iovecs, 2), 2);
	there_end(&there);
	if (getenv("EVPL_TEST_FAR") == NULL) {
		assert_int_equal(rte_eth_rx_burst(loop, 0, packets, 2), 2);
		for (unsigned i = 0; i < 2; i++) {
			more[i] = packet_on(evpl, packets[i]);
			mbuf_assert(more[i], PROCESS_LENGTH, i);
		}
		/* They count on the buffer and on the received mbuf, and keep no packet on the way. */
		process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
		evpl_stats_get(&stats);
		assert_int_equal(stats.packet_mbufs_in_use, 2);
		for (unsigned i = 0; i < 2; i++)
			mbuf_assert(more[i], PROCESS_LENGTH, i);
		rte_pktmbuf_free_bulk(more, 2);
	}
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	home_assert_held(0);
	port_close(loop);
	assert_int_equal(rte_mempool_avail_count(plain), 63);
	rte_mempool_free(plain);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_releasing_its_packet(struct evpl_process *process)
{
	struct evpl_iovec iovec;

	there_check(evpl_process_receive(process, &iovec, 1) == 1);
	there_check(evpl_tx_burst(NULL, loop, 0, &iovec, 1) == 1);
	there_wait();
	there_check(evpl_process_receive(process, &iovec, 1) == 1);
	there_check(there_is_stream(&iovec, 3));
	evpl_iovec_release(NULL, &iovec);
	there_check(evpl_detach(process) == 0);
}

/* The primary lends an iovec that is on a packet of the other process. The end of that loan returns the packet's. */
static void
loan_of_a_packet_returns_the_packets_loan_too(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct rte_mempool *plain;
	struct evpl_iovec iovec;
	struct evpl_stats stats;
	struct there there;
	struct rte_mbuf *m;

	there_only();
	if (getenv("EVPL_TEST_FAR") != NULL) {
		program_skips(__func__, "the other process cannot make far packets");
		return;
	}
	plain = plain_pool("loop", 63, 256);
	loop = port_loop(plain);
	for (unsigned round = 0; round < 3; round++) {
		process = process_create(0, 0);
		there_begin(&there, "worker", plays_releasing_its_packet);
		process_send_streams(evpl, process, 60000, 1, 3);
		there_go(&there);
		there_waits(&there);
		assert_int_equal(rte_eth_rx_burst(loop, 0, &m, 1), 1);
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, SHARED, 1, &iovec), 1);
		assert_int_equal(evpl_process_send(process, &iovec, 1), 1);
		evpl = home_fresh(*state); /* no buffer is current */
		there_end(&there);
		if (round == 0) {
			process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
		} else if (round == 1) {
			evpl_stats_get(&stats);
			assert_int_equal(stats.buffers_in_use, 0);
		}
		assert_int_equal(evpl_process_free(process), 0);
	}
	port_close(loop);
	rte_mempool_free(plain);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		home_case(bytes_go_there_and_come_back, home_small),
		home_case(the_last_release_is_there, home_small),
		home_case(what_comes_back_may_be_kept_there, home_small),
		home_case(mbufs_and_large_buffers_are_lent_too, with_large),
		home_case(what_is_sent_back_twice_comes_once, home_small),
		home_case(what_is_released_twice_is_returned_once, home_small),
		home_case(packets_that_came_back_are_lent_too, home_small),
		home_case(loan_of_a_packet_returns_the_packets_loan_too, home_small),
	};
	static const struct program program = {.name = "process_loan", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
