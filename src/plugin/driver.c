/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plug-in for any DPDK program: mempool operations "evpl_trace" that remember who took and freed each object.
 *
 * Two buses without devices are how EAL calls it. The scan of the first one comes when all plug-ins are loaded. The
 * operations are registered then, behind all others, so that the numbers of the others are the same as in a process
 * without the plug-in. The first bus registers the second, which is the last in EAL's list, so its clean-up comes when
 * all ports are closed. What is not free then is a leak.
 */
#include "plugin/driver.h"

#include "plugin/bus.h"
#include "plugin/check.h"
#include "plugin/held.h"
#include "plugin/option.h"
#include "plugin/report.h"
#include "plugin/room.h"
#include "trace/pattern.h"
#include "trace/stack.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPS_NAME "evpl_trace"

static int ops_index = -1;
/* Operations whose place ours took (EVPL_TRACE_POOLS=all), by their number; for pools that are not traced. */
static struct rte_mempool_ops replaced[RTE_MEMPOOL_MAX_OPS_IDX];

struct traced_pool *
plugin_pool(const struct rte_mempool *mempool)
{
	bool ours = mempool->ops_index == ops_index ||
		    (mempool->ops_index >= 0 && mempool->ops_index < RTE_MEMPOOL_MAX_OPS_IDX &&
		     replaced[mempool->ops_index].alloc != NULL);

	return ours && (mempool->flags & RTE_MEMPOOL_F_POOL_CREATED) ? traced_pool_of(mempool) : NULL;
}

/* For a pool that another process made without the plug-in, or for whose records there was no memory. */
static const struct rte_mempool_ops *
other_ops(const struct rte_mempool *mempool)
{
	return &replaced[mempool->ops_index];
}

static bool made_one; /* this process made a traced pool */

static int
ops_alloc(struct rte_mempool *mempool)
{
	int ret = traced_pool_make(mempool);

	if (ret != 0 && mempool->ops_index != ops_index)
		return other_ops(mempool)->alloc(mempool);
	if (ret == 0) {
		made_one = true;
		held_add(traced_pool_of(mempool));
		held_begin();
	}
	return ret;
}

static void
ops_free(struct rte_mempool *mempool)
{
	struct traced_pool *pool = traced_pool_of(mempool);

	if (pool != NULL) {
		held_remove(pool);
		traced_pool_free(pool);
	} else if (mempool->ops_index != ops_index) {
		other_ops(mempool)->free(mempool);
	}
}

/*
 * Stands behind a call, so that the compiler makes no jump of it. Then the caller's base pointer stays where
 * trace_stack_here() looks for it.
 */
#define KEEP_FRAME() __asm__ volatile("" : : : "memory")

static __rte_noinline int
ops_enqueue(struct rte_mempool *mempool, void *const *objects, unsigned n)
{
	struct traced_pool *pool = traced_pool_of(mempool);
	int ret;

	if (unlikely(pool == NULL))
		return other_ops(mempool)->enqueue(mempool, objects, n);
	ret = traced_free(pool, objects, n, __builtin_frame_address(0), (uintptr_t)__builtin_return_address(0));
	KEEP_FRAME();
	return ret;
}

static __rte_noinline int
ops_dequeue(struct rte_mempool *mempool, void **objects, unsigned n)
{
	struct traced_pool *pool = traced_pool_of(mempool);
	int ret;

	if (unlikely(pool == NULL))
		return other_ops(mempool)->dequeue(mempool, objects, n);
	ret = traced_take(pool, objects, n, __builtin_frame_address(0), (uintptr_t)__builtin_return_address(0));
	KEEP_FRAME();
	return ret;
}

static unsigned
ops_get_count(const struct rte_mempool *mempool)
{
	struct traced_pool *pool = traced_pool_of(mempool);

	return pool != NULL ? traced_pool_free_count(pool) : other_ops(mempool)->get_count(mempool);
}

static int
ops_populate(struct rte_mempool *mempool, unsigned most, void *memory, rte_iova_t iova, size_t length,
	     rte_mempool_populate_obj_cb_t *each, void *arg)
{
	struct traced_pool *pool = traced_pool_of(mempool);
	int ret;

	if (pool != NULL && mempool->populated_size == 0)
		traced_pool_empty(pool);
	if (pool != NULL)
		pool->populating = true; /* what is freed meanwhile are new objects */
	ret = rte_mempool_op_populate_default(mempool, most, memory, iova, length, each, arg);
	if (pool != NULL)
		pool->populating = false;
	return ret;
}

/* Operations that ours do not replace: how their pools begin, by their number. */
static rte_mempool_alloc_t begin_untraced[RTE_MEMPOOL_MAX_OPS_IDX];
static struct {
	unsigned pools;
	char name[RTE_MEMPOOL_OPS_NAMESIZE]; /* of the last one's operations */
} untraced;

static int
ops_alloc_untraced(struct rte_mempool *mempool)
{
	untraced.pools++;
	snprintf(untraced.name, sizeof(untraced.name), "%s", rte_mempool_get_ops(mempool->ops_index)->name);
	return begin_untraced[mempool->ops_index](mempool);
}

/* Counts the pools that are not traced. Without a word of them, their program would look as if it had no bug. */
static void
count_other_pools(void)
{
	for (unsigned i = 0; i < rte_mempool_ops_table.num_ops; i++) {
		struct rte_mempool_ops *other = &rte_mempool_ops_table.ops[i];

		if ((int)i == ops_index || replaced[i].alloc != NULL)
			continue;
		begin_untraced[i] = other->alloc;
		other->alloc = ops_alloc_untraced;
	}
}

/*
 * Whether EAL loaded the plug-in from DPDK's own folder, as it does for each program of the machine, and nobody asked
 * for it.
 */
static bool
nobody_asked(void)
{
	char folder[PATH_MAX], own[PATH_MAX];
	Dl_info info;
	size_t length;

	if (plugin_options.asked || dladdr(&ops_index, &info) == 0 || realpath(RTE_EAL_PMD_PATH, folder) == NULL ||
	    realpath(info.dli_fname, own) == NULL)
		return false;
	length = strlen(folder);
	return strncmp(own, folder, length) == 0 && own[length] == '/';
}

/* Not in a secondary process. One such as dpdk-proc-info uses another program's pools, and may make small ones. */
static void
say_nothing_was_traced(void)
{
	if (untraced.pools == 0 || rte_eal_process_type() != RTE_PROC_PRIMARY || nobody_asked())
		return;
	fprintf(plugin_options.out, "evpl_trace: none of the program's %u pools was traced: ", untraced.pools);
	if (plugin_options.all_pools)
		fprintf(plugin_options.out, "their operations (%s) are not those of DPDK's rings and stacks\n",
			untraced.name);
	else
		fprintf(plugin_options.out,
			"give EAL --mbuf-pool-ops-name=" OPS_NAME
			", or set EVPL_TRACE_POOLS=all if the program asks for \"%s\"\n",
			untraced.name);
	report_flush();
}

static const struct rte_mempool_ops ops = {
	.name = OPS_NAME,
	.alloc = ops_alloc,
	.free = ops_free,
	.enqueue = ops_enqueue,
	.dequeue = ops_dequeue,
	.get_count = ops_get_count,
	.populate = ops_populate,
};

/* Puts ours in the place of the operations that DPDK's software pools have. */
static void
replace_software_ops(void)
{
	static const char *const names[] = {"ring_mp_mc", "ring_sp_sc", "ring_mp_sc",  "ring_sp_mc",
					    "stack",	  "lf_stack",	"ring_mt_rts", "ring_mt_hts"};

	for (unsigned i = 0; i < rte_mempool_ops_table.num_ops; i++) {
		struct rte_mempool_ops *other = &rte_mempool_ops_table.ops[i];

		for (unsigned k = 0; k < RTE_DIM(names); k++) {
			if (strcmp(other->name, names[k]) != 0)
				continue;
			replaced[i] = *other;
			*other = ops;
			snprintf(other->name, sizeof(other->name), "%s", names[k]);
		}
	}
}

static bool ended;

static void
end_pool(struct traced_pool *pool, void *arg)
{
	(void)arg;
	if (pool->process == plugin_process)
		traced_pool_end(pool);
}

/* Once: at EAL's clean-up, or when the program ends without one. EAL has no list of pools when it did not start. */
static void
end_all(void)
{
	bool first = !ended && plugin_process == (int32_t)getpid();

	ended = true;
	if (first && made_one) {
		held_over();
		held_walk(end_pool, NULL);
	} else if (first) {
		say_nothing_was_traced();
	}
}

static int
probe(BUS_PARAM)
{
	return 0;
}

static int
clean_up(BUS_PARAM)
{
	end_all();
	return 0;
}

static int
scan_nothing(void)
{
	return 0;
}

#if RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0)
static struct rte_device *
find_none(const struct rte_bus *bus, const struct rte_device *start, rte_dev_cmp_t compare, const void *data)
{
	(void)bus;
#else
static struct rte_device *
find_none(const struct rte_device *start, rte_dev_cmp_t compare, const void *data)
{
#endif
	(void)start;
	(void)compare;
	(void)data;
	return NULL;
}

static struct rte_bus last_bus = {
	.name = "evpl_trace_end",
	.scan = scan_nothing,
	.probe = probe,
	.find_device = find_none,
	.cleanup = clean_up,
};

/* Called by the first call that has no room for its stack. */
static void
say_stacks_full(unsigned known)
{
	fprintf(plugin_options.out, "evpl_trace: %u call stacks are remembered: further places have one call\n", known);
	report_flush();
}

/*
 * The child of a fork() is another process that shares the pools. Its parent's pools end with the parent. What it does
 * from here on has stacks that the parent does not know.
 */
static void
in_child(void)
{
	report_forked();
	trace_thread_forked();
	trace_stack_forked();
	held_forked();
	made_one = false;
	untraced.pools = 0;
}

static int
begin(void)
{
	plugin_process = (int32_t)getpid();
	pthread_atfork(NULL, NULL, in_child);
	plugin_options_read();
	trace_hiding_begin();
	trace_stacks_full = say_stacks_full;
	room_begin();
	ops_index = rte_mempool_register_ops(&ops);
	if (ops_index < 0) {
		fprintf(stderr, "evpl_trace: the mempool operations cannot be registered: %s\n", strerror(-ops_index));
		return ops_index;
	}
	if (plugin_options.all_pools)
		replace_software_ops();
	count_other_pools();
	rte_bus_register(&last_bus);
	return 0;
}

static struct rte_bus first_bus = {
	.name = "evpl_trace",
	.scan = begin,
	.probe = probe,
	.find_device = find_none,
};

RTE_INIT(evpl_trace_load)
{
#if RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0)
	TAILQ_INIT(&first_bus.device_list);
	TAILQ_INIT(&first_bus.driver_list);
	TAILQ_INIT(&last_bus.device_list);
	TAILQ_INIT(&last_bus.driver_list);
#endif
	rte_bus_register(&first_bus);
}

RTE_FINI(evpl_trace_unload)
{
	if (ops_index >= 0)
		end_all();
}
