/* SPDX-License-Identifier: BSD-3-Clause */
#include "ground.h"

#include <string.h>

#include <rte_ethdev.h>

#include "program.h"

#if defined(__SANITIZE_ADDRESS__)
#define GROUND_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GROUND_ASAN 1
#endif
#endif
#ifdef GROUND_ASAN
#include <sanitizer/asan_interface.h>
#endif

static struct evpl *evpl;
static void (*stop_program)(void);

static void
end(void)
{
	struct evpl_stats stats;

	if (stop_program != NULL)
		stop_program();
	evpl_destroy(evpl);
	evpl_stats_get(&stats);
	fuzz_check(stats.contexts == 0 && stats.buffers_in_use == 0 && stats.packet_mbufs_in_use == 0);
	fuzz_check(evpl_cleanup() == 0);
}

struct evpl *
ground_start(const char *program, const struct evpl_global_config *config, void (*stop)(void))
{
	fuzz_need(program_start_eal(program) >= 0);
	fuzz_need(evpl_init(config) == 0);
	evpl = evpl_create(NULL);
	fuzz_need(evpl != NULL);
	stop_program = stop;
	fuzz_need(atexit(end) == 0);
	return evpl;
}

/* net_null has received nothing. */
static uint16_t
deliver(uint16_t id, uint16_t queue, struct rte_mbuf **packets, uint16_t got, uint16_t room, void *arg)
{
	struct ground_port *port = arg;

	RTE_SET_USED(id);
	RTE_SET_USED(queue);
	while (got < room && port->first < port->waiting)
		packets[got++] = port->received[port->first++];
	if (port->first == port->waiting)
		port->first = port->waiting = 0;
	return got;
}

/* net_null will free the packets. */
static uint16_t
record(uint16_t id, uint16_t queue, struct rte_mbuf **packets, uint16_t n, void *arg)
{
	struct ground_port *port = arg;

	RTE_SET_USED(id);
	RTE_SET_USED(queue);
	for (uint16_t i = 0; i < n; i++) {
		uint32_t done = 0;
		uint8_t *bytes;

		rte_mbuf_sanity_check(packets[i], 1);
		if (port->sent == GROUND_SENT) {
			port->overflow++;
			continue;
		}
		bytes = malloc(packets[i]->pkt_len + 1);
		fuzz_check(bytes != NULL);
		for (const struct rte_mbuf *m = packets[i]; m != NULL; m = m->next) {
			fuzz_check(done + m->data_len <= packets[i]->pkt_len);
			memcpy(bytes + done, rte_pktmbuf_mtod(m, const void *), m->data_len);
			done += m->data_len;
		}
		fuzz_check(done == packets[i]->pkt_len);
		port->packets[port->sent].bytes = bytes;
		port->packets[port->sent++].length = done;
	}
	return n;
}

void
ground_open(struct ground_port *port, const char *name, struct rte_mempool *rx_pool)
{
	struct rte_eth_conf conf = {0};

	memset(port, 0, sizeof(*port));
	fuzz_need(rte_eal_hotplug_add("vdev", name, "no-rx=1") == 0);
	fuzz_need(rte_eth_dev_get_port_by_name(name, &port->id) == 0);
	fuzz_need(rte_eth_dev_configure(port->id, 1, 1, &conf) == 0);
	fuzz_need(rte_eth_rx_queue_setup(port->id, 0, 0, rte_socket_id(), NULL, rx_pool) == 0);
	fuzz_need(rte_eth_tx_queue_setup(port->id, 0, 0, rte_socket_id(), NULL) == 0);
	fuzz_need(rte_eth_dev_start(port->id) == 0);
	fuzz_need(rte_eth_add_rx_callback(port->id, 0, deliver, port) != NULL);
	fuzz_need(rte_eth_add_tx_callback(port->id, 0, record, port) != NULL);
}

struct rte_mbuf *
ground_append(struct rte_mbuf *packet, struct rte_mempool *pool, const uint8_t *bytes, uint32_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	fuzz_check(m != NULL && length <= rte_pktmbuf_tailroom(m));
	memcpy(rte_pktmbuf_append(m, (uint16_t)length), bytes, length);
	if (packet == NULL)
		return m;
	fuzz_check(rte_pktmbuf_chain(packet, m) == 0);
	return packet;
}

void
ground_deliver(struct ground_port *port, struct rte_mbuf *m)
{
	fuzz_check(port->waiting < GROUND_WAITING);
	port->received[port->waiting++] = m;
}

void
ground_forget(struct ground_port *port)
{
	while (port->sent > 0)
		free(port->packets[--port->sent].bytes);
}

#ifdef GROUND_ASAN
void
ground_guard(const struct rte_mbuf *m)
{
	ASAN_POISON_MEMORY_REGION((const char *)m->buf_addr + m->data_off + m->data_len,
				  (size_t)(m->buf_len - m->data_off - m->data_len));
}

void
ground_unguard(const struct rte_mbuf *m)
{
	ASAN_UNPOISON_MEMORY_REGION(m->buf_addr, m->buf_len);
}
#else
void
ground_guard(const struct rte_mbuf *m)
{
	(void)m;
}

void
ground_unguard(const struct rte_mbuf *m)
{
	(void)m;
}
#endif
