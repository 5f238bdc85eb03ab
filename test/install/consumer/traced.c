/* SPDX-License-Identifier: BSD-3-Clause */
/* A program of plain DPDK with a double free, for the tracing plug-in. */
#include <rte_eal.h>
#include <rte_mbuf.h>

int
main(int argc, char **argv)
{
	struct rte_mempool *pool;
	struct rte_mbuf *m;

	if (rte_eal_init(argc, argv) < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("traced", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	m = pool != NULL ? rte_pktmbuf_alloc(pool) : NULL;
	if (m == NULL)
		return 2;
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(m);
	return 0;
}
