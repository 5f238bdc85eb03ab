/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack.h"

#define FRAME_ROOM (1514 + RTE_PKTMBUF_HEADROOM)

const struct evpl_global_config one_slab = {.slab_size = 256 << 10, .buffer_size = 16 << 10, .max_slabs = 1};

struct glue_netif_stats stats;

struct evpl *
stack_start_limited(void **state, unsigned rx_hold, bool copy, uint64_t memory)
{
	struct home *home = *state;
	struct glue_config config = {.evpl = home->evpl, .rx_hold = rx_hold, .copy = copy, .memory = memory};

	config.tx_pool = evpl_rx_pool_create("tx", 63, FRAME_ROOM, SOCKET_ID_ANY);
	assert_non_null(config.tx_pool);
	assert_int_equal(glue_init(&config), 0);
	stats = (struct glue_netif_stats){0};
	return home->evpl;
}

struct evpl *
stack_start(void **state, unsigned rx_hold, bool copy)
{
	return stack_start_limited(state, rx_hold, copy, 0);
}

struct tcp_pcb *
connect_pcb(void)
{
	struct tcp_pcb *pcb = tcp_new();

	assert_non_null(pcb);
	pcb->state = ESTABLISHED;
	pcb->local_port = pcb->remote_port = 80;
	pcb->mss = MSS;
	pcb->snd_wnd = pcb->snd_wnd_max = 1 << 20;
	TCP_REG_ACTIVE(pcb);
	return pcb;
}

void
stack_stop(void)
{
	glue_stop();
	glue_finish();
}

void
alloc_filled(struct evpl *evpl, unsigned length, uint64_t seed, struct evpl_iovec *iovec)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, 0, iovec), 1);
	iovec_fill(iovec, seed);
}

void
assert_segment_begins(struct tcp_pcb *pcb, unsigned length, uint64_t seed)
{
	struct rte_mbuf *m = glue_pbuf_to_mbuf(pcb->unsent->p, 16, &stats);
	char copy[MSS];
	const void *bytes;

	assert_non_null(m);
	bytes = rte_pktmbuf_read(m, TCP_HEADER, length, copy);
	assert_non_null(bytes);
	assert_int_equal(bytes_right(bytes, length, seed, 0), length);
	rte_pktmbuf_free(m);
}

void
assert_segment(struct tcp_pcb *pcb, unsigned length, uint64_t seed)
{
	assert_int_equal(pcb->unsent->p->tot_len, TCP_HEADER + length);
	assert_segment_begins(pcb, length, seed);
}

struct rte_mempool *
small_rooms(void)
{
	struct rte_mempool *pool = evpl_rx_pool_create("rx", 127, RTE_PKTMBUF_HEADROOM + 256, SOCKET_ID_ANY);

	assert_non_null(pool);
	return pool;
}

struct rte_mbuf *
received_packet(struct rte_mempool *pool, uint64_t seed)
{
	struct rte_mbuf *head = NULL;

	for (unsigned i = 0; i < 3; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		assert_non_null(m);
		bytes_fill(rte_pktmbuf_append(m, 256), 256, seed, i * 256);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}
