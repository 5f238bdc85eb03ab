/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "../common/error.h"
#include "lcore.h"
#include "memory.h"
#include "mode.h"
#include "port.h"

/* How often the main thread checks the clock, the counters and the signals. */
#define TICK_MS 5
/* Rounds over the streams between two checks of the clock, if the main lcore forwards as well. */
#define ROUNDS_PER_TICK 256

static unsigned
other_port(const struct fwd_options *o, unsigned index, unsigned count)
{
	switch (o->topology) {
	case FWD_LOOP:
		return index;
	case FWD_CHAINED:
		return index + 1 == count ? 0 : index + 1;
	case FWD_PAIRED:
		break;
	}
	/* With an odd number of ports the last port is paired with itself. */
	return (index ^ 1) < count ? index ^ 1 : index;
}

static void
init_target(struct fwd_stream *s, unsigned index)
{
	const struct fwd_port *port = &s->lcore->run->ports->port[index];
	struct fwd_target *t = &s->targets[s->target_count++];

	t->port = port->dev.id;
	t->queue = s->queue;
	t->mac = port->dev.mac;
	t->peer = s->options->peers[port->dev.id];
	t->count = &s->lcore->counters[index];
}

static void
init_stream(struct fwd_run *run, struct fwd_stream *s, struct fwd_lcore *lcore, unsigned index, uint16_t queue)
{
	const struct fwd_options *o = run->options;

	s->lcore = lcore;
	s->options = o;
	s->iovecs = lcore->iovecs;
	s->count = &lcore->counters[index];
	s->port = run->ports->port[index].dev.id;
	s->queue = queue;
	if (o->mode->multiplies) {
		for (unsigned i = 0; i < run->ports->count; i++) {
			if (i != index)
				init_target(s, i);
		}
	} else {
		init_target(s, o->mode->answers ? index : other_port(o, index, run->ports->count));
	}
	s->packet_pool = &run->ports->rx_pool[run->ports->port[index].rx_socket];
	/* A packet that is an mbuf from the start would be in the RX pool, and not in the file. */
	s->packet_room = o->external_slab != NULL ? 0 : (uint32_t)o->mbuf_size - RTE_PKTMBUF_HEADROOM;
	if (o->mode->burst == fwd_txonly)
		fwd_txonly_header(s);
	else if (o->mode->burst == fwd_flowgen)
		fwd_flowgen_header(s);
}

/* Whether --coremask, if it is given, names worker lcores only. */
static int
check_coremask(uint64_t mask)
{
	for (unsigned id = 0; id < 64; id++) {
		if ((mask >> id & 1) == 0)
			continue;
		if (id == rte_get_main_lcore()) {
			error_line("--coremask: lcore %u is the main one, which does not forward", id);
			return 2;
		}
		if (!rte_lcore_is_enabled(id)) {
			error_line("--coremask: EAL has no lcore %u (see -l)", id);
			return 2;
		}
	}
	return 0;
}

/* Fills in the ids of the lcores that may forward. Returns their number. */
static unsigned
list_lcores(uint64_t mask, unsigned ids[RTE_MAX_LCORE])
{
	unsigned n = 0;

	if (rte_lcore_count() == 1) {
		ids[0] = rte_lcore_id();
		return 1;
	}
	/* As RTE_LCORE_FOREACH_WORKER, which uses -1 for an unsigned value. */
	for (unsigned id = rte_get_next_lcore(UINT_MAX, 1, 0); id < RTE_MAX_LCORE; id = rte_get_next_lcore(id, 1, 0)) {
		if (mask == 0 || (id < 64 && (mask >> id & 1) != 0))
			ids[n++] = id;
	}
	return n;
}

int
fwd_run_init(struct fwd_run *run, const struct fwd_options *o, const struct fwd_ports *ports)
{
	unsigned ids[RTE_MAX_LCORE], available = list_lcores(o->coremask, ids);
	/*
	 * Streams are distributed in groups. With tee a group is all streams that send through one queue index;
	 * otherwise it is one stream.
	 */
	uint16_t queues = o->mode->receives ? o->rxq : o->txq;
	unsigned group = o->mode->multiplies ? ports->count : 1;
	unsigned groups = ports->count * queues / group;
	unsigned lcores = RTE_MIN(o->cores, groups);
	size_t size;

	memset(run, 0, sizeof(*run));
	run->options = o;
	run->ports = ports;
	run->quota = (int64_t)o->packets;
	if (check_coremask(o->coremask) != 0)
		return 2;
	if (o->cores > available) {
		error_line("--nb-cores=%u: EAL has %u lcore%s to forward with (the main one only if it is alone; see "
			   "-l, --coremask)",
			   o->cores, available, available == 1 ? "" : "s");
		return 2;
	}
	run->stream_count = groups * group;
	size = sizeof(*run->lcores) * lcores;
	run->lcores = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (run->lcores != NULL)
		memset(run->lcores, 0, size);
	size = sizeof(*run->streams) * run->stream_count;
	run->streams = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (run->streams != NULL)
		memset(run->streams, 0, size);
	if (run->lcores == NULL || run->streams == NULL) {
		error_line("no memory for %u streams", run->stream_count);
		return 1;
	}
	run->lcore_count = lcores;
	for (unsigned i = 0; i < lcores; i++) {
		struct fwd_lcore *lcore = &run->lcores[i];
		/* Evenly, and neighbours together. */
		unsigned first = i * groups / lcores, last = (i + 1) * groups / lcores;

		lcore->id = ids[i];
		lcore->run = run;
		lcore->streams = &run->streams[first * group];
		lcore->stream_count = (last - first) * group;
		/* Queue by queue over all ports, as testpmd does: with tee a group is then one queue index. */
		for (unsigned k = first * group; k < last * group; k++)
			init_stream(run, &run->streams[k], lcore, k % ports->count, (uint16_t)(k / ports->count));
	}
	return 0;
}

void
fwd_run_free(struct fwd_run *run)
{
	free(run->streams);
	free(run->lcores);
}

void
fwd_run_counters(const struct fwd_run *run, unsigned index, struct fwd_counters *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned i = 0; i < run->lcore_count; i++)
		fwd_counters_add(sum, &run->lcores[i].counters[index]);
}

uint64_t
fwd_run_cycles(const struct fwd_run *run)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < run->lcore_count; i++)
		sum += fwd_count_read(&run->lcores[i].cycles);
	return sum;
}

static void
set_phase(struct fwd_run *run, enum fwd_phase phase)
{
	__atomic_store_n(&run->seen, 0, __ATOMIC_RELAXED);
	/*
	 * Pairs with the acquire in get_phase(): an lcore that sees the phase sees everything that was prepared for it.
	 */
	__atomic_store_n(&run->phase, (int)phase, __ATOMIC_RELEASE);
}

static enum fwd_phase
get_phase(const struct fwd_run *run)
{
	return (enum fwd_phase)__atomic_load_n(&run->phase, __ATOMIC_ACQUIRE);
}

static void
report_line(struct fwd_run *run)
{
	/* Pairs with the acquire in all_lcores_reported(): what an lcore did before its report is visible there. */
	__atomic_fetch_add(&run->seen, 1, __ATOMIC_RELEASE);
}

static bool
all_lcores_reported(const struct fwd_run *run)
{
	return __atomic_load_n(&run->seen, __ATOMIC_ACQUIRE) == run->launched;
}

static bool
create_context(struct fwd_lcore *lcore)
{
	struct evpl_thread_config config = {
		.rx_flags = lcore->run->options->shared ? EVPL_IOVEC_FLAG_SHARED : 0,
		.quota = lcore->run->options->quota,
		.socket_id = fwd_memory_socket(lcore->run->options),
	};

	lcore->evpl = evpl_create(&config);
	lcore->error = lcore->evpl == NULL ? rte_errno : 0;
	lcore->ready = lcore->evpl != NULL;
	for (unsigned i = 0; i < lcore->stream_count; i++)
		lcore->streams[i].evpl = lcore->evpl;
	return lcore->ready;
}

typedef uint16_t (*burst_function)(struct fwd_stream *s, uint16_t n);

/* As in testpmd, the cycles of bursts that found no packet do not count. */
static uint16_t
timed_burst(struct fwd_stream *s, uint16_t n)
{
	const struct fwd_mode *mode = s->options->mode;
	uint64_t start = rte_rdtsc();
	uint16_t done = mode->burst(s, n);

	if (done != 0 || mode->generates)
		fwd_count(&s->lcore->cycles, rte_rdtsc() - start);
	return done;
}

static burst_function
burst_of(const struct fwd_options *o)
{
	return o->record_cycles ? timed_burst : o->mode->burst;
}

static void
send_first(struct fwd_lcore *lcore)
{
	const struct fwd_options *o = lcore->run->options;

	for (unsigned i = 0; i < lcore->stream_count && fwd_sends_first(o); i++) {
		fwd_txonly_header(&lcore->streams[i]);
		fwd_txonly(&lcore->streams[i], o->burst);
	}
}

/* Handles one burst of every stream. */
static inline void
forward_bursts(struct fwd_lcore *lcore, burst_function burst, uint16_t n)
{
	for (unsigned i = 0; i < lcore->stream_count; i++)
		burst(&lcore->streams[i], n);
}

/*
 * The same for --packets. Lcores claim packets before each burst, and give back the claims that they did not need. So
 * exactly that many packets are handled, with any number of lcores.
 */
static void
forward_quota(struct fwd_lcore *lcore, burst_function burst, uint16_t n)
{
	int64_t *quota = &lcore->run->quota;

	for (unsigned i = 0; i < lcore->stream_count; i++) {
		int64_t left = __atomic_load_n(quota, __ATOMIC_RELAXED);
		uint16_t claim;

		do {
			if (left <= 0)
				return;
			claim = (uint16_t)RTE_MIN(left, (int64_t)n);
		} while (!__atomic_compare_exchange_n(quota, &left, left - claim, true, __ATOMIC_RELAXED,
						      __ATOMIC_RELAXED));
		claim = (uint16_t)(claim - burst(&lcore->streams[i], claim));
		if (claim != 0)
			__atomic_fetch_add(quota, claim, __ATOMIC_RELAXED);
	}
}

static int
forward_until_end(void *arg)
{
	struct fwd_lcore *lcore = arg;
	struct fwd_run *run = lcore->run;
	burst_function burst = burst_of(run->options);
	uint16_t n = run->options->burst;

	create_context(lcore);
	report_line(run);
	while (get_phase(run) == FWD_PHASE_SETUP)
		rte_pause();
	if (get_phase(run) == FWD_PHASE_RUN)
		send_first(lcore);
	if (run->options->packets != 0) {
		while (__atomic_load_n(&run->phase, __ATOMIC_RELAXED) == FWD_PHASE_RUN)
			forward_quota(lcore, burst, n);
	} else {
		while (__atomic_load_n(&run->phase, __ATOMIC_RELAXED) == FWD_PHASE_RUN)
			forward_bursts(lcore, burst, n);
	}
	report_line(run);
	while (get_phase(run) != FWD_PHASE_END)
		rte_pause();
	evpl_destroy(lcore->evpl);
	lcore->evpl = NULL;
	return 0;
}

/* The main lcore is the only lcore: it forwards, and calls tick between bursts. */
static void
run_alone(struct fwd_run *run, fwd_tick tick, void *arg)
{
	struct fwd_lcore *lcore = &run->lcores[0];
	burst_function burst = burst_of(run->options);
	uint64_t interval = rte_get_tsc_hz() / 1000 * TICK_MS;
	uint64_t next = run->started + interval;

	send_first(lcore);
	for (;;) {
		for (unsigned i = 0; i < ROUNDS_PER_TICK; i++) {
			if (run->options->packets != 0)
				forward_quota(lcore, burst, run->options->burst);
			else
				forward_bursts(lcore, burst, run->options->burst);
		}
		if (rte_rdtsc() >= next) {
			if (tick(arg))
				break;
			next = rte_rdtsc() + interval;
		}
	}
}

static void
sleep_tick(void)
{
	struct timespec t = {.tv_nsec = TICK_MS * 1000000L};

	/* A signal ends the sleep early, as it should. */
	nanosleep(&t, NULL);
}

static int
check_ready(const struct fwd_run *run)
{
	for (unsigned i = 0; i < run->lcore_count; i++) {
		const struct fwd_lcore *lcore = &run->lcores[i];
		uint32_t mbufs = fwd_ports_packet_mbufs(run->ports, run->options, run->lcore_count);

		if (lcore->ready)
			continue;
		if (i == run->launched) {
			error_line("lcore %u cannot be launched: %s", lcore->id, rte_strerror(lcore->error));
			return 1;
		}
		if (lcore->error == ENOMEM && mbufs != 0)
			error_line("no context for lcore %u: %s (%u packet mbufs: try a smaller --txq, --txd or "
				   "--txpkts, or "
				   "EAL's -m)",
				   lcore->id, rte_strerror(ENOMEM), mbufs);
		else
			error_line("no context for lcore %u: %s", lcore->id, rte_strerror(lcore->error));
		return 1;
	}
	return 0;
}

/* Launches lcores until EAL refuses one. */
static void
launch_lcores(struct fwd_run *run)
{
	for (run->launched = 0; run->launched < run->lcore_count; run->launched++) {
		struct fwd_lcore *lcore = &run->lcores[run->launched];
		int rc = rte_eal_remote_launch(forward_until_end, lcore, lcore->id);

		if (rc != 0) {
			lcore->error = -rc;
			break;
		}
	}
}

int
fwd_run_start(struct fwd_run *run, fwd_tick tick, void *arg)
{
	bool alone = run->lcores[0].id == rte_lcore_id();
	int status;

	if (alone) {
		create_context(&run->lcores[0]);
		run->launched = 1;
	} else {
		launch_lcores(run);
		while (!all_lcores_reported(run))
			sleep_tick();
	}
	status = check_ready(run);
	run->started = rte_rdtsc();
	if (status == 0) {
		if (alone) {
			run_alone(run, tick, arg);
		} else {
			set_phase(run, FWD_PHASE_RUN);
			while (!tick(arg))
				sleep_tick();
		}
	}
	if (!alone) {
		set_phase(run, FWD_PHASE_STOP);
		while (!all_lcores_reported(run))
			rte_pause();
	}
	run->stopped = rte_rdtsc();
	return status;
}

void
fwd_run_end(struct fwd_run *run)
{
	set_phase(run, FWD_PHASE_END);
	if (run->lcores[0].id == rte_lcore_id()) {
		evpl_destroy(run->lcores[0].evpl);
		run->lcores[0].evpl = NULL;
	} else {
		rte_eal_mp_wait_lcore();
	}
}
