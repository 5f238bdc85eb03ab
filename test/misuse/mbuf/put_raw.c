/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * The first segment of a packet is put into its pool as if it were alone.
 * expect: an mbuf put back with a broken chain: next %p, nb_segs 2, where DPDK wants none and 1
 */
ZOO_CASE(chained)

static void
chained_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool); /* taken */
	struct rte_mbuf *tail = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_chain(head, tail);
	rte_mempool_put(pool, head); /* freed */
	rte_pktmbuf_free(tail);
}

static void
chained_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *tail = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_chain(head, tail);
	rte_pktmbuf_free(head);
}

/*
 * The number of segments is wrong in an mbuf that is put into its pool.
 * expect: an mbuf put back with a broken chain: next (nil), nb_segs 3, where DPDK wants none and 1
 */
ZOO_CASE(wrong_nb_segs)

static void
wrong_nb_segs_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	m->nb_segs = 3;
	rte_mempool_put(pool, m); /* freed */
}

static void
wrong_nb_segs_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->nb_segs = 3; /* rte_pktmbuf_free() sets it right */
	rte_pktmbuf_free(m);
}

/*
 * The same by bulk.
 * expect: an mbuf put back with a broken chain: next (nil), nb_segs 2, where DPDK wants none and 1
 */
ZOO_CASE(wrong_nb_segs_of_bulk)

static void
wrong_nb_segs_of_bulk_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[4];

	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 4) == 0, "mbufs"); /* taken */
	m[2]->nb_segs = 2;
	rte_mempool_put_bulk(pool, (void *const *)m, 4); /* freed */
}

static void
wrong_nb_segs_of_bulk_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[4];

	zoo_check(rte_pktmbuf_alloc_bulk(pool, m, 4) == 0, "mbufs");
	rte_mempool_put_bulk(pool, (void *const *)m, 4);
}

/*
 * A clone is put into its pool while it has the data of another mbuf.
 * expect: an mbuf put back while it is attached to the bytes at %p
 */
ZOO_CASE(clone)

static void
clone_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool); /* taken */

	rte_mempool_put(pool, clone); /* freed */
	rte_mbuf_refcnt_set(m, 1);
	rte_pktmbuf_free(m);
}

static void
clone_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *clone = rte_pktmbuf_clone(m, pool);

	rte_pktmbuf_detach(clone);
	rte_mempool_put(pool, clone);
	rte_pktmbuf_free(m);
}

/*
 * An mbuf is put into its pool while bytes of the program's own are its data.
 * expect: an mbuf put back while it is attached to the bytes at %p
 */
ZOO_CASE(external)

static void
count_end(void *addr, void *arg)
{
	(void)addr;
	++*(unsigned *)arg;
}

static struct rte_mbuf *
attach(struct rte_mbuf *m, unsigned *ends)
{
	static char bytes[2048];
	uint16_t size = sizeof(bytes);
	struct rte_mbuf_ext_shared_info *shared = rte_pktmbuf_ext_shinfo_init_helper(bytes, &size, count_end, ends);

	rte_pktmbuf_attach_extbuf(m, bytes, RTE_BAD_IOVA, size, shared);
	return m;
}

static void
external_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	unsigned ends = 0;

	rte_mempool_put(pool, attach(m, &ends)); /* freed */
}

static void
external_twin(void)
{
	unsigned ends = 0;

	rte_pktmbuf_free(attach(rte_pktmbuf_alloc(zoo_pool("zoo")), &ends));
	zoo_check(ends == 1, "the bytes end");
}

/*
 * The pool of an mbuf was written over before it was put back.
 * expect: an mbuf put back with its pool field written over: %p
 */
ZOO_CASE(wrong_pool_field)

static void
wrong_pool_field_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	m->pool = zoo_pool("other");
	rte_mempool_put(pool, m); /* freed */
}

static void
wrong_pool_field_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_mempool_put(m->pool, m);
}
