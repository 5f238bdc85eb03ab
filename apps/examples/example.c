/* SPDX-License-Identifier: BSD-3-Clause */
#include "example.h"

#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>

volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

int
example_fail(const char *what, int error)
{
	fprintf(stderr, "%s: %s\n", what, rte_strerror(error < 0 ? -error : error));
	return -1;
}

int
example_begin(int argc, char **argv, unsigned flags, struct evpl **r_evpl)
{
	const struct evpl_thread_config config = {.rx_flags = flags};
	int used = rte_eal_init(argc, argv);
	int rc;

	if (used < 0) {
		fprintf(stderr, "EAL does not start: its own messages say why\n"); /* rte_errno may be 0 */
		return -1;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	rc = evpl_init(NULL);
	if (rc != 0) {
		rte_eal_cleanup();
		return example_fail("evpl_init", rc);
	}
	*r_evpl = evpl_create(&config);
	if (*r_evpl == NULL) {
		example_fail("evpl_create", rte_errno);
		example_end(NULL);
		return -1;
	}
	return used;
}

/* Whether packets of iovecs go out of the port as they are. */
static int
check_port(void)
{
	struct evpl_port_limit limits[EVPL_PORT_LIMITS];
	int n = evpl_port_check(0, limits, EVPL_PORT_LIMITS);

	if (n < 0)
		return example_fail("evpl_port_check", n);
	if (n == 0 || !limits[0].is_error) /* errors are first */
		return 0;
	fprintf(stderr, "port 0 %s: %s\n", limits[0].text, limits[0].remedy);
	return -1;
}

int
example_port_start(struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int socket, rc;

	if (!rte_eth_dev_is_valid_port(0))
		return example_fail("port 0: name one with --vdev or -a", ENODEV);
	socket = rte_eth_dev_socket_id(0);
	if (pool == NULL)
		pool = evpl_rx_pool_create("example", 4095, 0, socket);
	if (pool == NULL)
		return example_fail("evpl_rx_pool_create", rte_errno);
	rc = rte_eth_dev_info_get(0, &info);
	if (rc != 0)
		return example_fail("rte_eth_dev_info_get", rc);
	/* A packet of several iovecs is a chain of segments. */
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	rc = rte_eth_dev_configure(0, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(0, 0, 512, (unsigned)socket, NULL, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(0, 0, 512, (unsigned)socket, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(0);
	if (rc != 0)
		return example_fail("port 0", rc);
	return check_port();
}

int
example_end(struct evpl *evpl)
{
	int status = 0, rc;

	/* The port first: it holds mbufs that it receives into, and perhaps packets that it sent. */
	if (rte_eth_dev_is_valid_port(0)) {
		rte_eth_dev_stop(0);
		rte_eth_dev_close(0);
	}
	evpl_destroy(evpl);
	rc = evpl_cleanup(); /* -EBUSY: an iovec or a packet was not given back */
	if (rc != 0) {
		example_fail("evpl_cleanup", rc);
		status = 1;
	}
	rte_eal_cleanup();
	return status;
}
