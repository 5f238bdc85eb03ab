/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The report of a host (apps/common/host/report.c). What would break: a figure under another's name, a lost buffer that
 * is not reported, and turns in which nothing happened that count as work. So every figure has a number of its own.
 */
#include <rte_cycles.h>

#include "host/report.h"
#include "support.h"

static struct host_ports ports;
static struct host_report report;

static int
fill(void **state)
{
	struct host_port *p = &ports.port[0];

	(void)state;
	memset(&ports, 0, sizeof(ports));
	memset(&report, 0, sizeof(report));
	ports.count = 1;
	p->dev.id = 101;
	strcpy(p->dev.name, "net_test0");
	p->missed = 102;
	p->no_mbuf = 103;
	p->tx_checksum = true;
	p->glue.segments = 1;
	p->glue.stats = (struct glue_netif_stats){.rx_packets = 104,
						  .rx_bytes = 105,
						  .rx_segments = 106,
						  .rx_copied = 107,
						  .rx_no_memory = 108,
						  .rx_refused = 109,
						  .rx_short = 110,
						  .tx_packets = 111,
						  .tx_bytes = 112,
						  .tx_bytes_copied = 113,
						  .tx_linear = 114,
						  .tx_no_memory = 115,
						  .tx_full = 116};
	p->glue.queue.refused = 117;
	report.ports = &ports;
	report.seconds = 1.5;
	report.cycles.busy = 118;
	report.cycles.driver = 119;
	report.cycles.interrupted = 120;
	report.tcp = (struct host_tcp_stats){121, 122, 123, 124, 125, 126};
	for (unsigned i = 0; i < FAULT_KINDS; i++) {
		report.faults.rx[i] = 130 + i;
		report.faults.tx[i] = 140 + i;
	}
	report.memory = (struct glue_memory_stats){.bytes = 150, .peak_bytes = 151, .limit = 152, .failed = 153};
	report.held.slabs = 160;
	report.held.slab_bytes = 161;
	report.held.buffers = 162;
	report.held.buffers_in_use = 163;
	report.held.rx_buffers = 164;
	report.held.rx_buffers_in_use = 165;
	report.held.packet_mbufs_in_use = 166;
	report.lost.buffers_in_use = 170;
	report.lost.rx_buffers_in_use = 171;
	report.lost.packet_mbufs_in_use = 172;
	report.lost.overflow_mbufs_in_use = 173;
	report.lost_mbufs = 174;
	return 0;
}

/* What a function prints. */
static const char *
printed(void (*print)(const struct host_report *r, FILE *out))
{
	static char text[8192];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	print(&report, out);
	fclose(out);
	return text;
}

static void
assert_has(const char *text, const char *words)
{
	const char *found = strstr(text, words);

	if (found == NULL)
		fail_msg("\"%s\" is missing in: %s", words, text);
}

static void
json_has_each_figure_under_its_name(void **state)
{
	static const char *const before[] = {"{\"seconds\": 1.500, \"lwip\": \"",
					     "\"ports\": [{\"multi_segment\": false, ",
					     "\"tx_checksum\": true, ",
					     "\"rx_checksum\": false, ",
					     "\"port\": 101, ",
					     "\"rx_packets\": 104, ",
					     "\"rx_bytes\": 105, ",
					     "\"rx_segments\": 106, ",
					     "\"rx_copied\": 107, ",
					     "\"rx_no_memory\": 108, ",
					     "\"rx_refused\": 109, ",
					     "\"rx_short\": 110, ",
					     "\"rx_missed\": 102, ",
					     "\"rx_no_mbuf\": 103, ",
					     "\"tx_packets\": 111, ",
					     "\"tx_bytes\": 112, ",
					     "\"tx_bytes_copied\": 113, ",
					     "\"tx_linear\": 114, ",
					     "\"tx_no_memory\": 115, ",
					     "\"tx_full\": 116, ",
					     "\"tx_refused\": 117}],\n",
					     "\"busy_cycles\": 118, ",
					     "\"driver_cycles\": 119, ",
					     "\"interrupted_turns\": 120, "};
	static const char *const behind[] = {
		"\"tcp\": {\"sent\": 121, \"retransmitted\": 126, \"received\": 122, \"dropped\": 123, "
		"\"bad_checksum\": 124, \"no_memory\": 125},\n",
		"\"rx_faults\": {\"drop\": 130, \"dup\": 131, \"reorder\": 132, \"corrupt\": 133},\n",
		"\"tx_faults\": {\"drop\": 140, \"dup\": 141, \"reorder\": 142, \"corrupt\": 143},\n",
		"\"memory\": {\"slabs\": 160, \"slab_bytes\": 161, \"buffers\": 162, \"buffers_in_use\": 163, "
		"\"rx_buffers\": 164, \"rx_buffers_in_use\": 165, \"packet_mbufs_in_use\": 166, \"lwip_bytes\": 150, "
		"\"lwip_peak_bytes\": 151, \"lwip_limit\": 152, \"lwip_failed\": 153},\n",
		"\"lost\": {\"buffers\": 170, \"rx_buffers\": 171, \"packet_mbufs\": 172, \"overflow_mbufs\": 173, "
		"\"plain_mbufs\": 174}}\n"};

	(void)state;
	for (unsigned i = 0; i < DIM(before); i++)
		assert_has(printed(host_report_json_begin), before[i]);
	for (unsigned i = 0; i < DIM(behind); i++)
		assert_has(printed(host_report_json_end), behind[i]);
}

static void
words_have_each_figure_in_its_place(void **state)
{
	(void)state;
	assert_has(printed(host_report_print_begin), "\n1 port, 1.50 s, lwIP: ");
	assert_has(printed(host_report_print_begin), "port 101 (net_test0): received 104 packets, 105 bytes (107 "
						     "copied, 108 no memory, 109 refused, 110 too "
						     "short; port: 102 missed, 103 no RX mbuf)\n"
						     "  sent 111 packets, 112 bytes, of which 113 copied, with headers "
						     "(114 whole packets; not sent: 115 no memory, 116 TX "
						     "full, 117 refused)\n");
	assert_has(printed(host_report_print_end),
		   "TCP: 121 segments sent, 126 again, 122 received, 123 dropped (124 bad checksums), 125 times no "
		   "memory\n"
		   "faults, received: 130 drop, 131 dup, 132 reorder, 133 corrupt\n"
		   "faults, sent: 140 drop, 141 dup, 142 reorder, 143 corrupt\n"
		   "memory: 160 slabs, 161 bytes; lwIP's: peak 151 of 152 bytes, 153 requests found none\n"
		   "still away: 170 buffers, 171 RX mbufs, 172 packet mbufs, 173 overflow mbufs, 174 plain mbufs\n"
		   "860 lost buffers\n");
}

static void
words_leave_out_what_is_not_there(void **state)
{
	const char *text;

	(void)state;
	ports.count = 0;
	assert_has(printed(host_report_print_begin), "\n0 ports, ");
	memset(&report.faults, 0, sizeof(report.faults));
	memset(&report.lost, 0, sizeof(report.lost));
	report.lost_mbufs = 0;
	report.memory.limit = 0;
	text = printed(host_report_print_end);
	assert_null(strstr(text, "faults"));
	assert_null(strstr(text, "lwIP's"));
	assert_has(text, "memory: 160 slabs, 161 bytes\n0 lost buffers\n");
}

static void
turns_with_work_count_and_others_do_not(void **state)
{
	struct report_cycles c = {0};
	uint64_t now = rte_rdtsc(), hour = 3600 * rte_get_tsc_hz();

	(void)state;
	ports.count = 2;
	/* Nothing was moved. */
	assert_true(host_report_turn(&c, &ports, now - hour) >= now);
	assert_true(c.busy == 0 && c.driver == 0 && c.interrupted == 0);
	/* A turn of an hour, which the ports' bursts do not explain. */
	ports.port[1].glue.queue.moves = 1;
	host_report_turn(&c, &ports, now - hour);
	assert_true(c.busy == 0 && c.driver == 0 && c.interrupted == 1);
	/* The driver had most of the next one: a burst may take long, where the rest of a turn does not. */
	ports.port[0].glue.queue.moves = 1;
	now = rte_rdtsc();
	ports.port[0].glue.queue.cycles = hour / 2;
	ports.port[1].glue.queue.cycles = hour / 2;
	host_report_turn(&c, &ports, now - hour);
	assert_true(c.interrupted == 2 || (c.busy >= hour && c.driver == hour)); /* 2: the system ran something else */
	/* No work again. */
	c = (struct report_cycles){.moves_before = c.moves_before, .driver_before = c.driver_before};
	host_report_turn(&c, &ports, now - hour);
	assert_true(c.busy == 0 && c.driver == 0 && c.interrupted == 0);
}

static void
lost_buffers_and_mbufs_are_found(void **state)
{
	struct evpl_iovec iovec;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &iovec), 1);
	assert_false(host_report_take_lost(&report, 0));
	assert_true(report.lost.buffers_in_use > 0);
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	assert_true(host_report_take_lost(&report, 0));
	assert_int_equal(report.lost.buffers_in_use, 0);
	assert_false(host_report_take_lost(&report, 1));
	assert_int_equal(report.lost_mbufs, 1);
	assert_int_equal(evpl_cleanup(), 0);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test_setup(json_has_each_figure_under_its_name, fill),
	cmocka_unit_test_setup(words_have_each_figure_in_its_place, fill),
	cmocka_unit_test_setup(words_leave_out_what_is_not_there, fill),
	cmocka_unit_test_setup(turns_with_work_count_and_others_do_not, fill),
	cmocka_unit_test_setup(lost_buffers_and_mbufs_are_found, fill),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "host_report", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
