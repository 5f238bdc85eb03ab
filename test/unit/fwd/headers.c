/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl-fwd's reading of frames (apps/fwd/headers.c).
 *
 * What would break: a checksum over bytes that are not the frame's, for a header was cut short or a length lies. So
 * each frame, and each packet of recorded traffic, is read whole and cut at each byte. A frame lies in memory that is
 * exactly as long as it is, so that a sanitizer or memcheck sees one byte too many. Then each length field is set to
 * each value that matters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "headers.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))

enum {
	ICMP = 1,
	TCP = 6,
	UDP = 17,
	SCTP = 132,
};

/* A frame, and where its headers end. */
struct frame {
	uint8_t bytes[256];
	uint32_t length;
	uint32_t l3, l4;  /* offsets */
	uint32_t l4_need; /* bytes of the fixed layer-4 header */
	uint8_t protocol;
	bool v6;
};

static void
put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t
fixed_header(uint8_t protocol)
{
	switch (protocol) {
	case TCP:
		return 20;
	case UDP:
		return 8;
	case ICMP:
		return 8;
	case SCTP:
		return 12;
	default:
		return 0;
	}
}

/* Ethernet, `tags` VLAN tags, IPv4 with `options` bytes of options or IPv6, the protocol's header, 10 bytes. */
static struct frame
make_frame(bool v6, unsigned tags, uint32_t options, uint8_t protocol)
{
	struct frame f = {.v6 = v6, .protocol = protocol, .l4_need = fixed_header(protocol)};
	uint32_t at = 12, l4_length = f.l4_need + 10;
	uint8_t *ip;

	for (unsigned i = 0; i < tags; i++, at += 4)
		put16(&f.bytes[at], i + 1 < tags ? 0x88a8 : 0x8100);
	put16(&f.bytes[at], v6 ? 0x86dd : 0x0800);
	f.l3 = at + 2;
	ip = &f.bytes[f.l3];
	f.l4 = f.l3 + (v6 ? 40 : 20 + options);
	f.length = f.l4 + l4_length;
	if (v6) {
		ip[0] = 0x60;
		put16(&ip[4], l4_length);
		ip[6] = protocol;
	} else {
		ip[0] = (uint8_t)(0x40 | (20 + options) / 4);
		put16(&ip[2], 20 + options + l4_length);
		ip[9] = protocol;
	}
	if (protocol == TCP)
		f.bytes[f.l4 + 12] = 5 << 4;
	if (protocol == UDP)
		put16(&f.bytes[f.l4 + 4], l4_length);
	return f;
}

/* Reads the first `length` bytes, with nothing behind them, and checks what headers.h promises of every frame. */
static struct fwd_headers
parse(const uint8_t *bytes, uint32_t length)
{
	uint8_t *exact = malloc(length > 0 ? length : 1);
	struct fwd_headers h;

	assert_non_null(exact);
	memcpy(exact, bytes, length);
	memset(&h, 0xa5, sizeof(h));
	fwd_headers_parse(exact, length, &h);
	free(exact);
	if (h.l3 != FWD_L3_OTHER)
		assert_true(h.l3_offset + (h.l3 == FWD_L3_IPV4 ? 20 : 40) <= h.l4_offset && h.l4_offset <= length);
	if (h.l4_protocol != 0) {
		assert_int_not_equal(h.l3, FWD_L3_OTHER);
		assert_int_not_equal(fixed_header(h.l4_protocol), 0);
		assert_true(h.l4_offset + fixed_header(h.l4_protocol) <= length);
	}
	if (h.l4_covered != 0) {
		assert_int_not_equal(h.l4_protocol, 0);
		assert_true(h.l4_covered >= fixed_header(h.l4_protocol));
		assert_true((uint64_t)h.l4_offset + h.l4_covered <= length);
	}
	return h;
}

static void
assert_whole(const struct frame *f, struct fwd_headers h)
{
	assert_int_equal(h.ether_type, f->v6 ? 0x86dd : 0x0800);
	assert_int_equal(h.l3, f->v6 ? FWD_L3_IPV6 : FWD_L3_IPV4);
	assert_int_equal(h.l3_offset, f->l3);
	assert_int_equal(h.l4_offset, f->l4);
	assert_int_equal(h.l4_protocol, f->l4_need != 0 ? f->protocol : 0);
	assert_int_equal(h.l4_covered, f->l4_need != 0 ? f->l4_need + 10 : 0);
	assert_false(h.malformed);
}

/* Of a frame of which only the first `length` bytes came. */
static void
assert_cut(const struct frame *f, uint32_t length)
{
	struct fwd_headers h = parse(f->bytes, length);
	bool l3 = length >= f->l4;

	assert_true(h.malformed);
	assert_int_equal(h.ether_type != 0, length >= 14);
	assert_int_equal(h.l3, !l3 ? FWD_L3_OTHER : f->v6 ? FWD_L3_IPV6 : FWD_L3_IPV4);
	assert_int_equal(h.l4_protocol, f->l4_need != 0 && length >= f->l4 + f->l4_need ? f->protocol : 0);
	/* How much the sum is over cannot be known where bytes are missing. */
	assert_int_equal(h.l4_covered, 0);
}

static void
frame_whole_and_cut_at_each_byte(void **state)
{
	static const uint8_t protocols[] = {ICMP, TCP, UDP, SCTP, 0, 47, 255};

	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++)
		for (unsigned tags = 0; tags < 4; tags++)
			for (uint32_t options = 0; options <= (v6 ? 0 : 40); options += 4)
				for (unsigned i = 0; i < DIM(protocols); i++) {
					struct frame f = make_frame(v6, tags, options, protocols[i]);

					assert_whole(&f, parse(f.bytes, f.length));
					for (uint32_t length = 0; length < f.length; length++)
						assert_cut(&f, length);
				}
}

/* Ethernet pads short frames: bytes behind the packet belong to no header. */
static void
frame_with_padding_is_whole(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame f = make_frame(v6, 0, 0, UDP);

		for (uint32_t padding = 0; padding <= 60; padding++)
			assert_whole(&f, parse(f.bytes, f.length + padding));
	}
}

static void
frame_of_other_types_has_no_l3(void **state)
{
	static const uint16_t types[] = {0x0806, 0x0000, 0x05dc, 0x8847, 0x88cc, 0xffff};
	struct frame f = make_frame(false, 0, 0, TCP);

	(void)state;
	for (unsigned i = 0; i < DIM(types); i++) {
		put16(&f.bytes[12], types[i]);
		for (uint32_t length = 14; length <= f.length; length++) {
			struct fwd_headers h = parse(f.bytes, length);

			assert_int_equal(h.ether_type, types[i]);
			assert_int_equal(h.l3, FWD_L3_OTHER);
			assert_int_equal(h.l4_protocol, 0);
			assert_false(h.malformed);
		}
	}
}

static void
tags_without_end_are_malformed(void **state)
{
	uint8_t bytes[256];

	(void)state;
	for (uint32_t at = 0; at < sizeof(bytes); at += 2)
		put16(&bytes[at], 0x8100);
	for (uint32_t length = 14; length <= sizeof(bytes); length++) {
		struct fwd_headers h = parse(bytes, length);

		assert_true(h.malformed);
		assert_int_equal(h.l3, FWD_L3_OTHER);
	}
}

static void
ip_of_each_version_and_header_length(void **state)
{
	struct frame f = make_frame(false, 0, 40, TCP);

	(void)state;
	for (unsigned first = 0; first <= 255; first++) {
		unsigned header = (first & 15) * 4;
		struct fwd_headers h;

		f.bytes[f.l3] = (uint8_t)first;
		f.bytes[f.l3 + header + 12] |= 5 << 4; /* TCP's header, wherever it begins */
		h = parse(f.bytes, f.length);
		if (first >> 4 != 4 || header < 20) {
			assert_true(h.malformed);
			assert_int_equal(h.l3, FWD_L3_OTHER);
		} else {
			assert_int_equal(h.l3, FWD_L3_IPV4);
			assert_int_equal(h.l4_offset, f.l3 + header);
			assert_int_equal(h.l4_covered, f.length - f.l3 - header);
			assert_false(h.malformed);
		}
		f.bytes[f.l3 + header + 12] = 0;
	}
	f = make_frame(true, 0, 0, TCP);
	for (unsigned first = 0; first <= 255; first++) {
		f.bytes[f.l3] = (uint8_t)first;
		assert_int_equal(parse(f.bytes, f.length).malformed, first >> 4 != 6);
	}
}

/* IPv4's total length, and IPv6's payload length: all 65,536. */
static void
ip_length_that_lies_is_malformed(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame f = make_frame(v6, 0, v6 ? 0 : 8, TCP);
		uint32_t headers = v6 ? 0 : f.l4 - f.l3; /* that the length counts besides the payload */
		uint32_t true_length = headers + f.l4_need + 10;

		for (uint32_t length = 0; length <= UINT16_MAX; length++) {
			struct fwd_headers h;

			put16(&f.bytes[f.l3 + (v6 ? 4 : 2)], length);
			h = parse(f.bytes, f.length);
			assert_int_equal(h.l3, v6 ? FWD_L3_IPV6 : FWD_L3_IPV4);
			assert_int_equal(h.malformed, length < headers + f.l4_need || length > true_length);
			assert_int_equal(h.l4_covered, h.malformed ? 0 : length - headers);
		}
	}
}

static void
udp_length_that_lies_is_malformed(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame f = make_frame(v6, 0, 0, UDP);

		for (uint32_t length = 0; length <= UINT16_MAX; length++) {
			bool true_length = length >= 8 && length <= 18;
			struct fwd_headers h;

			put16(&f.bytes[f.l4 + 4], length);
			h = parse(f.bytes, f.length);
			assert_int_equal(h.l4_protocol, UDP);
			assert_int_equal(h.malformed, !true_length);
			assert_int_equal(h.l4_covered, true_length ? length : 0);
		}
	}
}

static void
tcp_header_length_that_lies_is_malformed(void **state)
{
	(void)state;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct frame f = make_frame(v6, 0, 0, TCP);

		for (unsigned words = 0; words < 16; words++) {
			bool true_length = words >= 5 && words * 4 <= 30;
			struct fwd_headers h;

			f.bytes[f.l4 + 12] = (uint8_t)(words << 4);
			h = parse(f.bytes, f.length);
			assert_int_equal(h.l4_protocol, TCP);
			assert_int_equal(h.malformed, !true_length);
			assert_int_equal(h.l4_covered, true_length ? 30 : 0);
		}
	}
}

/* All values of the field: flags, and where the fragment begins. */
static void
fragment_has_no_sum_and_only_the_first_a_header(void **state)
{
	static const uint8_t protocols[] = {ICMP, TCP, UDP, SCTP};

	(void)state;
	for (unsigned i = 0; i < DIM(protocols); i++) {
		struct frame f = make_frame(false, 0, 0, protocols[i]);

		/* UDP's length is that of the whole datagram, of which a fragment has a part. */
		if (protocols[i] == UDP)
			put16(&f.bytes[f.l4 + 4], 4000);
		for (uint32_t field = 0; field <= UINT16_MAX; field++) {
			bool more = (field & 0x2000) != 0, first = (field & 0x1fff) == 0;
			struct fwd_headers h;

			put16(&f.bytes[f.l3 + 6], field);
			h = parse(f.bytes, f.length);
			assert_int_equal(h.l3, FWD_L3_IPV4);
			assert_int_equal(h.l4_protocol, first ? protocols[i] : 0);
			/* Whole, and longer than the packet: that is UDP's lie. */
			assert_int_equal(h.malformed, first && !more && protocols[i] == UDP);
			assert_int_equal(h.l4_covered, first && !more && protocols[i] != UDP ? f.l4_need + 10 : 0);
		}
	}
}

/* Each byte of each header set to each value: what is reported lies inside the frame all the same. */
static void
each_byte_of_each_value_stays_inside(void **state)
{
	static const uint8_t protocols[] = {ICMP, TCP, UDP, SCTP};

	(void)state;
	for (unsigned i = 0; i < DIM(protocols) * 2; i++) {
		struct frame f = make_frame(i & 1, 1, 0, protocols[i / 2]);

		for (uint32_t at = 12; at < f.length; at++)
			for (unsigned value = 0; value <= 255; value++) {
				uint8_t before = f.bytes[at];

				f.bytes[at] = (uint8_t)value;
				parse(f.bytes, f.length);
				f.bytes[at] = before;
			}
	}
}

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* test/data/traffic.pcap: 128 frames of IPv4, 61 of IPv6, none malformed (test/data/README.md). */
static void
recorded_traffic_whole_and_cut_at_each_byte(void **state)
{
	FILE *pcap = fopen(TEST_TRAFFIC, "rb");
	unsigned frames = 0, ipv4 = 0, ipv6 = 0;
	static uint8_t bytes[16384];
	uint8_t head[24];

	(void)state;
	assert_non_null(pcap);
	assert_int_equal(fread(head, sizeof(head), 1, pcap), 1);
	assert_int_equal(le32(head), 0xa1b2c3d4);
	while (fread(head, 16, 1, pcap) == 1) {
		uint32_t length = le32(&head[8]);
		struct fwd_headers h;

		assert_true(length <= sizeof(bytes));
		assert_int_equal(fread(bytes, length, 1, pcap), 1);
		h = parse(bytes, length);
		assert_false(h.malformed);
		frames++;
		ipv4 += h.l3 == FWD_L3_IPV4;
		ipv6 += h.l3 == FWD_L3_IPV6;
		/* Behind the headers one cut is as another. */
		for (uint32_t cut = 0; cut < length && cut < 128; cut++) {
			h = parse(bytes, cut);
			assert_int_equal(h.l4_covered, 0);
		}
		h = parse(bytes, length - 1);
		assert_int_equal(h.l4_covered, 0);
	}
	fclose(pcap);
	assert_int_equal(frames, 195);
	assert_int_equal(ipv4, 128);
	assert_int_equal(ipv6, 61);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(frame_whole_and_cut_at_each_byte),
		cmocka_unit_test(frame_with_padding_is_whole),
		cmocka_unit_test(frame_of_other_types_has_no_l3),
		cmocka_unit_test(tags_without_end_are_malformed),
		cmocka_unit_test(ip_of_each_version_and_header_length),
		cmocka_unit_test(ip_length_that_lies_is_malformed),
		cmocka_unit_test(udp_length_that_lies_is_malformed),
		cmocka_unit_test(tcp_header_length_that_lies_is_malformed),
		cmocka_unit_test(fragment_has_no_sum_and_only_the_first_a_header),
		cmocka_unit_test(each_byte_of_each_value_stays_inside),
		cmocka_unit_test(recorded_traffic_whole_and_cut_at_each_byte),
	};

	return cmocka_run_group_tests_name("headers", cases, NULL, NULL);
}
