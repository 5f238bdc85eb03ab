/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * A reference is let go that nobody had, and then the mbuf is freed: its count wraps, and it never comes home.
 * expect: an mbuf with a refcnt of 65535: it was let go more often than it was held
 * found: at the end
 * lost: 1 of 63, with a refcnt that is 0 or wrapped
 */
ZOO_CASE(wrapped)

static void
wrapped_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_mbuf_refcnt_update(m, -1);
	rte_pktmbuf_free(m);
	rte_mempool_free(pool);
}

static void
wrapped_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_mbuf_refcnt_update(m, 1);
	rte_mbuf_refcnt_update(m, -1);
	rte_pktmbuf_free(m);
	rte_mempool_free(pool);
}

/*
 * The last reference is let go by hand, and the mbuf is not freed.
 * expect: an mbuf with a refcnt of 0: it was let go more often than it was held
 * found: at the end
 * lost: 1 of 63, with a refcnt that is 0 or wrapped
 */
ZOO_CASE(zero)

static void
zero_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_mbuf_refcnt_update(m, -1);
	rte_mempool_free(pool);
}

static void
zero_twin(void)
{
	wrapped_twin();
}

/*
 * The list of what is held says that nobody will free these two.
 * expect: pool zoo: 3 of 63 mbufs are not free
 * env: EVPL_TRACE_FILE=%f
 * asked: SIGUSR1
 */
ZOO_CASE(listed)

static void
listed_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m[3];

	m[0] = rte_pktmbuf_alloc(pool); /* leaked: 1 mbuf with a refcnt that is 0 or wrapped */
	m[1] = rte_pktmbuf_alloc(pool); /* leaked: 1 mbuf with a refcnt that is 0 or wrapped */
	m[2] = rte_pktmbuf_alloc(pool); /* leaked: 1 mbuf */
	rte_mbuf_refcnt_set(m[0], 0);
	rte_mbuf_refcnt_set(m[1], UINT16_MAX);
	zoo_ask();
	rte_mbuf_refcnt_set(m[0], 1);
	rte_mbuf_refcnt_set(m[1], 1);
	rte_pktmbuf_free_bulk(m, 3);
}

static void
listed_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");

	rte_pktmbuf_free(rte_pktmbuf_alloc(pool));
	zoo_ask();
}

/*
 * An mbuf that somebody else still holds is put into its pool by hand.
 * expect: an mbuf put back with a refcnt of 2, where DPDK wants 1
 */
ZOO_CASE(put_while_held)

static void
put_while_held_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_mbuf_refcnt_update(m, 1);
	rte_mempool_put(pool, m); /* freed */
}

static void
put_while_held_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_mbuf_refcnt_update(m, 1);
	rte_pktmbuf_free(m);
	rte_mempool_put(pool, m);
}

/*
 * An mbuf whose last reference was let go is put into its pool by hand, without a count of 1.
 * expect: an mbuf put back with a refcnt of 0, where DPDK wants 1
 */
ZOO_CASE(put_at_zero)

static void
put_at_zero_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	if (rte_mbuf_refcnt_update(m, -1) == 0)
		rte_mempool_put(pool, m); /* freed */
}

static void
put_at_zero_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	if (rte_mbuf_refcnt_update(m, -1) == 0) {
		rte_mbuf_refcnt_set(m, 1);
		rte_mempool_put(pool, m);
	}
}
