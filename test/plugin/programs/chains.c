/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains, clones, copies and attached bytes. Planted bug: a copy is freed twice. */
#include "program.h"

#include <netinet/in.h>
#include <rte_malloc.h>

#define PRIVATE 40u

struct external {
	struct rte_mbuf_ext_shared_info info;
	uint8_t bytes[512];
};

static struct rte_mempool *plain, *with_private, *indirect;

static void
free_external(void *bytes, void *arg)
{
	(void)bytes;
	rte_free(arg);
}

static void
attach_external(struct rte_mbuf *m)
{
	struct external *external = rte_zmalloc(NULL, sizeof(*external), 64);
	struct rte_mbuf *clone;

	need(external != NULL);
	external->info.free_cb = free_external;
	external->info.fcb_opaque = external;
	rte_mbuf_ext_refcnt_set(&external->info, 1);
	rte_pktmbuf_attach_extbuf(m, external->bytes, rte_mem_virt2iova(external->bytes), sizeof(external->bytes),
				  &external->info);
	need(rte_pktmbuf_append(m, 100) != NULL);
	clone = rte_pktmbuf_clone(m, indirect);
	need(clone != NULL);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(clone);
}

/* A program may write all of its private area, and as much as rte_pktmbuf_priv_size() says. */
static void
use_private_area(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(with_private);
	uint8_t *metadata;

	need(m != NULL && rte_pktmbuf_priv_size(with_private) >= PRIVATE);
	memset(rte_mbuf_to_priv(m), 0x5a, PRIVATE);
	rte_pktmbuf_free(m);
	m = rte_pktmbuf_alloc(with_private);
	memset(rte_mbuf_to_priv(m), 0, rte_pktmbuf_priv_size(with_private));
	rte_pktmbuf_free(m);
	/* Without one, it may keep data where the headroom begins. */
	m = rte_pktmbuf_alloc(plain);
	memset(rte_pktmbuf_mtod_offset(m, char *, -RTE_PKTMBUF_HEADROOM), 0x17, 96);
	metadata = RTE_PTR_ADD(m, sizeof(*m));
	for (unsigned i = 0; i < 96; i++)
		metadata[i] = (uint8_t)i;
	rte_pktmbuf_free(m);
}

static void
move_edges(void)
{
	struct rte_mbuf *m = program_packet(plain, IPPROTO_UDP, 200);

	need(rte_pktmbuf_adj(m, 14) != NULL && rte_pktmbuf_trim(m, 50) == 0);
	need(rte_pktmbuf_prepend(m, rte_pktmbuf_headroom(m)) != NULL);
	memset(rte_pktmbuf_mtod(m, void *), 1, m->data_len);
	memset(rte_pktmbuf_append(m, rte_pktmbuf_tailroom(m)), 2, 1);
	memset(m->buf_addr, 3, m->buf_len);
	rte_pktmbuf_reset(m);
	rte_pktmbuf_free(m);
}

static void
clone_and_copy(uint32_t length)
{
	struct rte_mbuf *packet = program_packet(plain, IPPROTO_UDP, length), *clone, *again, *copy;

	clone = rte_pktmbuf_clone(packet, indirect);
	again = rte_pktmbuf_clone(clone, plain);
	copy = rte_pktmbuf_copy(packet, with_private, 0, UINT32_MAX);
	need(clone != NULL && again != NULL && copy != NULL);
	rte_pktmbuf_free(packet);
	program_check(clone, 34, length);
	rte_pktmbuf_free(clone);
	program_check(again, 34, length);
	rte_pktmbuf_free(again);
	program_check(copy, 34, length);
	if (length < 1500)
		need(rte_pktmbuf_linearize(copy) == 0);
	rte_pktmbuf_free(copy);
	if (program_bug)
		rte_pktmbuf_free(copy);
}

static void
attach_by_hand(void)
{
	struct rte_mbuf *direct = program_packet(plain, IPPROTO_UDP, 64), *other = rte_pktmbuf_alloc(plain);

	need(other != NULL);
	rte_pktmbuf_attach(other, direct);
	rte_pktmbuf_free(direct);
	program_check(other, 34, 64);
	rte_pktmbuf_detach(other);
	need(other->buf_len == rte_pktmbuf_data_room_size(plain));
	rte_pktmbuf_free(other);
}

static void
in_bulk(void)
{
	struct rte_mbuf *mbufs[200];

	need(rte_pktmbuf_alloc_bulk(plain, mbufs, RTE_DIM(mbufs)) == 0);
	for (unsigned i = 1; i < RTE_DIM(mbufs); i += 2) {
		need(rte_pktmbuf_append(mbufs[i], 10) != NULL);
		need(rte_pktmbuf_chain(mbufs[i - 1], mbufs[i]) == 0);
		mbufs[i] = NULL;
	}
	rte_pktmbuf_free_bulk(mbufs, RTE_DIM(mbufs));
	/* Raw mbufs, as drivers take and put them. */
	need(rte_mempool_get_bulk(plain, (void **)mbufs, 32) == 0);
	rte_mempool_put_bulk(plain, (void **)mbufs, 32);
	mbufs[0] = rte_mbuf_raw_alloc(plain);
	need(mbufs[0] != NULL);
	rte_mbuf_raw_free(mbufs[0]);
}

void
chains(void)
{
	plain = program_pool("plain", 1023, 0, 512);
	with_private = program_pool("with_private", 511, PRIVATE, RTE_MBUF_DEFAULT_BUF_SIZE);
	indirect = program_pool("indirect", 511, 0, 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(plain);

		need(m != NULL);
		attach_external(m);
		use_private_area();
		move_edges();
		clone_and_copy(1 + i * 7);
		if (i > 100)
			clone_and_copy(5000);
		attach_by_hand();
		in_bulk();
	}
	rte_mempool_free(indirect);
	rte_mempool_free(with_private);
	rte_mempool_free(plain);
}
