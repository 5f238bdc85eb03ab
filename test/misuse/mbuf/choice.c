/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * Of two mbufs that are taken, the second is noted. The first has no places.
 * expect: double free of an mbuf
 * env: EVPL_TRACE_SAMPLE=2
 */
ZOO_CASE(sample_left_out)

static void
sample_left_out_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *first = rte_pktmbuf_alloc(pool); /* taken, not noted */
	struct rte_mbuf *second = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_free(first); /* freed, not noted */
	rte_pktmbuf_free(first); /* again */
	rte_pktmbuf_free(second);
}

static void
sample_left_out_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *first = rte_pktmbuf_alloc(pool), *second = rte_pktmbuf_alloc(pool);

	*rte_pktmbuf_mtod(first, char *) = 1;
	rte_pktmbuf_free(first);
	*rte_pktmbuf_mtod(first, char *) = 2; /* nobody looks at its bytes */
	rte_pktmbuf_free(second);
	zoo_take_all(pool);
	zoo_take_all(pool);
}

/*
 * The mbuf that is noted has places, and its bytes are watched.
 * expect: write after free: byte 128 of the data room is 0x02
 * env: EVPL_TRACE_SAMPLE=2
 */
ZOO_CASE(sample_noted)

static void
sample_noted_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *first = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *second = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(first);
	rte_pktmbuf_free(second); /* freed */
	*rte_pktmbuf_mtod(second, char *) = 2;
	zoo_take_all(pool); /* found */
}

static void
sample_noted_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	for (unsigned i = 0; i < 5; i++)
		zoo_take_all(pool);
}

/*
 * Leaks are counted, whether they are noted or not.
 * expect: pool zoo: 5 of 63 mbufs are not free at its end
 * env: EVPL_TRACE_SAMPLE=2
 */
ZOO_CASE(sample_of_leaks)

static void
sample_of_leaks_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = NULL;
	volatile unsigned n = 5; /* so that the loop is one */

	for (unsigned i = 0; i < n; i++) {
		/* The first, third and fifth are not noted. */
		m = rte_pktmbuf_alloc(pool); /* leaked: 2 mbufs */ /* leaked: 3 mbufs, not noted */
	}
	zoo_check(m != NULL, "five mbufs");
	rte_mempool_free(pool);
}

static void
sample_of_leaks_twin(void)
{
	sample_noted_twin();
}

/*
 * A place is one frame, which is DPDK's inline function and the line that called it.
 * expect: double free of an mbuf
 * env: EVPL_TRACE_DEPTH=1
 * depth: 1
 */
ZOO_CASE(depth_one)

static void
depth_one_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	void *m;

	zoo_check(rte_mempool_get(pool, &m) == 0, "an mbuf"); /* taken */
	rte_mempool_put(pool, m);			      /* freed */
	rte_mempool_put(pool, m);			      /* again */
}

static void
depth_one_twin(void)
{
	rte_pktmbuf_free(rte_pktmbuf_alloc(zoo_pool("zoo")));
}

/*
 * The report goes to a file, behind what the file had.
 * expect: double free of an mbuf
 * env: EVPL_TRACE_FILE=%f
 */
ZOO_CASE(file)

static void
file_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */

	rte_pktmbuf_free(m); /* freed */
	rte_pktmbuf_free(m); /* again */
}

static void
file_twin(void)
{
	depth_one_twin();
}

/*
 * So does the list of leaks.
 * expect: pool zoo: 1 of 63 mbufs are not free at its end
 * env: EVPL_TRACE_FILE=%f EVPL_TRACE=report
 */
ZOO_CASE(file_of_leaks)

static void
file_of_leaks_bug(void)
{
	zoo_check(rte_pktmbuf_alloc(zoo_pool("zoo")) != NULL, "an mbuf"); /* leaked: 1 mbuf */
	exit(0);
}

static void
file_of_leaks_twin(void)
{
	depth_one_twin();
}

/*
 * Without guards, the byte before the data room is the mbuf's own last byte.
 * expect: nothing
 * env: EVPL_TRACE_GUARDS=no
 */
ZOO_CASE(no_guards)

static void
no_guards_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	char *room = m->buf_addr;

	zoo_check(room == (char *)(m + 1), "the data room is behind the mbuf");
	room[-1] = 1;
	rte_pktmbuf_free(m);
}

static void
no_guards_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	char *room = m->buf_addr;

	room[0] = 1;
	rte_pktmbuf_free(m);
}

/*
 * Data rooms are not looked at.
 * expect: nothing
 * env: EVPL_TRACE_BYTES=no
 */
ZOO_CASE(no_bytes)

static void
no_bytes_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data = rte_pktmbuf_mtod(m, char *);

	*data = 1;
	rte_pktmbuf_free(m);
	zoo_check(*data == 1, "the data are not written over");
	*data = 2;
	zoo_take_all(pool);
}

static void
no_bytes_twin(void)
{
	depth_one_twin();
}

/*
 * But guards and the mbufs themselves are.
 * expect: write after free: field port of the mbuf was %p and is 0x3
 * env: EVPL_TRACE_BYTES=no
 */
ZOO_CASE(no_bytes_but_fields)

static void
no_bytes_but_fields_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->port = 3;
	zoo_take_all(pool); /* found */
}

static void
no_bytes_but_fields_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->port = 3;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The fields of free mbufs are not looked at. A program may set them in all mbufs of a pool.
 * expect: nothing
 * env: EVPL_TRACE_FIELDS=no
 */
ZOO_CASE(no_fields)

static void
set_port(struct rte_mempool *pool, void *arg, void *m, unsigned number)
{
	(void)pool;
	(void)arg;
	(void)number;
	((struct rte_mbuf *)m)->port = 3;
}

static void
no_fields_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	zoo_take_all(pool);
	rte_mempool_obj_iter(pool, set_port, NULL);
	zoo_take_all(pool);
}

static void
no_fields_twin(void)
{
	zoo_take_all(zoo_pool("zoo"));
}

/*
 * But data rooms are.
 * expect: write after free: byte 128 of the data room is 0x02
 * env: EVPL_TRACE_FIELDS=no
 */
ZOO_CASE(no_fields_but_bytes)

static void
no_fields_but_bytes_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	rte_pktmbuf_free(m); /* freed */
	*data = 2;
	zoo_take_all(pool); /* found */
}

static void
no_fields_but_bytes_twin(void)
{
	no_fields_twin();
}

/*
 * No pool takes the plug-in's operations, because the program asks for others. Without the line, the program would look
 * as if it had no bug.
 * expect: nothing
 * env: EVPL_TRACE_FILE=%f
 * line: none of the program's 1 pools was traced: give EAL --mbuf-pool-ops-name=evpl_trace, or set
 *       EVPL_TRACE_POOLS=all if the program asks for "ring_mp_mc"
 */
ZOO_CASE(no_pool)

static void
no_pool_bug(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create_by_ops("zoo", ZOO_MBUFS, 16, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
								  SOCKET_ID_ANY, "ring_mp_mc");

	rte_pktmbuf_free(rte_pktmbuf_alloc(pool));
	rte_mempool_free(pool);
}

static void
no_pool_twin(void)
{
}

/*
 * EAL was not told to take the plug-in's operations.
 * expect: nothing
 * eal: --log-level=error
 * line: none of the program's 2 pools was traced: give EAL --mbuf-pool-ops-name=evpl_trace, or set
 *       EVPL_TRACE_POOLS=all if the program asks for "ring_mp_mc"
 */
ZOO_CASE(no_option)

static void
no_option_bug(void)
{
	zoo_pool("zoo");
	zoo_pool("other");
}

static void
no_option_twin(void)
{
}

/*
 * The program takes mbufs in more ways than there is room for, and goes on.
 * expect: nothing
 * env: EVPL_TRACE_FILE=%f EVPL_TRACE_DEPTH=16
 * line: 8192 call stacks are remembered: further places have one call
 */
ZOO_CASE(many_stacks)

static void turn_left(struct rte_mempool *pool, unsigned turns, unsigned left);
static void turn_right(struct rte_mempool *pool, unsigned turns, unsigned left);

/* Each bit of turns is a call of one function or the other, and no more frames. */
static inline __attribute__((always_inline)) void
go_on(struct rte_mempool *pool, unsigned turns, unsigned left)
{
	if (left == 0)
		rte_pktmbuf_free(rte_pktmbuf_alloc(pool));
	else if (turns & 1)
		turn_left(pool, turns >> 1, left - 1);
	else
		turn_right(pool, turns >> 1, left - 1);
}

__attribute__((noinline)) static void
turn_left(struct rte_mempool *pool, unsigned turns, unsigned left)
{
	go_on(pool, turns, left);
	__asm__ volatile("# left" : : : "memory");
}

__attribute__((noinline)) static void
turn_right(struct rte_mempool *pool, unsigned turns, unsigned left)
{
	go_on(pool, turns, left);
	__asm__ volatile("# right" : : : "memory");
}

static void
many_stacks_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	for (unsigned i = 0; i < 1u << 12; i++)
		go_on(pool, i, 12);
	for (unsigned i = 0; i < 1u << 6; i++)
		go_on(pool, i, 6);
}

static void
many_stacks_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	for (unsigned i = 0; i < 1u << 6; i++)
		go_on(pool, i, 6);
}

/*
 * A bug is made again and again in a program that goes on.
 * expect: nothing
 * env: EVPL_TRACE=report EVPL_TRACE_FILE=%f EVPL_TRACE_DEPTH=1
 * reports: 1000, and a line that no more are shown
 */
ZOO_CASE(many_reports)

static void
many_reports_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	for (unsigned i = 0; i < 1003; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		rte_pktmbuf_free(m);
		rte_pktmbuf_free(m);
	}
}

static void
many_reports_twin(void)
{
	depth_one_twin();
}
