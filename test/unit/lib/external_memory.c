/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * External slabs of each kind of memory: anonymous, a file, a memfd that another program maps, a region that EAL was
 * told of, pages with IO addresses in any order, and memory that nobody may touch. And more slabs than EAL has
 * memzones.
 *
 * What would break: bytes that are not in the program's memory, or that the library itself writes there; and packets
 * whose IO address is that of other bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_log.h>
#include <rte_memory.h>

#include "brought.h"

#define PAGES (BROUGHT_LENGTH / PAGE)
#define IOVA_OF_PAGE(i) ((rte_iova_t)0x7000000 + (rte_iova_t)(i)*PAGE)
#define MEMFD_PATH "EVPL_TEST_MEMFD"
#define MEMFD_OFFSET "EVPL_TEST_OFFSET"

static int
add(void *addr, const rte_iova_t *iova, unsigned flags, struct brought_end *end)
{
	return evpl_slab_add_external(addr, BROUGHT_LENGTH, PAGE, iova, EVPL_EXTERNAL(0), flags, brought_ended, end);
}

/* A whole buffer, so that it begins where the buffer does in every build. */
static void
take_buffer(struct evpl *evpl, struct evpl_iovec *iovec)
{
	assert_int_equal(evpl_iovec_alloc(evpl, 16 * KIB, 0, 1, SHARED, iovec), 1);
}

/* Takes, splits, clones, sends, receives; leaves nothing. */
static void
use_everything(void *addr)
{
	struct evpl *evpl = brought_context(0);
	struct rte_mempool *pool = plain_pool("received", 63, RTE_MBUF_DEFAULT_BUF_SIZE);
	uint16_t port = port_loop(pool);
	struct evpl_iovec iovec[4], clone, back;

	assert_int_equal(evpl_iovec_alloc(evpl, 40 * KIB, 0, 4, LOCAL, iovec), 3);
	assert_int_equal(iovecs_fill(iovec, 3, 1), 40 * KIB);
	assert_int_equal(iovecs_assert(iovec, 3, 1), 40 * KIB);
	evpl_iovecs_release(evpl, iovec, 3);
	assert_int_equal(evpl_iovec_reserve(evpl, 4 * KIB, 64, 1, iovec), 1);
	evpl_iovec_set_length(&iovec[0], 900);
	evpl_iovec_commit(evpl, 0, iovec, 1);
	iovec_fill(&iovec[0], 2);
	evpl_iovec_clone(&clone, &iovec[0]);
	assert_int_equal(evpl_tx_burst(evpl, port, 0, &clone, 1), 1);
	iovec_assert(&iovec[0], 2, 0);
	evpl_iovec_release(evpl, &iovec[0]);
	assert_int_equal(evpl_rx_burst(evpl, port, 0, &back, 1), 1);
	assert_true(brought_has(addr, back.data, back.length));
	iovec_assert(&back, 2, 0);
	evpl_iovec_release(evpl, &back);
	evpl_destroy(evpl);
	port_close(port);
	rte_mempool_free(pool);
}

static void
anonymous_memory_serves_all_calls(void **state)
{
	struct brought_end end = {0};
	void *addr = brought_add(0, 0, &end);

	(void)state;
	for (unsigned round = 0; round < 3; round++)
		use_everything(addr);
	brought_remove(addr, &end);
}

static int
new_file(const char *what)
{
	char name[] = "/tmp/evpl_external_XXXXXX";
	int file = strcmp(what, "memfd") == 0 ? memfd_create("evpl", 0) : mkstemp(name);

	assert_true(file >= 0);
	if (strcmp(what, "memfd") != 0)
		assert_int_equal(unlink(name), 0);
	assert_int_equal(ftruncate(file, BROUGHT_LENGTH), 0);
	return file;
}

/* What iovecs wrote is in the file after all is released, and nothing else is. */
static void
file_has_the_bytes_of_the_iovecs(void **state)
{
	static char content[BROUGHT_LENGTH];
	int file = new_file("file");
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, file);
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	struct evpl_iovec iovec[2];
	size_t at[2];

	(void)state;
	assert_int_equal(add(addr, NULL, EVPL_EXTERNAL_UNTOUCHED | EVPL_EXTERNAL_NO_IOVA, &end), 0);
	for (unsigned i = 0; i < 2; i++) {
		take_buffer(evpl, &iovec[i]);
		evpl_iovec_set_length(&iovec[i], 1000);
		iovec_fill(&iovec[i], i);
		at[i] = (size_t)((char *)iovec[i].data - (char *)addr);
	}
	evpl_iovecs_release(evpl, iovec, 2);
	evpl_destroy(evpl);
	brought_remove(addr, &end);
	assert_int_equal(pread(file, content, sizeof(content), 0), sizeof(content));
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(bytes_right(content + at[i], 1000, i, 0), 1000);
		memset(content + at[i], 0, 1000);
	}
	for (unsigned i = 0; i < sizeof(content); i++)
		assert_int_equal(content[i], 0);
	close(file);
}

/* The other program: it knows the file and where the bytes are, and not more. It answers behind them. */
static void
other_program(void)
{
	int file = open(getenv(MEMFD_PATH), O_RDWR);
	char *addr = mmap(NULL, BROUGHT_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	size_t offset = strtoul(getenv(MEMFD_OFFSET), NULL, 10);

	if (file < 0 || addr == MAP_FAILED || bytes_right(addr + offset, 1000, 11, 0) != 1000)
		exit(1);
	bytes_fill(addr + offset + 1000, 1000, 12, 0);
	exit(0);
}

static void
other_program_sees_the_bytes_in_a_memfd(void **state)
{
	int file = new_file("memfd");
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, file);
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	struct evpl_iovec iovec[2];
	char text[64];

	(void)state;
	assert_int_equal(add(addr, NULL, EVPL_EXTERNAL_NO_IOVA, &end), 0);
	take_buffer(evpl, &iovec[0]);
	take_buffer(evpl, &iovec[1]);
	bytes_fill(iovec[1].data, 1000, 11, 0);
	snprintf(text, sizeof(text), "/proc/%d/fd/%d", (int)getpid(), file);
	setenv(MEMFD_PATH, text, 1);
	snprintf(text, sizeof(text), "%zu", (size_t)((char *)iovec[1].data - (char *)addr));
	setenv(MEMFD_OFFSET, text, 1);
	child_assert_ends("other_program");
	assert_int_equal(bytes_right((char *)iovec[1].data + 1000, 1000, 12, 0), 1000);
	evpl_iovecs_release(evpl, iovec, 2);
	evpl_destroy(evpl);
	brought_remove(addr, &end);
	close(file);
}

/* EAL knows the IO addresses of a region that it was told of with a table. */
static void
region_of_extmem_has_the_addresses_that_eal_knows(void **state)
{
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);
	rte_iova_t iova[PAGES];
	struct evpl *evpl = brought_context(0);
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		iova[i] = IOVA_OF_PAGE(i);
	assert_int_equal(rte_extmem_register(addr, BROUGHT_LENGTH, iova, PAGES, PAGE), 0);
	assert_int_equal(evpl_slab_add_external(addr, BROUGHT_LENGTH, PAGE, NULL, EVPL_EXTERNAL(0), 0, NULL, NULL), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &iovec), 1);
		iovec_fill(&iovec, i);
		packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(packet);
		mbuf_assert(packet, 100, i);
		assert_int_equal(rte_pktmbuf_iova(packet),
				 IOVA_OF_PAGE(0) + (uintptr_t)(rte_pktmbuf_mtod(packet, char *) - (char *)addr));
		rte_pktmbuf_free(packet);
	}
	evpl_destroy(evpl);
	assert_int_equal(evpl_slab_remove_external(addr), 0);
	assert_int_equal(rte_extmem_unregister(addr, BROUGHT_LENGTH), 0);
	assert_int_equal(munmap(addr, BROUGHT_LENGTH), 0);
}

/* No buffer lies over two pages that are no neighbours for devices, and each packet has its own address. */
static void
packets_have_the_addresses_of_the_table(void **state)
{
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	struct evpl_iovec iovec[4];
	struct rte_mbuf *packet;
	rte_iova_t iova[PAGES];
	unsigned n = 0;

	(void)state;
	/* Pages 6 and 7 are apart, so the second of four buffers, pages 4 to 7, is not there. */
	for (unsigned i = 0; i < PAGES; i++)
		iova[i] = IOVA_OF_PAGE(i < 7 ? i : i + 100);
	assert_int_equal(add(addr, iova, 0, &end), 0);
	memset(iova, 0, sizeof(iova)); /* read during the call only */
	while (n < DIM(iovec) && evpl_iovec_alloc(evpl, 16 * KIB, 0, 1, SHARED, &iovec[n]) == 1)
		n++;
	assert_int_equal(n, 3);
	for (unsigned i = 0; i < n; i++) {
		uintptr_t offset = (uintptr_t)((char *)iovec[i].data - (char *)addr);

		packet = evpl_iovecs_to_mbuf(evpl, &iovec[i], 1);
		assert_non_null(packet);
		assert_true(offset / PAGE < 4 || offset / PAGE >= 8);
		assert_int_equal(rte_pktmbuf_iova(packet), IOVA_OF_PAGE(offset / PAGE + (offset / PAGE < 7 ? 0 : 100)));
		rte_pktmbuf_free(packet);
	}
	evpl_destroy(evpl);
	brought_remove(addr, &end);
}

static void
pages_without_addresses_are_refused_unless_asked_for(void **state)
{
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	struct evpl_iovec iovec, held;
	struct rte_mbuf *packet;
	rte_iova_t iova[PAGES];

	(void)state;
	for (unsigned i = 0; i < PAGES; i++)
		iova[i] = i == 3 ? RTE_BAD_IOVA : IOVA_OF_PAGE(i);
	rte_log_set_global_level(RTE_LOG_CRIT);
	iova[0] = RTE_BAD_IOVA;
	assert_int_equal(add(addr, iova, 0, &end), -ENOTSUP);
	for (unsigned i = 0; i < PAGES; i++)
		iova[i] = RTE_BAD_IOVA;
	assert_int_equal(add(addr, iova, 0, &end), -ENOTSUP);
	rte_log_set_global_level(RTE_LOG_NOTICE);
	assert_int_equal(end.calls, 0);
	assert_int_equal(add(addr, iova, EVPL_EXTERNAL_NO_IOVA, &end), 0);
	/* The first packet, and those after it, at other offsets: none has an address that is made of none. */
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 64, 1, SHARED, &held), 1);
	for (unsigned i = 0; i < 300; i++) {
		evpl_iovec_clone_segment(&iovec, &held, 1 + i % 90, 10);
		packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(packet);
		assert_int_equal(rte_mbuf_iova_get(packet), RTE_BAD_IOVA);
		rte_pktmbuf_free(packet);
	}
	evpl_iovec_release(evpl, &held);
	evpl_destroy(evpl);
	brought_remove(addr, &end);
}

/* Each byte that the library touched would end the program. */
static void
untouched_memory_is_not_touched(void **state)
{
	const uint16_t part[2] = {60, 40};
	void *addr = brought_map(BROUGHT_LENGTH, PROT_NONE, -1);
	struct rte_mempool *pool = plain_pool("chains", 63, RTE_MBUF_DEFAULT_BUF_SIZE);
	uint16_t loop = port_loop(pool), null = port_null(pool, 64);
	struct evpl_iovec iovec[4], clone, back[2];
	struct brought_end end = {0};
	struct rte_mbuf *packet;
	struct evpl_stats stats;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(add(addr, NULL, EVPL_EXTERNAL_UNTOUCHED | EVPL_EXTERNAL_NO_IOVA, &end), 0);
	for (unsigned round = 0; round < 3; round++) {
		evpl = brought_context(0);
		for (unsigned i = 0; i < 100; i++) {
			assert_int_equal(evpl_iovec_alloc(evpl, 700, 64, 1, i % 2, iovec), 1);
			evpl_iovec_clone_segment(&clone, &iovec[0], 10, 60);
			evpl_iovec_release(evpl, &iovec[0]);
			assert_int_equal(evpl_tx_burst(evpl, null, 0, &clone, 1), 1);
		}
		assert_int_equal(evpl_iovec_alloc(evpl, 40 * KIB, 0, 4, LOCAL, iovec), 3);
		evpl_iovecs_release(evpl, iovec, 3);
		assert_int_equal(evpl_iovec_reserve(evpl, 4 * KIB, 64, 1, iovec), 1);
		evpl_iovec_set_length(&iovec[0], 100);
		evpl_iovec_commit(evpl, 0, iovec, 1);
		assert_int_equal(evpl_tx_burst(evpl, loop, 0, iovec, 1), 1);
		/* A packet of several segments would be copied: it is dropped, and the next one comes. */
		packet = filled_chain(pool, part, 2, 1);
		assert_int_equal(rte_eth_tx_burst(loop, 0, &packet, 1), 1);
		assert_int_equal(evpl_rx_burst(evpl, loop, 0, back, 2), 1);
		assert_true(brought_has(addr, back[0].data, 100));
		evpl_iovec_release(evpl, &back[0]);
		evpl_leak_report(stderr);
		evpl_destroy(evpl);
		evpl_stats_get(&stats);
		assert_int_equal(stats.rx_no_memory, round + 1);
		assert_int_equal(stats.rx_linearized, 0);
	}
	assert_int_equal(evpl_trim(), 0);
	port_close(loop);
	port_close(null);
	rte_mempool_free(pool);
	brought_remove(addr, &end);
}

static const struct evpl_global_config one_page = {
	.slab_size = PAGE, .buffer_size = PAGE, .large_buffer_size = PAGE, .packet_mbufs = 63};

static unsigned
count_slabs(void)
{
	struct evpl_stats stats;

	evpl_stats_get(&stats);
	return stats.slabs;
}

/* EAL has 2,560 memzones, and an external slab takes none. */
static void
more_slabs_than_memzones_can_be_brought(void **state)
{
	const unsigned n = home_memzones() + 1;
	struct evpl_iovec iovec;
	char *pages = mmap(NULL, (size_t)n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned flags = EVPL_EXTERNAL_NO_IOVA;

	assert_ptr_not_equal(pages, MAP_FAILED);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(evpl_slab_add_external(pages + (size_t)i * PAGE, PAGE, PAGE, NULL, EVPL_EXTERNAL(0),
							flags, NULL, NULL),
				 0);
	assert_int_equal(count_slabs(), n);
	/* And others come as before. */
	assert_int_equal(evpl_iovec_alloc(home_context(state), 1, 0, 1, LOCAL, &iovec), 1);
	evpl_iovec_release(home_context(state), &iovec);
	assert_int_equal(count_slabs(), n + 1);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(evpl_slab_remove_external(pages + (size_t)i * PAGE), 0);
	assert_int_equal(munmap(pages, (size_t)n * PAGE), 0);
}

static const struct child children[] = {
	{.name = "other_program", .run = other_program, .without_eal = true},
};

static const struct CMUnitTest cases[] = {
	home_case(anonymous_memory_serves_all_calls, brought_config),
	home_case(file_has_the_bytes_of_the_iovecs, brought_config),
	home_case(other_program_sees_the_bytes_in_a_memfd, brought_config),
	home_case(region_of_extmem_has_the_addresses_that_eal_knows, brought_config),
	home_case(packets_have_the_addresses_of_the_table, brought_config),
	home_case(pages_without_addresses_are_refused_unless_asked_for, brought_config),
	home_case(untouched_memory_is_not_touched, brought_config),
	home_case(more_slabs_than_memzones_can_be_brought, one_page),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "external_memory",
					.cases = cases,
					.n_cases = DIM(cases),
					.children = children,
					.n_children = DIM(children)};

	return program_main(&program, argc, argv);
}
