/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log lines of the calls that refuse an argument: evpl_init, evpl_create, evpl_rx_pool_create,
 * evpl_rx_pool_destroy, evpl_slab_add_external.
 *
 * What would break: EINVAL alone does not say which of a dozen fields it is about. A line could name another field than
 * the wrong one. So each field is wrong once, the line must have its name, its value and what would do, and no other
 * line may be logged.
 */
#include <limits.h>

#include <rte_eal.h>

#include "logged.h"
#include "stopped.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

/* The largest buffer depends on DPDK's build, too: all that 32 bits count, but for a cache line. */
#if RTE_CACHE_LINE_SIZE == 64
#define LARGEST "4294967231"
#else
#define LARGEST "4294967167"
#endif

/* The last socket_id depends on DPDK's build. */
static void
say(char *line, size_t size, const char *call, const char *words)
{
	if (strncmp(words, "socket_id", 9) == 0)
		snprintf(line, size, "%s: %s%d", call, words, RTE_MAX_NUMA_NODES - 1);
	else
		snprintf(line, size, "%s: %s", call, words);
}

static void
init_names_the_field_and_its_range(void **state)
{
	const struct {
		struct evpl_global_config config;
		const char *line;
	} bad[] = {
		{{.slab_size = 1}, "slab_size is 1, but must be 1024 to 68719476736"},
		{{.slab_size = UINT64_MAX}, "slab_size is 18446744073709551615, but must be 1024 to 68719476736"},
		{{.buffer_size = 1023}, "buffer_size is 1023, but must be 1024 to " LARGEST},
		{{.buffer_size = UINT32_MAX}, "buffer_size is 4294967295, but must be 1024 to " LARGEST},
		{{.slab_size = MIB, .buffer_size = MIB + 1}, "buffer_size is 1048577, but must be 1024 to 1048576"},
		{{.large_buffer_size = 1000}, "large_buffer_size is 1000, but must be 1024 to " LARGEST},
		{{.buffer_size = 64 * KIB, .large_buffer_size = 64 * KIB - 1},
		 "large_buffer_size is 65535, but must be 65536 to " LARGEST},
		{{.slab_size = MIB, .large_buffer_size = 2 * MIB},
		 "large_buffer_size is 2097152, but must be 65536 to 1048576"},
		{{.max_slabs = 65537}, "max_slabs is 65537, but must be 1 to 65536"},
		{{.preallocate_slabs = 65537}, "preallocate_slabs is 65537, but must be 0 to 65536"},
		{{.preallocate_slabs = 3, .max_slabs = 2}, "preallocate_slabs is 3, but must be 0 to 2"},
		{{.low_watermark = 2, .high_watermark = 1},
		 "high_watermark is 1, but must be 2 to 18446744073709551615"},
		{{.packet_mbufs = UINT_MAX}, "packet_mbufs is 4294967295, but must be 1 to 16777216"},
		{{.reserved = {7}},
		 "reserved[0] is 7, but must be 0: the program needs a later version of libevpl-dpdk, or did not set "
		 "the "
		 "struct to zero"},
		{{.reserved = {[3] = 9}},
		 "reserved[3] is 9, but must be 0: the program needs a later version of libevpl-dpdk, or did not set "
		 "the "
		 "struct to zero"},
	};
	char line[256];

	(void)state;
	for (unsigned i = 0; i < DIM(bad); i++) {
		log_begin();
		assert_int_equal(evpl_init(&bad[i].config), -EINVAL);
		say(line, sizeof(line), "evpl_init", bad[i].line);
		assert_logged(line);
	}
}

/* The library's calls come here first. In evpl_init(), a shelf for one slab is the only thing of that size. */
static bool no_memory_for_shelves;

void *
rte_zmalloc_socket(const char *type, size_t size, unsigned align, int socket)
{
	void *(*real)(const char *, size_t, unsigned, int);

	program_next(&real, sizeof(real), "rte_zmalloc_socket");
	return no_memory_for_shelves && size > 100 && size < 1000 ? NULL : real(type, size, align, socket);
}

void *
rte_zmalloc(const char *type, size_t size, unsigned align)
{
	return rte_zmalloc_socket(type, size, align, SOCKET_ID_ANY);
}

static void
init_says_why_slabs_cannot_be_made(void **state)
{
	const struct evpl_global_config shelf = {
		.slab_size = MIB, .buffer_size = 64 * KIB, .preallocate_slabs = 3, .max_slabs = 3};
	/* EAL has 256 MiB, or, of huge pages, what the machine has. */
	const struct evpl_global_config memory = {.slab_size = 512 * MIB, .preallocate_slabs = 2};
	const struct evpl_global_config memzones = {.preallocate_slabs = EVPL_MAX_SLABS};
	char line[256];

	(void)state;
	if (!rte_eal_has_hugepages()) {
		log_begin();
		assert_int_equal(evpl_init(&memory), -ENOMEM);
		assert_logged("evpl_init: preallocate_slabs is 2, but only 0 slabs of 536870912 bytes can be made: "
			      "Cannot allocate memory");
	}
	no_memory_for_shelves = true;
	log_begin();
	assert_int_equal(evpl_init(&shelf), -ENOMEM);
	no_memory_for_shelves = false;
	assert_logged("evpl_init: preallocate_slabs is 3, but only 0 slabs of 1048576 bytes can be made: "
		      "Cannot allocate memory");
	log_begin();
	assert_int_equal(evpl_init(&memzones), -ENOMEM);
	snprintf(line, sizeof(line), "evpl_init: preallocate_slabs is %u, but EAL has no more than %u memzones",
		 EVPL_MAX_SLABS, home_memzones());
	assert_logged(line);
}

static void
init_names_the_field_that_another_caller_chose(void **state)
{
	const struct evpl_global_config running = {.slab_size = MIB,
						   .buffer_size = 16 * KIB,
						   .large_buffer_size = 512 * KIB,
						   .max_slabs = 4,
						   .packet_mbufs = 100,
						   .sample_period = 3,
						   .preallocate_slabs = 1,
						   .idle_trim_ms = 1000000,
						   .high_watermark = MIB};
	const struct {
		struct evpl_global_config config;
		const char *line;
	} other[] = {
		{{.slab_size = 2 * MIB}, "slab_size is 2097152, but the library runs with 1048576"},
		{{.slab_size = 8 * KIB}, "slab_size is 8192, but the library runs with 1048576"},
		{{.buffer_size = 3 * MIB}, "buffer_size is 3145728, but the library runs with 16384"},
		{{.large_buffer_size = MIB}, "large_buffer_size is 1048576, but the library runs with 524288"},
		{{.max_slabs = 5}, "max_slabs is 5, but the library runs with 4"},
		{{.packet_mbufs = 101}, "packet_mbufs is 101, but the library runs with 100"},
		{{.sample_period = 4}, "sample_period is 4, but the library runs with 3"},
		{{.preallocate_slabs = 2}, "preallocate_slabs is 2, but the library runs with 1 slabs"},
		{{.low_watermark = 1}, "low_watermark is 1, but the library runs with 0"},
		{{.high_watermark = 2 * MIB}, "high_watermark is 2097152, but the library runs with 1048576"},
		{{.idle_trim_ms = 5}, "idle_trim_ms is 5, but the library runs with 1000000"},
		{{.far_packets = 1}, "far_packets is set, but the library runs without it"},
	};
	char line[256];

	(void)state;
	assert_int_equal(evpl_init(&running), 0);
	for (unsigned i = 0; i < DIM(other); i++) {
		log_begin();
		assert_int_equal(evpl_init(&other[i].config), -EALREADY);
		say(line, sizeof(line), "evpl_init", other[i].line);
		assert_logged(line);
	}
	assert_int_equal(evpl_cleanup(), 0);
}

static void
create_names_the_field_and_its_range(void **state)
{
	const struct {
		struct evpl_thread_config config;
		const char *line;
	} bad[] = {
		{{.rx_flags = 2}, "rx_flags is 2, but must be 0 to 1"},
		{{.stash_buffers = 65}, "stash_buffers is 65, but must be 0 to 64"},
		{{.socket_id = -3}, "socket_id is -3, but must be -2 to "},
		{{.socket_id = INT_MAX}, "socket_id is 2147483647, but must be -2 to "},
		{{.reserved_word = 1},
		 "reserved_word is 1, but must be 0: the program needs a later version of libevpl-dpdk, or did not set "
		 "the "
		 "struct to zero"},
	};
	char line[256];

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	for (unsigned i = 0; i < DIM(bad); i++) {
		log_begin();
		assert_null_with(evpl_create(&bad[i].config), EINVAL);
		say(line, sizeof(line), "evpl_create", bad[i].line);
		assert_logged(line);
	}
	assert_int_equal(evpl_cleanup(), 0);
}

static void
rx_pool_names_the_argument(void **state)
{
	const struct {
		const char *name;
		unsigned n;
		uint16_t data_room;
		int socket_id;
		const char *line;
	} bad[] = {
		{NULL, 63, 0, -1, "name is NULL"},
		{"", 63, 0, -1, "name is empty"},
		{"evpl_mine", 63, 0, -1,
		 "name is \"evpl_mine\", but the library's own pools have the names that begin with \"evpl_\""},
		{"abcdefghijklmnopqrstuvwxyz", 63, 0, -1,
		 "name is \"abcdefghijklmnopqrstuvwxyz\", which has 26 characters: 25 are possible"},
		{"n", 0, 0, -1, "n is 0, but must be 1 to 4294967295"},
		{"room", 63, RTE_PKTMBUF_HEADROOM, -1, "data_room is 128, but must be 129 to 65535"},
		{"socket", 63, 0, -2, "socket_id is -2, but must be -1 to "},
	};
	char line[256];

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	for (unsigned i = 0; i < DIM(bad); i++) {
		log_begin();
		assert_null_with(evpl_rx_pool_create(bad[i].name, bad[i].n, bad[i].data_room, bad[i].socket_id),
				 EINVAL);
		say(line, sizeof(line), "evpl_rx_pool_create", bad[i].line);
		assert_logged(line);
	}
	log_begin();
	assert_int_equal(evpl_rx_pool_destroy(NULL), -EINVAL);
	assert_logged("evpl_rx_pool_destroy: pool (nil) is not an RX pool of the library");
	assert_int_equal(evpl_cleanup(), 0);
}

/* What the lines above call possible is possible. */
static void
ends_of_the_ranges_are_accepted(void **state)
{
	static const struct evpl_global_config least = {
		.slab_size = KIB, .buffer_size = KIB, .large_buffer_size = KIB, .max_slabs = 1, .packet_mbufs = 1};
	static const struct evpl_global_config most = {.slab_size = 2 * MIB,
						       .buffer_size = 2 * MIB,
						       .large_buffer_size = 2 * MIB,
						       .max_slabs = EVPL_MAX_SLABS,
						       .high_watermark = UINT64_MAX,
						       .packet_mbufs = 63};
	static const struct evpl_thread_config thread = {.rx_flags = SHARED, .stash_buffers = 64};
	const struct evpl_thread_config last_node = {.socket_id = RTE_MAX_NUMA_NODES - 1};
	struct rte_mempool *pool;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&least), 0);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(evpl_init(&most), 0);
	evpl = evpl_create(&thread);
	assert_non_null(evpl);
	pool = evpl_rx_pool_create("most", 1, UINT16_MAX, -1);
	assert_non_null(pool);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	pool = evpl_rx_pool_create("least", 1, RTE_PKTMBUF_HEADROOM + 1, -1);
	assert_non_null(pool);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	evpl_destroy(evpl);
	/* Its number is allowed. Few machines have that node: with huge pages there is no memory of it. */
	evpl = evpl_create(&last_node);
	assert_true(evpl != NULL || rte_errno == ENOMEM);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
no_end(void *addr, uint64_t length, void *arg)
{
	fail_msg("free_cb of %p, %u bytes, %p", addr, (unsigned)length, arg);
}

/* No byte of the memory is there: it is refused before that matters. */
static void
external_slab_names_the_argument(void **state)
{
	static const rte_iova_t none[8] = {RTE_BAD_IOVA, RTE_BAD_IOVA, RTE_BAD_IOVA, RTE_BAD_IOVA};
	const struct {
		uintptr_t addr;
		uint64_t length, page_size;
		int group;
		unsigned flags;
		int error;
		const char *line;
	} bad[] = {
		{0x10000, 65536, 4096, -1, 0, EINVAL, "socket_id is 999, but must be 1000 to 1015"},
		{0x10000, 65536, 4096, 16, 0, EINVAL, "socket_id is 1016, but must be 1000 to 1015"},
		{0x10000, 65536, 4096, 0, 8, EINVAL, "flags is 8, but must be 0 to 7"},
		{0x10000, 65536, 2048, 0, 0, EINVAL, "page_size is 2048, but must be a power of two, at least 4096"},
		{0x10000, 65536, 0, 0, 0, EINVAL, "page_size is 0, but must be a power of two, at least 4096"},
		{0x10000, 65536, 12288, 0, 0, EINVAL, "page_size is 12288, but must be a power of two, at least 4096"},
		{0, 65536, 4096, 0, 0, EINVAL, "addr is (nil), but must be a multiple of page_size (4096)"},
		{0x10800, 65536, 4096, 0, 0, EINVAL, "addr is 0x10800, but must be a multiple of page_size (4096)"},
		{0x10000, 65536, 2097152, 0, 0, EINVAL,
		 "addr is 0x10000, but must be a multiple of page_size (2097152)"},
		{0x10000, 0, 4096, 0, 0, EINVAL,
		 "length is 0, but must be a multiple of page_size (4096), up to the end of memory"},
		{0x10000, 65537, 4096, 0, 0, EINVAL,
		 "length is 65537, but must be a multiple of page_size (4096), up to the end of memory"},
		{0x10000, UINT64_MAX - 4095, 4096, 0, 0, EINVAL,
		 "length is 18446744073709547520, but must be a multiple of page_size (4096), up to the end of memory"},
		{UINTPTR_MAX - 4095, 8192, 4096, 0, 0, EINVAL,
		 "length is 8192, but must be a multiple of page_size (4096), up to the end of memory"},
		{0x10000, 4096, 4096, 0, 0, EINVAL, "4096 bytes at 0x10000 have no room for a buffer of 8192 bytes"},
		{0x11000, 8192, 4096, 0, 0, EINVAL, "8192 bytes at 0x11000 have no room for a buffer of 8192 bytes"},
		{0x10000, 8192, 4096, 0, EVPL_EXTERNAL_LARGE, EINVAL,
		 "8192 bytes at 0x10000 have no room for a buffer of 16384 bytes"},
		{0x10000, 8192, 4096, 0, 0, ENOTSUP,
		 "pages at 0x10000 have no IO addresses, and flags has no EVPL_EXTERNAL_NO_IOVA"},
		{0x2000, 16384, 4096, 0, 0, ENOTSUP,
		 "pages at 0x2000 have no IO addresses, and flags has no EVPL_EXTERNAL_NO_IOVA"},
	};
	const struct evpl_global_config sizes = {
		.slab_size = 32 * KIB, .buffer_size = 8 * KIB, .large_buffer_size = 16 * KIB, .packet_mbufs = 63};
	char line[256];

	(void)state;
	log_begin();
	assert_int_equal(evpl_slab_add_external((void *)0x10000, 8192, 4096, none, EVPL_EXTERNAL(0), 0, no_end, NULL),
			 -EPERM);
	assert_logged("evpl_slab_add_external: evpl_init() has not run, or evpl_cleanup_deferred() has begun");
	assert_int_equal(evpl_init(&sizes), 0);
	for (unsigned i = 0; i < DIM(bad); i++) {
		log_begin();
		assert_int_equal(evpl_slab_add_external((void *)bad[i].addr, bad[i].length, bad[i].page_size, none,
							EVPL_EXTERNAL(bad[i].group), bad[i].flags, no_end, NULL),
				 -bad[i].error);
		snprintf(line, sizeof(line), "evpl_slab_add_external: %s", bad[i].line);
		assert_logged(line);
	}
	assert_int_equal(evpl_cleanup(), 0);
}

static const struct CMUnitTest cases[] = {
	stopped_case(init_names_the_field_and_its_range),
	stopped_case(init_says_why_slabs_cannot_be_made),
	stopped_case(init_names_the_field_that_another_caller_chose),
	stopped_case(create_names_the_field_and_its_range),
	stopped_case(rx_pool_names_the_argument),
	stopped_case(external_slab_names_the_argument),
	stopped_case(ends_of_the_ranges_are_accepted),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "refused", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
