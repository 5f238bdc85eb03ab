/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that evpl-httpd's glue (apps/lwip) keeps from lwIP because they are too short. No byte may be used that was
 * not received.
 *
 * What would break: bytes that an earlier frame left in a buffer could be used as the address of a neighbour, or as the
 * length of an option.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <lwip/priv/tcp_priv.h>

#include "fixes/frame_filter.h"
#include "support.h"

#define ETHERNET 14u
#define IP6 40u

static uint8_t bytes[256];

/* A frame of that type, of zeros; rest: in a second pbuf. */
static enum frame_verdict
verdict(unsigned type, unsigned length, unsigned rest)
{
	struct pbuf second = {.payload = bytes + length, .len = (u16_t)rest, .tot_len = (u16_t)rest};
	struct pbuf first = {.payload = bytes, .len = (u16_t)length, .tot_len = (u16_t)(length + rest)};

	if (rest != 0)
		first.next = &second;
	bytes[12] = (uint8_t)(type >> 8);
	bytes[13] = (uint8_t)type;
	return frame_filter(&first);
}

/* Messages of that type pass from that length on. The bytes behind were not received, or not in the first pbuf. */
static void
assert_passes_from(unsigned type, unsigned least)
{
	for (unsigned length = 0; length < 100; length++) {
		enum frame_verdict want = length < least ? FRAME_SHORT : FRAME_PASSES;

		assert_int_equal(verdict(type, length, 0), want);
		assert_int_equal(verdict(type, length, 100), want);
	}
}

static void
frames_pass_when_their_header_is_there(void **state)
{
	(void)state;
	memset(bytes, 0, sizeof(bytes));
	bytes[ETHERNET + 6] = 6;   /* TCP, in IPv6; in IPv4 a fragment, */
	bytes[ETHERNET + 3] = 100; /* which is not empty */
	assert_passes_from(0x0806, ETHERNET + 28);
	assert_passes_from(0x0800, ETHERNET + 20);
	assert_passes_from(0x86dd, ETHERNET + IP6);
	assert_passes_from(0x8100, ETHERNET + 1);
}

/* A message of neighbour discovery with `length` bytes of options, the first `in_first` of them in the first pbuf. */
static enum frame_verdict
discovery(uint8_t type, unsigned fixed, unsigned length, unsigned in_first)
{
	bytes[ETHERNET + 5] = (uint8_t)(fixed + length);
	bytes[ETHERNET + 6] = 58;
	bytes[ETHERNET + IP6] = type;
	return verdict(0x86dd, ETHERNET + IP6 + fixed + in_first, length - in_first);
}

static void
options_of_neighbour_discovery_are_whole(void **state)
{
	static const struct {
		uint8_t type;
		unsigned fixed;
	} messages[] = {{134, 16}, {135, 24}, {136, 24}, {137, 40}};

	(void)state;
	for (unsigned i = 0; i < DIM(messages); i++) {
		uint8_t type = messages[i].type;
		unsigned fixed = messages[i].fixed;
		uint8_t *option = bytes + ETHERNET + IP6 + fixed;

		memset(bytes, 0, sizeof(bytes));
		assert_int_equal(discovery(type, fixed, 0, 0), FRAME_PASSES);
		/* The first option has no length; what lies behind the frame is one. */
		assert_int_equal(discovery(type, fixed, 8, 8), FRAME_SHORT);
		option[1] = 1;
		assert_int_equal(discovery(type, fixed, 1, 1), FRAME_SHORT);
		for (unsigned length = 2; length < 8; length++)
			assert_int_equal(discovery(type, fixed, length, length), FRAME_SHORT);
		assert_int_equal(discovery(type, fixed, 8, 8), FRAME_PASSES);
		/* The second one is in another pbuf, or cut by it. */
		assert_int_equal(discovery(type, fixed, 16, 8), FRAME_SHORT);
		option[9] = 1;
		assert_int_equal(discovery(type, fixed, 16, 8), FRAME_PASSES);
		assert_int_equal(discovery(type, fixed, 16, 9), FRAME_PASSES);
		option[9] = 2;
		assert_int_equal(discovery(type, fixed, 16, 9), FRAME_SHORT);
		/* The packet says that it is longer than the frame. */
		bytes[ETHERNET + 4] = 1;
		assert_int_equal(discovery(type, fixed, 8, 8), FRAME_SHORT);
	}
	/* Others have no options. */
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(discovery(128, 8, 8, 8), FRAME_PASSES);
}

/* A SYN whose options are those, with `second` of them in another place. */
static void
assert_options(const char *options, uint16_t length, uint16_t second, const char *want)
{
	struct {
		struct tcp_hdr header;
		char options[40];
	} segment = {0};
	struct tcp_pcb pcb = {.state = LISTEN};
	uint16_t first = (uint16_t)(length - second);
	uint8_t there[40] = {0};

	memcpy(segment.options, options, first);
	memcpy(there, options + first, second);
	TCPH_HDRLEN_FLAGS_SET(&segment.header, 5 + length / 4, TCP_SYN);
	assert_int_equal(glue_tcp_filter(&pcb, &segment.header, length, first, second != 0 ? there : NULL, NULL),
			 ERR_OK);
	assert_memory_equal(segment.options, want, first);
	assert_memory_equal(there, want + first, second);
}

static void
tcp_option_without_its_length_does_not_count(void **state)
{
	(void)state;
	for (uint16_t second = 0; second <= 4; second += 2) {
		assert_options("\1\1\1\2", 4, second, "\1\1\1\1");
		assert_options("\1\1\1\3", 4, second, "\1\1\1\1");
		assert_options("\2\4\5\xb4", 4, second, "\2\4\5\xb4");
		assert_options("\1\3\3\2", 4, second, "\1\3\3\2");
		assert_options("\0\2\2\2", 4, second, "\0\2\2\2");
		assert_options("\2\4\5\xb4\1\1\1\x8", 8, second, "\2\4\5\xb4\1\1\1\1");
		assert_options("\2\0\0\2", 4, second, "\2\0\0\2");
		/* These two have no length. */
		assert_options("\1\1\1\0", 4, second, "\1\1\1\0");
		assert_options("\1\1\1\1", 4, second, "\1\1\1\1");
		assert_options("\2\4\5\xb4\1\1\1\0", 8, second, "\2\4\5\xb4\1\1\1\0");
	}
}

/*
 * lwIP answers for a listening pcb, too. Its struct is shorter than that of a connection: what lies behind it is not
 * ours.
 */
static void
rst_of_a_listener_reads_no_more_than_there_is(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t room = RTE_ALIGN(sizeof(struct tcp_pcb_listen), 16);
	struct {
		struct tcp_hdr header;
		u32_t options[1];
	} segment = {0};
	struct pbuf p = {.payload = &segment.header, .len = TCP_HLEN, .tot_len = TCP_HLEN};
	struct tcp_pcb_listen *listener;
	const struct tcp_pcb *pcb;

	(void)state;
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	listener = (struct tcp_pcb_listen *)(void *)(pages + page - room);
	listener->state = LISTEN;
	pcb = (const struct tcp_pcb *)listener;
	TCPH_HDRLEN_FLAGS_SET(&segment.header, 5, TCP_RST | TCP_ACK);
	assert_ptr_equal(LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(&p, &segment.header, pcb, segment.options), segment.options);
	pcb = NULL;
	assert_ptr_equal(LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(&p, &segment.header, pcb, segment.options), segment.options);
	munmap(pages, 2 * page);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(frames_pass_when_their_header_is_there),
	cmocka_unit_test(options_of_neighbour_discovery_are_whole),
	cmocka_unit_test(tcp_option_without_its_length_does_not_count),
	cmocka_unit_test(rst_of_a_listener_reads_no_more_than_there_is),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "glue_input", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
