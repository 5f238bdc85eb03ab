/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that were compiled against an older version of the structs that grow: evpl_global_config,
 * evpl_thread_config, evpl_stats.
 *
 * What would break: a field that moves, a struct that gets larger (the library then reads or writes behind the
 * program's), and a field of a later version that this library ignores without a word. So this program has copies of
 * the structs as 0.1.0 has them, with a name for each field. The copies never change: what a later version adds is
 * reserved here.
 */
#include <errno.h>

#include "support.h"

struct global_config_0_1_0 {
	uint64_t slab_size;
	uint32_t buffer_size;
	uint32_t large_buffer_size;
	unsigned preallocate_slabs;
	unsigned max_slabs;
	unsigned packet_mbufs;
	unsigned sample_period;
	unsigned far_packets;
	uint32_t reserved_word;
	uint64_t reserved[11];
};

struct thread_config_0_1_0 {
	int socket_id;
	unsigned rx_flags;
	unsigned stash_buffers;
	uint32_t reserved_word;
	uint64_t reserved[6];
};

struct stats_0_1_0 {
	uint32_t contexts;
	uint32_t slabs;
	uint64_t slab_bytes;
	uint32_t buffers;
	uint32_t buffers_in_use;
	uint32_t buffers_current;
	uint32_t large_buffers;
	uint32_t large_buffers_in_use;
	uint32_t rx_buffers;
	uint32_t rx_buffers_in_use;
	uint32_t packet_mbufs;
	uint32_t packet_mbufs_in_use;
	uint32_t overflow_mbufs_in_use;
	uint64_t rx_linearized;
	uint64_t rx_too_long;
	uint64_t rx_no_memory;
	uint64_t reserved[6];
};

#define assert_same_field(now, old, field)                                                                             \
	do {                                                                                                           \
		assert_int_equal(offsetof(struct now, field), offsetof(struct old, field));                            \
		assert_int_equal(sizeof(((struct now *)0)->field), sizeof(((struct old *)0)->field));                  \
	} while (0)

static const struct global_config_0_1_0 small = {
	.slab_size = 1 << 20, .buffer_size = 16 << 10, .max_slabs = 2, .packet_mbufs = 63};

static int
init_old(const struct global_config_0_1_0 *config)
{
	return evpl_init((const struct evpl_global_config *)(const void *)config);
}

static struct evpl *
create_old(const struct thread_config_0_1_0 *config)
{
	return evpl_create((const struct evpl_thread_config *)(const void *)config);
}

static void
sizes_and_offsets_are_as_they_were(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct evpl_global_config), sizeof(struct global_config_0_1_0));
	assert_same_field(evpl_global_config, global_config_0_1_0, slab_size);
	assert_same_field(evpl_global_config, global_config_0_1_0, buffer_size);
	assert_same_field(evpl_global_config, global_config_0_1_0, large_buffer_size);
	assert_same_field(evpl_global_config, global_config_0_1_0, preallocate_slabs);
	assert_same_field(evpl_global_config, global_config_0_1_0, max_slabs);
	assert_same_field(evpl_global_config, global_config_0_1_0, packet_mbufs);
	assert_same_field(evpl_global_config, global_config_0_1_0, sample_period);
	assert_same_field(evpl_global_config, global_config_0_1_0, far_packets);

	assert_int_equal(sizeof(struct evpl_thread_config), sizeof(struct thread_config_0_1_0));
	assert_same_field(evpl_thread_config, thread_config_0_1_0, socket_id);
	assert_same_field(evpl_thread_config, thread_config_0_1_0, rx_flags);
	assert_same_field(evpl_thread_config, thread_config_0_1_0, stash_buffers);

	assert_int_equal(sizeof(struct evpl_stats), sizeof(struct stats_0_1_0));
	assert_same_field(evpl_stats, stats_0_1_0, contexts);
	assert_same_field(evpl_stats, stats_0_1_0, slabs);
	assert_same_field(evpl_stats, stats_0_1_0, slab_bytes);
	assert_same_field(evpl_stats, stats_0_1_0, buffers);
	assert_same_field(evpl_stats, stats_0_1_0, buffers_in_use);
	assert_same_field(evpl_stats, stats_0_1_0, buffers_current);
	assert_same_field(evpl_stats, stats_0_1_0, large_buffers);
	assert_same_field(evpl_stats, stats_0_1_0, large_buffers_in_use);
	assert_same_field(evpl_stats, stats_0_1_0, rx_buffers);
	assert_same_field(evpl_stats, stats_0_1_0, rx_buffers_in_use);
	assert_same_field(evpl_stats, stats_0_1_0, packet_mbufs);
	assert_same_field(evpl_stats, stats_0_1_0, packet_mbufs_in_use);
	assert_same_field(evpl_stats, stats_0_1_0, overflow_mbufs_in_use);
	assert_same_field(evpl_stats, stats_0_1_0, rx_linearized);
	assert_same_field(evpl_stats, stats_0_1_0, rx_too_long);
	assert_same_field(evpl_stats, stats_0_1_0, rx_no_memory);
}

/* Each struct lies between bytes that would be a wrong configuration, and that must stay as they are. */
static void
old_program_runs_as_it_did(void **state)
{
	struct {
		uint64_t before[4];
		union {
			struct global_config_0_1_0 global;
			struct thread_config_0_1_0 thread;
			struct stats_0_1_0 stats;
		};
	} around[2];
	struct evpl_iovec iovec;
	const uint8_t *behind;
	struct evpl *evpl;

	(void)state;
	memset(around, 0xa5, sizeof(around));
	around[0].global = small;
	assert_int_equal(init_old(&around[0].global), 0);
	assert_int_equal(evpl_buffer_size(), 16 << 10);
	memset(around, 0xa5, sizeof(around));
	around[0].thread = (struct thread_config_0_1_0){.rx_flags = SHARED, .stash_buffers = 2};
	evpl = create_old(&around[0].thread);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &iovec), 1);

	memset(around, 0xa5, sizeof(around));
	evpl_stats_get((struct evpl_stats *)(void *)&around[0].stats);
	assert_int_equal(around[0].stats.contexts, 1);
	assert_int_equal(around[0].stats.slabs, 1);
	assert_true(around[0].stats.slab_bytes >= 1 << 20);
	assert_int_equal(around[0].stats.buffers, around[0].stats.slab_bytes / (16 << 10));
	assert_int_equal(around[0].stats.buffers_in_use, 1);
	assert_int_equal(around[0].stats.buffers_current, 1);
	assert_int_equal(around[0].stats.packet_mbufs, 63);
	assert_int_equal(around[0].stats.rx_no_memory, 0);
	for (behind = (const uint8_t *)(&around[0].stats + 1); behind < (const uint8_t *)&around[2]; behind++)
		assert_int_equal(*behind, 0xa5);

	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
}

/* What a program asks for that was compiled against a later version: reserved bytes of this one. */
static void
field_of_a_later_version_is_refused(void **state)
{
	const struct evpl_global_config no_wish = {0};
	struct evpl_global_config global;
	struct evpl_thread_config thread;

	(void)state;
	for (unsigned running = 0; running < 2; running++) {
		for (unsigned i = 0; i < DIM(global.reserved); i++) {
			global = no_wish;
			global.reserved[i] = (uint64_t)1 << 63;
			assert_int_equal(evpl_init(&global), -EINVAL);
		}
		/* What was refused left nothing behind. */
		assert_int_equal(init_old(&small), 0);
	}
	for (unsigned i = 0; i <= DIM(thread.reserved); i++) {
		memset(&thread, 0, sizeof(thread));
		thread.reserved_word = i == DIM(thread.reserved);
		if (i < DIM(thread.reserved))
			thread.reserved[i] = (uint64_t)1 << 63;
		assert_null_with(evpl_create(&thread), EINVAL);
	}
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
stats_of_a_later_version_are_zero(void **state)
{
	struct evpl_stats stats;

	(void)state;
	for (unsigned running = 0; running < 2; running++) {
		memset(&stats, 0xa5, sizeof(stats));
		evpl_stats_get(&stats);
		for (unsigned i = 0; i < DIM(stats.reserved); i++)
			assert_int_equal(stats.reserved[i], 0);
		if (running == 0)
			assert_int_equal(init_old(&small), 0);
	}
	assert_int_equal(evpl_cleanup(), 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(sizes_and_offsets_are_as_they_were),
		cmocka_unit_test(old_program_runs_as_it_did),
		cmocka_unit_test(field_of_a_later_version_is_refused),
		cmocka_unit_test(stats_of_a_later_version_are_zero),
	};
	static const struct program program = {.name = "grown_structs", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
