/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames through the forwarding modes of evpl-fwd. Each frame is forwarded twice: in one segment, behind whose end no
 * byte may be used, and in the segments that the input says. Both must come out alike. What a mode does to a frame is
 * compared with what it is for.
 *
 * An input is the mode, and frames: the number of cuts, the cuts, the length, the bytes. Or it is a pcap file: then all
 * modes get its frames.
 */
#include <string.h>

#include "fuzz.h"
#include "ground.h"
#include "input.h"

#include "headers.h"
#include "lcore.h"
#include "mode.h"
#include "options.h"
#include "port.h"

#define FRAMES_MAX 32u
#define CUTS_MAX 7u
#define FRAME_LONGEST 16384u
#define PORTS 3u
#define PCAP_HEADER 24u
#define PCAP_RECORD 16u

struct frame {
	const uint8_t *bytes;
	uint32_t length;
	uint16_t cuts[CUTS_MAX]; /* lengths of all segments but the last */
	unsigned cut_count;
};

/* A mode, as evpl-fwd sets it up for these ports. */
struct set_up {
	struct fwd_options options;
	struct fwd_run run;
};

struct sent {
	unsigned n;
	struct {
		uint8_t *bytes;
		uint32_t length;
	} packets[GROUND_SENT];
};

/* What came out of a run. */
struct outcome {
	struct sent ports[PORTS];
	struct fwd_counters counters[PORTS];
};

static struct evpl *evpl;
static struct rte_mempool *whole_pool, *segment_pool;
static struct ground_port ports[PORTS];
static struct fwd_ports two, three;
static struct set_up modes[16];
static unsigned mode_count;

static void
fill_ports(struct fwd_ports *p, unsigned n)
{
	p->count = n;
	p->rx_pool[0] = segment_pool;
	for (unsigned i = 0; i < n; i++) {
		p->port[i].dev.id = ports[i].id;
		memset(p->port[i].dev.mac.addr_bytes, (int)(2 + 16 * i), RTE_ETHER_ADDR_LEN);
	}
}

/* All modes but txonly, which receives nothing. */
static void
add_mode(const struct fwd_mode *mode)
{
	struct set_up *s = &modes[mode_count];
	char program[] = "fuzz-forward", dashes[] = "--", option[64];
	char *argv[] = {program, dashes, option, NULL};

	if (!mode->receives)
		return;
	mode_count++;
	snprintf(option, sizeof(option), "--forward-mode=%s", mode->name);
	fuzz_need(options_parse(3, argv, &s->options) == 1);
	fuzz_need(fwd_run_init(&s->run, &s->options, mode->multiplies ? &three : &two) == 0);
	for (unsigned i = 0; i < s->run.stream_count; i++)
		s->run.streams[i].evpl = evpl;
}

static void
stop(void)
{
	for (unsigned i = 0; i < mode_count; i++)
		fwd_run_free(&modes[i].run);
}

static void
start(void)
{
	static const struct evpl_global_config config = {
		.slab_size = 4 << 20, .buffer_size = 64 << 10, .packet_mbufs = 1023};
	char name[] = "net_null_a";

	evpl = ground_start("fuzz-forward", &config, stop);
	whole_pool = evpl_rx_pool_create("whole", 63, RTE_PKTMBUF_HEADROOM + FRAME_LONGEST, SOCKET_ID_ANY);
	segment_pool = evpl_rx_pool_create("segments", 511, RTE_PKTMBUF_HEADROOM + FRAME_LONGEST, SOCKET_ID_ANY);
	fuzz_need(whole_pool != NULL && segment_pool != NULL);
	for (unsigned i = 0; i < PORTS; i++, name[9]++)
		ground_open(&ports[i], name, whole_pool);
	fill_ports(&two, 2);
	fill_ports(&three, 3);
	for (unsigned i = 0; fwd_mode_at(i) != NULL; i++)
		add_mode(fwd_mode_at(i));
}

static struct rte_mbuf *
make_chain(const struct frame *f)
{
	struct rte_mbuf *packet = NULL;
	uint32_t at = 0;

	for (unsigned i = 0; i <= f->cut_count; i++) {
		uint32_t length = i < f->cut_count ? RTE_MIN(f->cuts[i], f->length - at) : f->length - at;

		packet = ground_append(packet, segment_pool, f->bytes + at, length);
		at += length;
	}
	return packet;
}

/* Takes what the ports have sent. */
static void
collect(struct set_up *s, struct outcome *o)
{
	for (unsigned i = 0; i < PORTS; i++) {
		fuzz_check(ports[i].overflow == 0 && ports[i].waiting == 0);
		o->ports[i].n = ports[i].sent;
		for (unsigned k = 0; k < ports[i].sent; k++) {
			o->ports[i].packets[k].bytes = ports[i].packets[k].bytes;
			o->ports[i].packets[k].length = ports[i].packets[k].length;
		}
		ports[i].sent = 0;
		o->counters[i] = s->run.lcores[0].counters[i];
	}
}

static void
forget(struct outcome *o)
{
	for (unsigned i = 0; i < PORTS; i++) {
		while (o->ports[i].n > 0)
			free(o->ports[i].packets[--o->ports[i].n].bytes);
	}
}

static void
check_home(void)
{
	struct evpl_stats stats;

	fuzz_check(ground_is_home(whole_pool) && ground_is_home(segment_pool));
	evpl_stats_get(&stats);
	fuzz_check(stats.buffers_in_use == stats.buffers_current && stats.packet_mbufs_in_use == 0);
	fuzz_check(stats.rx_too_long == 0 && stats.rx_no_memory == 0);
}

static void
forward(struct set_up *s, const struct frame *frames, unsigned n, bool in_segments, struct outcome *o)
{
	struct rte_mbuf *guarded[FRAMES_MAX];
	unsigned guards = 0;

	memset(s->run.lcores[0].counters, 0, sizeof(s->run.lcores[0].counters));
	s->run.lcores[0].next_flow = 0;
	for (unsigned i = 0; i < n; i++) {
		/* A chain without bytes is no packet, but an mbuf without bytes is one. */
		bool whole = !in_segments || frames[i].length == 0;
		struct rte_mbuf *m = whole ? ground_append(NULL, whole_pool, frames[i].bytes, frames[i].length)
					   : make_chain(&frames[i]);

		if (whole) {
			ground_guard(m);
			guarded[guards++] = m;
		}
		ground_deliver(&ports[0], m);
	}
	s->options.mode->burst(&s->run.streams[0], (uint16_t)FRAMES_MAX);
	while (guards > 0)
		ground_unguard(guarded[--guards]);
	collect(s, o);
	check_home();
}

static void
check_equal(const struct outcome *a, const struct outcome *b)
{
	for (unsigned i = 0; i < PORTS; i++) {
		fuzz_check(a->ports[i].n == b->ports[i].n);
		fuzz_check(memcmp(&a->counters[i], &b->counters[i], sizeof(a->counters[i])) == 0);
		for (unsigned k = 0; k < a->ports[i].n; k++) {
			uint32_t length = a->ports[i].packets[k].length;

			fuzz_check(length == b->ports[i].packets[k].length);
			fuzz_check(memcmp(a->ports[i].packets[k].bytes, b->ports[i].packets[k].bytes, length) == 0);
		}
	}
}

/* Every packet is counted once on the way in, and once on the way out (with tee: once per port). */
static void
check_counters(const struct set_up *s, const struct frame *frames, unsigned n, const struct outcome *o)
{
	struct fwd_counters sum = {0};
	uint64_t bytes = 0, out;

	for (unsigned i = 0; i < n; i++)
		bytes += frames[i].length;
	for (unsigned i = 0; i < PORTS; i++)
		fwd_counters_add(&sum, &o->counters[i]);
	out = sum.tx_packets + sum.drop_full + sum.drop_memory + sum.drop_malformed;
	fuzz_check(sum.rx_packets == n && sum.rx_bytes == bytes && sum.drop_full == 0 && sum.drop_memory == 0);
	fuzz_check(sum.tx_packets == o->ports[0].n + o->ports[1].n + o->ports[2].n);
	if (s->options.mode->generates)
		fuzz_check(sum.rx_consumed == n);
	else if (s->options.mode->multiplies)
		fuzz_check(out == 2 * (uint64_t)n);
	else
		fuzz_check(out + sum.rx_consumed == n);
}

static bool
is_mode(const struct set_up *s, const char *name)
{
	return strcmp(s->options.mode->name, name) == 0;
}

static void
check_swapped(const uint8_t *in, const uint8_t *out, uint32_t length)
{
	if (length < RTE_ETHER_HDR_LEN) {
		fuzz_check(memcmp(in, out, length) == 0);
		return;
	}
	fuzz_check(memcmp(in, out + 6, 6) == 0 && memcmp(in + 6, out, 6) == 0);
	fuzz_check(memcmp(in + 12, out + 12, length - 12) == 0);
}

/* From `from` on nothing changed but checksums: of IPv4, and of the layer above it. */
static void
check_only_sums(const uint8_t *in, const uint8_t *out, uint32_t length)
{
	struct fwd_headers h;

	fwd_headers_parse(in, length, &h);
	for (uint32_t i = length < RTE_ETHER_HDR_LEN ? 0 : 12; i < length; i++) {
		bool ip_sum = h.l3 == FWD_L3_IPV4 && i >= h.l3_offset + 10 && i < h.l3_offset + 12;
		bool l4_sum = h.l4_covered != 0 && i >= h.l4_offset && i < h.l4_offset + 20;

		fuzz_check(in[i] == out[i] || ip_sum || l4_sum);
	}
}

static void
check_macs(const uint8_t *out, uint32_t length)
{
	if (length < RTE_ETHER_HDR_LEN)
		return;
	fuzz_check(memcmp(out, &modes[0].options.peers[ports[1].id], 6) == 0);
	fuzz_check(memcmp(out + 6, two.port[1].dev.mac.addr_bytes, 6) == 0);
}

/* What the mode made of a frame. */
static void
check_frame(const struct set_up *s, const uint8_t *in, const uint8_t *out, uint32_t length)
{
	if (is_mode(s, "io") || is_mode(s, "tee")) {
		fuzz_check(memcmp(in, out, length) == 0);
	} else if (is_mode(s, "macswap")) {
		check_swapped(in, out, length);
	} else if (is_mode(s, "mac")) {
		check_macs(out, length);
		fuzz_check(length < RTE_ETHER_HDR_LEN ? memcmp(in, out, length) == 0
						      : memcmp(in + 12, out + 12, length - 12) == 0);
	} else if (is_mode(s, "csum")) {
		check_macs(out, length);
		check_only_sums(in, out, length);
	}
}

static void
check_frames(const struct set_up *s, const struct frame *frames, unsigned n, const struct outcome *o)
{
	for (unsigned p = 0; p < PORTS; p++) {
		const struct sent *sent = &o->ports[p];
		unsigned k = 0;

		if (sent->n == 0 || s->options.mode->generates || s->options.mode->answers)
			continue;
		for (unsigned i = 0; i < n; i++) {
			/* Without bytes there is nothing to send. */
			if (frames[i].length == 0)
				continue;
			fuzz_check(k < sent->n && sent->packets[k].length == frames[i].length);
			check_frame(s, frames[i].bytes, sent->packets[k++].bytes, frames[i].length);
		}
		fuzz_check(k == sent->n);
	}
}

/* 5tswap twice changes nothing. What csum has summed stays. */
static void
check_twice(struct set_up *s, const struct frame *frames, unsigned n, const struct outcome *once)
{
	static struct outcome again;
	struct frame second[FRAMES_MAX];
	unsigned count = once->ports[1].n;

	for (unsigned i = 0; i < count; i++)
		second[i] = (struct frame){.bytes = once->ports[1].packets[i].bytes,
					   .length = once->ports[1].packets[i].length};
	forward(s, second, count, false, &again);
	fuzz_check(again.ports[1].n == count);
	for (unsigned i = 0, k = 0; i < n; i++) {
		if (frames[i].length == 0)
			continue;
		fuzz_check(memcmp(again.ports[1].packets[k].bytes,
				  is_mode(s, "csum") ? second[k].bytes : frames[i].bytes, frames[i].length) == 0);
		k++;
	}
	forget(&again);
}

static void
try_mode(struct set_up *s, const struct frame *frames, unsigned n)
{
	static struct outcome whole, segments;

	forward(s, frames, n, false, &whole);
	forward(s, frames, n, true, &segments);
	check_equal(&whole, &segments);
	check_counters(s, frames, n, &whole);
	check_frames(s, frames, n, &whole);
	if (is_mode(s, "csum") || is_mode(s, "5tswap"))
		check_twice(s, frames, n, &whole);
	forget(&whole);
	forget(&segments);
}

static unsigned
read_frames(struct input *in, struct frame *frames)
{
	unsigned n = 0;

	while (in->left > 0 && n < FRAMES_MAX) {
		struct frame *f = &frames[n++];
		size_t length;

		f->cut_count = input_below(in, CUTS_MAX + 1);
		for (unsigned i = 0; i < f->cut_count; i++)
			f->cuts[i] = input_u8(in);
		length = input_u16(in) % (FRAME_LONGEST + 1);
		f->bytes = input_bytes(in, &length);
		f->length = (uint32_t)length;
	}
	return n;
}

static bool
is_pcap(const uint8_t *data, size_t size)
{
	return size >= PCAP_HEADER && memcmp(data, "\xd4\xc3\xb2\xa1", 4) == 0;
}

/* Frames of a pcap file in this machine's order. The bytes of its time say where they are cut. */
static unsigned
read_pcap(struct input *in, struct frame *frames)
{
	unsigned n = 0;

	while (in->left >= PCAP_RECORD && n < FRAMES_MAX) {
		struct frame *f = &frames[n++];
		size_t length;

		f->cut_count = CUTS_MAX;
		for (unsigned i = 0; i < CUTS_MAX; i++)
			f->cuts[i] = input_u8(in);
		input_u8(in);
		length = input_u32(in) % (FRAME_LONGEST + 1);
		input_u32(in);
		f->bytes = input_bytes(in, &length);
		f->length = (uint32_t)length;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame frames[FRAMES_MAX];
	struct input in = {data, size};
	unsigned n, mode;

	if (evpl == NULL)
		start();
	if (!is_pcap(data, size)) {
		mode = input_below(&in, mode_count);
		n = read_frames(&in, frames);
		try_mode(&modes[mode], frames, n);
		return 0;
	}
	in = (struct input){data + PCAP_HEADER, size - PCAP_HEADER};
	while ((n = read_pcap(&in, frames)) > 0) {
		for (mode = 0; mode < mode_count; mode++)
			try_mode(&modes[mode], frames, n);
	}
	return 0;
}
