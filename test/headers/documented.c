/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Includes only <evpl/evpl.h>, and uses everything that the comments of the public headers tell the reader to use. It
 * is compiled as C11, and as C++17 from documented.cc.
 */
#include <evpl/evpl.h>

/*
 * Programs include the ports' calls themselves: this header's names are also those of other IP stacks (struct ip6_hdr).
 */
#include <rte_ethdev.h>

static void
receive(struct evpl *evpl, struct rte_mempool *pool)
{
	struct rte_mbuf *packets[2] = {NULL, NULL};
	struct evpl_iovec iovecs[2];

	if (rte_eth_rx_queue_setup(0, 0, 512, (unsigned)SOCKET_ID_ANY, NULL, pool) != 0 ||
	    rte_eth_dev_configure(0, 1, 1, NULL) != 0)
		return;
	if (rte_eth_rx_burst(0, 0, packets, 2) == 2 && evpl_iovecs_from_mbuf(evpl, packets[0], 0, 2, iovecs) < 0)
		rte_pktmbuf_free(packets[0]);
	(void)rte_eth_tx_burst(0, 0, &packets[1], 1);
}

static struct rte_mempool *
make_pool(void)
{
	return rte_pktmbuf_pool_create("plain", 255, 0, 0, RTE_PKTMBUF_HEADROOM + RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
}

int
main(int argc, char **argv)
{
	struct rte_mempool *(*volatile make)(void) = make_pool;
	void (*volatile use)(struct evpl *, struct rte_mempool *) = receive;

	if (argc > 1) /* never: no EAL is needed to see that this compiles */
		return rte_eal_init(argc, argv) + rte_eal_cleanup();
	rte_errno = 0;
	/* Without evpl_init(). */
	if (evpl_create(NULL) != NULL || rte_errno != EPERM || rte_strerror(rte_errno) == NULL)
		return 1;
	return make != NULL && use != NULL ? 0 : 2;
}
