/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

#include <sys/wait.h>

/*
 * An mbuf is freed twice.
 * expect: double free of an mbuf
 */
ZOO_CASE(single)

static void
single_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */

	rte_pktmbuf_free(m); /* freed */
	rte_pktmbuf_free(m); /* again */
}

static void
single_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));

	rte_mbuf_refcnt_update(m, 1);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(m);
}

/*
 * A packet of two segments is freed, and then its second segment.
 * expect: double free of an mbuf
 */
ZOO_CASE(segment)

static void
segment_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *tail = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_chain(head, tail);
	rte_pktmbuf_free(head); /* freed */
	rte_pktmbuf_free(tail); /* again */
}

static void
segment_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *tail = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_chain(head, tail);
	rte_pktmbuf_free(head);
}

/*
 * A segment is freed while it is in a packet, and then the packet is.
 * expect: double free of an mbuf
 */
ZOO_CASE(packet_of_freed_segment)

static void
packet_of_freed_segment_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *tail = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_chain(head, tail);
	rte_pktmbuf_free_seg(tail); /* freed */
	rte_pktmbuf_free(head);	    /* again */
}

static void
packet_of_freed_segment_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *tail = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_chain(head, tail);
	head->next = NULL;
	head->nb_segs = 1;
	rte_pktmbuf_free_seg(tail);
	rte_pktmbuf_free(head);
}

/*
 * The last segment of a packet is followed by its first one.
 * expect: double free of an mbuf
 */
ZOO_CASE(loop)

static void
loop_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool); /* taken */
	struct rte_mbuf *tail = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_chain(head, tail);
	tail->next = head;
	rte_pktmbuf_free(head); /* freed */ /* again */
}

static void
loop_twin(void)
{
	segment_twin();
}

/*
 * An mbuf is freed twice while a clone has its data. The clone's end is the free that is one too many.
 * expect: double free of an mbuf
 */
ZOO_CASE(through_clone)

static void
through_clone_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool);

	rte_pktmbuf_free(m);
	rte_pktmbuf_free(m);	 /* freed */
	rte_pktmbuf_free(clone); /* again */
}

static void
through_clone_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *clone = rte_pktmbuf_clone(m, pool);

	rte_pktmbuf_free(m);
	rte_pktmbuf_free(clone);
}

/*
 * A clone is freed twice.
 * expect: double free of an mbuf
 */
ZOO_CASE(clone)

static void
clone_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool); /* taken */

	rte_pktmbuf_free(clone); /* freed */
	rte_pktmbuf_free(clone); /* again */
	rte_pktmbuf_free(m);
}

static void
clone_twin(void)
{
	through_clone_twin();
}

/*
 * An mbuf is twice in the array that is freed.
 * expect: double free of an mbuf
 */
ZOO_CASE(in_one_bulk)

static void
in_one_bulk_bug(void)
{
	struct rte_mbuf *m[3];
	struct rte_mempool *pool = zoo_pool("zoo");

	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 2) == 0, "two mbufs"); /* taken */
	m[2] = m[0];
	rte_pktmbuf_free_bulk(m, 3); /* freed */ /* again */
}

static void
in_one_bulk_twin(void)
{
	struct rte_mbuf *m[3];

	zoo_check(rte_pktmbuf_alloc_bulk(zoo_pool("zoo"), m, 3) == 0, "three mbufs");
	rte_pktmbuf_free_bulk(m, 3);
}

/*
 * An mbuf is freed, and then with others of an array.
 * expect: double free of an mbuf
 */
ZOO_CASE(by_bulk)

static void
by_bulk_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[40];

	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 40) == 0, "40 mbufs"); /* taken */
	rte_pktmbuf_free(m[33]);					 /* freed */
	rte_pktmbuf_free_bulk(m, 40);					 /* again */
}

static void
by_bulk_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[40];

	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 40) == 0, "40 mbufs");
	rte_pktmbuf_free(m[39]);
	rte_pktmbuf_free_bulk(m, 39);
}

/*
 * Two mbufs are put into their pool without more ado, and one of them again.
 * expect: double free of an mbuf
 */
ZOO_CASE(by_put_bulk)

static void
by_put_bulk_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	void *m[2];

	zoo_check(rte_mempool_get_bulk(pool, m, 2) == 0, "two mbufs"); /* taken */
	rte_mempool_put_bulk(pool, m, 2);			       /* freed */
	rte_mempool_put_bulk(pool, &m[1], 1);			       /* again */
}

static void
by_put_bulk_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	void *m[2];

	zoo_check(rte_mempool_get_bulk(pool, m, 2) == 0, "two mbufs");
	rte_mempool_put_bulk(pool, m, 1);
	rte_mempool_put_bulk(pool, &m[1], 1);
}

/*
 * One lcore frees an mbuf, and then another one does.
 * expect: double free of an mbuf
 */
ZOO_CASE(by_other_lcore)

static int
end_again(void *arg)
{
	rte_pktmbuf_free(arg); /* again on a worker */
	return 0;
}

static void
by_other_lcore_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */

	rte_pktmbuf_free(m); /* freed */
	zoo_on_worker(end_again, m);
}

static void
by_other_lcore_twin(void)
{
	zoo_on_worker(end_again, rte_pktmbuf_alloc(zoo_pool("zoo")));
}

/*
 * A thread that is no lcore frees an mbuf that a worker lcore took, and then the main lcore does.
 * expect: double free of an mbuf
 */
ZOO_CASE(by_three_threads)

static int
take_there(void *arg)
{
	*(struct rte_mbuf **)arg = rte_pktmbuf_alloc(rte_mempool_lookup("zoo")); /* taken on a worker */
	return 0;
}

static int
end_there(void *arg)
{
	rte_pktmbuf_free(arg); /* freed elsewhere */
	return 0;
}

static void
by_three_threads_bug(void)
{
	struct rte_mbuf *m;

	zoo_pool("zoo");
	zoo_on_worker(take_there, &m);
	zoo_elsewhere(end_there, m);
	rte_pktmbuf_free(m); /* again */
}

static void
by_three_threads_twin(void)
{
	struct rte_mbuf *m;

	zoo_pool("zoo");
	zoo_on_worker(take_there, &m);
	zoo_elsewhere(end_there, m);
}

/*
 * Two lcores free an mbuf at the same time. Either of them may be the first, and the one that is too late may not know
 * yet who was.
 * expect: double free of an mbuf
 */
ZOO_CASE(at_the_same_time)

static unsigned waiting;

static int
end_at_once(void *arg)
{
	struct rte_mbuf *m = *(struct rte_mbuf **)arg;

	__atomic_sub_fetch(&waiting, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&waiting, __ATOMIC_ACQUIRE) > 0)
		;
	rte_pktmbuf_free(m); /* freed by either */ /* again by either */
	return 0;
}

static void
free_at_once(struct rte_mbuf *one, struct rte_mbuf *other)
{
	waiting = 2;
	zoo_check(rte_eal_remote_launch(end_at_once, &other, 1) == 0, "a launch");
	end_at_once(&one);
	rte_eal_wait_lcore(1);
}

static void
at_the_same_time_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */

	free_at_once(m, m);
}

static void
at_the_same_time_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	free_at_once(rte_pktmbuf_alloc(pool), rte_pktmbuf_alloc(pool));
}

/* Runs a function in a child. DPDK's memory is both processes'. The program ends as the child does. */
static void
run_in_child(int (*function)(void *arg), void *arg)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		function(arg);
		exit(0);
	}
	zoo_check(waitpid(child, &status, 0) == child, "a child");
	if (WIFSIGNALED(status))
		abort();
}

/*
 * A child frees an mbuf, and then its parent does. The parent does not know the child's call stacks.
 * expect: double free of an mbuf
 */
ZOO_CASE(after_child)

static int
end_in_child(void *arg)
{
	rte_pktmbuf_free(arg); /* freed by a child */
	return 0;
}

static void
after_child_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */

	run_in_child(end_in_child, m);
	rte_pktmbuf_free(m); /* again */
}

static void
after_child_twin(void)
{
	run_in_child(end_in_child, rte_pktmbuf_alloc(zoo_pool("zoo")));
}

/*
 * A child frees an mbuf twice. It knows where its parent took the mbuf.
 * expect: double free of an mbuf
 */
ZOO_CASE(in_child)

static int
end_twice(void *arg)
{
	rte_pktmbuf_free(arg); /* freed in a child */
	rte_pktmbuf_free(arg); /* again in a child */
	return 0;
}

static void
in_child_bug(void)
{
	run_in_child(end_twice, rte_pktmbuf_alloc(zoo_pool("zoo"))); /* taken */
}

static void
in_child_twin(void)
{
	after_child_twin();
}
