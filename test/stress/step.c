/* SPDX-License-Identifier: BSD-3-Clause */
#include "step.h"

static struct evpl *
any_context(struct player *p)
{
	return draw(p, 4) == 0 ? NULL : p->evpl;
}

void
step_release(struct player *p)
{
	struct entry e;

	if (p->n == 0)
		return;
	drop(p, draw(p, p->n), &e);
	check_entry(&e);
	evpl_iovec_release(any_context(p), &e.iovec);
}

static void
step_alloc(struct player *p)
{
	struct evpl_iovec iovec[3];
	uint32_t size = evpl_buffer_size();
	unsigned length = draw(p, 8) == 0 ? draw(p, 3 * size) : draw(p, size / 4);
	unsigned alignment = (1u << draw(p, 13)) & ~1u, flags = draw(p, 2);
	int n;

	if (p->n + 3 > ENTRIES)
		return;
	rte_errno = 0;
	n = evpl_iovec_alloc(p->evpl, length, alignment, 3, flags, iovec);
	if (length == 0) {
		threads_check(n == 0);
	} else if (n < 0) {
		threads_check(rte_errno == ENOMEM || (rte_errno == EMSGSIZE && length > 2 * (size - 8192)));
		step_release(p);
	}
	for (int i = 0; i < n; i++) {
		threads_check(alignment == 0 || (uintptr_t)iovec[i].data % alignment == 0);
		bytes_fill(iovec[i].data, iovec[i].length, p->next_seed, 0);
		add(p, &iovec[i], p->next_seed++, 0, iovec[i].length);
	}
}

static void
step_reserve(struct player *p)
{
	struct evpl_iovec iovec[2], between = {0};
	int n, taken = 0;

	if (p->n + 3 > ENTRIES)
		return;
	n = evpl_iovec_reserve(p->evpl, 1 + draw(p, evpl_buffer_size() * 3 / 2), (1u << draw(p, 7)) & ~1u, 2, iovec);
	if (n < 0) {
		step_release(p);
		return;
	}
	if (draw(p, 3) == 0)
		taken = evpl_iovec_alloc(p->evpl, 1 + draw(p, 500), 0, 1, LOCAL, &between);
	if (draw(p, 2))
		evpl_iovec_set_length(&iovec[n - 1], draw(p, iovec[n - 1].length));
	evpl_iovec_commit(p->evpl, (1u << draw(p, 7)) & ~1u, iovec, n);
	if (taken == 1) {
		bytes_fill(between.data, between.length, p->next_seed, 0);
		add(p, &between, p->next_seed++, 0, between.length);
	}
	for (int i = 0; i < n; i++) {
		bytes_fill(iovec[i].data, iovec[i].length, p->next_seed, 0);
		add(p, &iovec[i], p->next_seed++, 0, iovec[i].length); /* its tail is somebody else's now */
	}
}

static void
step_clone(struct player *p)
{
	struct entry *from, clone;

	if (p->n == 0 || p->n == ENTRIES)
		return;
	from = &p->entry[draw(p, p->n)];
	if (draw(p, 2)) {
		evpl_iovec_clone(&clone.iovec, &from->iovec);
		add(p, &clone.iovec, from->seed, from->offset, from->iovec.length);
	} else {
		unsigned offset = draw(p, from->iovec.length + 1);
		unsigned length = draw(p, from->iovec.length - offset + 1);

		evpl_iovec_clone_segment(&clone.iovec, &from->iovec, offset, length);
		add(p, &clone.iovec, from->seed, from->offset + offset, length);
	}
}

static void
step_move(struct player *p)
{
	struct evpl_iovec moved;
	struct entry *e;
	unsigned before;

	if (p->n == 0)
		return;
	e = &p->entry[draw(p, p->n)];
	before = e->iovec.length;
	if (draw(p, 2)) {
		evpl_iovec_move(&moved, &e->iovec);
	} else {
		unsigned offset = draw(p, e->iovec.length + 1);
		unsigned length = draw(p, e->iovec.length - offset + 1);

		evpl_iovec_move_segment(&moved, &e->iovec, offset, length);
		e->offset += offset;
		e->most = length;
	}
	threads_check(e->iovec.data == NULL && e->iovec.length == before && e->iovec.ref == NULL);
	evpl_iovec_move(&e->iovec, &moved);
}

static void
step_set_length(struct player *p)
{
	struct entry *e;

	if (p->n == 0)
		return;
	e = &p->entry[draw(p, p->n)];
	evpl_iovec_set_length(&e->iovec, draw(p, e->most + 1));
}

static void
step_to_mbuf(struct player *p)
{
	struct evpl_iovec iovec[SEGMENTS], was[SEGMENTS] = {{0}};
	struct entry taken[SEGMENTS];
	struct packet packet = {0};
	unsigned n = 1 + draw(p, SEGMENTS), bytes = 0;

	if (p->n < n || p->n_packets == PACKETS)
		return;
	for (unsigned i = 0; i < n; i++) {
		drop(p, draw(p, p->n), &taken[i]);
		evpl_iovec_move(&iovec[i], &taken[i].iovec);
		bytes += iovec[i].length;
		if (iovec[i].length > 0)
			packet.piece[packet.n++] = (struct piece){taken[i].seed, taken[i].offset, iovec[i].length};
	}
	memcpy(was, iovec, sizeof(was[0]) * n);
	rte_errno = 0;
	packet.mbuf = evpl_iovecs_to_mbuf(p->evpl, iovec, (int)n);
	if (packet.mbuf != NULL) {
		check_packet(&packet);
		p->packet[p->n_packets++] = packet;
		return;
	}
	threads_check(rte_errno == (bytes == 0 ? EINVAL : ENOMEM));
	threads_check(memcmp(iovec, was, sizeof(was[0]) * n) == 0);
	for (unsigned i = 0; i < n; i++) {
		add(p, &iovec[i], taken[i].seed, taken[i].offset, taken[i].most);
		check_entry(&p->entry[p->n - 1]);
	}
}

void
step_free_packet(struct player *p)
{
	struct packet packet;

	if (p->n_packets == 0)
		return;
	packet = drop_packet(p);
	rte_pktmbuf_free(packet.mbuf);
}

static void
step_from_mbuf(struct player *p)
{
	struct evpl_iovec iovec[64];
	struct packet packet;
	uint32_t done = 0;
	unsigned k = 0;
	int n;

	if (p->n_packets == 0 || p->n + DIM(iovec) > ENTRIES)
		return;
	packet = drop_packet(p);
	n = evpl_iovecs_from_mbuf(p->evpl, packet.mbuf, draw(p, 2), DIM(iovec), iovec);
	threads_check(n >= 1);
	for (int i = 0; i < n; i++) {
		/* Of a segment that several pieces made one, an entry for each. */
		for (uint32_t at = 0, bytes; at < iovec[i].length && k < packet.n; at += bytes) {
			struct evpl_iovec part;

			bytes = RTE_MIN(iovec[i].length - at, packet.piece[k].length - done);
			evpl_iovec_clone_segment(&part, &iovec[i], at, bytes);
			add(p, &part, packet.piece[k].seed, packet.piece[k].offset + done, bytes);
			done += bytes;
			if (done == packet.piece[k].length) {
				k++;
				done = 0;
			}
		}
		evpl_iovec_release(p->evpl, &iovec[i]);
	}
	threads_check(k == packet.n && done == 0);
}

/* A packet as a port would deliver it, of one to three segments. */
static void
step_receive(struct player *p)
{
	struct rte_mempool *pool = draw(p, 2) ? p->rx_pool : p->foreign;
	unsigned n = 1 + draw(p, 3);
	struct packet packet = {0};

	if (p->n_packets == PACKETS)
		return;
	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint16_t length = (uint16_t)(1 + draw(p, 1500));

		if (m == NULL) {
			rte_pktmbuf_free(packet.mbuf);
			return;
		}
		bytes_fill(rte_pktmbuf_append(m, length), length, p->next_seed, 0);
		packet.piece[packet.n++] = (struct piece){p->next_seed++, 0, length};
		if (packet.mbuf == NULL)
			packet.mbuf = m;
		else
			threads_check(rte_pktmbuf_chain(packet.mbuf, m) == 0);
	}
	p->packet[p->n_packets++] = packet;
}

static void
step_send_entry(struct player *p)
{
	struct entry *e = &p->sent[p->n_sent % DIM(p->sent)];
	unsigned i;

	if (p->n == 0)
		return;
	i = draw(p, p->n);
	if (!(p->entry[i].iovec.flags & SHARED))
		return;
	drop(p, i, e);
	if (rte_ring_enqueue(p->entries_out, e) == 0)
		p->n_sent++;
	else
		move_entry(&p->entry[p->n++], e);
}

static void
step_send_packet(struct player *p)
{
	struct packet packet;

	if (p->n_packets == 0)
		return;
	packet = drop_packet(p);
	if (rte_ring_enqueue_elem(p->packets_out, &packet, sizeof(packet)) != 0)
		rte_pktmbuf_free(packet.mbuf);
}

void
step_take_what_was_sent(struct player *p)
{
	void *sent;

	if (p->n < ENTRIES && rte_ring_dequeue(p->entries_in, &sent) == 0) {
		move_entry(&p->entry[p->n], sent);
		check_entry(&p->entry[p->n++]);
	}
	if (p->n_packets < PACKETS &&
	    rte_ring_dequeue_elem(p->packets_in, &p->packet[p->n_packets], sizeof(struct packet)) == 0)
		check_packet(&p->packet[p->n_packets++]);
}

static void
step_check(struct player *p)
{
	if (p->n > 0)
		check_entry(&p->entry[draw(p, p->n)]);
	if (p->n_packets > 0)
		check_packet(&p->packet[draw(p, p->n_packets)]);
}

static void
step_renew_context(struct player *p)
{
	const struct evpl_thread_config small = {.stash_buffers = 1 + draw(p, 4)};

	if (draw(p, 50) != 0)
		return;
	evpl_destroy(p->evpl);
	p->evpl = evpl_create(&small);
	threads_check(p->evpl != NULL);
}

static void
step_misplaced_calls(struct player *p)
{
	struct evpl_iovec iovec;

	threads_check(evpl_iovec_alloc(p->evpl, 1, 3, 1, LOCAL, &iovec) == -1);
	threads_check(evpl_iovec_alloc(p->evpl, 3 * evpl_buffer_size(), 0, 2, SHARED, &iovec) == -1);
	threads_check(evpl_iovecs_to_mbuf(p->evpl, &iovec, 0) == NULL);
}

static void (*const steps[])(struct player *) = {
	step_alloc,
	step_alloc,
	step_alloc,
	step_alloc,
	step_reserve,
	step_reserve,
	step_clone,
	step_clone,
	step_clone,
	step_move,
	step_set_length,
	step_release,
	step_release,
	step_release,
	step_release,
	step_release,
	step_to_mbuf,
	step_to_mbuf,
	step_free_packet,
	step_receive,
	step_from_mbuf,
	step_send_entry,
	step_send_packet,
	step_check,
	step_check,
	step_renew_context,
	step_misplaced_calls,
	step_take_what_was_sent,
	step_take_what_was_sent,
};

void
step(struct player *p)
{
	steps[draw(p, DIM(steps))](p);
}
