/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receives packets, which dpdk-pdump and dpdk-dumpcap may capture. After a SIGTERM it receives no more, so that nobody
 * is in pdump's callback while the capture ends. After another one it ends.
 */
#include "program.h"

#include <rte_pdump.h>
#include <signal.h>
#include <unistd.h>

#define BURST 32u

static volatile sig_atomic_t told;

static void
on_signal(int number)
{
	(void)number;
	told = told + 1;
}

static void
say(const char *word)
{
	printf("%s\n", word);
	fflush(stdout);
}

void
captured(void)
{
	struct rte_mempool *pool = program_pool("received", 1023, 0, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct rte_mbuf *packets[BURST];

	need(rte_pdump_init() == 0);
	signal(SIGTERM, on_signal);
	program_ports(pool, 1);
	say("ready");
	while (told == 0)
		rte_pktmbuf_free_bulk(packets, rte_eth_rx_burst(0, 0, packets, BURST));
	say("quiet");
	while (told == 1)
		usleep(1000);
	program_close_ports();
	rte_pdump_uninit();
	rte_mempool_free(pool);
}
