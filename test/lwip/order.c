/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * If a segment waits to be sent again because the port has no room, bytes that are written meanwhile do not get the
 * sequence numbers of older bytes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <lwip/priv/tcp_priv.h>

#include <rte_eal.h>

#include <evpl/evpl.h>

#include "fixes/tcp_order.h"
#include "glue.h"

static bool is_full;
static unsigned failures, tests;

static err_t
output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	(void)netif;
	(void)p;
	(void)to;
	return is_full ? ERR_MEM : ERR_OK;
}

static err_t
start(struct netif *netif)
{
	netif->output = output;
	netif->mtu = 1500;
	netif->flags = NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

static struct tcp_pcb *
connection(void)
{
	struct tcp_pcb *pcb = tcp_new();

	IP4_ADDR(ip_2_ip4(&pcb->local_ip), 198, 18, 0, 1);
	IP4_ADDR(ip_2_ip4(&pcb->remote_ip), 198, 18, 0, 2);
	pcb->local_port = pcb->remote_port = 7;
	pcb->state = ESTABLISHED;
	pcb->snd_wnd = pcb->snd_wnd_max = pcb->cwnd = 60000;
	tcp_nagle_disable(pcb);
	TCP_REG_ACTIVE(pcb);
	return pcb;
}

static void
check(bool holds, const char *what)
{
	printf("%s %u - %s\n", holds ? "ok" : "not ok", ++tests, what);
	failures += !holds;
}

/* Two segments of 10 bytes are sent; the first waits to be sent again, and there is no room. */
static struct tcp_pcb *
first_waits(struct evpl_iovec *iovec)
{
	struct tcp_pcb *pcb = connection();

	is_full = false;
	for (unsigned at = 0; at < 20; at += 10) {
		glue_write(pcb, iovec, at, 10, 0);
		tcp_output(pcb);
	}
	is_full = true;
	tcp_rexmit(pcb);
	tcp_output(pcb);
	return pcb;
}

static unsigned
length_of_last(const struct tcp_pcb *pcb)
{
	const struct tcp_seg *last = pcb->unsent;

	while (last != NULL && last->next != NULL)
		last = last->next;
	return last != NULL ? last->len : 0;
}

static void
test_write(struct evpl_iovec *iovec, bool behind_later, bool copied)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, 10, PBUF_RAM);
	struct tcp_pcb *pcb = first_waits(iovec);
	err_t error;

	if (behind_later)
		tcp_rexmit_rto_prepare(pcb);
	check(length_of_last(pcb) == 10 && !tcp_order_is_kept(pcb), "the older segment is the last one not sent");
	error = copied ? glue_write_pbuf(pcb, p, 10, 0) : glue_write(pcb, iovec, 50, 10, 0);
	check(error == ERR_MEM && length_of_last(pcb) == 10, "it is not made longer");
	is_full = false;
	tcp_order_mend();
	tcp_output(pcb);
	error = copied ? glue_write_pbuf(pcb, p, 10, 0) : glue_write(pcb, iovec, 50, 10, 0);
	check(error == ERR_OK && tcp_order_is_kept(pcb), "with room for it, all goes on");
	pbuf_free(p);
	tcp_abort(pcb);
}

static int
run(struct evpl *evpl)
{
	struct glue_config config = {.evpl = evpl, .rx_hold = 1};
	struct netif netif = {0};
	struct evpl_iovec iovec;
	ip4_addr_t address, mask, none = {0};

	if (glue_init(&config) != 0 || evpl_iovec_alloc(evpl, 100, 0, 1, 0, &iovec) != 1)
		return 1;
	IP4_ADDR(&address, 198, 18, 0, 1);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	netif_add(&netif, &address, &mask, &none, NULL, start, NULL);
	netif_set_up(&netif);
	for (unsigned i = 0; i < 4; i++)
		test_write(&iovec, (i & 1) != 0, (i & 2) != 0);
	netif_remove(&netif);
	evpl_iovec_release(evpl, &iovec);
	glue_stop();
	glue_finish();
	printf("1..%u\n", tests);
	return failures != 0;
}

int
main(void)
{
	static char words[][16] = {"order", "--no-huge", "--iova-mode=va", "--no-pci",	  "--no-shconf",
				   "-m",    "64",	 "--no-telemetry", "--log-level", ".,error"};
	char *arguments[sizeof(words) / sizeof(words[0]) + 1] = {NULL};
	struct evpl *evpl;
	int status;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		arguments[i] = words[i];
	if (rte_eal_init(10, arguments) < 0 || evpl_init(NULL) != 0 || (evpl = evpl_create(NULL)) == NULL)
		return 1;
	status = run(evpl);
	evpl_destroy(evpl);
	if (evpl_cleanup() != 0)
		status = 1;
	rte_eal_cleanup();
	return status;
}
