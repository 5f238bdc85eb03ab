/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl-fwd's command line (apps/fwd/options.c, testpmd.c, value.c, value_port.c). What would break: an option of
 * dpdk-testpmd that its users type and that is unknown here, or that is taken and sets nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_ethdev.h>

#include "capture.h"
#include "mode.h"
#include "options.h"
#include "port.h"

#define ARGUMENTS_MAX 16

/* The program's name, as error lines begin with it. */
static char program[] = "evpl-fwd";

static struct fwd_options parsed;

/* Parses "evpl-fwd -- OPTIONS", which are words with a space between them. Returns what came on stderr. */
static const char *
parse(const char *options, int result)
{
	static char words[512];
	char dashes[] = "--", *argv[ARGUMENTS_MAX] = {program, dashes};
	int argc = 2, rc;
	const char *said;

	snprintf(words, sizeof(words), "%s", options);
	for (char *word = strtok(words, " "); word != NULL && argc < ARGUMENTS_MAX - 1; word = strtok(NULL, " "))
		argv[argc++] = word;
	capture_begin(stderr);
	rc = options_parse(argc, argv, &parsed);
	said = capture_end();
	if (rc != result)
		print_error("%s: %d, %s\n", options, rc, said);
	assert_int_equal(rc, result);
	return said;
}

static void
accepts(const char *options)
{
	assert_string_equal(parse(options, 1), "");
}

static void
refuses(const char *options, const char *words)
{
	const char *said = parse(options, -1);

	if (strstr(said, words) == NULL)
		print_error("%s: %s", options, said);
	assert_non_null(strstr(said, words));
	assert_int_equal(strcspn(said, "\n"), strlen(said) - 1);
}

/* All options of testpmd 22.11 to 26.11, from its own lists for getopt (app/test-pmd/parameters.c). */
static const char *const there[] = {
	"--eth-peer=0,02:00:00:00:00:01",
	"--tx-first",
	"--stats-period=2",
	"--display-xstats=rx_good_packets",
	"--nb-cores=1",
	"--nb-ports=1",
	"--coremask=2",
	"--portmask=1",
	"--portlist=0",
	"--no-numa",
	"--port-numa-config=(0,0)",
	"--ring-numa-config=(0,1,0)",
	"--socket-num=0",
	"--mbuf-size=2048",
	"--total-num-mbufs=4096",
	"--max-pkt-len=1600",
	"--disable-rss",
	"--port-topology=loop",
	"--forward-mode=io",
	"--rss-ip",
	"--rss-udp",
	"--rss-level-outer",
	"--rss-level-inner",
	"--rxq=1",
	"--txq=1",
	"--rxd=64",
	"--txd=64",
	"--burst=32",
	"--flowgen-flows=3",
	"--txpkts=64",
	"--txonly-multi-flow",
	"--disable-link-check",
	"--no-rmv-interrupt",
	"--tx-ip=1.2.3.4,1.2.3.5",
	"--tx-udp=9,9",
	"--record-core-cycles",
};

static const char *const noted[] = {
	"--auto-start",
	"-a",
	"--numa",
	"--mp-anon",
	"--max-lro-pkt-size=1",
	"--bitrate-stats=1",
	"--enable-rx-cksum",
	"--enable-rx-timestamp",
	"--enable-scatter",
	"--enable-drop-en",
	"--hairpin-mode=0",
	"--mbcache=512",
	"--txpt=1",
	"--txht=1",
	"--txwt=1",
	"--txfreet=1",
	"--txrst=1",
	"--rxpt=1",
	"--rxht=1",
	"--rxwt=1",
	"--rxfreet=1",
	"--no-flush-rx",
	"--no-lsc-interrupt",
	"--print-event=all",
	"--mask-event=all",
	"--tx-offloads=0x8000",
	"--rx-offloads=0",
	"--hot-plug",
	"--vxlan-gpe-port=1",
	"--geneve-parsed-port=1",
	"--mlockall",
	"--no-mlockall",
	"--mp-alloc=anon",
	"--no-iova-contig",
	"--rx-mq-mode=1",
	"--enable-rss",
	"--disable-flow-flush",
};

static const char *const refused[] = {
	"--interactive",
	"-i",
	"--cmdline-file=x",
	"--latencystats=1",
	"--disable-crc-strip",
	"--enable-lro",
	"--enable-hw-vlan",
	"--enable-hw-vlan-filter",
	"--enable-hw-vlan-strip",
	"--enable-hw-vlan-extend",
	"--enable-hw-qinq-strip",
	"--hairpinq=1",
	"--flowgen-clones=1",
	"--flow-isolate-all",
	"--rxoffs=1",
	"--rxpkts=1",
	"--rxhdrs=eth",
	"--multi-rx-mempool",
	"--rxq-share",
	"--rxq-share=2",
	"--eth-link-speed=100",
	"--disable-device-start",
	"--noisy-tx-sw-buffer-size=1",
	"--noisy-tx-sw-buffer-flushtime=1",
	"--noisy-lkup-memory=1",
	"--noisy-lkup-num-writes=1",
	"--noisy-lkup-num-reads=1",
	"--noisy-lkup-num-reads-writes=1",
	"--record-burst-stats",
	"--num-procs=2",
	"--proc-id=1",
	"--cmdline-file-noecho=x",
	"--hairpin-map=0:0:1:1:1",
	"--noisy-forward-mode=io",
	"--txonly-flows=3",
};

static void
options_of_testpmd_that_are_there_are_silent(void **state)
{
	(void)state;
	for (size_t i = 0; i < RTE_DIM(there); i++)
		accepts(there[i]);
}

static void
options_of_testpmd_that_change_nothing_are_noted(void **state)
{
	struct fwd_options usual;

	(void)state;
	accepts("");
	usual = parsed;
	for (size_t i = 0; i < RTE_DIM(noted); i++) {
		const char *said = parse(noted[i], 1);

		assert_non_null(strstr(said, "note: accepted, but without effect here: --"));
		assert_int_equal(strcspn(said, "\n"), strlen(said) - 1);
		assert_memory_equal(&parsed, &usual, sizeof(usual));
	}
	assert_non_null(strstr(parse("-a --numa --mbcache 250 --no-flush-rx", 1),
			       "--auto-start, --numa, --no-flush-rx, --mbcache "));
}

static void
options_of_testpmd_that_cannot_be_had_say_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < RTE_DIM(refused); i++) {
		const char *said = parse(refused[i], -1);

		assert_null(strstr(said, "no such option"));
		assert_null(strstr(said, "takes no value"));
		assert_non_null(strstr(said, ": --"));
		assert_int_equal(strcspn(said, "\n"), strlen(said) - 1);
	}
	refuses("-i", "--interactive: no interactive prompt: ");
}

static void
rss_is_what_testpmd_makes_of_it(void **state)
{
	struct rte_eth_dev_info all = {.flow_type_rss_offloads = UINT64_MAX}, none = {0},
				udp = {.flow_type_rss_offloads = RTE_ETH_RSS_UDP};

	(void)state;
	accepts("--rxq=2 --txq=2");
	assert_true(fwd_port_rss(&all, &parsed) == (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP));
	assert_true(fwd_port_rss(&none, &parsed) == 0);
	accepts("--rxq=2 --txq=2 --rss-ip");
	assert_true(fwd_port_rss(&all, &parsed) == RTE_ETH_RSS_IP);
	assert_true(fwd_port_rss(&udp, &parsed) == 0);
	accepts("--rxq=2 --txq=2 --rss-ip --rss-udp");
	assert_true(fwd_port_rss(&all, &parsed) == RTE_ETH_RSS_UDP);
	assert_true(fwd_port_rss(&udp, &parsed) == RTE_ETH_RSS_UDP);
	accepts("--rxq=2 --txq=2 --rss-level-inner --rss-udp");
	assert_true(fwd_port_rss(&all, &parsed) == (RTE_ETH_RSS_UDP | RTE_ETH_RSS_LEVEL_INNERMOST));
	assert_true(fwd_port_rss(&udp, &parsed) == RTE_ETH_RSS_UDP);
	accepts("--rxq=2 --txq=2 --rss-level-outer");
	assert_true((fwd_port_rss(&all, &parsed) & RTE_ETH_RSS_LEVEL_MASK) == RTE_ETH_RSS_LEVEL_OUTERMOST);
	accepts("--rxq=2 --txq=2 --disable-rss");
	assert_true(fwd_port_rss(&all, &parsed) == 0);
	accepts("--rss-ip");
	assert_true(fwd_port_rss(&all, &parsed) == 0);
}

static void
numa_nodes_are_set_for_each_port(void **state)
{
	static const char *const wrong[] = {"",	      "0,0",	"(0,0",	      "(0)",	 "(0,0,0)", "(0,0),",
					    "(0,0)(", "(0,99)", "(99,0)",     "(0,-1)",	 "(0,x)",   "(0,0);(1,1)",
					    "()",     "(0, 0)", "(0,0)(1,1)", "((0,0))", "x(0,0)"};
	char option[64];

	(void)state;
	accepts("");
	assert_int_equal(parsed.numa.port[0], -1);
	assert_int_equal(parsed.numa.node, -1);
	accepts("--port-numa-config=(0,1),(2,0) --ring-numa-config=(0,1,2),(1,2,3),(2,3,1)");
	assert_int_equal(parsed.numa.port[0], 1);
	assert_int_equal(parsed.numa.port[1], -1);
	assert_int_equal(parsed.numa.port[2], 0);
	assert_int_equal(parsed.numa.rx[0], 2);
	assert_int_equal(parsed.numa.tx[0], -1);
	assert_int_equal(parsed.numa.rx[1], -1);
	assert_int_equal(parsed.numa.tx[1], 3);
	assert_int_equal(parsed.numa.rx[2], 1);
	assert_int_equal(parsed.numa.tx[2], 1);
	assert_false(parsed.numa.none);
	accepts("--no-numa");
	assert_true(parsed.numa.none && parsed.numa.node == -1);
	accepts("--socket-num=1");
	assert_true(parsed.numa.none && parsed.numa.node == 1);
	for (size_t i = 0; i < RTE_DIM(wrong); i++) {
		snprintf(option, sizeof(option), "--port-numa-config=%s", wrong[i]);
		if (strchr(option, ' ') == NULL)
			refuses(option, "expected (port,node)");
	}
	refuses("--ring-numa-config=(0,0,0)", "expected (port,flag,node)");
	refuses("--ring-numa-config=(0,4,0)", "expected (port,flag,node)");
	refuses("--ring-numa-config=(0,1)", "expected (port,flag,node)");
	refuses("--socket-num=99", "socket-num");
}

static void
peers_come_from_a_file(void **state)
{
	char name[] = "/tmp/evpl-fwd-peers-XXXXXX", option[64];
	FILE *file = fdopen(mkstemp(name), "w");

	(void)state;
	assert_non_null(file);
	fputs("02:00:00:00:01:00\r\n0a:0b:0c:0d:0e:0f", file);
	fclose(file);
	snprintf(option, sizeof(option), "--eth-peers-configfile=%s", name);
	accepts(option);
	assert_int_equal(parsed.peers[0].addr_bytes[4], 1);
	assert_int_equal(parsed.peers[1].addr_bytes[5], 0x0f);
	assert_int_equal(parsed.peers[2].addr_bytes[5], 2);
	file = fopen(name, "w");
	assert_non_null(file);
	fputs("02:00:00:00:01:00\nnothing\n", file);
	fclose(file);
	refuses(option, "MAC address per line");
	unlink(name);
	refuses(option, "cannot be read");
}

static void
first_burst_needs_a_mode_that_sends(void **state)
{
	(void)state;
	refuses("--tx-first --forward-mode=rxonly", "rxonly sends nothing");
	accepts("--tx-first --forward-mode=macswap");
	assert_true(fwd_sends_first(&parsed) && fwd_makes_packets(&parsed));
	accepts("--tx-first --forward-mode=txonly");
	assert_true(!fwd_sends_first(&parsed) && fwd_makes_packets(&parsed));
	accepts("--forward-mode=macswap");
	assert_true(!fwd_sends_first(&parsed) && !fwd_makes_packets(&parsed));
}

static void
help_lists_every_option_of_testpmd(void **state)
{
	static char text[32768];
	char help[] = "--help", *argv[] = {program, help, NULL};
	const char *const *const lists[] = {there, noted, refused};
	const size_t counts[] = {RTE_DIM(there), RTE_DIM(noted), RTE_DIM(refused)};

	(void)state;
	capture_begin(stdout);
	options_parse(2, argv, &parsed);
	snprintf(text, sizeof(text), "%s", capture_end());
	for (size_t l = 0; l < RTE_DIM(lists); l++) {
		for (size_t i = 0; i < counts[l]; i++) {
			char name[64];

			snprintf(name, sizeof(name), "%.*s", (int)strcspn(lists[l][i], "="), lists[l][i]);
			assert_non_null(strstr(text, name));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_of_testpmd_that_are_there_are_silent),
		cmocka_unit_test(options_of_testpmd_that_change_nothing_are_noted),
		cmocka_unit_test(options_of_testpmd_that_cannot_be_had_say_why),
		cmocka_unit_test(rss_is_what_testpmd_makes_of_it),
		cmocka_unit_test(numa_nodes_are_set_for_each_port),
		cmocka_unit_test(peers_come_from_a_file),
		cmocka_unit_test(first_burst_needs_a_mode_that_sends),
		cmocka_unit_test(help_lists_every_option_of_testpmd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
