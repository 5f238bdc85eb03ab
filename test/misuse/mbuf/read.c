/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * The data of an mbuf are read after it was freed.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 */
ZOO_CASE(after_free)

static void
after_free_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	volatile char *data = rte_pktmbuf_append(m, 60);

	data[7] = 1;
	rte_pktmbuf_free(m);
	(void)data[7]; /* read */
}

static void
after_free_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	volatile char *data = rte_pktmbuf_append(m, 60);

	data[7] = 1;
	(void)data[7];
	rte_pktmbuf_free(m);
}

/*
 * The data of a packet are read after it was sent and the driver freed it.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 */
ZOO_CASE(after_sent)

static void
after_sent_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	volatile char *data = rte_pktmbuf_append(m, 60);

	data[0] = 1;
	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	(void)data[0]; /* read */
}

static void
after_sent_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	volatile char *data = rte_pktmbuf_append(m, 60);

	data[0] = 1;
	(void)data[0];
	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
}

/*
 * A byte is read behind the data room.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 */
ZOO_CASE(past_room)

static void
past_room_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	volatile char *room = m->buf_addr;

	(void)room[m->buf_len]; /* read */
	rte_pktmbuf_free(m);
}

static void
past_room_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	volatile char *room = m->buf_addr;

	room[m->buf_len - 1] = 1;
	(void)room[m->buf_len - 1];
	rte_pktmbuf_free(m);
}

/*
 * A byte is read before the data room.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 */
ZOO_CASE(before_room)

static void
before_room_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	volatile char *room = m->buf_addr;

	(void)room[-1]; /* read */
	rte_pktmbuf_free(m);
}

static void
before_room_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	volatile char *room = m->buf_addr;

	room[0] = 1;
	(void)room[0];
	rte_pktmbuf_free(m);
}
