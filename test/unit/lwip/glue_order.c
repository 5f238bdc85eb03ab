/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments that found no room are sent again in their order (apps/lwip/fixes/tcp_order.c), on a netif without a port.
 */
#include "fixes/tcp_order.h"
#include "stack.h"

/* A netif that has no room when told so, and notes the number of the last segment that it took. */
static struct netif wire;
static bool wire_full;
static u32_t wire_last;

static err_t
wire_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	struct tcp_hdr tcp;

	(void)netif;
	(void)to;
	if (wire_full)
		return ERR_MEM;
	assert_int_equal(pbuf_copy_partial(p, &tcp, sizeof(tcp), sizeof(struct ip_hdr)), sizeof(tcp));
	wire_last = lwip_ntohl(tcp.seqno);
	return ERR_OK;
}

static err_t
wire_start(struct netif *netif)
{
	netif->output = wire_output;
	netif->mtu = 1500;
	return ERR_OK;
}

static void
wire_add(struct tcp_pcb *pcb)
{
	ip4_addr_t address, mask;

	IP4_ADDR(&address, 198, 18, 0, 1);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	assert_non_null(netif_add(&wire, &address, &mask, NULL, NULL, wire_start, netif_input));
	netif_set_link_up(&wire);
	netif_set_up(&wire);
	ip_addr_copy_from_ip4(pcb->local_ip, address);
	IP_ADDR4(&pcb->remote_ip, 198, 18, 0, 2);
	wire_full = false;
}

/* lwIP 2.1.3 itself would stop for good here: tcp_order.h. */
static void
first_segment_goes_first_again_when_it_found_no_room(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;
	u32_t numbers[6];
	unsigned n = 0;

	wire_add(pcb);
	alloc_filled(evpl, MSS, 17, &iovec);
	pcb->cwnd = 4 * MSS;
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(glue_write(pcb, &iovec, 0, MSS, 0), ERR_OK);
	assert_int_equal(tcp_output(pcb), ERR_OK);
	assert_int_equal(wire_last, pcb->lastack + 3 * MSS);
	wire_full = true;
	assert_int_equal(tcp_rexmit(pcb), ERR_OK);
	assert_int_equal(tcp_output(pcb), ERR_MEM);
	assert_int_equal(tcp_rexmit_rto_prepare(pcb), ERR_OK);
	pcb->cwnd = MSS;
	wire_full = false;
	wire_last = 0;
	tcp_rexmit_rto_commit(pcb);
	assert_int_equal(wire_last, 0);
	tcp_order_mend();
	assert_int_equal(wire_last, pcb->lastack);
	numbers[n++] = wire_last;
	for (struct tcp_seg *s = pcb->unsent; s != NULL && n < DIM(numbers); s = s->next)
		numbers[n++] = lwip_ntohl(s->tcphdr->seqno);
	assert_int_equal(n, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(numbers[i], pcb->lastack + i * MSS);
	evpl_iovec_release(evpl, &iovec);
	netif_remove(&wire);
	stack_stop();
}

static const struct CMUnitTest cases[] = {
	home_case(first_segment_goes_first_again_when_it_found_no_room, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "glue_order", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
