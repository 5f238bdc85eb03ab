/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

struct session {
	uint64_t id;
	char name[24];
};

/* A pool of rte_mempool_create(), with that cache and those flags. */
static struct rte_mempool *
sessions(const char *name, unsigned cache, unsigned flags)
{
	struct rte_mempool *pool = rte_mempool_create(name, ZOO_MBUFS, sizeof(struct session), cache, 0, NULL, NULL,
						      NULL, NULL, SOCKET_ID_ANY, flags);

	zoo_check(pool != NULL, "a mempool");
	return pool;
}

static struct session *
begin(struct rte_mempool *pool)
{
	void *session;

	zoo_check(rte_mempool_get(pool, &session) == 0, "a session");
	memset(session, 0, sizeof(struct session));
	return session;
}

/*
 * An object of a pool that is not of mbufs is put back twice.
 * expect: double free of an object
 * env: EVPL_TRACE_POOLS=all
 */
ZOO_CASE(put_twice)

static void
put_twice_bug(void)
{
	struct rte_mempool *pool = sessions("zoo", 16, 0);
	void *session;

	zoo_check(rte_mempool_get(pool, &session) == 0, "a session"); /* taken */
	rte_mempool_put(pool, session);				      /* freed */
	rte_mempool_put(pool, session);				      /* again */
}

static void
put_twice_twin(void)
{
	struct rte_mempool *pool = sessions("zoo", 16, 0);

	rte_mempool_put(pool, begin(pool));
	rte_mempool_put(pool, begin(pool));
}

/*
 * The same by bulk, in a pool for one producer and one consumer.
 * expect: double free of an object
 * env: EVPL_TRACE_POOLS=all
 */
ZOO_CASE(put_twice_by_bulk)

static void
put_twice_by_bulk_bug(void)
{
	struct rte_mempool *pool = sessions("zoo", 0, RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET);
	void *all[3];

	zoo_check(rte_mempool_get_bulk(pool, all, 3) == 0, "sessions"); /* taken */
	rte_mempool_put_bulk(pool, all, 3);				/* freed */
	rte_mempool_put_bulk(pool, &all[2], 1);				/* again */
}

static void
put_twice_by_bulk_twin(void)
{
	struct rte_mempool *pool = sessions("zoo", 0, RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET);
	void *all[3];

	zoo_check(rte_mempool_get_bulk(pool, all, 3) == 0, "sessions");
	rte_mempool_put_bulk(pool, all, 2);
	rte_mempool_put_bulk(pool, &all[2], 1);
}

/*
 * The same in a pool whose free objects are a stack.
 * expect: double free of an object
 * env: EVPL_TRACE_POOLS=all
 */
ZOO_CASE(put_twice_into_stack)

static struct rte_mempool *
stack(const char *name)
{
	struct rte_mempool *pool =
		rte_mempool_create_empty(name, ZOO_MBUFS, sizeof(struct session), 16, 0, SOCKET_ID_ANY, 0);

	zoo_check(pool != NULL && rte_mempool_set_ops_byname(pool, "stack", NULL) == 0 &&
			  rte_mempool_populate_default(pool) == (int)ZOO_MBUFS,
		  "a mempool");
	return pool;
}

static void
put_twice_into_stack_bug(void)
{
	struct rte_mempool *pool = stack("zoo");
	void *session;

	zoo_check(rte_mempool_get(pool, &session) == 0, "a session"); /* taken */
	rte_mempool_put(pool, session);				      /* freed */
	rte_mempool_put(pool, session);				      /* again */
}

static void
put_twice_into_stack_twin(void)
{
	struct rte_mempool *pool = stack("zoo");

	rte_mempool_put(pool, begin(pool));
}

/*
 * An object is put into another pool of such objects.
 * expect: free of what is no object of the pool
 * env: EVPL_TRACE_POOLS=all
 * pool: other
 * about: an object of pool zoo
 */
ZOO_CASE(wrong_pool)

static void
wrong_pool_bug(void)
{
	struct rte_mempool *pool = sessions("zoo", 16, 0), *other = sessions("other", 16, 0);
	void *session;

	zoo_check(rte_mempool_get(pool, &session) == 0, "a session"); /* taken */
	rte_mempool_put(other, session);			      /* freed */
	rte_mempool_put(pool, session);
}

static void
wrong_pool_twin(void)
{
	struct rte_mempool *pool = sessions("zoo", 16, 0);

	sessions("other", 16, 0);
	rte_mempool_put(pool, begin(pool));
}

/*
 * A pool is destroyed while objects are in use.
 * expect: pool zoo: 2 of 63 objects are not free at its end
 * env: EVPL_TRACE_POOLS=all
 */
ZOO_CASE(leaked)

static void
leaked_bug(void)
{
	struct rte_mempool *pool = sessions("zoo", 16, 0);
	void *all[2];

	zoo_check(rte_mempool_get_bulk(pool, all, 2) == 0, "sessions"); /* leaked: 2 objects */
	rte_mempool_free(pool);
}

static void
leaked_twin(void)
{
	struct rte_mempool *pool = sessions("zoo", 16, 0);

	rte_mempool_put(pool, begin(pool));
	rte_mempool_free(pool);
}

/*
 * Mbufs of DPDK's default operations are traced as well, without an option of EAL's.
 * expect: write after free: byte 128 of the data room is 0x4d
 * env: EVPL_TRACE_POOLS=all
 * eal: --no-hpet
 */
ZOO_CASE(of_mbufs)

static void
of_mbufs_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	rte_pktmbuf_free(m); /* freed */
	*data = 'M';
	zoo_take_all(pool); /* found */
}

static void
of_mbufs_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	*rte_pktmbuf_mtod(m, char *) = 'M';
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * Without EVPL_TRACE_POOLS=all, only pools of the operations evpl_trace are traced.
 * expect: nothing
 */
ZOO_CASE(not_wanted)

static void
not_wanted_bug(void)
{
	struct rte_mempool *traced = zoo_pool("traced"), *pool = sessions("sessions", 16, 0);

	begin(pool);
	rte_mempool_free(pool);
	rte_mempool_free(traced);
}

static void
not_wanted_twin(void)
{
	struct rte_mempool *traced = zoo_pool("traced");

	leaked_twin();
	rte_mempool_free(traced);
}
