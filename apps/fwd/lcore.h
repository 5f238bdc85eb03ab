/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forwarding lcores, their streams, and the states they go through together.
 *
 *	lcore    one thread with one evpl context, scratch iovecs and counters; runs its streams in turn
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
	struct rte_ether_addr peer; /* who is behind it */
	struct fwd_counters *count;
};

struct fwd_stream {
	_Alignas(RTE_CACHE_LINE_SIZE) struct evpl *evpl;
	struct evpl_iovec *iovecs; /* FWD_BURST_MAX, the lcore's: no stream keeps iovecs between bursts */
	struct fwd_lcore *lcore;
	const struct fwd_options *options;
	struct fwd_counters *count; /* of the RX port */
	uint16_t port;
	uint16_t queue;
	uint16_t target_count;
	uint8_t header[FWD_UDP_HEADERS]; /* of generated packets */
	struct rte_mempool *const
		*packet_pool; /* where they come from, if no longer than packet_room; known when ports start */
	uint32_t packet_room;
	struct fwd_target targets[RTE_MAX_ETHPORTS];
};

struct fwd_lcore {
	_Alignas(RTE_CACHE_LINE_SIZE) unsigned id;
	unsigned stream_count;
	struct fwd_stream *streams;
	struct evpl *evpl;
	struct fwd_run *run;
	uint32_t next_flow; /* flowgen */
	bool ready;	    /* at the start line; false: see error */
	int error;	    /* rte_errno of evpl_create() */
	struct evpl_iovec iovecs[FWD_BURST_MAX];
	struct evpl_iovec clones[FWD_BURST_MAX]; /* tee */
	struct fwd_counters counters[RTE_MAX_ETHPORTS];
};

/* Each phase is entered by the main thread and seen by every lcore. */
enum fwd_phase {
	FWD_PHASE_SETUP, /* lcores make their contexts and wait */
	FWD_PHASE_RUN,	 /* they forward */
	FWD_PHASE_STOP,	 /* they hold no iovec and wait */
	FWD_PHASE_END,	 /* they destroy their contexts and leave */
};

struct fwd_run {
	const struct fwd_options *options;
	const struct fwd_ports *ports;
	int phase;     /* enum fwd_phase; atomic */
	unsigned seen; /* lcores that reached the line of the present phase; atomic */
	unsigned lcore_count;
	struct fwd_lcore *lcores;
	unsigned stream_count;
	struct fwd_stream *streams;
	uint64_t started; /* TSC */
	uint64_t stopped;
	_Alignas(RTE_CACHE_LINE_SIZE) int64_t quota; /* --packets that no lcore has claimed yet; atomic */
};

/* Distributes the streams that mode, ports and queues make. 0; else the exit status, an error line was printed. */
int fwd_run_init(struct fwd_run *run, const struct fwd_options *options, const struct fwd_ports *ports);
void fwd_run_free(struct fwd_run *run);

/* Called about every interval by the thread that shows the table; true: stop. */
typedef bool (*fwd_tick)(void *arg);

/*
 * Forwards until tick says stop, on the lcores chosen; on the calling one too when there is no other. Then brings
 * every lcore to FWD_PHASE_STOP: no iovec is held, contexts still exist. 0; else the exit status.
 */
int fwd_run_start(struct fwd_run *run, fwd_tick tick, void *arg);

/* Ends the lcores that fwd_run_start left waiting, and with them their contexts. */
void fwd_run_end(struct fwd_run *run);

/* Sums over lcores of what happened on one port, by its index in fwd_ports. */
void fwd_run_counters(const struct fwd_run *run, unsigned index, struct fwd_counters *sum);

#endif /* FWD_LCORE_H */
