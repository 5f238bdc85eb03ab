/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Holds iovecs until its standard input ends, so that telemetry has something to tell: 64 iovecs, one of 8 sampled, and
 * one call that failed of each kind. Takes EAL's options.
 */
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>

#include <evpl/evpl.h>

#define HELD 64

static struct evpl_iovec held[HELD], rest[16];

static __attribute__((noinline)) int
hold_in_a_static_function(struct evpl *evpl)
{
	for (unsigned i = 0; i < HELD; i++) {
		if (evpl_iovec_alloc(evpl, 1000, 0, 1, 0, &held[i]) != 1)
			return -1;
	}
	return 0;
}

/* One of each. No slab more is to be had, so a few whole buffers are all that is left. */
static unsigned
fail_of_each_kind(struct evpl *evpl)
{
	struct evpl_iovec none = {0};
	unsigned n = 0;

	if (evpl_iovec_alloc(evpl, 100, 3, 1, 0, &rest[0]) != -1 ||
	    evpl_iovec_alloc(evpl, 3 << 20, 0, 1, 0, &rest[0]) != -1 || evpl_iovecs_to_mbuf(evpl, &none, 1) != NULL)
		return 0;
	while (n < 16 && evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, EVPL_IOVEC_FLAG_SHARED, &rest[n]) == 1)
		n++;
	return n;
}

int
main(int argc, char **argv)
{
	const struct evpl_global_config config = {.slab_size = 512 << 10,
						  .buffer_size = 64 << 10,
						  .large_buffer_size = 64 << 10,
						  .max_slabs = 1,
						  .packet_mbufs = 63,
						  .sample_period = 8};
	struct evpl *evpl;
	unsigned taken;
	char byte;

	if (rte_eal_init(argc, argv) < 0 || evpl_init(&config) != 0 || (evpl = evpl_create(NULL)) == NULL)
		return 1;
	if (hold_in_a_static_function(evpl) != 0)
		return 2;
	taken = fail_of_each_kind(evpl);
	printf("holds %u\n", taken);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	evpl_iovecs_release(evpl, held, HELD);
	evpl_iovecs_release(evpl, rest, (int)taken);
	evpl_destroy(evpl);
	return evpl_cleanup() == 0 && taken > 0 ? 0 : 3;
}
