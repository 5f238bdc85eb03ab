/* SPDX-License-Identifier: BSD-3-Clause */
/* Trials of what the library says: of ports, in telemetry, in a report. An answer may fail, but not be false. */
#include <rte_ethdev.h>
#include <rte_telemetry.h>

#include "calls.h"

/* ---- evpl_port_check() ------------------------------------------------------------------------------------------- */

static struct rte_mempool *pool;
static uint16_t port;
static int limits, limits_expected;

static void
check_nothing(void)
{
}

static int
check_port(void)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];

	limits = evpl_port_check(port, limit, EVPL_PORT_LIMITS);
	return limits < 0 ? -limits : 0;
}

static void
assert_limits(void)
{
	assert_int_equal(limits, limits_expected);
}

void
ports_are_checked(void **state)
{
	/* What the driver, or ethdev, returns. */
	static const struct trial trial = {
		.call = check_port, .use = assert_limits, .finish = check_nothing, .errors = {EIO, ENODEV, EINVAL}};

	(void)state;
	pool = plain_pool("ports", 1023, RTE_MBUF_DEFAULT_BUF_SIZE);
	port = port_null(pool, 64);
	assert_int_equal(check_port(), 0);
	limits_expected = limits;
	trial_run(&trial);
	port_close(port);
	rte_mempool_free(pool);
}

/* ---- telemetry --------------------------------------------------------------------------------------------------- */

static telemetry_cb command;
static const char *command_name;
static struct rte_tel_data *data;

/* What the answer has is DPDK's to free, when it has been sent. */
static void
begin_answer(void)
{
	data = rte_tel_data_alloc();
	assert_non_null(data);
}

static void
end_answer(void)
{
	rte_tel_data_free(data);
}

static int
answer(void)
{
	return -command(command_name, "0", data);
}

void
telemetry_answers(void **state)
{
	static const char *const names[] = {"/evpl/info",  "/evpl/stats", "/evpl/contexts",
					    "/evpl/slabs", "/evpl/map",	  "/evpl/ports",
					    "/evpl/pools", "/evpl/held",  "/evpl/processes"};
	static const struct trial trial = {
		.prepare = begin_answer, .call = answer, .finish = end_answer, .errors = {ENOMEM, ENOSPC}};

	(void)state;
	calls_begin_context();
	calls_use_context();
	pool = evpl_rx_pool_create("answers", 1023, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	port = port_null(pool, 64);
	for (unsigned i = 0; i < DIM(names); i++) {
		command_name = names[i];
		command = (telemetry_cb)(uintptr_t)faulty_command(names[i]);
		assert_non_null(command);
		trial_run(&trial);
	}
	port_close(port);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	calls_end();
}

/* ---- evpl_leak_report() ------------------------------------------------------------------------------------------ */

static struct evpl_iovec held;
static char *report;

/* 0: it tells of the one iovec; ENOMEM: it says that there is no memory for it. */
static int
write_report(void)
{
	size_t length = 0;
	FILE *out = open_memstream(&report, &length);
	bool true_report, no_memory;

	if (out == NULL)
		return ENOMEM;
	evpl_leak_report(out);
	fclose(out);
	true_report = strstr(report, "1000 bytes") != NULL;
	no_memory = strstr(report, "no memory") != NULL;
	free(report);
	if (!true_report && !no_memory)
		return EPROTO;
	return true_report ? 0 : ENOMEM;
}

void
leak_report_is_true(void **state)
{
	static const struct trial trial = {.call = write_report, .finish = check_nothing, .errors = {ENOMEM}};
	struct evpl_global_config config = calls_config;

	(void)state;
	config.sample_period = 1;
	assert_int_equal(evpl_init(&config), 0);
	calls_evpl = evpl_create(NULL);
	assert_non_null(calls_evpl);
	assert_int_equal(evpl_iovec_alloc(calls_evpl, 1000, 0, 1, LOCAL, &held), 1);
	trial_run(&trial);
	evpl_iovec_release(calls_evpl, &held);
	calls_end();
}

/* ---- evpl_cleanup() ---------------------------------------------------------------------------------------------- */

/* No fault: locks.c looks at the locks. */
void
holders_are_logged(void **state)
{
	struct rte_mempool *rx_pool;
	struct rte_mbuf *m;

	(void)state;
	calls_begin_context();
	rx_pool = evpl_rx_pool_create("held", 7, 0, SOCKET_ID_ANY);
	assert_non_null(rx_pool);
	m = rte_pktmbuf_alloc(rx_pool);
	assert_non_null(m);
	iovec_take(calls_evpl, 1000, SHARED, &held, 1000);
	assert_int_equal(evpl_cleanup(), -EBUSY);
	rte_pktmbuf_free(m);
	assert_int_equal(evpl_rx_pool_destroy(rx_pool), 0);
	evpl_iovec_release(calls_evpl, &held);
	calls_end();
}
