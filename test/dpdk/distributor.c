/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_distributor gives packets of iovecs to a worker lcore. The worker takes them apart, and returns other packets
 * made of the same bytes.
 *
 * What would break: see eventdev.c. The distributor keeps pointers to mbufs in its own tables. So the tag that it sorts
 * by has to be in the mbuf, and it must not look at anything else in the mbuf.
 */
#include <rte_distributor.h>

#include "relay.h"
#include "support.h"

#define N 20000u
#define WINDOW 256u /* packets on their way */
#define BURST 8

static const struct evpl_global_config config = {.slab_size = 4 << 20, .packet_mbufs = 4095};

static struct rte_distributor *distributor;
static atomic_bool done, left;
static struct evpl *evpl_of_main;

/* There is no call that frees one. */
static int
open_distributor(void **state)
{
	RTE_SET_USED(state);
	distributor = rte_distributor_create("evpl", (unsigned)rte_socket_id(), 1, RTE_DIST_ALG_BURST);
	assert_non_null(distributor);
	return 0;
}

static unsigned
take_back(bool *seen)
{
	struct rte_mbuf *packet[64];
	int n = rte_distributor_returned_pkts(distributor, packet, DIM(packet));

	for (int k = 0; k < n; k++) {
		uint16_t i = 0;

		threads_check(relay_check(packet[k], &i) && i < N && !seen[i]);
		seen[i] = true;
		rte_pktmbuf_free(packet[k]);
	}
	return n > 0 ? (unsigned)n : 0;
}

static void
distribute(void)
{
	unsigned made = 0, back = 0;
	bool *seen = calloc(N, sizeof(*seen));

	while (threads_check(seen != NULL) && back < N && !threads_failed()) {
		struct rte_mbuf *packet[BURST];
		unsigned n = 0, given = 0;

		while (n < BURST && made < N && made - back < WINDOW) {
			packet[n] = relay_make(evpl_of_main, (uint16_t)made);
			threads_check(packet[n] != NULL || back < made); /* otherwise none will ever come home */
			if (packet[n] == NULL)
				break;
			packet[n++]->hash.usr = made++ % 64;
		}
		/* It takes none while no worker has asked for any; given none, it hands on what it has collected. */
		do {
			given += (unsigned)rte_distributor_process(distributor, packet + given, n - given);
			back += take_back(seen);
		} while (given < n && !threads_failed());
	}
	free(seen);
}

static void
work(void)
{
	struct evpl *evpl = evpl_create(NULL);
	struct rte_mbuf *packet[BURST];
	unsigned n = 0;

	while (threads_check(evpl != NULL) && !atomic_load(&done) && !threads_failed()) {
		int got = -1;

		rte_distributor_request_pkt(distributor, 0, packet, n);
		n = 0;
		while (got < 0 && !atomic_load(&done) && !threads_failed())
			got = rte_distributor_poll_pkt(distributor, 0, packet);
		for (int k = 0; k < got; k++) {
			uint16_t i;

			threads_check(relay_check(packet[k], &i));
			packet[n] = relay_turn(evpl, packet[k]);
			if (threads_check(packet[n] != NULL))
				n++;
		}
	}
	evpl_destroy(evpl);
}

static void
run(unsigned index, void *arg)
{
	RTE_SET_USED(arg);
	if (index == 1) {
		work();
		atomic_store(&left, true);
		return;
	}
	distribute();
	atomic_store(&done, true);
	/* A worker that asks waits for its distributor, whatever else it wants to look at. */
	while (!atomic_load(&left))
		rte_distributor_process(distributor, NULL, 0);
}

static void
distributor_carries_packets_to_an_lcore_and_back(void **state)
{
	struct home *home = *state;

	evpl_of_main = home->evpl;
	threads_run(THREADS_LCORES, run, NULL);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(distributor_carries_packets_to_an_lcore_and_back, config),
	};
	const struct program program = {.name = "distributor",
					.cases = cases,
					.n_cases = DIM(cases),
					.min_cores = 2,
					.setup = open_distributor};

	return program_main(&program, argc, argv);
}
