/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The software event device carries packets of iovecs to another lcore and back.
 *
 * What would break: the other lcore could see bytes from before they were written. References that two lcores count at
 * once could get lost. A packet could end on another lcore than that of the context that its buffers belong to.
 */
#include <rte_dev.h>
#include <rte_eventdev.h>
#include <rte_service.h>

#include "relay.h"
#include "support.h"

#define N 20000u
#define WINDOW 256u /* packets on their way */

static const struct evpl_global_config config = {.slab_size = 4 << 20, .packet_mbufs = 4095};

enum queue { TO_WORKER, TO_MAIN, QUEUES };
enum port { OF_MAIN, OF_WORKER, PORTS };

static uint8_t device;
static uint32_t service;
static bool present;
static atomic_bool done;
static struct evpl *evpl_of_main;

/* Once per program: what the driver keeps of EAL's heap then does not look like a case's. */
static int
open_device(void **state)
{
	struct rte_event_dev_config conf = {.nb_event_queues = QUEUES, .nb_event_ports = PORTS};
	struct rte_event_dev_info info;
	const uint8_t queue[PORTS] = {TO_MAIN, TO_WORKER};
	int id;

	RTE_SET_USED(state);
	if (rte_eal_hotplug_add("vdev", "event_sw0", "") != 0)
		return 0; /* the case says so */
	id = rte_event_dev_get_dev_id("event_sw0");
	assert_in_range(id, 0, UINT8_MAX);
	device = (uint8_t)id;
	assert_int_equal(rte_event_dev_info_get(device, &info), 0);
	conf.nb_events_limit = info.max_num_events;
	conf.nb_event_queue_flows = info.max_event_queue_flows;
	conf.nb_event_port_dequeue_depth = info.max_event_port_dequeue_depth;
	conf.nb_event_port_enqueue_depth = info.max_event_port_enqueue_depth;
	conf.dequeue_timeout_ns = info.min_dequeue_timeout_ns;
	assert_int_equal(rte_event_dev_configure(device, &conf), 0);
	for (uint8_t q = 0; q < QUEUES; q++)
		assert_int_equal(rte_event_queue_setup(device, q, NULL), 0);
	for (uint8_t p = 0; p < PORTS; p++) {
		assert_int_equal(rte_event_port_setup(device, p, NULL), 0);
		assert_int_equal(rte_event_port_link(device, p, &queue[p], NULL, 1), 1);
	}
	/* Its scheduler is run by the main thread here, not by a service core. */
	assert_int_equal(rte_event_dev_service_id_get(device, &service), 0);
	assert_int_equal(rte_service_runstate_set(service, 1), 0);
	assert_int_equal(rte_service_set_runstate_mapped_check(service, 0), 0);
	assert_int_equal(rte_event_dev_start(device), 0);
	present = true;
	return 0;
}

static int
close_device(void **state)
{
	RTE_SET_USED(state);
	if (!present)
		return 0;
	rte_service_runstate_set(service, 0);
	rte_event_dev_stop(device);
	return rte_event_dev_close(device);
}

/* Sends packets, runs the scheduler, and checks what comes back. */
static void
produce(void)
{
	unsigned made = 0, back = 0;
	struct rte_event event;
	bool *seen = calloc(N, sizeof(*seen));

	while (threads_check(seen != NULL) && back < N && !threads_failed()) {
		if (made < N && made - back < WINDOW) {
			event = (struct rte_event){.op = RTE_EVENT_OP_NEW,
						   .queue_id = TO_WORKER,
						   .sched_type = RTE_SCHED_TYPE_ATOMIC,
						   .flow_id = made % 64};
			event.mbuf = relay_make(evpl_of_main, (uint16_t)made);
			threads_check(event.mbuf != NULL || back < made); /* otherwise none will ever come home */
			if (event.mbuf != NULL) {
				while (rte_event_enqueue_burst(device, OF_MAIN, &event, 1) != 1 && !threads_failed())
					rte_service_run_iter_on_app_lcore(service, 1);
				made++;
			}
		}
		rte_service_run_iter_on_app_lcore(service, 1);
		while (rte_event_dequeue_burst(device, OF_MAIN, &event, 1, 0) == 1) {
			uint16_t i = 0;

			threads_check(relay_check(event.mbuf, &i) && i < N && !seen[i]);
			seen[i] = true;
			rte_pktmbuf_free(event.mbuf);
			back++;
		}
	}
	free(seen);
}

static void
work(void)
{
	struct evpl *evpl = evpl_create(NULL);

	while (threads_check(evpl != NULL) && !atomic_load(&done) && !threads_failed()) {
		struct rte_event event;
		uint16_t i;

		if (rte_event_dequeue_burst(device, OF_WORKER, &event, 1, 0) != 1)
			continue;
		threads_check(relay_check(event.mbuf, &i));
		event.mbuf = relay_turn(evpl, event.mbuf);
		if (!threads_check(event.mbuf != NULL))
			break;
		event.op = RTE_EVENT_OP_FORWARD;
		event.queue_id = TO_MAIN;
		while (rte_event_enqueue_burst(device, OF_WORKER, &event, 1) != 1 && !threads_failed())
			rte_pause();
	}
	evpl_destroy(evpl);
}

static void
run(unsigned index, void *arg)
{
	RTE_SET_USED(arg);
	if (index == 1) {
		work();
		return;
	}
	produce();
	/* The device lets go of the worker's last event when it asks again. */
	atomic_store(&done, true);
}

static void
eventdev_carries_packets_to_an_lcore_and_back(void **state)
{
	struct home *home = *state;

	if (!present) {
		program_skips(__func__, "no event_sw driver (Debian: librte-meta-event)");
		return;
	}
	evpl_of_main = home->evpl;
	threads_run(THREADS_LCORES, run, NULL);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(eventdev_carries_packets_to_an_lcore_and_back, config),
	};
	const struct program program = {.name = "eventdev",
					.cases = cases,
					.n_cases = DIM(cases),
					.min_cores = 2,
					.setup = open_device,
					.teardown = close_device};

	return program_main(&program, argc, argv);
}
