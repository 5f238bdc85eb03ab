/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits for memory. Each wait claims as many buffers of a class in its context's bank as its alloc will take. As long
 * as there are claims, a context takes a buffer there, or makes a slab there, only if more are free than are claimed,
 * or if it has a grant. So an alloc never makes a slab while all free buffers are claimed: evpl_alloc_wait_poll() does.
 *
 * A wait is served when as many buffers are free as it and the waits before it claim. For its callback it gets a grant
 * of that size, and its claim goes down as the grant is used. So the waits behind it are not overtaken by what the
 * callback takes beyond that.
 *
 * A wait whose context has used up its quota claims nothing until the quota has room again.
 */
#include "wait.h"

#include "buffer.h"
#include "global.h"
#include "quota.h"
#include "shelf.h"
#include "slab.h"
#include "stash.h"
#include "trace/hooks.h"
#include "window.h"

#include <evpl/evpl_pressure.h>

#include <errno.h>

#include <rte_spinlock.h>

#define MOST_BUFFERS 64u /* of one wait */

static rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER; /* guards what follows, and the waits */
static struct evpl_wait *first, **end = &first;
static uint64_t last_ticket;
static unsigned count;

/* The class of the buffers that the wait's alloc will take. *n: how many. */
static struct evpl_class *
needed_by(const struct evpl_wait *wait, uint32_t *n)
{
	uint32_t guarded = wait->length + HOOK_GUARD_BYTES;
	struct evpl_class *class = evpl_class_for(RTE_MAX(guarded, wait->length), 0);

	*n = wait->length / class->size + (wait->length % class->size != 0);
	return class;
}

static void
add_claims(struct evpl_class *class, int bank, uint32_t n)
{
	__atomic_store_n(&class->claims[bank], class->claims[bank] + n, __ATOMIC_RELAXED);
}

static uint32_t
claims_of(const struct evpl_class *class, int bank)
{
	return __atomic_load_n(&class->claims[bank], __ATOMIC_RELAXED);
}

/* With the lock held. */
static void
set_claim(struct evpl_wait *wait, bool claims)
{
	struct evpl_class *class;
	uint32_t n;

	class = needed_by(wait, &n);
	if (claims && !wait->claims)
		add_claims(class, evpl_context(wait->evpl)->bank, n);
	else if (!claims && wait->claims)
		add_claims(class, evpl_context(wait->evpl)->bank, 0 - n);
	wait->claims = claims;
}

static bool
quota_lets_take(const struct evpl_wait *wait, const struct evpl_class *class, uint32_t n)
{
	return evpl_quota_allows(evpl_context(wait->evpl)->quota, (uint64_t)n * class->size);
}

static bool
quota_lets(const struct evpl_wait *wait)
{
	const struct evpl_class *class;
	uint32_t n;

	class = needed_by(wait, &n);
	return quota_lets_take(wait, class, n);
}

/* Telemetry reads both. */
static void
count_waits(const struct evpl_wait *wait, int n)
{
	struct evpl_context *ctx = evpl_context(wait->evpl);

	__atomic_store_n(&count, count + (unsigned)n, __ATOMIC_RELAXED);
	__atomic_store_n(&ctx->waits, ctx->waits + (unsigned)n, __ATOMIC_RELAXED);
}

/* With the lock held. The queue is in the order of the tickets. */
static void
insert(struct evpl_wait *wait)
{
	struct evpl_wait **at = end;

	if (first != NULL && wait->ticket < last_ticket) {
		at = &first;
		while (*at != NULL && (*at)->ticket < wait->ticket)
			at = &(*at)->next;
	}
	wait->next = *at;
	wait->previous = at;
	*at = wait;
	if (wait->next != NULL)
		wait->next->previous = &wait->next;
	else
		end = &wait->next;
	wait->waits = 1;
	count_waits(wait, 1);
	set_claim(wait, quota_lets(wait));
}

/* With the lock held. Its claim stays. */
static void
take_out(struct evpl_wait *wait)
{
	*wait->previous = wait->next;
	if (wait->next != NULL)
		wait->next->previous = wait->previous;
	else
		end = wait->previous;
	wait->waits = 0;
	count_waits(wait, -1);
}

static uint32_t
count_free(const struct evpl_class *class, int bank)
{
	bool has_shelf = __atomic_load_n(&class->banks, __ATOMIC_ACQUIRE) >> bank & 1;

	return has_shelf ? evpl_shelf_free(class->shelves[bank]) : 0;
}

/* Whether a bank has more than its waits claim. */
static bool
has_more(const struct evpl_class *class, int bank)
{
	return count_free(class, bank) > claims_of(class, bank);
}

/* Whether another node than the context's has more than its waits claim, and the context may take from there. */
static bool
others_have_more(const struct evpl_context *ctx, const struct evpl_class *class)
{
	uint64_t banks = evpl_banks_nodes(__atomic_load_n(&class->banks, __ATOMIC_ACQUIRE));
	bool more = false;

	for (; banks != 0 && !more && !ctx->only_bank; banks &= banks - 1)
		more = __builtin_ctzll(banks) != ctx->bank && has_more(class, __builtin_ctzll(banks));
	return more;
}

bool
evpl_wait_lets(const struct evpl_context *ctx, const struct evpl_class *class, int bank)
{
	return (bank == ctx->bank && ctx->grants[class->index] > 0) || has_more(class, bank);
}

void
evpl_wait_took(struct evpl_context *ctx, struct evpl_class *class)
{
	if (ctx->grants[class->index] == 0)
		return;
	ctx->grants[class->index]--;
	rte_spinlock_lock(&lock);
	add_claims(class, ctx->bank, (uint32_t)-1);
	rte_spinlock_unlock(&lock);
}

/* Free buffers in the context's stash. Another thread may empty it meanwhile. */
static uint32_t
stashed(const struct evpl_context *ctx, const struct evpl_class *class)
{
	return __atomic_load_n(&ctx->stash[class->index].count, __ATOMIC_RELAXED);
}

/* Whether the wait can be served. `before`: what the waits before it claim in its bank, per class. */
static bool
can_serve(const struct evpl_wait *wait, const uint32_t *before)
{
	const struct evpl_context *ctx = evpl_context(wait->evpl);
	const struct evpl_class *class, *other;
	uint32_t n;

	class = needed_by(wait, &n);
	/* Its own stash is nobody else's. */
	if (count_free(class, ctx->bank) + RTE_MIN(n, stashed(ctx, class)) >= before[class->index] + n)
		return true;
	/* An alloc goes to other nodes, too, and takes one larger buffer if it finds no small ones. */
	other = &evpl_global.classes[evpl_global.class_count - 1];
	if (others_have_more(ctx, class) ||
	    (n == 1 && other != class && has_more(other, ctx->bank) && quota_lets_take(wait, other, 1)))
		return true;
	/* Or several small ones, if the caller has room for so many iovecs. */
	other = &evpl_global.classes[0];
	n = wait->length / other->size + (wait->length % other->size != 0);
	return other != class && count_free(other, ctx->bank) >= claims_of(other, ctx->bank) + n &&
	       quota_lets_take(wait, other, n);
}

/* Of the context's waits, those claim buffers for which its quota has room. */
static void
update_claims(struct evpl_context *ctx)
{
	struct evpl_wait *wait;

	if (ctx->quota == NULL)
		return;
	rte_spinlock_lock(&lock);
	for (wait = first; wait != NULL; wait = wait->next) {
		if (wait->evpl == &ctx->evpl)
			set_claim(wait, quota_lets(wait));
	}
	rte_spinlock_unlock(&lock);
}

/* The context's first wait behind `ticket` that can be served, taken out of the queue; NULL: there is none. */
static struct evpl_wait *
next_served(struct evpl_context *ctx, uint64_t ticket, uint64_t until)
{
	uint32_t before[EVPL_CLASSES] = {0}, n;
	const struct evpl_class *class;
	struct evpl_wait *wait;

	rte_spinlock_lock(&lock);
	for (wait = first; wait != NULL && wait->ticket <= until; wait = wait->next) {
		class = needed_by(wait, &n);
		if (wait->evpl == &ctx->evpl && wait->ticket > ticket && wait->claims && can_serve(wait, before)) {
			take_out(wait);
			rte_spinlock_unlock(&lock);
			return wait;
		}
		if (wait->claims && evpl_context(wait->evpl)->bank == ctx->bank)
			before[class->index] += n;
	}
	rte_spinlock_unlock(&lock);
	return NULL;
}

/* Buffers of the grant that the callback did not take are free for the others. */
static void
end_grant(struct evpl_context *ctx, struct evpl_class *class)
{
	rte_spinlock_lock(&lock);
	add_claims(class, ctx->bank, 0 - ctx->grants[class->index]);
	rte_spinlock_unlock(&lock);
	ctx->grants[class->index] = 0;
}

static void
serve(struct evpl_context *ctx, struct evpl_wait *wait)
{
	evpl_wait_callback callback = wait->callback;
	struct evpl_class *class;
	uint32_t n, granted;

	class = needed_by(wait, &n);
	/* The alloc takes from the stash first, and needs no grant for that. */
	granted = n - RTE_MIN(n, stashed(ctx, class));
	rte_spinlock_lock(&lock);
	add_claims(class, ctx->bank, granted - n);
	rte_spinlock_unlock(&lock);
	ctx->grants[class->index] = granted;
	wait->claims = 0;
	ctx->served = wait;
	ctx->served_ticket = wait->ticket;
	callback(&ctx->evpl, wait, wait->arg);
	ctx->served = NULL;
	end_grant(ctx, class);
}

/* As an alloc does before it fails: a new slab, other contexts' stashes. */
static void
look_for(struct evpl_context *ctx, struct evpl_class *class)
{
	if (count_free(class, ctx->bank) < claims_of(class, ctx->bank) && !evpl_stashes_take_back(ctx))
		(void)evpl_slab_try_grow(ctx, class);
}

unsigned
evpl_alloc_wait_poll(struct evpl *evpl)
{
	struct evpl_context *ctx = evpl_context(evpl);
	uint64_t ticket = 0, until;
	struct evpl_wait *wait;
	unsigned n = 0;

	if (likely(ctx == NULL || ctx->waits == 0))
		return 0;
	/* Current buffers that nobody uses, and what TX caches keep or other processes returned, count in a quota. */
	evpl_windows_close_idle(ctx);
	(void)evpl_buffers_collect();
	update_claims(ctx);
	for (unsigned i = 0; i < evpl_global.class_count; i++)
		look_for(ctx, &evpl_global.classes[i]);
	until = __atomic_load_n(&last_ticket, __ATOMIC_RELAXED); /* what the callbacks begin is for the next time */
	while ((wait = next_served(ctx, ticket, until)) != NULL) {
		ticket = wait->ticket;
		serve(ctx, wait);
		update_claims(ctx); /* the callback used the quota */
		n++;
	}
	return n;
}

int
evpl_alloc_wait(struct evpl *evpl, struct evpl_wait *wait, unsigned length, evpl_wait_callback callback, void *arg)
{
	struct evpl_context *ctx = evpl_context(evpl);
	const struct evpl_class *class;
	uint32_t n;

	if (evpl == NULL || wait == NULL || callback == NULL || length == 0)
		return -EINVAL;
	if (wait->waits)
		return -EALREADY;
	wait->length = length;
	class = needed_by(wait, &n);
	/* Two more may be current. */
	if (n > MOST_BUFFERS || (ctx->quota != NULL && (n + 2) * (uint64_t) class->size > ctx->quota->limit))
		return -EMSGSIZE;
	wait->evpl = evpl;
	wait->callback = callback;
	wait->arg = arg;
	wait->claims = 0;
	rte_spinlock_lock(&lock);
	wait->ticket = ctx->served == wait ? ctx->served_ticket : last_ticket + 1;
	__atomic_store_n(&last_ticket, RTE_MAX(last_ticket, wait->ticket), __ATOMIC_RELAXED);
	insert(wait);
	rte_spinlock_unlock(&lock);
	return 0;
}

int
evpl_alloc_wait_cancel(struct evpl *evpl, struct evpl_wait *wait)
{
	int rc = -ENOENT;

	if (evpl == NULL || wait == NULL)
		return -EINVAL;
	rte_spinlock_lock(&lock);
	if (wait->waits && wait->evpl == evpl) {
		set_claim(wait, false);
		take_out(wait);
		rc = 0;
	}
	rte_spinlock_unlock(&lock);
	return rc;
}

void
evpl_waits_end(struct evpl_context *ctx)
{
	struct evpl_wait *wait, *next;

	rte_spinlock_lock(&lock);
	for (wait = first; wait != NULL; wait = next) {
		next = wait->next;
		if (wait->evpl != &ctx->evpl)
			continue;
		set_claim(wait, false);
		take_out(wait);
	}
	rte_spinlock_unlock(&lock);
}

unsigned
evpl_waits_count(void)
{
	return __atomic_load_n(&count, __ATOMIC_RELAXED);
}
