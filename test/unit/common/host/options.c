/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of programs on lwIP (apps/common/host/options.c). What would break: a table at a wrong offset, an address
 * that is taken and not kept, and a port that hides a fault because it computes or skips a checksum.
 */
#include "../capture.h"
#include "host/options.h"
#include "support.h"

/* The program's options lie behind something else. */
struct values {
	char before[24];
	struct host_options host;
};

static void
help_more(void)
{
}

/* What command_parse() makes of these options. */
static int
parse(struct values *values, unsigned count, const char *const *options)
{
	static const struct command_table tables[] = {
		HOST_FIRST_TABLE(offsetof(struct values, host)), HOST_MEMORY_TABLES(offsetof(struct values, host)),
		HOST_FAULT_TABLE(offsetof(struct values, host)), HOST_LAST_TABLE(offsetof(struct values, host))};
	const struct command command = {.program = "unit-host_options",
					.version = "0",
					.about = "",
					.tables = tables,
					.table_count = DIM(tables),
					.help_more = help_more};
	static char words[80][64];
	char *argv[DIM(words) + 1] = {NULL};

	strcpy(words[0], "program");
	strcpy(words[1], "--");
	for (unsigned i = 0; i < count; i++)
		snprintf(words[i + 2], sizeof(words[0]), "%s", options[i]);
	for (unsigned i = 0; i < count + 2; i++)
		argv[i] = words[i];
	memset(values, 0, sizeof(*values));
	return command_parse(&command, (int)count + 2, argv, values);
}

static int
parse_one(struct values *values, const char *option)
{
	return parse(values, 1, &option);
}

static void
options_that_are_not_given_have_their_defaults(void **state)
{
	struct values v;

	(void)state;
	assert_true(parse(&v, 0, NULL) > 0);
	assert_int_equal(v.host.ports.mtu, 1500);
	assert_int_equal(v.host.ports.mbufs, 8192);
	assert_int_equal(v.host.lwip_memory, 128 << 20);
	assert_int_equal(v.host.faults.seed, 1);
	assert_false(fault_any(v.host.faults.rx) || fault_any(v.host.faults.tx));
	assert_int_equal(v.host.addresses.count, 0);
	assert_false(v.host.addresses.has_gateway);
	assert_null(v.host.json);
}

static void
options_set_their_own_field(void **state)
{
	static const char *const options[] = {
		"--mtu=9000",	       "--lwip-memory=64K", "--copy",	      "--rxd=1",	   "--txd=2",
		"--rx-hold=3",	       "--mbuf-size=4096",  "--slab-size=1M", "--rx-drop=1%",	   "--rx-dup=2%",
		"--rx-reorder=3%",     "--rx-corrupt=4%",   "--tx-drop=5%",   "--tx-dup=6%",	   "--tx-reorder=7%",
		"--tx-corrupt=8%",     "--fault-seed=9",    "--duration=10",  "--stats-period=11", "--json=-",
		"--total-num-mbufs=12"};
	struct values v;

	(void)state;
	assert_true(parse(&v, DIM(options), options) > 0);
	assert_int_equal(v.host.ports.mtu, 9000);
	assert_int_equal(v.host.lwip_memory, 64 << 10);
	assert_true(v.host.ports.copy);
	assert_false(v.host.ports.no_offload);
	assert_int_equal(v.host.ports.rxd, 1);
	assert_int_equal(v.host.ports.txd, 2);
	assert_int_equal(v.host.ports.rx_hold, 3);
	assert_int_equal(v.host.ports.mbufs, 12);
	assert_int_equal(v.host.ports.mbuf_size, 4096);
	assert_int_equal(v.host.library.slab_size, 1 << 20);
	for (unsigned i = 0; i < FAULT_KINDS; i++) {
		assert_true(v.host.faults.rx[i] == 1 + i);
		assert_true(v.host.faults.tx[i] == 5 + i);
	}
	assert_int_equal(v.host.faults.seed, 9);
	assert_true(v.host.duration_s == 10 && v.host.stats_period_s == 11);
	assert_string_equal(v.host.json, "-");
	assert_int_equal(parse_one(&v, "--mtu=1279"), -1);
	assert_int_equal(parse_one(&v, "--mtu=9001"), -1);
}

static void
addresses_add_up_to_their_limit(void **state)
{
	const char *addresses[ADDRESSES_MAX + 1];
	struct values v;

	(void)state;
	for (unsigned i = 0; i < DIM(addresses); i++)
		addresses[i] = i % 2 == 0 ? "--ip=1,2001:db8::1/64" : "--ip=192.0.2.1/24";
	assert_true(parse(&v, ADDRESSES_MAX, addresses) > 0);
	assert_int_equal(v.host.addresses.count, ADDRESSES_MAX);
	for (unsigned i = 0; i < ADDRESSES_MAX; i++)
		assert_int_equal(v.host.addresses.list[i].v6, i % 2 == 0);
	assert_int_equal(parse(&v, ADDRESSES_MAX + 1, addresses), -1);
	assert_int_equal(parse_one(&v, "--ip=192.0.2.1"), -1);
}

static void
gateway_is_one_of_ipv4(void **state)
{
	struct values v;

	(void)state;
	assert_true(parse_one(&v, "--gateway=2,192.0.2.254") > 0);
	assert_true(v.host.addresses.has_gateway);
	assert_int_equal(v.host.addresses.gateway.port, 2);
	assert_int_equal(v.host.addresses.gateway.bytes[3], 254);
	assert_int_equal(parse_one(&v, "--gateway=2001:db8::1"), -1);
	assert_int_equal(parse_one(&v, "--gateway=192.0.2.254/24"), -1);
}

static void
faults_take_checksums_away_from_the_port(void **state)
{
	static const struct {
		const char *option;
		bool rx, tx;
	} rows[] = {
		{"--copy", true, true},		  {"--no-offload", false, false}, {"--rx-drop=1%", false, true},
		{"--rx-corrupt=1%", false, true}, {"--tx-drop=1%", true, true},	  {"--tx-corrupt=1%", true, false},
	};
	struct values v;

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		assert_true(parse_one(&v, rows[i].option) > 0);
		assert_int_equal(host_options_check(&v.host), 0);
		assert_int_equal(v.host.ports.rx_offload, rows[i].rx);
		assert_int_equal(v.host.ports.tx_offload, rows[i].tx);
	}
}

static void
check_includes_the_librarys(void **state)
{
	static const char *const options[] = {"--slab-size=64K", "--buffer-size=1M"};
	struct values v;
	int rc;

	(void)state;
	assert_true(parse(&v, 2, options) > 0);
	capture_begin(stderr);
	rc = host_options_check(&v.host);
	assert_non_null(strstr(capture_end(), "--buffer-size=1048576 is more than"));
	assert_int_equal(rc, -1);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(options_that_are_not_given_have_their_defaults),
	cmocka_unit_test(options_set_their_own_field),
	cmocka_unit_test(addresses_add_up_to_their_limit),
	cmocka_unit_test(gateway_is_one_of_ipv4),
	cmocka_unit_test(faults_take_checksums_away_from_the_port),
	cmocka_unit_test(check_includes_the_librarys),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "host_options", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
