/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_zoo.h"

/*
 * The data of an mbuf are written after it was freed, which is found when it is taken again.
 * expect: write after free: byte 130 of the data room is 0x41
 */
ZOO_CASE(data)

static void
data_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *data = rte_pktmbuf_append(m, 100);

	rte_pktmbuf_free(m); /* freed */
	data[2] = 'A';	     /* written */
	zoo_take_all(pool);  /* found */
}

static void
data_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	memset(rte_pktmbuf_append(m, 100), 'A', 100);
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The headroom is written after the mbuf was freed: its first byte.
 * expect: write after free: byte 0 of the data room is 0x00
 */
ZOO_CASE(headroom)

static void
headroom_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *room = m->buf_addr;

	rte_pktmbuf_free(m); /* freed */
	room[0] = 0;	     /* written */
	zoo_take_all(pool);  /* found */
}

static void
headroom_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *room = m->buf_addr;

	room[0] = 0;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The last byte of the data room is written after the mbuf was freed.
 * expect: write after free: byte 2175 of the data room is 0xff
 */
ZOO_CASE(last_byte)

static void
last_byte_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	unsigned char *last = (unsigned char *)m->buf_addr + m->buf_len - 1;

	rte_pktmbuf_free(m); /* freed */
	*last = 0xff;	     /* written */
	zoo_take_all(pool);  /* found */
}

static void
last_byte_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	unsigned char *room = m->buf_addr;

	room[m->buf_len - 1] = 0xff;
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The data are written through a clone, after all references of them were let go.
 * expect: write after free: byte 128 of the data room is 0x43
 */
ZOO_CASE(through_clone)

static void
through_clone_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	struct rte_mbuf *clone = rte_pktmbuf_clone(m, pool);
	char *data = rte_pktmbuf_mtod(clone, char *);

	rte_pktmbuf_free(m);
	rte_pktmbuf_free(clone); /* freed */
	data[0] = 'C';		 /* written */
	zoo_take_all(pool);	 /* found */
}

static void
through_clone_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *clone = rte_pktmbuf_clone(m, pool);

	rte_pktmbuf_free(m);
	*rte_pktmbuf_mtod(clone, char *) = 'C';
	rte_pktmbuf_free(clone);
	zoo_take_all(pool);
}

/*
 * Another lcore writes to an mbuf that is free.
 * expect: write after free: byte 128 of the data room is 0x44
 */
ZOO_CASE(by_other_lcore)

static int
write_there(void *arg)
{
	*(char *)arg = 'D'; /* written on a worker */
	return 0;
}

static void
by_other_lcore_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	void *data = rte_pktmbuf_mtod(m, void *);

	rte_pktmbuf_free(m); /* freed */
	zoo_on_worker(write_there, data);
	zoo_take_all(pool); /* found */
}

static void
by_other_lcore_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	zoo_on_worker(write_there, rte_pktmbuf_mtod(m, void *));
	rte_pktmbuf_free(m);
	zoo_take_all(pool);
}

/*
 * The write is found when the pool is destroyed.
 * expect: write after free: byte 128 of the data room is 0x45
 * found: at the end
 */
ZOO_CASE(found_at_pool_free)

static void
found_at_pool_free_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	rte_pktmbuf_free(m); /* freed */
	*data = 'E';
	rte_mempool_free(pool);
}

static void
found_at_pool_free_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	*rte_pktmbuf_mtod(m, char *) = 'E';
	rte_pktmbuf_free(m);
	rte_mempool_free(pool);
}

/*
 * The write is found by rte_eal_cleanup().
 * expect: write after free: byte 128 of the data room is 0x46
 * found: at the end
 */
ZOO_CASE(found_at_cleanup)

static void
found_at_cleanup_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	rte_pktmbuf_free(m); /* freed */
	*data = 'F';
	rte_eal_cleanup();
	_exit(0);
}

static void
found_at_cleanup_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));

	*rte_pktmbuf_mtod(m, char *) = 'F';
	rte_pktmbuf_free(m);
	rte_eal_cleanup();
	_exit(0);
}

/*
 * The write is found when the program ends without rte_eal_cleanup().
 * expect: write after free: byte 128 of the data room is 0x47
 * found: at the end
 */
ZOO_CASE(found_at_exit)

static void
found_at_exit_bug(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo")); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	rte_pktmbuf_free(m); /* freed */
	*data = 'G';
	exit(0);
}

static void
found_at_exit_twin(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(zoo_pool("zoo"));

	*rte_pktmbuf_mtod(m, char *) = 'G';
	rte_pktmbuf_free(m);
	exit(0);
}

/*
 * The write is found when the mbuf has left the quarantine and is taken by bulk.
 * expect: write after free: byte 128 of the data room is 0x48
 * env: EVPL_TRACE_QUARANTINE=0
 */
ZOO_CASE(found_by_bulk)

static void
found_by_bulk_bug(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *some[8]; /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	rte_pktmbuf_free(m); /* freed */
	*data = 'H';
	zoo_check(rte_pktmbuf_alloc_bulk(pool, some, 8) == 0, "mbufs"); /* found */
	rte_pktmbuf_free_bulk(some, 8);
}

static void
found_by_bulk_twin(void)
{
	struct rte_mempool *pool = zoo_pool("zoo");
	struct rte_mbuf *some[8];

	for (unsigned i = 0; i < 20; i++) {
		zoo_check(rte_pktmbuf_alloc_bulk(pool, some, 8) == 0, "mbufs");
		*rte_pktmbuf_mtod(some[i % 8], char *) = 'H';
		rte_pktmbuf_free_bulk(some, 8);
	}
}

/*
 * More mbufs are asked for than are free, between the free and the write. Nothing is taken then, so the report names
 * the calls before it.
 * expect: write after free: byte 128 of the data room is 0x49
 * pool: large
 * env: EVPL_TRACE_QUARANTINE=0
 */
ZOO_CASE(after_failed_bulk)

#define LARGE 100u

static struct rte_mempool *
large_pool(void)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("large", LARGE, 0, 0, 2176, SOCKET_ID_ANY);

	zoo_check(pool != NULL, "a large pool");
	return pool;
}

static void
ask_for_too_many(struct rte_mempool *pool)
{
	struct rte_mbuf *many[LARGE + 1];

	zoo_check(rte_pktmbuf_alloc_bulk(pool, many, LARGE + 1) != 0, "no more than there are");
	zoo_check(rte_pktmbuf_alloc_bulk(pool, many, LARGE - 1) == 0, "all but one");
	rte_pktmbuf_free_bulk(many, LARGE - 1);
}

static void
after_failed_bulk_bug(void)
{
	struct rte_mempool *pool = large_pool();
	struct rte_mbuf *many[LARGE + 1], *m = rte_pktmbuf_alloc(pool); /* taken */
	char *data = rte_pktmbuf_mtod(m, char *);

	rte_pktmbuf_free(m); /* freed */
	zoo_check(rte_pktmbuf_alloc_bulk(pool, many, LARGE + 1) != 0, "no more than there are");
	*data = 'I';
	zoo_take_all(pool); /* found */
}

static void
after_failed_bulk_twin(void)
{
	struct rte_mempool *pool = large_pool();
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	ask_for_too_many(pool);
	*rte_pktmbuf_mtod(m, char *) = 'I';
	rte_pktmbuf_free(m);
}
