/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telemetry of where the buffers are: contexts, slabs, and the map of a slab.
 */
#include "telemetry.h"

#include "census.h"
#include "context.h"
#include "global.h"
#include "process.h"
#include "quota.h"
#include "slab.h"
#include "stats.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * In one answer, which has 16 KiB, with the longest numbers in it. The command's parameter says which one is the first.
 * DPDK leaves out what does not fit, and an array has room for 512 elements.
 */
#define CONTEXTS_SHOWN 12u
#define SLABS_SHOWN 24u
#define BUFFERS_SHOWN 256u

struct context {
	unsigned number;
	int node, lcore;
	uint32_t buffers_current, stash_buffers, stash_size, large_stash_buffers, large_stash_size;
	uint32_t waits;
	uint64_t quota, quota_used, quota_refused;
	uint64_t buffers_taken, rx_linearized, rx_too_long, rx_no_memory;
	struct evpl_counters done;
	struct evpl_holding holding;
	struct evpl_failures failed;
};

#define CONTEXT(member, unit) EVPL_FIELD(struct context, member, unit)
static const struct evpl_field context_fields[] = {
	CONTEXT(node, "NUMA node"),
	CONTEXT(lcore, "lcore"),
	CONTEXT(buffers_current, "buffers"),
	CONTEXT(buffers_taken, "buffers"),
	CONTEXT(stash_buffers, "buffers"),
	CONTEXT(stash_size, "buffers"),
	CONTEXT(large_stash_buffers, "buffers"),
	CONTEXT(large_stash_size, "buffers"),
	CONTEXT(waits, "waits"),
	CONTEXT(quota, "bytes"),
	CONTEXT(quota_used, "bytes"),
	CONTEXT(quota_refused, "buffers"),
	EVPL_COUNTER_FIELDS(struct context),
	EVPL_HOLDING_FIELDS(struct context),
	CONTEXT(rx_linearized, "packets"),
	CONTEXT(rx_too_long, "packets"),
	CONTEXT(rx_no_memory, "packets"),
	EVPL_FAILED_FIELDS(struct context),
};

struct slab {
	const char *kind;
	int node;
	uint32_t buffer_size, buffers, buffers_away;
	uint64_t bytes;
	struct evpl_peak away;
	struct evpl_slab_census census;
	struct evpl_holding holding;
};

#define SLAB(member, unit) EVPL_FIELD(struct slab, member, unit)
#define SLAB_NAMED(name, member, unit) EVPL_FIELD_NAMED(name, struct slab, member, unit)
static const struct evpl_field slab_fields[] = {
	SLAB(kind, "text"),
	SLAB(node, "NUMA node"),
	SLAB(bytes, "bytes"),
	SLAB(buffer_size, "bytes"),
	SLAB(buffers, "buffers"),
	SLAB(buffers_away, "buffers"),
	SLAB_NAMED("buffers_away_peak", away.ever, "buffers"),
	SLAB_NAMED("buffers_away_peak_read", away.since_read, "buffers"),
	SLAB_NAMED("buffers_free", census.free, "buffers"),
	SLAB_NAMED("buffers_stashed", census.stashed, "buffers"),
	SLAB_NAMED("buffers_current", census.current, "buffers"),
	SLAB_NAMED("buffers_lent", census.lent, "buffers"),
	SLAB_NAMED("takes", census.takes, "buffers"),
	SLAB_NAMED("rewinds", census.rewinds, "buffers"),
	SLAB_NAMED("remote_returns", census.remote_returns, "buffers"),
	EVPL_HOLDING_FIELDS(struct slab),
};

#define VIEW(member, unit) EVPL_FIELD(struct evpl_buffer_view, member, unit)
static const struct evpl_field view_fields[] = {
	VIEW(state, "text"),	VIEW(fill, "per cent"),	      VIEW(iovecs, "references"),
	VIEW(packets, "mbufs"), VIEW(age_ms, "milliseconds"), VIEW(context, "context"),
};

static uint64_t
load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void
context_fill(struct context *c, const struct evpl_context *ctx)
{
	*c = (struct context){.number = ctx->number,
			      .node = evpl_bank_socket(ctx->bank),
			      .lcore = ctx->lcore,
			      .buffers_current = evpl_context_current_buffers(ctx),
			      .buffers_taken = load(&ctx->buffers_taken),
			      .rx_linearized = load(&ctx->rx_linearized),
			      .rx_too_long = load(&ctx->rx_too_long),
			      .rx_no_memory = load(&ctx->rx_no_memory),
			      .stash_size = ctx->stash[0].wanted_size,
			      .large_stash_size = ctx->stash[1].wanted_size};
	c->stash_buffers = __atomic_load_n(&ctx->stash[0].count, __ATOMIC_RELAXED);
	c->large_stash_buffers = __atomic_load_n(&ctx->stash[1].count, __ATOMIC_RELAXED);
	c->waits = __atomic_load_n(&ctx->waits, __ATOMIC_RELAXED);
	if (ctx->quota != NULL) {
		c->quota = ctx->quota->limit;
		c->quota_used = load(&ctx->quota->used);
		c->quota_refused = load(&ctx->quota->refused);
	}
	evpl_counters_add(&c->done, &ctx->counters);
	evpl_failures_add(&c->failed, &ctx->failed);
}

/* Takes the lock. Up to n contexts from number `first` on; *all is how many there are. */
static unsigned
contexts_fill(struct context *contexts, unsigned n, unsigned first, unsigned *all)
{
	struct evpl_global *g = &evpl_global;
	const struct evpl_context *ctx;
	unsigned found = 0;

	pthread_mutex_lock(&g->lock);
	*all = g->users > 0 ? g->context_count : 0;
	if (g->users > 0) {
		TAILQ_FOREACH (ctx, &g->contexts, entry) {
			if (ctx->number >= first && found < n)
				context_fill(&contexts[found++], ctx);
		}
	}
	pthread_mutex_unlock(&g->lock);
	return found;
}

static int
contexts_answer(const char *command, const char *params, struct rte_tel_data *d)
{
	struct context contexts[CONTEXTS_SHOWN];
	unsigned count, n = contexts_fill(contexts, CONTEXTS_SHOWN, evpl_parameter(params), &count);
	struct evpl_census census;
	char name[32];

	RTE_SET_USED(command);
	if (!evpl_census(&census))
		return -ENOMEM;
	rte_tel_data_start_dict(d);
	evpl_compat_tel_add_uint(d, "contexts", count);
	for (unsigned i = 0; i < n; i++) {
		const struct evpl_holder *holder = evpl_holder_find(&census, contexts[i].number);

		if (holder != NULL)
			contexts[i].holding = holder->holding;
		snprintf(name, sizeof(name), "context_%u", contexts[i].number);
		evpl_fields_add_dict(d, name, context_fields, RTE_DIM(context_fields), &contexts[i]);
	}
	free(census.holders);
	return 0;
}

const struct evpl_command evpl_contexts_command = {
	.name = "/evpl/contexts",
	.answer = contexts_answer,
	.help = "Each context, and what it holds. Parameters: the first number to show (default 0)",
	EVPL_COMMAND_FIELDS(context_fields),
};

/* With the lock held. */
static void
slab_add(struct rte_tel_data *d, struct evpl_slab *slab)
{
	struct slab s = {.kind = evpl_slab_is_external(slab) ? "external" : "memzone",
			 .node = evpl_bank_socket(slab->bank),
			 .bytes = slab->info.length,
			 .buffer_size = slab->class->size,
			 .buffers = slab->n,
			 .buffers_away = evpl_slab_away(slab)};
	char name[32];

	s.away = evpl_peak_read(&slab->away);
	evpl_slab_count(slab, &s.census);
	s.holding = s.census.holding;
	snprintf(name, sizeof(name), "slab_%u", slab->number);
	evpl_fields_add_dict(d, name, slab_fields, RTE_DIM(slab_fields), &s);
}

static int
slabs_answer(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_global *g = &evpl_global;
	unsigned next = evpl_parameter(params), count = 0;

	RTE_SET_USED(command);
	(void)evpl_processes_collect(); /* as evpl_census() */
	rte_tel_data_start_dict(d);
	for (unsigned i = 0; i < SLABS_SHOWN; i++) {
		struct evpl_slab *slab;

		/* For one slab after the other: threads that need a new one do not wait long. */
		pthread_mutex_lock(&g->lock);
		count = g->users > 0 ? g->slab_count : 0;
		slab = g->users > 0 ? evpl_slab_next(next) : NULL;
		if (slab != NULL) {
			slab_add(d, slab);
			next = slab->number + 1;
		}
		pthread_mutex_unlock(&g->lock);
	}
	evpl_compat_tel_add_uint(d, "slabs", count);
	return 0;
}

const struct evpl_command evpl_slabs_command = {
	.name = "/evpl/slabs",
	.answer = slabs_answer,
	.help = "Each slab, and where its buffers are. Parameters: the first number to show (default 0)",
	EVPL_COMMAND_FIELDS(slab_fields),
};

static int
map_answer(const char *command, const char *params, struct rte_tel_data *d)
{
	struct evpl_global *g = &evpl_global;
	const char *second = params != NULL ? strchr(params, ',') : NULL;
	unsigned number = evpl_parameter(params), first = evpl_parameter(second != NULL ? second + 1 : NULL);
	unsigned n = 0, buffers = 0, buffer_size = 0;
	struct evpl_buffer_view views[BUFFERS_SHOWN];
	const struct evpl_slab *slab;
	bool found;

	RTE_SET_USED(command);
	pthread_mutex_lock(&g->lock);
	slab = g->users > 0 ? evpl_slab_next(number) : NULL;
	found = slab != NULL && slab->number == number;
	if (found) {
		buffers = slab->n;
		buffer_size = slab->class->size;
		n = evpl_slab_view(slab, first, views, BUFFERS_SHOWN);
	}
	pthread_mutex_unlock(&g->lock);
	rte_tel_data_start_dict(d);
	if (!found)
		return 0;
	evpl_compat_tel_add_uint(d, "slab", number);
	evpl_compat_tel_add_uint(d, "buffers", buffers);
	evpl_compat_tel_add_uint(d, "buffer_size", buffer_size);
	evpl_compat_tel_add_uint(d, "first", first);
	evpl_fields_add_columns(d, view_fields, RTE_DIM(view_fields), views, sizeof(views[0]), n);
	return 0;
}

const struct evpl_command evpl_map_command = {
	.name = "/evpl/map",
	.answer = map_answer,
	.help = "Each buffer of a slab. Parameters: the slab's number, and the first buffer to show (default 0)",
	EVPL_COMMAND_FIELDS(view_fields),
};
