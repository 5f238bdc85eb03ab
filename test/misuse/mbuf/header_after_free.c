/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * A reference is taken of an mbuf that is free.
 * expect: write after free: field refcnt of the mbuf was 0x1 and is 0x2
 */
ZOO_CASE(refcnt)

static void
refcnt_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	rte_mbuf_refcnt_update(m, 1);
	zoo_take_all(pool); /* found */
}

static void
refcnt_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_mbuf_refcnt_update(m, 1);
	rte_mbuf_refcnt_update(m, -1);
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * A packet is made of an mbuf that is free.
 * expect: write after free: field next of the mbuf was 0x0 and is %p
 */
ZOO_CASE(next)

static void
next_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->next = m;
	zoo_take_all(pool); /* found */
}

static void
next_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->next = m;
	m->next = NULL;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The number of segments is written to an mbuf that is free.
 * expect: write after free: field nb_segs of the mbuf was 0x1 and is 0x2
 */
ZOO_CASE(nb_segs)

static void
nb_segs_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->nb_segs = 2;
	zoo_take_all(pool); /* found */
}

static void
nb_segs_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->nb_segs = 2;
	m->nb_segs = 1;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * Headroom is taken of an mbuf that is free.
 * expect: write after free: field data_off of the mbuf was 0x80 and is 0x72
 */
ZOO_CASE(data_off)

static void
data_off_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->data_off -= 14;
	zoo_take_all(pool); /* found */
}

static void
data_off_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->data_off -= 14;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The length is written to an mbuf that is free.
 * expect: write after free: field data_len of the mbuf was 0x0 and is 0x5
 */
ZOO_CASE(data_len)

static void
data_len_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->data_len = 5;
	zoo_take_all(pool); /* found */
}

static void
data_len_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->data_len = 5;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The address of its data is written to an mbuf that is free.
 * expect: write after free: field buf_addr of the mbuf was %p and is 0x0
 */
ZOO_CASE(buf_addr)

static void
buf_addr_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->buf_addr = NULL;
	zoo_take_all(pool); /* found */
}

static void
buf_addr_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->port = 1;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The pool is written to an mbuf that is free.
 * expect: write after free: field pool of the mbuf was %p and is 0x0
 */
ZOO_CASE(pool)

static void
pool_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->pool = NULL;
	zoo_take_all(pool); /* found */
}

static void
pool_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->port = 1;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * Offload flags are written to an mbuf that is free.
 * expect: write after free: field ol_flags of the mbuf was 0x0 and is 0x40000000000000
 */
ZOO_CASE(ol_flags)

static void
ol_flags_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_free(m); /* freed */
	m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	zoo_take_all(pool); /* found */
}

static void
ol_flags_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * A clone is changed after it was freed. It is of a pool whose mbufs have no data room.
 * expect: write after free: field data_len of the mbuf was 0x0 and is 0x11
 * pool: clones
 * room: none
 */
ZOO_CASE(clone)

static struct rte_mempool *
pool_of_clones(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("clones", ZOO_MBUFS, 0, 0, 0, SOCKET_ID_ANY);

	zoo_check(pool != NULL, "a pool of clones");
	return pool;
}

static void
clone_bug(void)
{
	struct rte_mempool *pool = pool_of_clones();
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool); /* taken */

	rte_pktmbuf_free(clone); /* freed */
	clone->data_len = 17;
	zoo_take_all(pool); /* found */
	rte_pktmbuf_free(m);
}

static void
clone_twin(void)
{
	struct rte_mempool *pool = pool_of_clones();
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool);

	clone->data_len = 17;
	rte_pktmbuf_free(clone);
	zoo_take_all(pool);
	rte_pktmbuf_free(m);
}
