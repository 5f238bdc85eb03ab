/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bonding port over two net_null ports: packets of iovecs are sent by its members in turn, or by both.
 *
 * What would break: in broadcast mode the driver increments the mbufs' own counts and gives them to both members, so
 * one packet is in flight twice. Then its iovecs are SHARED references to one mbuf, its chain must not be undone while
 * the other holder has it, and it must come home once. Callbacks that keep a reference see the members' packets.
 * (net_ring members would need no callbacks, but they cannot have a MAC address, which bonding needs.)
 */
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "frame.h"
#include "support.h"

#define MBUFS 511u
#define SIZE 200u /* bytes that net_null receives */
#define PATIENCE_S 10

/* How a member is named in the device's arguments. */
#if RTE_VERSION < RTE_VERSION_NUM(23, 11, 0, 0)
#define MEMBER "slave"
#else
#define MEMBER "member"
#endif

enum mode { ROUND_ROBIN = 0, BROADCAST = 3 };

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};
static const struct frame udp4 = {.protocol = IPPROTO_UDP};

/* What a member was given, with a reference each of ours. */
struct member {
	uint16_t port;
	unsigned n;
	struct rte_mbuf *packet[128];
	unsigned received; /* packets that got their bytes here */
	const struct rte_eth_rxtx_callback *on_tx, *on_rx;
};

struct bond {
	struct evpl *evpl;
	struct rte_mempool *pool;
	struct member member[2];
	uint16_t port;
	size_t held; /* bytes of EAL's heap that the ports have */
};

static uint16_t
note_sent(uint16_t port, uint16_t queue, struct rte_mbuf **packets, uint16_t n, void *arg)
{
	struct member *member = arg;

	RTE_SET_USED(port);
	RTE_SET_USED(queue);
	for (uint16_t i = 0; i < n && member->n < DIM(member->packet); i++) {
		rte_pktmbuf_refcnt_update(packets[i], 1);
		member->packet[member->n++] = packets[i];
	}
	return n;
}

/* net_null's packets have no bytes: stream 100 + port. */
static uint16_t
fill_received(uint16_t port, uint16_t queue, struct rte_mbuf **packets, uint16_t n, uint16_t max, void *arg)
{
	struct member *member = arg;

	RTE_SET_USED(queue);
	RTE_SET_USED(max);
	for (uint16_t i = 0; i < n; i++)
		bytes_fill(rte_pktmbuf_mtod(packets[i], void *), packets[i]->data_len, 100 + port, 0);
	member->received += n;
	return n;
}

static uint16_t
add(const char *name, const char *args)
{
	uint16_t port;

	assert_int_equal(rte_eal_hotplug_add("vdev", name, args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name(name, &port), 0);
	return port;
}

static void
forget(struct member *member)
{
	rte_pktmbuf_free_bulk(member->packet, member->n);
	member->n = 0;
}

/* Members take part once their links were looked at: until both do. */
static void
wait_members(struct bond *b)
{
	uint64_t end = rte_rdtsc() + PATIENCE_S * rte_get_tsc_hz();
	unsigned seen = 0;

	while (seen != 3) {
		struct evpl_iovec iovec[2];

		if (rte_rdtsc() > end)
			fail_msg("of the bonding port's members, only 0x%x ever sent", seen);
		for (unsigned i = 0; i < DIM(iovec); i++)
			frame_payload(b->evpl, 60, LOCAL, 0, &iovec[i]);
		for (uint16_t sent = evpl_tx_burst(b->evpl, b->port, 0, iovec, DIM(iovec)); sent < DIM(iovec); sent++)
			evpl_iovec_release(b->evpl, &iovec[sent]);
		for (unsigned i = 0; i < 2; i++) {
			seen |= b->member[i].n > 0 ? 1u << i : 0;
			forget(&b->member[i]);
		}
		rte_delay_us_sleep(1000);
	}
}

static void
open_bond(struct bond *b, void **state, enum mode mode)
{
	const struct rte_eth_conf conf = {0};
	struct home *home = *state;
	char args[128];
	size_t heap;

	memset(b, 0, sizeof(*b));
	b->evpl = home->evpl;
	b->pool = evpl_rx_pool_create("bonding", MBUFS, 0, SOCKET_ID_ANY);
	assert_non_null(b->pool);
	heap = home_heap();
	snprintf(args, sizeof(args), "size=%u", SIZE);
	b->member[0].port = add("net_null0", args);
	b->member[1].port = add("net_null1", args);
	snprintf(args, sizeof(args), "mode=%d,%s=net_null0,%s=net_null1", (int)mode, MEMBER, MEMBER);
	b->port = add("net_bonding0", args);
	assert_int_equal(rte_eth_dev_configure(b->port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(b->port, 0, 256, (unsigned)SOCKET_ID_ANY, NULL, b->pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(b->port, 0, 256, (unsigned)SOCKET_ID_ANY, NULL), 0);
	assert_int_equal(rte_eth_dev_start(b->port), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct member *member = &b->member[i];

		member->on_tx = rte_eth_add_tx_callback(member->port, 0, note_sent, member);
		member->on_rx = rte_eth_add_rx_callback(member->port, 0, fill_received, member);
		assert_non_null(member->on_tx);
		assert_non_null(member->on_rx);
	}
	b->held = home_heap() - heap;
	wait_members(b);
}

static void
close_bond(struct bond *b)
{
	size_t heap = home_heap();

	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rte_eth_remove_tx_callback(b->member[i].port, 0, b->member[i].on_tx), 0);
		assert_int_equal(rte_eth_remove_rx_callback(b->member[i].port, 0, b->member[i].on_rx), 0);
	}
	assert_int_equal(rte_eth_dev_stop(b->port), 0);
	assert_int_equal(rte_eth_dev_close(b->port),
			 0); /* lets go of its members: a bonding device that has some stays */
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_bonding0"), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_null0"), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_null1"), 0);
	port_keeps(b->held - (heap - home_heap()));
	home_assert_pool(b->pool, MBUFS);
	assert_int_equal(evpl_rx_pool_destroy(b->pool), 0);
}

static struct rte_mbuf *
packet_of_iovecs(struct bond *b, unsigned i)
{
	struct evpl_iovec payload;
	struct rte_mbuf *packet;

	frame_payload(b->evpl, 100 + i, i & 1, i, &payload);
	packet = frame_build(b->evpl, &udp4, &payload, 1 + i % 4);
	evpl_iovec_release(b->evpl, &payload);
	return packet;
}

static void
bonding_in_turn_sends_each_packet_once(void **state)
{
	struct rte_mbuf *packet[64];
	unsigned seen[DIM(packet)] = {0};
	struct bond b;

	open_bond(&b, state, ROUND_ROBIN);
	for (unsigned i = 0; i < DIM(packet); i++)
		packet[i] = packet_of_iovecs(&b, i);
	assert_int_equal(rte_eth_tx_burst(b.port, 0, packet, DIM(packet)), DIM(packet));
	for (unsigned k = 0; k < 2; k++) {
		struct member *member = &b.member[k];

		assert_int_equal(member->n, DIM(packet) / 2);
		for (; member->n > 0; member->n--) {
			struct rte_mbuf *got = member->packet[member->n - 1];
			unsigned i = rte_pktmbuf_pkt_len(got) - 42 - 100;

			assert_in_range(i, 0, DIM(packet) - 1);
			seen[i]++;
			got = frame_there_and_back(b.evpl, got);
			frame_assert(got, 42, 100 + i, i, 0);
			rte_pktmbuf_free(got);
		}
	}
	for (unsigned i = 0; i < DIM(packet); i++)
		assert_int_equal(seen[i], 1);
	close_bond(&b);
}

static void
bonding_to_both_gives_one_chain_twice(void **state)
{
	struct evpl_iovec iovec[8];
	struct bond b;

	open_bond(&b, state, BROADCAST);
	for (unsigned i = 0; i < 20; i++) {
		struct rte_mbuf *packet = packet_of_iovecs(&b, i), *got;

		assert_int_equal(rte_eth_tx_burst(b.port, 0, &packet, 1), 1);
		assert_int_equal(b.member[0].n, 1);
		assert_int_equal(b.member[1].n, 1);
		got = b.member[0].packet[0];
		assert_ptr_equal(got, b.member[1].packet[0]);
		assert_fails(evpl_iovecs_from_mbuf(b.evpl, got, LOCAL, DIM(iovec), iovec), EINVAL);
		frame_assert(got, 42, 100 + i, i, 0);
		forget(&b.member[0]);
		b.member[1].n = 0;
		got = frame_there_and_back(b.evpl, got);
		frame_assert(got, 42, 100 + i, i, 0);
		rte_pktmbuf_free(got);
	}
	close_bond(&b);
}

static void
bonding_to_both_gives_shared_iovecs_of_one_mbuf(void **state)
{
	struct evpl_iovec sent[2], got[2];
	struct bond b;

	open_bond(&b, state, BROADCAST);
	for (unsigned i = 0; i < 50; i++) {
		/* One of a slab, and one that is an mbuf of the pool. */
		frame_payload(b.evpl, 100, LOCAL, i, &sent[0]);
		assert_int_equal(evpl_packets_alloc(b.evpl, b.pool, 100, LOCAL, &sent[1], 1), 1);
		iovec_fill(&sent[1], i);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, sent, 2), 2);
		for (unsigned j = 0; j < 2; j++) {
			for (unsigned k = 0; k < 2; k++) {
				assert_int_equal(
					evpl_iovecs_from_mbuf(b.evpl, b.member[k].packet[j], LOCAL, 1, &got[k]), 1);
				assert_int_equal(iovec_flags(&got[k]) & SHARED, SHARED);
			}
			assert_ptr_equal(got[0].ref, got[1].ref);
			evpl_iovec_release(b.evpl, &got[i & 1]);
			iovec_assert(&got[!(i & 1)], i, 0);
			evpl_iovec_release(b.evpl, &got[!(i & 1)]);
		}
		b.member[0].n = b.member[1].n = 0;
	}
	close_bond(&b);
}

static void
bonding_receives_from_both_and_sends_the_same_mbufs(void **state)
{
	struct evpl_iovec got[16];
	unsigned from[2] = {0};
	struct bond b;

	open_bond(&b, state, ROUND_ROBIN);
	for (unsigned round = 0; round < 20; round++) {
		uint16_t n = evpl_rx_burst(b.evpl, b.port, 0, got, DIM(got));

		assert_in_range(n, 1, DIM(got));
		for (uint16_t i = 0; i < n; i++) {
			bool second = bytes_right(evpl_iovec_data(&got[i]), SIZE, 100 + b.member[0].port, 0) != SIZE;

			assert_int_equal(evpl_iovec_length(&got[i]), SIZE);
			iovec_assert(&got[i], 100 + b.member[second].port, 0);
			assert_int_equal(iovec_flags(&got[i]) & SHARED, LOCAL);
			assert_ptr_equal(got[i].ref->pool, b.pool);
			from[second]++;
		}
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, got, n), n);
		for (unsigned k = 0; k < 2; k++) {
			for (unsigned i = 0; i < b.member[k].n; i++)
				assert_ptr_equal(b.member[k].packet[i]->pool, b.pool);
			forget(&b.member[k]);
		}
	}
	assert_int_equal(from[0], b.member[0].received);
	assert_int_equal(from[1], b.member[1].received);
	assert_int_not_equal(from[0], 0);
	assert_int_not_equal(from[1], 0);
	close_bond(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(bonding_in_turn_sends_each_packet_once, config),
		home_case(bonding_to_both_gives_one_chain_twice, config),
		home_case(bonding_to_both_gives_shared_iovecs_of_one_mbuf, config),
		home_case(bonding_receives_from_both_and_sends_the_same_mbufs, config),
	};
	const struct program program = {.name = "bonding", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
