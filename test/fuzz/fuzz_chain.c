/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chains of mbufs as a driver could deliver them: any number of segments, of any pools, with odd headrooms, without
 * bytes, cloned, held by others, with lengths and counts that are false. They go through evpl_iovecs_from_mbuf() or
 * evpl_rx_burst(). What comes out is cut, cloned, and sent again. The bytes must be right, and all mbufs must come
 * home.
 *
 * An input is a list of packets. Each is: where it goes through, its segments (kind, headroom, length), what is false
 * in it, and what is done with its iovecs.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "bytes.h"
#include "fuzz.h"
#include "ground.h"
#include "input.h"

#define PACKETS_MAX 8u
#define SEGMENTS_MAX 20u
#define MBUFS 511u

enum kind {
	DIRECT, /* of rte_pktmbuf_pool_create() */
	RX,	/* of evpl_rx_pool_create() */
	TINY,	/* the same, with room for few bytes */
	CLONED, /* of a direct one, which nobody else holds */
	SHARED_RX,
	OURS, /* a packet of an iovec, that a port has sent to itself */
	KINDS
};

enum lie {
	PKT_LEN = 1,
	NB_SEGS = 2,
	TOO_LONG = 4, /* a segment that ends behind its buffer */
	HELD = 8,     /* somebody else holds a segment */
};

struct packet {
	struct rte_mbuf *segments[SEGMENTS_MAX];
	unsigned n, lies;
	uint64_t seed, bytes;
	unsigned liar; /* the segment that TOO_LONG or HELD is about */
	uint16_t true_length;
};

/* An iovec, and which bytes it must have. */
struct piece {
	struct evpl_iovec iovec;
	uint64_t seed, offset;
	uint32_t length;
};

static struct evpl *evpl;
static struct rte_mempool *direct, *rx, *tiny;
static struct ground_port port;
static struct piece pieces[PACKETS_MAX * SEGMENTS_MAX * 2];
static unsigned piece_count;
static struct rte_mbuf *held[PACKETS_MAX]; /* by somebody else */
static unsigned held_count;
static uint64_t next_seed;

static struct piece *
add_piece(uint64_t seed, uint64_t offset, uint32_t length)
{
	struct piece *p = &pieces[piece_count++];

	fuzz_check(piece_count <= RTE_DIM(pieces));
	p->seed = seed;
	p->offset = offset;
	p->length = length;
	return p;
}

static struct rte_mbuf *
allocate(struct rte_mempool *pool)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	fuzz_check(m != NULL);
	return m;
}

/* A clone of m, which is then the only holder of m's bytes. */
static struct rte_mbuf *
only_clone(struct rte_mbuf *m)
{
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, direct);

	fuzz_check(clone != NULL);
	rte_pktmbuf_free(m);
	return clone;
}

static struct rte_mbuf *
our_packet(uint64_t seed, uint64_t offset, uint32_t length)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *m;

	fuzz_check(evpl_iovec_alloc(evpl, length, 0, 1, 0, &iovec) == 1);
	bytes_fill(evpl_iovec_data(&iovec), length, seed, offset);
	m = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	fuzz_check(m != NULL);
	return m;
}

/* The next segment of a packet, which has p->bytes bytes so far. */
static struct rte_mbuf *
make_segment(struct input *in, const struct packet *p)
{
	struct rte_mempool *const pools[] = {
		[DIRECT] = direct, [RX] = rx, [TINY] = tiny, [CLONED] = direct, [SHARED_RX] = rx};
	enum kind kind = (enum kind)input_below(in, KINDS);
	unsigned headroom = input_u16(in), length = input_u16(in);
	struct rte_mbuf *m;

	if (kind == OURS)
		return our_packet(p->seed, p->bytes, 1 + length % 4096);
	m = allocate(pools[kind]);
	m->data_off = (uint16_t)(headroom % (m->buf_len + 1u));
	m->data_len = (uint16_t)(length % (m->buf_len - m->data_off + 1u));
	m->pkt_len = m->data_len;
	bytes_fill(rte_pktmbuf_mtod(m, char *), m->data_len, p->seed, p->bytes);
	return kind == CLONED || kind == SHARED_RX ? only_clone(m) : m;
}

/* A count of segments that is not n. Not 1 for a packet that is received: evpl_rx_burst() believes a 1. */
static uint16_t
false_count(struct input *in, unsigned n, bool received)
{
	uint16_t count = input_u16(in);

	if (received && count == 1)
		count = 0;
	return count != n ? count : (uint16_t)(n + 1);
}

static void
lie(struct input *in, struct packet *p, bool received)
{
	struct rte_mbuf *head = p->segments[0], *liar;

	p->lies = input_u8(in) & (PKT_LEN | NB_SEGS | TOO_LONG | HELD);
	p->liar = input_below(in, p->n);
	liar = p->segments[p->liar];
	p->true_length = liar->data_len;
	/* Of a packet of one segment evpl_rx_burst() believes the lengths: see .github/SECURITY.md. */
	if (received && p->n == 1 && !(p->lies & NB_SEGS))
		p->lies &= HELD;
	if (liar->data_off + UINT16_MAX <= liar->buf_len)
		p->lies &= ~(unsigned)TOO_LONG;
	if (p->lies & PKT_LEN)
		head->pkt_len += 1 + input_u32(in) % UINT32_MAX;
	if (p->lies & NB_SEGS)
		head->nb_segs = false_count(in, p->n, received);
	if (p->lies & TOO_LONG)
		liar->data_len =
			(uint16_t)RTE_MIN((unsigned)UINT16_MAX, liar->buf_len - liar->data_off + 1u + input_u16(in));
	if (p->lies & HELD) {
		rte_mbuf_refcnt_update(liar, 1);
		held[held_count++] = liar;
	}
}

/* Everything is true again, but others still hold what they hold. */
static void
set_right(struct packet *p)
{
	uint32_t bytes = 0;

	p->segments[p->liar]->data_len = p->true_length;
	for (unsigned i = 0; i < p->n; i++)
		bytes += p->segments[i]->data_len;
	p->segments[0]->pkt_len = bytes;
	p->segments[0]->nb_segs = (uint16_t)p->n;
}

static void
make_packet(struct input *in, struct packet *p, bool received)
{
	*p = (struct packet){.seed = ++next_seed};
	p->n = 1 + input_below(in, SEGMENTS_MAX);
	for (unsigned i = 0; i < p->n; i++) {
		p->segments[i] = make_segment(in, p);
		p->bytes += p->segments[i]->data_len;
		if (i > 0)
			p->segments[i - 1]->next = p->segments[i];
	}
	p->segments[0]->nb_segs = (uint16_t)p->n;
	p->segments[0]->pkt_len = (uint32_t)p->bytes;
	lie(in, p, received);
}

static void
take_by_from_mbuf(struct input *in, struct packet *p)
{
	struct evpl_iovec iovecs[SEGMENTS_MAX];
	unsigned max = 1 + input_below(in, SEGMENTS_MAX);
	uint32_t flags = input_below(in, 2) ? EVPL_IOVEC_FLAG_SHARED : 0;
	bool wrong = (p->lies & (PKT_LEN | NB_SEGS | TOO_LONG)) != 0 || ((p->lies & HELD) && p->n > 1);
	struct rte_mbuf before[SEGMENTS_MAX];
	uint64_t offset = 0;
	int n;

	for (unsigned i = 0; i < p->n; i++)
		before[i] = *p->segments[i];
	rte_errno = 0;
	n = evpl_iovecs_from_mbuf(evpl, p->segments[0], flags, max, iovecs);
	if (n < 0) {
		fuzz_check(n == -1 && rte_errno == (wrong ? EINVAL : EMSGSIZE) && (wrong || p->n > max));
		for (unsigned i = 0; i < p->n; i++)
			fuzz_check(memcmp(&before[i], p->segments[i], sizeof(before[i])) == 0);
		set_right(p);
		rte_pktmbuf_free(p->segments[0]);
		return;
	}
	fuzz_check(!wrong && (unsigned)n == p->n && p->n <= max);
	for (unsigned i = 0; i < p->n; i++) {
		uint32_t length = p->segments[i]->data_len;
		struct piece *piece = add_piece(p->seed, offset, length);

		fuzz_check(evpl_iovec_data(&iovecs[i]) == rte_pktmbuf_mtod(p->segments[i], void *));
		fuzz_check(!flags || (iovecs[i].flags & EVPL_IOVEC_FLAG_SHARED));
		evpl_iovec_move(&piece->iovec, &iovecs[i]);
		offset += length;
	}
}

/* What evpl_rx_burst() must count. */
struct counted {
	uint64_t linearized, too_long;
};

static void
receive(const struct packet *packets, unsigned n)
{
	struct counted want = {0};
	struct evpl_iovec iovecs[PACKETS_MAX];
	struct evpl_stats before, after;
	unsigned got, at = 0;

	for (unsigned i = 0; i < n; i++)
		ground_deliver(&port, packets[i].segments[0]);
	evpl_stats_get(&before);
	got = evpl_rx_burst(evpl, port.id, 0, iovecs, PACKETS_MAX);
	evpl_stats_get(&after);
	for (unsigned i = 0; i < n; i++) {
		const struct packet *p = &packets[i];
		bool chain = p->n > 1 || (p->lies & NB_SEGS);

		if (chain && (p->bytes == 0 || p->bytes > evpl_large_buffer_size() || (p->lies & TOO_LONG))) {
			want.too_long++;
			continue;
		}
		want.linearized += chain;
		fuzz_check(at < got);
		evpl_iovec_move(&add_piece(p->seed, 0, (uint32_t)p->bytes)->iovec, &iovecs[at++]);
	}
	fuzz_check(at == got);
	fuzz_check(after.rx_linearized - before.rx_linearized == want.linearized);
	fuzz_check(after.rx_too_long - before.rx_too_long == want.too_long);
	fuzz_check(after.rx_no_memory == before.rx_no_memory);
}

static void
check_piece(const struct piece *p)
{
	fuzz_check(evpl_iovec_length(&p->iovec) == p->length);
	fuzz_check(bytes_right(evpl_iovec_data(&p->iovec), p->length, p->seed, p->offset) == p->length);
}

/* Cuts a piece, or adds a clone of it. */
static void
change_piece(struct input *in, unsigned i)
{
	struct piece *p = &pieces[i];
	uint32_t from = p->length > 0 ? input_u16(in) % p->length : 0;
	uint32_t length = p->length > from ? 1 + input_u16(in) % (p->length - from) : 0;
	struct evpl_iovec view;

	switch (input_below(in, 5)) {
	case 1:
		if (piece_count < RTE_DIM(pieces))
			evpl_iovec_clone(&add_piece(p->seed, p->offset, p->length)->iovec, &p->iovec);
		return;
	case 2:
		if (piece_count < RTE_DIM(pieces) && length > 0)
			evpl_iovec_clone_segment(&add_piece(p->seed, p->offset + from, length)->iovec, &p->iovec, from,
						 length);
		return;
	case 3:
		if (length == 0)
			return;
		evpl_iovec_move_segment(&view, &p->iovec, from, length);
		evpl_iovec_move(&p->iovec, &view);
		p->offset += from;
		p->length = length;
		return;
	case 4:
		if (length == 0)
			return;
		evpl_iovec_set_length(&p->iovec, length);
		p->length = length;
		return;
	default:
		return;
	}
}

static void
check_sent(unsigned at, const struct piece *first, unsigned n)
{
	const uint8_t *bytes = port.packets[at].bytes;

	for (unsigned i = 0; i < n; i++) {
		fuzz_check(bytes_right(bytes, first[i].length, first[i].seed, first[i].offset) == first[i].length);
		bytes += first[i].length;
	}
	fuzz_check(bytes == port.packets[at].bytes + port.packets[at].length);
}

/* Sends n pieces as one packet. */
static void
send_chain(struct piece *first, unsigned n)
{
	struct evpl_iovec iovecs[16];
	unsigned before = port.sent;
	struct rte_mbuf *m;
	uint64_t bytes = 0;

	for (unsigned i = 0; i < n; i++) {
		evpl_iovec_move(&iovecs[i], &first[i].iovec);
		bytes += first[i].length;
	}
	m = evpl_iovecs_to_mbuf(evpl, iovecs, (int)n);
	if (m == NULL) {
		fuzz_check(bytes == 0 && rte_errno == EINVAL);
		evpl_iovecs_release(evpl, iovecs, (int)n);
		return;
	}
	fuzz_check(m->pkt_len == bytes);
	fuzz_check(rte_eth_tx_burst(port.id, 0, &m, 1) == 1 && port.sent == before + 1);
	check_sent(before, first, n);
}

/* Sends n pieces as a packet each. */
static void
send_burst(struct piece *first, unsigned n)
{
	struct evpl_iovec iovecs[16];
	unsigned at = 0;

	for (unsigned i = 0; i < n; i++)
		evpl_iovec_move(&iovecs[i], &first[i].iovec);
	while (at < n) {
		unsigned before = port.sent;
		uint16_t sent = evpl_tx_burst(evpl, port.id, 0, iovecs + at, (uint16_t)(n - at));

		fuzz_check(port.sent == before + sent);
		for (unsigned i = 0; i < sent; i++)
			check_sent(before + i, &first[at + i], 1);
		at += sent;
		if (at == n)
			return;
		fuzz_check(rte_errno == EINVAL && first[at].length == 0);
		evpl_iovec_release(evpl, &iovecs[at++]);
	}
}

static void
send_pieces(struct input *in)
{
	unsigned n;

	for (unsigned at = 0; at < piece_count; at += n) {
		unsigned how = input_u8(in);

		n = RTE_MIN(1 + how / 4 % 16, piece_count - at);
		if (port.sent + n > GROUND_SENT)
			ground_forget(&port);
		if (how % 4 == 0)
			send_chain(&pieces[at], n);
		else if (how % 4 == 1)
			send_burst(&pieces[at], n);
		else
			for (unsigned i = at; i < at + n; i++)
				evpl_iovec_release(evpl, &pieces[i].iovec);
	}
}

static void
check_home(void)
{
	struct evpl_stats stats;

	fuzz_check(ground_is_home(direct) && ground_is_home(rx) && ground_is_home(tiny));
	evpl_stats_get(&stats);
	fuzz_check(stats.buffers_in_use == stats.buffers_current && stats.packet_mbufs_in_use == 0);
	fuzz_check(stats.rx_buffers_in_use == 0 && stats.overflow_mbufs_in_use == 0);
}

static void
start(void)
{
	struct evpl_global_config config = {.slab_size = 1 << 20,
					    .buffer_size = 16 << 10,
					    .large_buffer_size = 32 << 10,
					    .packet_mbufs = 1023,
					    .far_packets = getenv("EVPL_TEST_FAR") != NULL};

	evpl = ground_start("fuzz-chain", &config, NULL);
	direct = rte_pktmbuf_pool_create("direct", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	rx = evpl_rx_pool_create("rx", MBUFS, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	tiny = evpl_rx_pool_create("tiny", MBUFS, RTE_PKTMBUF_HEADROOM + 40, SOCKET_ID_ANY);
	fuzz_need(direct != NULL && rx != NULL && tiny != NULL);
	ground_open(&port, "net_null_chain", rx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct packet packets[PACKETS_MAX];
	unsigned received = 0, n;

	if (evpl == NULL)
		start();
	piece_count = 0;
	next_seed = 0;
	n = 1 + input_below(&in, PACKETS_MAX);
	for (unsigned i = 0; i < n; i++) {
		bool by_port = input_below(&in, 2) != 0;

		make_packet(&in, &packets[received], by_port);
		if (by_port)
			received++;
		else
			take_by_from_mbuf(&in, &packets[received]);
	}
	receive(packets, received);
	for (unsigned i = 0; i < piece_count; i++)
		check_piece(&pieces[i]);
	for (unsigned i = 0, all = piece_count; i < all; i++)
		change_piece(&in, i);
	for (unsigned i = 0; i < piece_count; i++)
		check_piece(&pieces[i]);
	send_pieces(&in);
	ground_forget(&port);
	while (held_count > 0)
		rte_pktmbuf_free_seg(held[--held_count]);
	check_home();
	return 0;
}
