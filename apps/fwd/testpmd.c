/* SPDX-License-Identifier: BSD-3-Clause */
#include "testpmd.h"

#define NO_PROMPT "no interactive prompt: evpl-fwd forwards from its start to --duration, --packets or Ctrl-C"
#define PORT_THRESHOLD "queues have the port's own thresholds"
#define OWN_OFFLOADS "evpl-fwd switches the offloads on that it needs, and no other"
#define EAL_MEMORY "pools take EAL's memory"
#define NO_TUNNELS "packets inside of tunnels are not read"
#define TAGS_STAY "frames are forwarded with their VLAN tags: the port's VLAN offloads stay off"
#define NO_SPLIT "evpl_rx_burst makes one iovec of a packet, so packets are not split"
#define NO_HAIRPIN "packets of hairpin queues do not reach software, so there are no iovecs"
#define NO_NOISY "there is no mode that imitates a noisy neighbour"
#define ONE_PROCESS "evpl-fwd is one process: give each evpl-fwd ports and a --file-prefix of its own"

const struct option_row testpmd_noted_rows[TESTPMD_NOTED_ROWS] = {
	OPTION_HEADING("Options of testpmd that are accepted and change nothing"),
	OPTION_NOTED("auto-start", 'a', NULL, "forwarding always starts at once"),
	OPTION_NOTED("numa", 0, NULL, "memory is taken on the NUMA node of each port anyhow"),
	OPTION_NOTED("no-flush-rx", 0, NULL, "RX queues are not flushed before forwarding anyhow"),
	OPTION_NOTED("mbcache", 0, "N", "a mempool cache has 250 mbufs, which is testpmd's default"),
	OPTION_NOTED("rxpt", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("rxht", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("rxwt", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("rxfreet", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("txpt", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("txht", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("txwt", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("txfreet", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("txrst", 0, "N", PORT_THRESHOLD),
	OPTION_NOTED("enable-drop-en", 0, NULL, "RX queues drop or wait as is the port's default"),
	OPTION_NOTED("rx-offloads", 0, "HEX", OWN_OFFLOADS),
	OPTION_NOTED("tx-offloads", 0, "HEX", OWN_OFFLOADS),
	OPTION_NOTED("enable-scatter", 0, NULL, "it is switched on if --max-pkt-len or --mtu needs it"),
	OPTION_NOTED("enable-rx-cksum", 0, NULL, "no mode reads what the port says of checksums"),
	OPTION_NOTED("enable-rx-timestamp", 0, NULL, "no mode reads the port's timestamps"),
	OPTION_NOTED("rx-mq-mode", 0, "HEX", "the only mode is RSS (see --disable-rss)"),
	OPTION_NOTED("enable-rss", 0, NULL, "with one RX queue nothing is distributed"),
	OPTION_NOTED("disable-flow-flush", 0, NULL, "there are no flow rules"),
	OPTION_NOTED("vxlan-gpe-port", 0, "N", NO_TUNNELS),
	OPTION_NOTED("geneve-parsed-port", 0, "N", NO_TUNNELS),
	OPTION_NOTED("no-lsc-interrupt", 0, NULL, "these interrupts are not used anyhow"),
	OPTION_NOTED("hot-plug", 0, NULL, "a port that goes away ends evpl-fwd, and new ports are not used"),
	OPTION_NOTED("print-event", 0, "EVENT", "of the events only a port's removal is printed"),
	OPTION_NOTED("mask-event", 0, "EVENT", "of the events only a port's removal is printed"),
	OPTION_NOTED("bitrate-stats", 0, "N", "the table has Mbit/s anyhow"),
	OPTION_NOTED("mlockall", 0, NULL, "huge pages, where packets are, are never swapped out"),
	OPTION_NOTED("no-mlockall", 0, NULL, "memory is not locked anyhow"),
	OPTION_NOTED("mp-alloc", 0, "KIND", EAL_MEMORY),
	OPTION_NOTED("mp-anon", 0, NULL, EAL_MEMORY),
	OPTION_NOTED("no-iova-contig", 0, NULL, EAL_MEMORY),
	OPTION_NOTED("max-lro-pkt-size", 0, "N", "LRO stays off"),
	OPTION_NOTED("hairpin-mode", 0, "HEX", "there are no hairpin queues"),
};

const struct option_row testpmd_refused_rows[TESTPMD_REFUSED_ROWS] = {
	OPTION_HEADING("Options of testpmd that are refused"),
	OPTION_REFUSED("interactive", 'i', NULL, NO_PROMPT),
	OPTION_REFUSED("cmdline-file", 0, "FILE", NO_PROMPT),
	OPTION_REFUSED("cmdline-file-noecho", 0, "FILE", NO_PROMPT),
	OPTION_REFUSED("disable-device-start", 0, NULL, "no interactive prompt could start the ports later"),
	OPTION_REFUSED("flow-isolate-all", 0, NULL, "no interactive prompt could add the flow rules that this needs"),
	OPTION_REFUSED("num-procs", 0, "N", ONE_PROCESS),
	OPTION_REFUSED("proc-id", 0, "N", ONE_PROCESS),
	OPTION_REFUSED("eth-link-speed", 0, "N", "ports negotiate their speed"),
	OPTION_REFUSED("disable-crc-strip", 0, NULL, "frames are forwarded without FCS"),
	OPTION_REFUSED("enable-lro", 0, NULL, "packets are forwarded as they came, and never joined"),
	OPTION_REFUSED("enable-hw-vlan", 0, NULL, TAGS_STAY),
	OPTION_REFUSED("enable-hw-vlan-filter", 0, NULL, TAGS_STAY),
	OPTION_REFUSED("enable-hw-vlan-strip", 0, NULL, TAGS_STAY),
	OPTION_REFUSED("enable-hw-vlan-extend", 0, NULL, TAGS_STAY),
	OPTION_REFUSED("enable-hw-qinq-strip", 0, NULL, TAGS_STAY),
	OPTION_REFUSED("rxoffs", 0, "A[,B...]", NO_SPLIT),
	OPTION_REFUSED("rxpkts", 0, "A[,B...]", NO_SPLIT),
	OPTION_REFUSED("rxhdrs", 0, "A[,B...]", NO_SPLIT),
	OPTION_REFUSED("multi-rx-mempool", 0, NULL, NO_SPLIT),
	OPTION_REFUSED("rxq-share", 0, "[N]", "each RX queue belongs to one port, and none is shared"),
	OPTION_REFUSED("hairpinq", 0, "N", NO_HAIRPIN),
	OPTION_REFUSED("hairpin-map", 0, "MAP", NO_HAIRPIN),
	OPTION_REFUSED("txonly-flows", 0, "N", "--txonly-multi-flow has 256 flows for each lcore"),
	OPTION_REFUSED("flowgen-clones", 0, "N", "flowgen writes every packet anew; the mode tee sends clones"),
	OPTION_REFUSED("noisy-forward-mode", 0, "MODE", NO_NOISY),
	OPTION_REFUSED("noisy-tx-sw-buffer-size", 0, "N", NO_NOISY),
	OPTION_REFUSED("noisy-tx-sw-buffer-flushtime", 0, "N", NO_NOISY),
	OPTION_REFUSED("noisy-lkup-memory", 0, "N", NO_NOISY),
	OPTION_REFUSED("noisy-lkup-num-writes", 0, "N", NO_NOISY),
	OPTION_REFUSED("noisy-lkup-num-reads", 0, "N", NO_NOISY),
	OPTION_REFUSED("noisy-lkup-num-reads-writes", 0, "N", NO_NOISY),
	OPTION_REFUSED("latencystats", 0, "N", "latency is not measured"),
	OPTION_REFUSED("record-burst-stats", 0, NULL, "the sizes of bursts are not counted"),
};
