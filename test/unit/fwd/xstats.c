/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The statistics of --display-xstats (apps/fwd/xstats.c). DPDK's two calls are replaced here: port 0 has "rx" and "tx",
 * port 1 has "rx" and "own". Neither can be asked for "broken". Each read adds 10 to a value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "capture.h"
#include "xstats.h"

static uint64_t reads;

int
rte_eth_xstats_get_id_by_name(uint16_t port_id, const char *xstat_name, uint64_t *id)
{
	static const char *const names[2][2] = {{"rx", "tx"}, {"rx", "own"}};

	for (*id = 0; *id < 2; (*id)++) {
		if (strcmp(names[port_id][*id], xstat_name) == 0)
			return 0;
	}
	return strcmp(xstat_name, "broken") == 0 ? -EIO : -EINVAL;
}

int
rte_eth_xstats_get_by_id(uint16_t port_id, const uint64_t *ids, uint64_t *values, unsigned int size)
{
	assert_int_equal(size, 1);
	*values = 1000 * port_id + 100 * ids[0] + 10 * ++reads;
	return 1;
}

static struct fwd_ports ports = {.count = 2,
				 .port = {{.dev = {.id = 0, .name = "a"}}, {.dev = {.id = 1, .name = "b"}}}};

/* Finds the names. Returns what came on stderr. */
static const char *
find(struct fwd_xstats *x, const char *names, int status)
{
	struct fwd_options o = {.xstats = names};
	int rc;

	capture_begin(stderr);
	rc = fwd_xstats_find(x, &ports, &o);
	reads = 0;
	assert_int_equal(rc, status);
	return capture_end();
}

static void
names_are_found_in_each_port(void **state)
{
	struct fwd_xstats x;

	(void)state;
	assert_string_equal(find(&x, NULL, 0), "");
	assert_int_equal(x.count, 0);
	assert_string_equal(find(&x, ",rx,,", 0), "");
	assert_int_equal(x.count, 2);
	assert_ptr_equal(x.list[0].port, &ports.port[0]);
	assert_ptr_equal(x.list[1].port, &ports.port[1]);
	fwd_xstats_free(&x);
}

static void
names_that_a_port_lacks_are_noted(void **state)
{
	struct fwd_xstats x;

	(void)state;
	assert_non_null(strstr(find(&x, "own,tx", 0), "note: port 0 (a) has no own\n"));
	assert_int_equal(x.count, 2);
	assert_string_equal(x.list[0].name, "own");
	assert_ptr_equal(x.list[0].port, &ports.port[1]);
	assert_ptr_equal(x.list[1].port, &ports.port[0]);
	fwd_xstats_free(&x);
	assert_non_null(strstr(find(&x, "rx,none", 2), "--display-xstats: no port has none\n"));
	fwd_xstats_free(&x);
}

static void
port_that_cannot_be_asked_is_not_said_to_lack_a_name(void **state)
{
	struct fwd_xstats x;

	(void)state;
	assert_non_null(strstr(find(&x, "rx,broken", 1), ": port 0 (a): extended statistics: Input/output error\n"));
	fwd_xstats_free(&x);
}

static void
values_are_read_with_those_before(void **state)
{
	struct fwd_xstats x;

	(void)state;
	find(&x, "rx", 0);
	fwd_xstats_read(&x);
	assert_int_equal(x.list[0].value, 10);
	assert_int_equal(x.list[1].value, 1020);
	/* A port that is gone is not asked for anything. */
	ports.port[1].gone = FWD_UNPLUGGED;
	fwd_xstats_read(&x);
	ports.port[1].gone = FWD_HERE;
	assert_int_equal(x.list[0].before, 10);
	assert_int_equal(x.list[0].value, 30);
	assert_int_equal(x.list[1].value, 1020);
	assert_int_equal(reads, 3);
	fwd_xstats_free(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_in_each_port),
		cmocka_unit_test(names_that_a_port_lacks_are_noted),
		cmocka_unit_test(port_that_cannot_be_asked_is_not_said_to_lack_a_name),
		cmocka_unit_test(values_are_read_with_those_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
