/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * The data of a packet are written after it was sent and the driver freed it.
 * expect: write after free: byte 128 of the data room is 0x41
 */
ZOO_CASE(written)

static void
written_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *data = rte_pktmbuf_append(m, 60);

	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet"); /* freed */
	data[0] = 'A';
	zoo_take_all(pool); /* found */
}

static void
written_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data = rte_pktmbuf_append(m, 60);

	data[0] = 'A';
	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	zoo_take_all(pool);
}

/*
 * The length of a packet is written after it was sent and the driver freed it.
 * expect: write after free: field pkt_len of the mbuf was 0x3c and is 0x40
 */
ZOO_CASE(length)

static void
length_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	rte_pktmbuf_append(m, 60);
	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet"); /* freed */
	rte_pktmbuf_append(m, 4);
	zoo_take_all(pool); /* found */
}

static void
length_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_pktmbuf_append(m, 60);
	rte_pktmbuf_append(m, 4);
	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	zoo_take_all(pool);
}

/*
 * A packet is freed after it was sent and the driver freed it.
 * expect: double free of an mbuf
 */
ZOO_CASE(freed)

static void
freed_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */

	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet"); /* freed */
	rte_pktmbuf_free(m);					      /* again */
}

static void
freed_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	rte_mbuf_refcnt_update(m, 1);
	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	rte_pktmbuf_free(m);
}

/*
 * A packet is freed while it is in the driver's ring. The receiver's free is the one that is too many.
 * expect: double free of an mbuf
 */
ZOO_CASE(freed_before_driver)

static void
freed_before_driver_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_ring", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *received; /* taken */

	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	rte_pktmbuf_free(m); /* freed */
	zoo_check(rte_eth_rx_burst(port, 0, &received, 1) == 1, "the packet");
	received->port = RTE_MBUF_PORT_INVALID; /* newer drivers have set it, which would be a second bug */
	rte_pktmbuf_free(received);		/* again */
}

static void
freed_before_driver_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_ring", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *received;

	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	zoo_check(rte_eth_rx_burst(port, 0, &received, 1) == 1, "the packet");
	rte_pktmbuf_free(received);
}

/*
 * A packet that another lcore received and freed is written by the sender.
 * expect: write after free: byte 140 of the data room is 0x42
 */
ZOO_CASE(written_after_receiver)

static int
receive(void *arg)
{
	struct rte_mbuf *received;

	zoo_check(rte_eth_rx_burst(*(uint16_t *)arg, 0, &received, 1) == 1, "the packet");
	rte_pktmbuf_free(received); /* freed on a worker */
	return 0;
}

static void
written_after_receiver_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_ring", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *data = rte_pktmbuf_append(m, 60);

	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	zoo_on_worker(receive, &port);
	data[12] = 'B';
	zoo_take_all(pool); /* found */
}

static void
written_after_receiver_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_ring", pool);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data = rte_pktmbuf_append(m, 60);

	data[12] = 'B';
	zoo_check(rte_eth_tx_burst(port, 0, &m, 1) == 1, "a packet");
	zoo_on_worker(receive, &port);
	zoo_take_all(pool);
}

/*
 * The packets that a port received are not freed.
 * expect: pool zoo: 3 of 63 mbufs are not free at its end
 */
ZOO_CASE(received_and_lost)

static void
received_and_lost_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m[3];

	zoo_check(rte_eth_rx_burst(port, 0, m, 3) == 3, "three packets"); /* leaked: 3 mbufs */
	rte_mempool_free(pool);
}

static void
received_and_lost_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	uint16_t port = zoo_port("net_null", pool);
	struct rte_mbuf *m[3];

	zoo_check(rte_eth_rx_burst(port, 0, m, 3) == 3, "three packets");
	rte_pktmbuf_free_bulk(m, 3);
}
