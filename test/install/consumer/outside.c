/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program of another project: it uses only <evpl/evpl.h> and the output of pkg-config. It takes bytes, shares them,
 * makes a packet of them, and exits with 0 if every buffer is home.
 */
#include <evpl/evpl.h>

#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

static int
failed(const char *what)
{
	fprintf(stderr, "outside: %s\n", what);
	return 1;
}

int
main(int argc, char **argv)
{
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;
	struct evpl *evpl;
	char text[6];

	if (rte_eal_init(argc, argv) < 0)
		return failed("rte_eal_init");
	if (evpl_init(NULL) != 0)
		return failed("evpl_init");
	evpl = evpl_create(NULL);
	if (evpl == NULL)
		return failed("evpl_create");
	if (evpl_iovec_alloc(evpl, 6, 0, 1, EVPL_IOVEC_FLAG_SHARED, &iovec) != 1)
		return failed("evpl_iovec_alloc");
	memcpy(evpl_iovec_data(&iovec), "hello", 6);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	if (packet == NULL || strcmp(rte_pktmbuf_read(packet, 0, 6, text), "hello") != 0)
		return failed("evpl_iovecs_to_mbuf");
	rte_pktmbuf_free(packet);
	evpl_iovec_release(evpl, &clone);
	evpl_destroy(evpl);
	if (evpl_cleanup() != 0)
		return failed("evpl_cleanup");
	rte_eal_cleanup();
	puts("hello");
	return 0;
}
