/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * A reference is let go that nobody had, and then the mbuf is freed: its count wraps, and it never comes home.
 * expect: an mbuf with a refcnt of 65535: it was let go more often than it was held
 * found: at the end
 * lost: 1 of 63
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
 * lost: 1 of 63
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
