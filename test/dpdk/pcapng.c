/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_pcapng_copy of packets of iovecs, and the file that results from it. A capture (rte_pdump, dpdk-dumpcap) calls it
 * on the data path. (test/e2e/test_capture.py captures from a running evpl-fwd, if there are huge pages.)
 *
 * What would break: frames could be cut at the end of the first segment. The copy could change the packet, which is
 * sent after it was captured. So every packet is checked in the file and at the receiver.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pcapng.h>

#include "relay.h"
#include "support.h"
#include "wire.h"

#define N 200u
#define SNAPLEN 2000u
#define PACKET_BLOCK 6u
#define PACKET_HEADER 28u /* bytes of such a block before the frame's */

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};

static rte_pcapng_t *
open_capture(int fd, uint16_t port)
{
	rte_pcapng_t *capture = rte_pcapng_fdopen(fd, NULL, NULL, "evpl", NULL);

	assert_non_null(capture);
#ifdef DLT_EN10MB /* rte_pcapng.h has it if the call wants a link type: from 25.11 on */
	assert_true(rte_pcapng_add_interface(capture, port, DLT_EN10MB, NULL, NULL, NULL) >= 0);
#elif RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	assert_true(rte_pcapng_add_interface(capture, port, NULL, NULL, NULL) >= 0);
#else
	RTE_SET_USED(port); /* all that there are */
#endif
	return capture;
}

static struct rte_mbuf *
copy(uint16_t port, const struct rte_mbuf *packet, struct rte_mempool *pool)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
	return rte_pcapng_copy(port, 0, packet, pool, SNAPLEN, RTE_PCAPNG_DIRECTION_OUT, NULL);
#else
	return rte_pcapng_copy(port, 0, packet, pool, SNAPLEN, rte_get_tsc_cycles(), RTE_PCAPNG_DIRECTION_OUT);
#endif
}

/* Finds all packets of relay_make() in the file, in order. */
static void
assert_file(int fd)
{
	struct stat about;
	uint8_t *file;
	off_t at = 0;
	unsigned n = 0;
	struct rte_mempool *pool = plain_pool("pcapng_file", 1, SNAPLEN + RTE_PKTMBUF_HEADROOM);

	assert_int_equal(fstat(fd, &about), 0);
	file = malloc((size_t)about.st_size);
	assert_non_null(file);
	assert_int_equal(pread(fd, file, (size_t)about.st_size, 0), about.st_size);
	while (at + 12 <= about.st_size) {
		uint32_t type, length, captured;

		memcpy(&type, file + at, sizeof(type));
		memcpy(&length, file + at + 4, sizeof(length));
		assert_in_range(length, 12, about.st_size - at);
		if (type == PACKET_BLOCK) {
			struct rte_mbuf *frame = rte_pktmbuf_alloc(pool);
			uint16_t i;

			memcpy(&captured, file + at + 20, sizeof(captured));
			assert_in_range(captured, 1, length - PACKET_HEADER);
			memcpy(rte_pktmbuf_append(frame, (uint16_t)captured), file + at + PACKET_HEADER, captured);
			assert_true(relay_check(frame, &i));
			assert_int_equal(i, n);
			rte_pktmbuf_free(frame);
			n++;
		}
		at += length;
	}
	assert_int_equal(at, about.st_size);
	assert_int_equal(n, N);
	free(file);
	rte_mempool_free(pool);
}

static void
pcapng_of_iovecs_has_every_byte(void **state)
{
	struct home *home = *state;
	struct wire wire = wire_open(home->evpl);
	struct rte_mempool *pool = plain_pool("pcapng", 63, (uint16_t)rte_pcapng_mbuf_size(SNAPLEN));
	int fd = memfd_create("capture.pcapng", 0);
	rte_pcapng_t *capture;

	assert_true(fd >= 0);
	capture = open_capture(dup(fd), wire.port); /* which it closes */
	for (uint16_t i = 0; i < N; i++) {
		struct rte_mbuf *packet = relay_make(home->evpl, i), *captured;
		uint16_t received;

		assert_non_null(packet);
		captured = copy(wire.port, packet, pool);
		assert_non_null(captured);
		packet = wire_pass(&wire, packet);
		assert_true(relay_check(packet, &received));
		assert_int_equal(received, i);
		rte_pktmbuf_free(packet);
		assert_true(rte_pcapng_write_packets(capture, &captured, 1) > 0);
		rte_pktmbuf_free(captured);
	}
	rte_pcapng_close(capture);
	assert_file(fd);
	close(fd);
	home_assert_pool(pool, 63);
	rte_mempool_free(pool);
	wire_close(&wire);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(pcapng_of_iovecs_has_every_byte, config),
	};
	const struct program program = {.name = "pcapng", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
