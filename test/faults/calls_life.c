/* SPDX-License-Identifier: BSD-3-Clause */
/* Trials of the calls that start and end something: the library, contexts, callbacks. */
#include <limits.h>
#include <stdatomic.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "calls.h"
#include "logged.h"

/* ---- evpl_init() ------------------------------------------------------------------------------------------------- */

static struct evpl_global_config config;

static int
init(void)
{
	return -evpl_init(&config);
}

static void
use_new_context(void)
{
	struct evpl *evpl = evpl_create(NULL);

	assert_non_null(evpl);
	calls_use(evpl);
	evpl_destroy(evpl);
}

static void
try_init(void)
{
	static const struct trial trial = {
		.call = init, .use = use_new_context, .finish = calls_end, .errors = {ENOMEM}, .threads = true};

	trial_run(&trial);
}

void
init_with_defaults(void **state)
{
	(void)state;
	config = calls_config;
	try_init();
}

/* What a process does once, when the library starts for the first time, is in processes of their own. */
#define child_check(condition) ((condition) ? (void)0 : child_fails(__LINE__, #condition))

static void __attribute__((noreturn)) child_fails(int line, const char *condition)
{
	fprintf(stderr, "%s:%d: %s\n", __FILE__, line, condition);
	exit(1);
}

static void
start_with_fault(const char *function, unsigned n)
{
	faulty_arm_one(function, n);
	child_check(evpl_init(&calls_config) == 0);
	child_check(faulty_disarm());
}

/* Whether packets are what the library prefers. */
static bool
has_near_packets(void)
{
	struct evpl *evpl = evpl_create(NULL);
	struct rte_mbuf *packet;
	struct evpl_iovec iovec;
	bool near;

	child_check(evpl != NULL && evpl_iovec_alloc(evpl, 1000, 0, 1, LOCAL, &iovec) == 1);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	child_check(packet != NULL);
	near = (packet->ol_flags & RTE_MBUF_F_EXTERNAL) == 0;
	rte_pktmbuf_free(packet);
	evpl_destroy(evpl);
	return near;
}

/* Packets are sent in the other way then, and the next start registers the operations. */
void
child_without_operations(void)
{
	start_with_fault("rte_mempool_register_ops", 1);
	child_check(!has_near_packets());
	child_check(evpl_cleanup() == 0);
	child_check(evpl_init(&calls_config) == 0);
	child_check(EVPL_IOVEC_TRACE || has_near_packets());
	child_check(evpl_cleanup() == 0);
}

/* The command is missing until the next start, which does not register the others twice: faulty.h checks that. */
void
child_without_a_command(void)
{
	static const char *const names[] = {"/evpl/info",      "/evpl/stats", "/evpl/contexts", "/evpl/slabs",
					    "/evpl/map",       "/evpl/ports", "/evpl/pools",	"/evpl/held",
					    "/evpl/processes", "/evpl/units"};
	unsigned missing = 0;

	start_with_fault("rte_telemetry_register_cmd", 3);
	for (unsigned i = 0; i < DIM(names); i++)
		missing += faulty_command(names[i]) == NULL;
	child_check(missing == 1);
	child_check(evpl_cleanup() == 0);
	child_check(evpl_init(&calls_config) == 0);
	for (unsigned i = 0; i < DIM(names); i++)
		child_check(faulty_command(names[i]) != NULL);
	child_check(evpl_cleanup() == 0);
}

void
first_start_without_operations(void **state)
{
	(void)state;
	child_assert_ends("without_operations");
}

void
first_start_without_a_command(void **state)
{
	(void)state;
	child_assert_ends("without_a_command");
}

void
init_with_preallocated_slabs(void **state)
{
	(void)state;
	config = calls_config;
	config.preallocate_slabs = 3;
	try_init();
}

/* All lcores but the main one seem to be of another node while it is set. */
static bool lcores_are_elsewhere;

unsigned
rte_lcore_to_socket_id(unsigned lcore)
{
	unsigned (*real)(unsigned);

	program_next(&real, sizeof(real), "rte_lcore_to_socket_id");
	return real(lcore) + (lcores_are_elsewhere && lcore != rte_get_main_lcore());
}

/* Threads that the start makes. */
static unsigned
count_helpers(unsigned slabs)
{
	static const char *const names[] = {"rte_thread_create_control", "rte_ctrl_thread_create"};
	unsigned helpers = 0;

	config = calls_config;
	config.preallocate_slabs = slabs;
	for (unsigned i = 0; i < DIM(names); i++) {
		faulty_arm_one(names[i], 0);
		assert_int_equal(evpl_init(&config), 0);
		helpers += faulty_count();
		assert_false(faulty_disarm());
		assert_int_equal(evpl_cleanup(), 0);
	}
	return helpers;
}

/* Lcores of the main one's node, without itself. */
static unsigned
neighbours(void)
{
	unsigned n = 0;

	for (unsigned lcore = rte_get_next_lcore(UINT_MAX, 1, 0); lcore < RTE_MAX_LCORE;
	     lcore = rte_get_next_lcore(lcore, 1, 0))
		n += rte_lcore_to_socket_id(lcore) == rte_socket_id();
	return n;
}

/* The caller makes one slab, and each further lcore of the node another one. */
void
init_has_a_helper_for_each_further_slab(void **state)
{
	(void)state;
	assert_int_equal(count_helpers(1), 0);
	assert_int_equal(count_helpers(2), RTE_MIN(1u, neighbours()));
	lcores_are_elsewhere = true;
	assert_int_equal(count_helpers(2), 0);
	lcores_are_elsewhere = false;
}

/* Its table, which has a pointer per slab. */
void
init_without_memory_for_slabs_says_so(void **state)
{
	(void)state;
	config = calls_config;
	config.preallocate_slabs = 3;
	log_begin();
	faulty_arm_one("calloc", 2);
	assert_int_equal(evpl_init(&config), -ENOMEM);
	assert_true(faulty_disarm());
	assert_logged("evpl_init: preallocate_slabs is 3, but only 0 slabs of 4194304 bytes can be made: "
		      "Cannot allocate memory");
}

static void
end_with_keeper(void)
{
	assert_int_equal(evpl_cleanup(), 0);
}

void
init_with_a_keeper(void **state)
{
	static const struct trial trial = {
		.call = init, .use = use_new_context, .finish = end_with_keeper, .errors = {ENOMEM}, .threads = true};

	(void)state;
	config = calls_config;
	config.low_watermark = 1 << 20;
	config.idle_trim_ms = 1000;
	trial_run(&trial);
}

/* No fault, for nobody knows which call of the keeper is which: locks.c looks at its locks. */
void
keeper_makes_slabs(void **state)
{
	struct evpl_stats stats = {0};

	(void)state;
	config = calls_config;
	config.low_watermark = 1 << 20;
	assert_int_equal(evpl_init(&config), 0);
	calls_evpl = evpl_create(NULL);
	assert_non_null(calls_evpl);
	while (stats.slabs == 0) {
		rte_delay_us_sleep(1000);
		evpl_stats_get(&stats);
	}
	calls_end();
}

void
init_with_far_packets(void **state)
{
	(void)state;
	config = calls_config;
	config.far_packets = 1;
	try_init();
}

/* ---- evpl_create() ----------------------------------------------------------------------------------------------- */

static struct evpl_thread_config thread_config;

static void
begin_config(void)
{
	assert_int_equal(evpl_init(&config), 0);
}

static int
create(void)
{
	calls_evpl = evpl_create(&thread_config);
	return calls_evpl != NULL ? 0 : rte_errno;
}

static void
try_create(void (*use)(void))
{
	const struct trial trial = {.prepare = begin_config,
				    .call = create,
				    .use = use,
				    .finish = calls_end,
				    .errors = {ENOMEM},
				    .threads = true};

	trial_run(&trial);
}

void
create_default(void **state)
{
	(void)state;
	config = calls_config;
	thread_config = (struct evpl_thread_config){0};
	try_create(calls_use_context);
}

void
create_with_quota(void **state)
{
	(void)state;
	config = calls_config;
	thread_config = (struct evpl_thread_config){.quota = 16 << 20};
	try_create(calls_use_context);
}

static void
use_empty_group(void)
{
	struct evpl_iovec iovec;

	assert_fails(evpl_iovec_alloc(calls_evpl, 1, 0, 1, 0, &iovec), ENOMEM);
}

void
create_for_a_group(void **state)
{
	(void)state;
	config = calls_config;
	thread_config = (struct evpl_thread_config){.socket_id = EVPL_EXTERNAL(3)};
	try_create(use_empty_group);
}

void
create_with_samples(void **state)
{
	(void)state;
	config = calls_config;
	config.sample_period = 2;
	thread_config = (struct evpl_thread_config){0};
	try_create(calls_use_context);
}

void
create_with_far_packets(void **state)
{
	(void)state;
	config = calls_config;
	config.far_packets = 1;
	thread_config = (struct evpl_thread_config){0};
	try_create(calls_use_context);
}

/* ---- evpl_cleanup_deferred() ------------------------------------------------------------------------------------- */

static struct evpl_iovec held;
static atomic_uint ended;

static void
note_end(void *arg)
{
	(void)arg;
	atomic_fetch_add(&ended, 1);
}

static void
begin_with_iovec(void)
{
	calls_begin_context();
	iovec_take(calls_evpl, 1000, SHARED, &held, 5);
	evpl_destroy(calls_evpl);
	calls_evpl = NULL;
	atomic_store(&ended, 0);
}

static int
cleanup_deferred(void)
{
	return -evpl_cleanup_deferred(note_end, NULL);
}

static void
give_back_iovec(void)
{
	assert_int_equal(atomic_load(&ended), 0);
	iovec_assert(&held, 5, 0);
	evpl_iovec_release(NULL, &held);
	while (atomic_load(&ended) == 0)
		rte_delay_us_sleep(1000);
}

void
cleanup_deferred_with_an_iovec(void **state)
{
	static const struct trial trial = {
		.prepare = begin_with_iovec,
		.call = cleanup_deferred,
		.finish = give_back_iovec,
		.errors = {ENOMEM},
		.ends_in_thread = true,
	};

	(void)state;
	trial_run(&trial);
}

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

static unsigned slabs_seen;

static int
count_slabs(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	(void)slab;
	(void)arg;
	slabs_seen += event == EVPL_SLAB_ADDED ? 1 : (unsigned)-1;
	return 0;
}

static void
begin_with_slab(void)
{
	calls_begin_context();
	calls_use_context();
	slabs_seen = 0;
}

static int
notify(void)
{
	return -evpl_slab_notify(count_slabs, NULL);
}

static void
end_notify(void)
{
	assert_int_equal(slabs_seen, 2);
	assert_int_equal(evpl_slab_notify_end(count_slabs, NULL), 0);
	assert_int_equal(slabs_seen, 0);
}

void
notify_of_slabs(void **state)
{
	static const struct trial trial = {
		.prepare = begin_with_slab, .call = notify, .use = end_notify, .finish = calls_end, .errors = {ENOMEM}};

	(void)state;
	trial_run(&trial);
}

static void
ignore_pressure(enum evpl_pressure_event event, uint64_t used, void *arg)
{
	(void)event;
	(void)used;
	(void)arg;
}

static int
notify_pressure(void)
{
	return -evpl_pressure_notify(2 << 20, 1 << 20, ignore_pressure, NULL);
}

static void
end_pressure(void)
{
	assert_int_equal(evpl_pressure_notify(2 << 20, 1 << 20, ignore_pressure, NULL), -EEXIST);
	assert_int_equal(evpl_pressure_notify_end(ignore_pressure, NULL), 0);
	assert_int_equal(evpl_pressure_notify_end(ignore_pressure, NULL), -ENOENT);
}

void
notify_of_pressure(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = notify_pressure,
					   .use = end_pressure,
					   .finish = calls_end,
					   .errors = {ENOMEM}};

	(void)state;
	trial_run(&trial);
}
