/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does what apps/troubleshooting.md says, so that pages.py can compare the messages with the page. pages.py sets EAL's
 * options. The exit status is 0 if the calls returned what the page says. usage: symptoms CASE
 */
#include <evpl/evpl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

/* Three iovecs that nobody releases, a context that is destroyed: EBUSY, and a report. */
static int
leak(void)
{
	struct evpl_global_config config = {.sample_period = 1};
	struct evpl_iovec kept[3];

	if (evpl_init(&config) != 0)
		return 1;
	struct evpl *evpl = evpl_create(NULL);
	if (evpl == NULL)
		return 1;
	for (int i = 0; i < 3; i++) {
		if (evpl_iovec_alloc(evpl, 1000, 0, 1, 0, &kept[i]) != 1)
			return 1;
	}
	evpl_leak_report(stderr);
	evpl_destroy(evpl);
	return evpl_cleanup() != -EBUSY;
}

static int
context(void)
{
	if (evpl_init(NULL) != 0 || evpl_create(NULL) == NULL)
		return 1;
	return evpl_cleanup() != -EBUSY;
}

/* 20 slabs of 16 MiB are more than the 128 MiB that EAL has. */
static int
slabs(void)
{
	struct evpl_global_config config = {.preallocate_slabs = 20};

	return evpl_init(&config) != -ENOMEM;
}

static int
packet_mbufs(void)
{
	struct evpl_global_config config = {.packet_mbufs = 1000000};

	return evpl_init(&config) != 0 || evpl_create(NULL) != NULL || rte_errno != ENOMEM || evpl_cleanup() != 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} cases[] = {{"leak", leak}, {"context", context}, {"slabs", slabs}, {"packet-mbufs", packet_mbufs}};

	if (argc != 2 || program_start_eal("symptoms") < 0)
		return 1;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(argv[1], cases[i].name) == 0)
			return cases[i].run();
	}
	return 2;
}
