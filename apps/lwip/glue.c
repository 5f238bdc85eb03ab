/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts lwIP, does its work once a second, and stops it. Listens, and leaves connections to lwIP. */
#include <lwip/init.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>

#include "fixes/tcp_order.h"
#include "fixes/tcp_orphan.h"
#include "glue.h"
#include "glue_memory.h"
#include "glue_netif.h"
#include "glue_pbuf.h"

#define UPKEEP_MS 1000

static struct glue_config config;

bool
glue_zero_copy(void)
{
	return GLUE_LWIP_SOURCE && !config.copy;
}

struct evpl *
glue_evpl(void)
{
	return config.evpl;
}

static void
do_upkeep(void *argument)
{
	tcp_order_mend();
	tcp_orphans_end();
#if GLUE_LWIP_SOURCE
	glue_memory_trim();
#endif
	sys_timeout(UPKEEP_MS, do_upkeep, argument);
}

int
glue_init(const struct glue_config *c)
{
	int rc = glue_pbuf_init(c);

	if (rc != 0)
		return rc;
	config = *c;
#if GLUE_LWIP_SOURCE
	glue_memory_init(config.evpl, config.memory);
#endif
	lwip_init();
	sys_timeout(UPKEEP_MS, do_upkeep, NULL);
	return 0;
}

void
glue_end_connections(void)
{
	while (tcp_active_pcbs != NULL)
		tcp_abort(tcp_active_pcbs);
	while (tcp_tw_pcbs != NULL)
		tcp_abort(tcp_tw_pcbs);
	/* Only age ends a fragment. */
	for (unsigned i = 0; i <= IP_REASS_MAXAGE; i++)
		ip_reass_tmr();
	for (unsigned i = 0; i <= IPV6_REASS_MAXAGE; i++)
		ip6_reass_tmr();
}

void
glue_stop(void)
{
	while (tcp_listen_pcbs.listen_pcbs != NULL)
		tcp_close((struct tcp_pcb *)tcp_listen_pcbs.listen_pcbs);
	glue_end_connections();
	glue_netifs_remove();
}

void
glue_finish(void)
{
	glue_stop();
	glue_pbuf_finish();
	sys_untimeout(do_upkeep, NULL);
#if GLUE_LWIP_SOURCE
	glue_memory_trim();
#endif
}

err_t
glue_listen(uint16_t port, uint8_t backlog, tcp_accept_fn on_accept, void *arg)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY), *listener;
	err_t error;

	if (pcb == NULL)
		return ERR_MEM;
	error = tcp_bind(pcb, IP_ANY_TYPE, port);
	listener = error == ERR_OK ? tcp_listen_with_backlog_and_err(pcb, backlog, &error) : NULL;
	if (listener == NULL) {
		tcp_close(pcb);
		return error;
	}
	tcp_arg(listener, arg);
	tcp_accept(listener, on_accept);
	return ERR_OK;
}

void
glue_detach(struct tcp_pcb *pcb)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
}

#if !GLUE_LWIP_SOURCE
/* This lwIP's memory comes from malloc(). */
void
glue_memory_stats_get(struct glue_memory_stats *stats)
{
	*stats = (struct glue_memory_stats){0};
}

bool
glue_memory_is_low(void)
{
	return false;
}

bool
glue_memory_came_back(void)
{
	return false;
}

void
glue_memory_poll(void)
{
}

void
glue_memory_use_reserve(bool on)
{
	(void)on;
}
#endif
