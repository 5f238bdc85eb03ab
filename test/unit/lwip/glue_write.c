/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What lwIP queues for a connection (apps/lwip/write.c, memory.c), without a port.
 *
 * What would break: bytes of a neighbouring iovec could be sent. References could end before the peer has acknowledged.
 * A stack could be unable to send what it has queued, because queueing took all memory. Neighbours here are two views
 * of one iovec, because tracing builds put guards between allocations.
 */
#include "stack.h"

static void
write_of_neighbours_keeps_a_pbuf_for_each(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec whole, first, second;

	alloc_filled(evpl, 1000, 1, &whole);
	evpl_iovec_clone_segment(&first, &whole, 0, 400);
	evpl_iovec_clone_segment(&second, &whole, 400, 600);
	evpl_iovec_release(evpl, &whole);
	assert_int_equal(glue_write(pcb, &first, 0, 400, 0), ERR_OK);
	assert_int_equal(glue_write(pcb, &second, 0, 600, 0), ERR_OK);
	evpl_iovec_release(evpl, &first);
	evpl_iovec_release(evpl, &second);
	assert_null(pcb->unsent->next);
	assert_int_equal(pbuf_clen(pcb->unsent->p), 3); /* header, first, second */
	assert_segment(pcb, 1000, 1);
	stack_stop();
}

static void
write_of_one_iovec_in_parts_keeps_one_pbuf(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;

	alloc_filled(evpl, 1000, 2, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 400, 0), ERR_OK);
	assert_int_equal(glue_write(pcb, &iovec, 400, 600, 0), ERR_OK);
	evpl_iovec_release(evpl, &iovec);
	assert_int_equal(pbuf_clen(pcb->unsent->p), 2);
	assert_segment(pcb, 1000, 2);
	stack_stop();
}

/* The caller's iovec is gone before anything is sent, and the bytes would be another's by then. */
static void
write_holds_the_bytes_until_the_connection_ends(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec, other[64];
	unsigned n = 0;

	alloc_filled(evpl, 1400, 3, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 1400, 0), ERR_OK);
	evpl_iovec_release(evpl, &iovec);
	while (n < 64 && evpl_iovec_alloc(evpl, 16 << 10, 0, 1, 0, &other[n]) == 1)
		iovec_fill(&other[n++], 99);
	assert_segment(pcb, 1400, 3);
	evpl_iovecs_release(evpl, other, (int)n);
	stack_stop();
}

static void
write_out_of_range_is_err_arg(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;

	alloc_filled(evpl, 100, 4, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 0, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, 0, 101, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, 101, 1, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, UINT32_MAX, 2, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, 1, UINT32_MAX, 0), ERR_ARG);
	assert_null(pcb->unsent);
	evpl_iovec_release(evpl, &iovec);
	stack_stop();
}

/* What was queued goes out when there is no memory left, and more is refused. */
static void
write_until_memory_ends_can_still_be_sent(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec, spent[64];
	err_t error = ERR_OK;
	unsigned n = 0, queued = 0;

	alloc_filled(evpl, 1400, 12, &iovec);
	while (n < 64 && evpl_iovec_alloc(evpl, 16 << 10, 0, 1, 0, &spent[n]) == 1)
		n++;
	assert_in_range(n, 1, 63);
	/* One buffer is left for what lwIP queues. */
	evpl_iovec_release(evpl, &spent[--n]);
	while (error == ERR_OK && queued++ < 1000)
		error = glue_write(pcb, &iovec, 0, 1400, 0);
	assert_int_equal(error, ERR_MEM);
	assert_in_range(queued, 2, 999);
	assert_segment_begins(pcb, 1400, 12);
	evpl_iovecs_release(evpl, spent, (int)n);
	evpl_iovec_release(evpl, &iovec);
	stack_stop();
}

/* Nobody can have it all: lwIP stops at the limit, and keeps nothing out of order from half of it on. */
static void
write_until_the_limit_then_err_mem(void **state)
{
	struct evpl *evpl = stack_start_limited(state, 0, false, 64 << 10);
	struct tcp_pcb *pcb = connect_pcb();
	struct glue_memory_stats memory;
	struct evpl_iovec iovec;
	unsigned queued = 0;

	alloc_filled(evpl, 1400, 14, &iovec);
	assert_false(glue_memory_is_low());
	assert_int_equal(glue_ooseq_bytes(), TCP_WND);
	while (glue_write(pcb, &iovec, 0, 1400, 0) == ERR_OK && queued++ < 1000) {
		glue_memory_stats_get(&memory);
		assert_int_equal(glue_memory_is_low(), memory.bytes > 32 << 10);
		assert_int_equal(glue_ooseq_bytes(), memory.bytes > 32 << 10 ? 0 : TCP_WND);
	}
	glue_memory_stats_get(&memory);
	assert_in_range(memory.peak_bytes, 55 << 10, 56 << 10); /* an eighth is for what is received */
	assert_in_range(queued, 100, 999);
	assert_true(memory.failed > 0);
	assert_segment_begins(pcb, 1400, 14);
	evpl_iovec_release(evpl, &iovec);
	stack_stop();
	glue_memory_stats_get(&memory);
	assert_int_equal(memory.bytes, 0);
}

/* Echo: the bytes are sent from where they came, and stay though the pbuf is freed. */
static void
write_of_a_received_pbuf_does_not_copy(void **state)
{
	struct rte_mempool *pool;
	struct tcp_pcb *pcb;
	struct pbuf *p, *q;

	stack_start(state, 6, false);
	pcb = connect_pcb();
	pool = small_rooms();
	p = glue_pbuf_from_mbuf(received_packet(pool, 15), &stats);
	assert_non_null(p);
	assert_int_equal(glue_write_pbuf(pcb, p, 257, 0), ERR_ARG);
	assert_int_equal(glue_write_pbuf(pcb, p, 0, 0), ERR_ARG);
	for (q = p; q != NULL; q = q->next)
		assert_int_equal(glue_write_pbuf(pcb, q, q->len, 0), ERR_OK);
	q = pcb->unsent->p->next;
	assert_ptr_equal(q->payload, p->payload);
	pbuf_free(p);
	assert_int_equal(rte_mempool_in_use_count(pool), 3);
	assert_segment(pcb, 768, 15);
	tcp_abort(pcb);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	stack_stop();
}

static void
write_of_a_copied_pbuf_copies(void **state)
{
	struct rte_mempool *pool;
	struct tcp_pcb *pcb;
	struct pbuf *p;

	stack_start(state, 0, false);
	pcb = connect_pcb();
	pool = small_rooms();
	p = glue_pbuf_from_mbuf(received_packet(pool, 16), &stats);
	assert_non_null(p);
	assert_int_equal(glue_write_pbuf(pcb, p, p->len, 0), ERR_OK);
	assert_int_equal(p->len, 768);
	memset(p->payload, 0, p->len);
	pbuf_free(p);
	assert_segment(pcb, 768, 16);
	stack_stop();
}

/* Everything that is freed goes back to the slab, not into a list of blocks, so that it becomes a buffer again. */
static void
memory_that_comes_back_is_told_once(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct pbuf *taken[1024];
	struct evpl_iovec iovec;
	unsigned n = 0;

	glue_poll();
	assert_false(glue_memory_came_back());
	alloc_filled(evpl, 100, 17, &iovec);
	while (n < DIM(taken) && (taken[n] = pbuf_alloc(PBUF_RAW, 1000, PBUF_RAM)) != NULL)
		n++;
	assert_in_range(n, 1, DIM(taken) - 1);
	assert_int_equal(glue_write(pcb, &iovec, 0, 100, 0), ERR_MEM);
	glue_poll();
	assert_false(glue_memory_came_back());
	while (n > 0)
		pbuf_free(taken[--n]);
	glue_poll();
	assert_true(glue_memory_came_back());
	assert_false(glue_memory_came_back());
	assert_int_equal(glue_write(pcb, &iovec, 0, 100, 0), ERR_OK);
	evpl_iovec_release(evpl, &iovec);
	stack_stop();
}

/* The slab has more. The limit refuses, and what is freed below it lets a request in. */
static void
memory_below_the_limit_is_told_once(void **state)
{
	struct evpl *evpl = stack_start_limited(state, 0, false, 64 << 10);
	struct tcp_pcb *pcb = connect_pcb();
	struct pbuf *taken[1024];
	struct evpl_iovec iovec;
	unsigned n = 0;

	alloc_filled(evpl, 100, 18, &iovec);
	while (n < DIM(taken) && (taken[n] = pbuf_alloc(PBUF_RAW, 1000, PBUF_RAM)) != NULL)
		n++;
	assert_in_range(n, 8, DIM(taken) - 1);
	/* The room that is left is less than a pbuf of that size, so a small one may fit. */
	while (glue_write(pcb, &iovec, 0, 100, 0) == ERR_OK)
		assert_in_range(pcb->snd_queuelen, 1, 100);
	glue_poll();
	assert_false(glue_memory_came_back());
	for (unsigned i = 0; i < 8; i++) /* an eighth of the limit */
		pbuf_free(taken[--n]);
	glue_poll();
	assert_true(glue_memory_came_back());
	assert_false(glue_memory_came_back());
	assert_int_equal(glue_write(pcb, &iovec, 0, 100, 0), ERR_OK);
	/* Nobody asks for more, so nothing more is told. */
	while (n > 0)
		pbuf_free(taken[--n]);
	glue_poll();
	assert_false(glue_memory_came_back());
	evpl_iovec_release(evpl, &iovec);
	stack_stop();
}

static void
copy_leaves_the_iovec_alone(void **state)
{
	struct evpl *evpl = stack_start(state, 0, true);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;

	alloc_filled(evpl, 1000, 13, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 1000, 0), ERR_OK);
	iovec_fill(&iovec, 98);
	assert_segment(pcb, 1000, 13);
	evpl_iovec_release(evpl, &iovec);
	assert_false(glue_zero_copy());
	stack_stop();
}

static const struct CMUnitTest cases[] = {
	home_case(write_of_neighbours_keeps_a_pbuf_for_each, home_small),
	home_case(write_of_one_iovec_in_parts_keeps_one_pbuf, home_small),
	home_case(write_holds_the_bytes_until_the_connection_ends, one_slab),
	home_case(write_out_of_range_is_err_arg, home_small),
	home_case(write_until_memory_ends_can_still_be_sent, one_slab),
	home_case(write_until_the_limit_then_err_mem, home_small),
	home_case(write_of_a_received_pbuf_does_not_copy, home_small),
	home_case(write_of_a_copied_pbuf_copies, home_small),
	home_case(memory_that_comes_back_is_told_once, one_slab),
	home_case(memory_below_the_limit_is_told_once, one_slab),
	home_case(copy_leaves_the_iovec_alone, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "glue_write", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
