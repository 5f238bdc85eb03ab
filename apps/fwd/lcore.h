/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forwarding lcores, their streams, and the phases that all lcores go through together.
 *
 *	lcore    one thread with one evpl context, scratch iovecs and counters. It runs its streams in turn
 *	stream   one RX queue, and the TX queue (with tee: queues) that its packets go to
 *
 * No TX queue is shared by two lcores, so no queue needs a lock.
 */
#ifndef FWD_LCORE_H
#define FWD_LCORE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#include <evpl/evpl.h>

#include "options.h"
#include "stats.h"

/* Ethernet, IPv4 and UDP: what generated packets begin with. */
#define FWD_UDP_HEADERS 42

struct fwd_ports;
struct fwd_lcore;

struct fwd_target {
	uint16_t port;
	uint16_t queue;
	struct rte_ether_addr mac;  /* the port's */
	struct rte_ether_addr peer; /* the MAC address behind it */
	struct fwd_counters *count;
};

struct fwd_stream {
	_Alignas(RTE_CACHE_LINE_SIZE) struct evpl *evpl;
	struct evpl_iovec *iovecs; /* FWD_BURST_MAX of the lcore; no stream keeps iovecs between bursts */
	struct fwd_lcore *lcore;
	const struct fwd_options *options;
	struct fwd_counters *count; /* of the RX port */
	uint16_t port;
	uint16_t queue;
	uint16_t target_count;
	uint8_t header[FWD_UDP_HEADERS];	/* of generated packets */
	struct rte_mempool *const *packet_pool; /* of generated packets up to packet_room; known when ports start */
	uint32_t packet_room;
	struct fwd_target targets[RTE_MAX_ETHPORTS];
};

struct fwd_lcore {
	_Alignas(RTE_CACHE_LINE_SIZE) unsigned id;
	unsigned stream_count;
	struct fwd_stream *streams;
	struct evpl *evpl;
	struct fwd_run *run;
	uint32_t next_flow; /* flowgen; txonly with --txonly-multi-flow */
	uint64_t cycles;    /* of --record-core-cycles */
	bool ready;	    /* has a context; false: see error */
	int error;	    /* rte_errno of evpl_create(); of EAL, if it refused to launch the lcore */
	struct evpl_iovec iovecs[FWD_BURST_MAX];
	struct evpl_iovec clones[FWD_BURST_MAX]; /* tee */
	struct fwd_counters counters[RTE_MAX_ETHPORTS];
};

/* The main thread enters each phase, and every lcore sees it. */
enum fwd_phase {
	FWD_PHASE_SETUP, /* the lcores make their contexts and wait */
	FWD_PHASE_RUN,	 /* they forward */
	FWD_PHASE_STOP,	 /* they hold no iovec, and wait */
	FWD_PHASE_END,	 /* they destroy their contexts and leave */
};

struct fwd_run {
	const struct fwd_options *options;
	const struct fwd_ports *ports;
	int phase;     /* enum fwd_phase; atomic */
	unsigned seen; /* lcores that have finished the present phase; atomic */
	unsigned lcore_count;
	unsigned launched; /* lcores that run; fewer than lcore_count if EAL has refused one */
	struct fwd_lcore *lcores;
	unsigned stream_count;
	struct fwd_stream *streams;
	uint64_t started; /* TSC */
	uint64_t stopped;
	_Alignas(RTE_CACHE_LINE_SIZE) int64_t quota; /* --packets that no lcore has claimed yet; atomic */
};

/*
 * Distributes the streams over lcores; mode, ports and queues say which streams there are. 0; else the exit status, and
 * an error line was printed.
 */
int fwd_run_init(struct fwd_run *run, const struct fwd_options *options, const struct fwd_ports *ports);
void fwd_run_free(struct fwd_run *run);

/* The thread that shows the table calls this every few milliseconds. true: stop. */
typedef bool (*fwd_tick)(void *arg);

/*
 * Forwards on the chosen lcores until tick says stop; on the calling lcore too if there is no other. Then it brings
 * every lcore to FWD_PHASE_STOP: no iovec is held, and contexts still exist. 0; else the exit status.
 */
int fwd_run_start(struct fwd_run *run, fwd_tick tick, void *arg);

/* Ends the lcores that fwd_run_start() left waiting, and their contexts. */
void fwd_run_end(struct fwd_run *run);

/* The cycles that --record-core-cycles counted on all lcores. */
uint64_t fwd_run_cycles(const struct fwd_run *run);

/* The counters of one port, summed over all lcores. index: of fwd_ports. */
void fwd_run_counters(const struct fwd_run *run, unsigned index, struct fwd_counters *sum);

#endif /* FWD_LCORE_H */
