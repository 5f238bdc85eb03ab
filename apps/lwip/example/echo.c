/* SPDX-License-Identifier: BSD-3-Clause */
/* Echo (RFC 862) at 198.18.0.1 on port 0, until SIGINT: received buffers are sent back without a copy. */
#include <signal.h>

#include <lwip/tcp.h>

#include <rte_eal.h>

#include "glue.h"

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	stopped = number;
}

static err_t
on_recv(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	(void)arg;
	if (p == NULL)
		return tcp_close(pcb);
	if (tcp_sndbuf(pcb) < p->tot_len || tcp_sndqueuelen(pcb) > TCP_SND_QUEUELEN / 2)
		return ERR_MEM; /* lwIP keeps it, and calls again. */
	tcp_recved(pcb, p->tot_len);
	for (struct pbuf *q = p; q != NULL && error == ERR_OK; q = q->next)
		error = q->len != 0 ? glue_write_pbuf(pcb, q, q->len, 0) : ERR_OK;
	pbuf_free(p);
	if (error == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static err_t
on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
	(void)arg;
	if (pcb != NULL)
		tcp_recv(pcb, on_recv);
	return error;
}

int
main(int argc, char **argv)
{
	static struct glue_netif netif;
	struct glue_config config = {.rx_hold = 1024};
	struct rte_mempool *rx_pool;
	ip4_addr_t address, mask;

	if (rte_eal_init(argc, argv) < 0 || evpl_init(NULL) != 0 || (config.evpl = evpl_create(NULL)) == NULL)
		return 1;
	rx_pool = evpl_rx_pool_create("rx", 4096, 2176, 0);
	config.tx_pool = evpl_rx_pool_create("tx", 4096, 2176, 0);
	if (rx_pool == NULL || config.tx_pool == NULL || glue_init(&config) != 0 ||
	    glue_netif_open(&netif, 0, rx_pool) != 0 || glue_listen(7, 255, on_accept, NULL) != ERR_OK)
		return 1;
	IP4_ADDR(&address, 198, 18, 0, 1);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	netif_set_addr(&netif.netif, &address, &mask, IP4_ADDR_ANY4);
	signal(SIGINT, on_signal);
	while (!stopped)
		glue_poll();
	glue_finish();
	evpl_destroy(config.evpl);
	return evpl_cleanup() == 0 && rte_eal_cleanup() == 0 ? 0 : 1; /* -EBUSY: a buffer is not home. */
}
