/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

#include <pthread.h>

/*
 * A pool is destroyed while mbufs of two places are not home.
 * expect: pool zoo: 3 of 63 mbufs are not free at its end
 */
ZOO_CASE(at_pool_free)

static void
at_pool_free_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[3], *other;

	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 2) == 0, "mbufs"); /* leaked: 2 mbufs */
	m[2] = rte_pktmbuf_alloc(pool);				     /* leaked: 1 mbuf */
	other = rte_pktmbuf_alloc(pool);
	rte_pktmbuf_free(other);
	zoo_check(m[2] != NULL, "three mbufs");
	rte_mempool_free(pool);
}

static void
at_pool_free_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[3];

	for (unsigned i = 0; i < 3; i++)
		m[i] = rte_pktmbuf_alloc(pool);
	rte_pktmbuf_free_bulk(m, 3);
	rte_mempool_free(pool);
}

/*
 * A pool of one mbuf is destroyed while it is not home.
 * expect: pool one: 1 of 1 mbufs are not free at its end
 */
ZOO_CASE(at_end_of_one)

static struct rte_mempool *
pool_of_one(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("one", 1, 0, 0, 2176, SOCKET_ID_ANY);

	zoo_check(pool != NULL, "a pool of one mbuf");
	return pool;
}

static void
at_end_of_one_bug(void)
{
	struct rte_mempool *pool = pool_of_one();
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* leaked: 1 mbuf */

	zoo_check(m != NULL && rte_pktmbuf_alloc(pool) == NULL, "one mbuf");
	rte_mempool_free(pool);
}

static void
at_end_of_one_twin(void)
{
	struct rte_mempool *pool = pool_of_one();
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	zoo_check(m != NULL && rte_pktmbuf_alloc(pool) == NULL, "one mbuf");
	rte_pktmbuf_free(m);
	rte_mempool_free(pool);
}

/*
 * EAL is cleaned up while an mbuf that a worker lcore took is not home.
 * expect: pool zoo: 1 of 63 mbufs are not free at its end
 */
ZOO_CASE(at_cleanup)

static int
take_one(void *arg)
{
	struct rte_mbuf **m = arg;

	*m = rte_pktmbuf_alloc(rte_mempool_lookup("zoo")); /* leaked: 1 mbuf on a worker */
	return 0;
}

static void
at_cleanup_bug(void)
{
	struct rte_mbuf *m;

	zoo_pool("zoo");
	zoo_on_worker(take_one, &m);
	rte_eal_cleanup();
	exit(0);
}

static void
at_cleanup_twin(void)
{
	struct rte_mbuf *m;

	zoo_pool("zoo");
	zoo_on_worker(take_one, &m);
	rte_pktmbuf_free(m);
	rte_eal_cleanup();
	exit(0);
}

/*
 * The program ends without rte_eal_cleanup() while an mbuf is not home that a thread took which is no lcore.
 * expect: pool zoo: 1 of 63 mbufs are not free at its end
 */
ZOO_CASE(at_exit)

static int
take_elsewhere(void *arg)
{
	struct rte_mbuf **m = arg;

	*m = rte_pktmbuf_alloc(rte_mempool_lookup("zoo")); /* leaked: 1 mbuf elsewhere */
	return 0;
}

static void
at_exit_bug(void)
{
	struct rte_mbuf *m;

	zoo_pool("zoo");
	zoo_elsewhere(take_elsewhere, &m);
	exit(0);
}

static void
at_exit_twin(void)
{
	struct rte_mbuf *m;

	zoo_pool("zoo");
	zoo_elsewhere(take_elsewhere, &m);
	rte_pktmbuf_free(m);
	exit(0);
}

/*
 * All segments of a packet are lost, and the mbuf whose data a clone keeps.
 * expect: pool zoo: 4 of 63 mbufs are not free at its end
 */
ZOO_CASE(of_packet)

static void
of_packet_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool); /* leaked: 1 mbuf */
	struct rte_mbuf *tail = rte_pktmbuf_alloc(pool); /* leaked: 1 mbuf */
	struct rte_mbuf *clone;

	rte_pktmbuf_chain(head, tail);
	clone = rte_pktmbuf_clone(head, pool); /* leaked: 1 mbuf */ /* leaked: 1 mbuf */
	rte_pktmbuf_free(head);
	zoo_check(clone != NULL, "a clone");
	rte_mempool_free(pool);
}

static void
of_packet_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *tail = rte_pktmbuf_alloc(pool), *clone;

	rte_pktmbuf_chain(head, tail);
	clone = rte_pktmbuf_clone(head, pool);
	rte_pktmbuf_free(head);
	rte_pktmbuf_free(clone);
	rte_mempool_free(pool);
}

/*
 * A packet loses its second segment.
 * expect: pool zoo: 1 of 63 mbufs are not free at its end
 */
ZOO_CASE(of_segment)

static void
of_segment_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *tail = rte_pktmbuf_alloc(pool); /* leaked: 1 mbuf */

	rte_pktmbuf_chain(head, tail);
	head->next = NULL;
	rte_pktmbuf_free(head);
	rte_mempool_free(pool);
}

static void
of_segment_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *tail = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_chain(head, tail);
	rte_pktmbuf_free(head);
	rte_mempool_free(pool);
}

/*
 * A leak stops the program, if wanted.
 * expect: pool zoo: 1 of 63 mbufs are not free at its end
 * env: EVPL_TRACE_LEAKS=stop
 * stops: by SIGABRT
 */
ZOO_CASE(stops)

static void
stops_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	zoo_check(rte_pktmbuf_alloc(pool) != NULL, "an mbuf"); /* leaked: 1 mbuf */
	rte_mempool_free(pool);
}

static void
stops_twin(void)
{
	at_pool_free_twin();
}

/*
 * A leak is not listed, if not wanted.
 * expect: nothing
 * env: EVPL_TRACE_LEAKS=no
 */
ZOO_CASE(not_wanted)

static void
not_wanted_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	zoo_check(rte_pktmbuf_alloc(pool) != NULL, "an mbuf");
	rte_mempool_free(pool);
}

static void
not_wanted_twin(void)
{
	at_pool_free_twin();
}

/*
 * SIGUSR1 lists what is held while the program runs.
 * expect: pool zoo: 3 of 63 mbufs are not free
 * env: EVPL_TRACE_FILE=%f
 * asked: SIGUSR1
 */
ZOO_CASE(by_signal)

static void
by_signal_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo"), *other = zoo_pool("other");
	struct rte_mbuf *m[3];

	rte_pktmbuf_free(rte_pktmbuf_alloc(other));
	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 2) == 0, "mbufs"); /* leaked: 2 mbufs */
	m[2] = rte_pktmbuf_alloc(pool);				     /* leaked: 1 mbuf */
	zoo_ask();
	rte_pktmbuf_free_bulk(m, 3);
}

static void
by_signal_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));

	rte_pktmbuf_free(m);
	zoo_ask();
}

/*
 * SIGUSR1 comes when EAL's memory is gone.
 * expect: nothing
 * asked: SIGUSR1 too late
 */
ZOO_CASE(by_signal_too_late)

static void
by_signal_too_late_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	rte_pktmbuf_free(rte_pktmbuf_alloc(pool));
	rte_eal_cleanup();
	zoo_ask();
	usleep(100000); /* time to look at what is gone */
	_exit(0);
}

static void
by_signal_too_late_twin(void)
{
	by_signal_too_late_bug();
}

/*
 * Telemetry tells what is held while the program runs, and that there was a double free.
 * expect: pool zoo: 3 of 63 mbufs are not free
 * env: EVPL_TRACE=report EVPL_TRACE_FILE=%f
 * asked: telemetry
 */
ZOO_CASE(by_telemetry)

static int
take_another(void *arg)
{
	struct rte_mbuf **m = arg;

	*m = rte_pktmbuf_alloc(rte_mempool_lookup("zoo")); /* leaked: 1 mbuf on a worker */
	return 0;
}

static void
by_telemetry_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo"), *other = zoo_pool("other");
	struct rte_mbuf *m[3];

	zoo_pool("a-third");
	m[0] = rte_pktmbuf_alloc(other);
	rte_pktmbuf_free(m[0]);
	rte_pktmbuf_free(m[0]);
	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 2) == 0, "mbufs"); /* leaked: 2 mbufs */
	zoo_on_worker(take_another, &m[2]);
	zoo_ask();
	rte_pktmbuf_free_bulk(m, 3);
}

static void
by_telemetry_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	zoo_pool("other");
	zoo_pool("a-third");
	rte_pktmbuf_free(rte_pktmbuf_alloc(pool));
	zoo_ask();
}

/*
 * More places hold mbufs than telemetry's answer has room for.
 * expect: pool zoo: 20 of 63 mbufs are not free
 * asked: telemetry of many places
 */
ZOO_CASE(of_many_places)

#define TAKE(i) m[i] = rte_pktmbuf_alloc(pool)

static void
of_many_places_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[20];

	TAKE(0), TAKE(1), TAKE(2), TAKE(3), TAKE(4), TAKE(5), TAKE(6), TAKE(7), TAKE(8), TAKE(9), TAKE(10), TAKE(11),
		TAKE(12), TAKE(13), TAKE(14), TAKE(15), TAKE(16), TAKE(17), TAKE(18), TAKE(19);
	zoo_ask();
	rte_pktmbuf_free_bulk(m, 20);
}

static void
of_many_places_twin(void)
{
	by_signal_twin();
}

/*
 * A thread gets its name after it took an mbuf, and ends before the pool does.
 * expect: pool zoo: 1 of 63 mbufs are not free at its end
 * thread: feeder
 */
ZOO_CASE(of_thread_named_late)

static int
take_unnamed(void *arg)
{
	*(struct rte_mbuf **)arg = rte_pktmbuf_alloc(rte_mempool_lookup("zoo")); /* leaked: 1 mbuf elsewhere */
	zoo_check(pthread_setname_np(pthread_self(), "feeder") == 0, "a name");
	return 0;
}

static void
of_thread_named_late_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m;

	zoo_elsewhere(take_unnamed, &m);
	rte_mempool_free(pool);
}

static void
of_thread_named_late_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m;

	zoo_elsewhere(take_unnamed, &m);
	rte_pktmbuf_free(m);
	rte_mempool_free(pool);
}

/*
 * The same of a thread that runs while its pool ends.
 * expect: pool zoo: 1 of 63 mbufs are not free at its end
 * thread: keeper
 */
ZOO_CASE(of_named_thread_that_runs)

static pthread_barrier_t barrier;

static void *
take_and_wait(void *arg)
{
	*(struct rte_mbuf **)arg = rte_pktmbuf_alloc(rte_mempool_lookup("zoo")); /* leaked: 1 mbuf elsewhere */
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void
end_pool_while_taker_runs(bool home)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = NULL;
	pthread_t thread;

	pthread_barrier_init(&barrier, NULL, 2);
	zoo_check(pthread_create(&thread, NULL, take_and_wait, &m) == 0, "a thread");
	pthread_barrier_wait(&barrier);
	zoo_check(pthread_setname_np(thread, "keeper") == 0, "a name");
	if (home)
		rte_pktmbuf_free(m);
	rte_mempool_free(pool);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
}

static void
of_named_thread_that_runs_bug(void)
{
	end_pool_while_taker_runs(false);
}

static void
of_named_thread_that_runs_twin(void)
{
	end_pool_while_taker_runs(true);
}
