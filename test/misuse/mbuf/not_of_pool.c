/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * A copy of an mbuf, made by =, is freed.
 * expect: free of what is no mbuf of the pool
 * about: in no object of a traced pool
 */
ZOO_CASE(copy)

static void
copy_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	struct rte_mbuf copy = *m;

	rte_pktmbuf_free(&copy); /* freed */
	rte_pktmbuf_free(m);
}

static void
copy_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

	rte_pktmbuf_free(copy);
	rte_pktmbuf_free(m);
}

/*
 * The data of an mbuf are put into the pool, instead of the mbuf.
 * expect: free of what is no mbuf of the pool
 * about: %n bytes inside the mbuf %p of pool zoo
 */
ZOO_CASE(data)

static void
data_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_mempool_put(pool, rte_pktmbuf_mtod(m, void *)); /* freed */
	rte_pktmbuf_free(m);
}

static void
data_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	rte_mempool_put(pool, rte_pktmbuf_alloc(pool));
}

/*
 * The same, and the mbuf is free.
 * expect: free of what is no mbuf of the pool
 * about: 8 bytes inside the mbuf %p of pool zoo
 */
ZOO_CASE(inside_free)

static void
inside_free_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m);			  /* freed */
	rte_mempool_put(pool, (uint64_t *)m + 1); /* freed */
}

static void
inside_free_twin(void)
{
	data_twin();
}

/*
 * An mbuf is put into another pool.
 * expect: free of what is no mbuf of the pool
 * pool: other
 * about: an mbuf of pool zoo
 */
ZOO_CASE(other_pool)

static void
other_pool_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */

	rte_mempool_put(zoo_pool("other"), m); /* freed */
	rte_pktmbuf_free(m);
}

static void
other_pool_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));

	zoo_pool("other");
	rte_mempool_put(m->pool, m);
}

/*
 * Mbufs of two pools are put into one of them.
 * expect: free of what is no mbuf of the pool
 * about: an mbuf of pool other
 */
ZOO_CASE(some_of_bulk)

static void
some_of_bulk_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo"), *other = zoo_pool("other");
	struct rte_mbuf *m[3] = {rte_pktmbuf_alloc(pool), NULL, rte_pktmbuf_alloc(pool)};

	m[1] = rte_pktmbuf_alloc(other);		 /* taken */
	rte_mempool_put_bulk(pool, (void *const *)m, 3); /* freed */
	rte_pktmbuf_free(m[1]);
}

static void
some_of_bulk_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo"), *other = zoo_pool("other");
	struct rte_mbuf *m[3] = {rte_pktmbuf_alloc(pool), rte_pktmbuf_alloc(other), rte_pktmbuf_alloc(pool)};

	rte_pktmbuf_free_bulk(m, 3);
}

/*
 * What is put into the pool is a small number, and no address.
 * expect: free of what is no mbuf of the pool
 * about: in no object of a traced pool
 */
ZOO_CASE(number)

static void
number_bug(void)
{
	rte_mempool_put(zoo_pool("zoo"), (void *)(uintptr_t)17); /* freed */
}

static void
number_twin(void)
{
	data_twin();
}

/*
 * NULL is put into the pool.
 * expect: free of what is no mbuf of the pool
 * about: in no object of a traced pool
 */
ZOO_CASE(null)

static void
null_bug(void)
{
	rte_mempool_put(zoo_pool("zoo"), NULL); /* freed */
}

static void
null_twin(void)
{
	zoo_pool("zoo");
	rte_pktmbuf_free(NULL);
}
