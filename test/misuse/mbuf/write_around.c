/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * One byte is written behind the data room, which is found when the mbuf is freed.
 * expect: write past the data room: byte 1 behind its end is 0x41
 */
ZOO_CASE(past_by_one)

static void
past_by_one_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */
	char *room = m->buf_addr;

	room[m->buf_len] = 'A'; /* written */
	rte_pktmbuf_free(m);	/* found */
}

static void
past_by_one_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	char *room = m->buf_addr;

	room[m->buf_len - 1] = 'A';
	rte_pktmbuf_free(m);
}

/*
 * A packet is copied into an mbuf that is too short for it by 60 bytes.
 * expect: write past the data room: byte 1 behind its end is 0x42
 */
ZOO_CASE(past_by_many)

static void
past_by_many_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	memset(data, 'B', rte_pktmbuf_tailroom(m) + 60u);
	rte_pktmbuf_free(m); /* found */
}

static void
past_by_many_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));

	memset(rte_pktmbuf_mtod(m, char *), 'B', rte_pktmbuf_tailroom(m));
	rte_pktmbuf_free(m);
}

/*
 * The last byte of the guard alone is written.
 * expect: write past the data room: byte 64 behind its end is 0x43
 */
ZOO_CASE(past_far)

static void
past_far_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */
	char *room = m->buf_addr;

	room[m->buf_len + 63] = 'C'; /* written */
	rte_pktmbuf_free(m);	     /* found */
}

static void
past_far_twin(void)
{
	past_by_one_twin();
}

/*
 * One byte is written behind the data room after the mbuf was freed.
 * expect: write past the data room: byte 1 behind its end is 0x44
 */
ZOO_CASE(past_after_free)

static void
past_after_free_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *end = (char *)m->buf_addr + m->buf_len;

	rte_pktmbuf_free(m); /* freed */
	*end = 'D';	     /* written */
	zoo_take_all(pool);  /* found */
}

static void
past_after_free_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *end = (char *)m->buf_addr + m->buf_len;

	end[-1] = 'D';
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * One byte is written behind the data room of an mbuf that nobody frees.
 * expect: write past the data room: byte 1 behind its end is 0x45
 * found: at the end
 * lost: 1 of 63
 */
ZOO_CASE(past_and_leaked)

static void
past_and_leaked_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *room = m->buf_addr;

	room[m->buf_len] = 'E';
	rte_mempool_free(pool);
}

static void
past_and_leaked_twin(void)
{
	past_by_one_twin();
}

/*
 * A header is put before the data, and is longer than the headroom by one byte.
 * expect: write before the data room: byte 1 before its start is 0x46
 */
ZOO_CASE(before_by_one)

static void
before_by_one_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	data[-RTE_PKTMBUF_HEADROOM - 1] = 'F'; /* written */
	rte_pktmbuf_free(m);		       /* found */
}

static void
before_by_one_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	char *data = rte_pktmbuf_mtod(m, char *);

	data[-RTE_PKTMBUF_HEADROOM] = 'F';
	rte_pktmbuf_free(m);
}

/*
 * The same with 54 bytes too many.
 * expect: write before the data room: byte 54 before its start is 0x47
 */
ZOO_CASE(before_by_many)

static void
before_by_many_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */

	m->data_off = (uint16_t)(m->data_off - RTE_PKTMBUF_HEADROOM - 54); /* wraps */
	memset((char *)m->buf_addr + (int16_t)m->data_off, 'G', 54);
	m->data_off = RTE_PKTMBUF_HEADROOM;
	rte_pktmbuf_free(m); /* found */
}

static void
before_by_many_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));
	char *header = rte_pktmbuf_prepend(m, RTE_PKTMBUF_HEADROOM);

	memset(header, 'G', RTE_PKTMBUF_HEADROOM);
	rte_pktmbuf_free(m);
}

/*
 * The private area is the program's own. What is behind it is not, though some bytes more are forgiven: see pool.h.
 * expect: write before the data room: byte 64 before its start is 0x49
 * pool: private
 */
ZOO_CASE(past_private_area)

static struct rte_mempool *
private_pool(void)
{
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create("private", ZOO_MBUFS, 0, 24, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	zoo_check(pool != NULL, "a mempool");
	return pool;
}

static void
past_private_area_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(private_pool()); /* taken */

	memset(rte_mbuf_to_priv(m), 'I', 24 + RTE_PKTMBUF_HEADROOM + 1);
	rte_pktmbuf_free(m); /* found */
}

static void
past_private_area_twin(void)
{
	struct rte_mempool *pool = private_pool();
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	memset(rte_mbuf_to_priv(m), 'I', 24);
	rte_pktmbuf_free(m);
	memset(rte_mbuf_to_priv(m), 'J', 24);
	zoo_take_all(pool);
}

/*
 * 64 bytes are cleared before the data room. The twin fills the private area, which is as long as DPDK says. (The
 * address sanitizer stops both, as apps/README.md says. So no line is marked for it.)
 * expect: write before the data room: byte 64 before its start is 0x00
 * pool: private
 */
ZOO_CASE(before_cleared)

static void
before_cleared_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(private_pool()); /* taken */
	char *room = m->buf_addr;

	memset(room - 64, 0, 64);
	rte_pktmbuf_free(m); /* found */
}

static void
fill_private_area(struct rte_mempool *pool, void *arg, void *m, unsigned number)
{
	unsigned char *area = rte_mbuf_to_priv(m);

	(void)arg;
	(void)number;
	for (unsigned i = 0; i < rte_pktmbuf_priv_size(pool); i++)
		area[i] = (unsigned char)i;
}

static void
check_private_area(struct rte_mempool *pool, void *arg, void *m, unsigned number)
{
	const unsigned char *area = rte_mbuf_to_priv(m);

	(void)arg;
	(void)number;
	for (unsigned i = 0; i < rte_pktmbuf_priv_size(pool); i++)
		zoo_check(area[i] == (unsigned char)i, "the private area is as it was");
}

static void
before_cleared_twin(void)
{
	struct rte_mempool *pool = private_pool();
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	fill_private_area(pool, NULL, m, 0);
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The private areas of all mbufs are filled before the first use, and stay so. Writes past the data room are found all
 * the same.
 * expect: write past the data room: byte 1 behind its end is 0x45
 * pool: private
 */
ZOO_CASE(past_with_private_area)

static void
past_with_private_area_bug(void)
{
	struct rte_mempool *pool = private_pool();
	struct rte_mbuf *m;
	char *room;

	rte_mempool_obj_iter(pool, fill_private_area, NULL);
	m = rte_pktmbuf_alloc(pool); /* taken */
	room = m->buf_addr;
	room[m->buf_len] = 'E'; /* written */
	rte_pktmbuf_free(m);	/* found */
	rte_mempool_obj_iter(pool, check_private_area, NULL);
}

static void
past_with_private_area_twin(void)
{
	struct rte_mempool *pool = private_pool();

	rte_mempool_obj_iter(pool, fill_private_area, NULL);
	for (unsigned i = 0; i < 3; i++)
		zoo_take_all(pool);
	rte_mempool_obj_iter(pool, check_private_area, NULL);
}
