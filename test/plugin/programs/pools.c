/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools of all kinds, made and filled in all ways, and what a program may ask of them. Planted bug: an object is put
 * into a pool that it is not of.
 */
#include "program.h"

#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memzone.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT 255u
#define SIZE 100u
#define CACHE 32u

/* Takes all, puts all back: each object came once. */
static void
turn_over(struct rte_mempool *pool, unsigned count)
{
	void **objects = calloc(count, sizeof(*objects)), *one;

	need(objects != NULL && rte_mempool_avail_count(pool) == count);
	need(rte_mempool_full(pool) == (count == pool->size) && rte_mempool_in_use_count(pool) == pool->size - count);
	for (unsigned i = 0; i < count; i++)
		need(rte_mempool_get(pool, &objects[i]) == 0);
	need(rte_mempool_get(pool, &one) != 0 && rte_mempool_empty(pool));
	for (unsigned i = 0; i < count; i++)
		memset(objects[i], (int)i, RTE_MIN(pool->elt_size, SIZE));
	rte_mempool_put_bulk(pool, objects, count / 2);
	for (unsigned i = count / 2; i < count; i++)
		rte_mempool_put(pool, objects[i]);
	need(rte_mempool_get_bulk(pool, objects, RTE_MIN(count, 100u)) == 0);
	rte_mempool_put_bulk(pool, objects, RTE_MIN(count, 100u));
	rte_mempool_audit(pool);
	free(objects);
}

static void
count_object(struct rte_mempool *pool, void *arg, void *object, unsigned i)
{
	(void)pool;
	(void)object;
	(void)i;
	++*(unsigned *)arg;
}

static void
look_at(struct rte_mempool *pool, unsigned count)
{
	unsigned seen = 0;
	FILE *nowhere = fopen("/dev/null", "w");

	need(pool->size >= count && rte_mempool_lookup(pool->name) == pool && nowhere != NULL);
	need(rte_mempool_obj_iter(pool, count_object, &seen) == count && seen == count);
	rte_mempool_dump(nowhere, pool);
	rte_mempool_list_dump(nowhere);
	fclose(nowhere);
}

static void
with_flags(unsigned flags)
{
	struct rte_mempool *pool =
		rte_mempool_create("flags", COUNT, SIZE, CACHE, 48, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, flags);

	need(pool != NULL && pool->cache_size == CACHE && pool->elt_size >= SIZE && pool->private_data_size >= 48);
	memset(rte_mempool_get_priv(pool), 1, 48);
	turn_over(pool, COUNT);
	look_at(pool, COUNT);
	rte_mempool_free(pool);
}

static struct rte_mempool *
empty_pool(const char *name, unsigned count, unsigned size, unsigned private_size)
{
	struct rte_mempool *pool = rte_mempool_create_empty(name, count, size, CACHE, private_size, SOCKET_ID_ANY, 0);

	need(pool != NULL && rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL) == 0);
	return pool;
}

/* Memory comes in two pieces; the private area's address is asked for before. */
static void
in_pieces(void)
{
	struct rte_mempool *pool = empty_pool("pieces", COUNT, SIZE, 64);
	uint64_t *private = rte_mempool_get_priv(pool);
	unsigned got = 0;

	for (unsigned i = 0; i < 2; i++) {
		char name[8] = {'p', 'i', 'e', 'c', 'e', (char)('0' + i)};
		const struct rte_memzone *memory = rte_memzone_reserve(name, 8192, SOCKET_ID_ANY, 0);
		int n;

		need(memory != NULL);
		n = rte_mempool_populate_iova(pool, memory->addr, memory->iova, memory->len, NULL, NULL);
		need(n > 10);
		got += (unsigned)n;
	}
	private[0] = 17;
	need(((uint64_t *)rte_mempool_get_priv(pool))[0] == 17 && private[1] == 0);
	turn_over(pool, got);
	look_at(pool, got);
	rte_mempool_free(pool);
	rte_memzone_free(rte_memzone_lookup("piece0"));
	rte_memzone_free(rte_memzone_lookup("piece1"));
}

/* There is not enough memory for all objects, so the program gives it some of its own. */
static void
in_other_memory(void)
{
	struct rte_mempool *pool = empty_pool("other", 100000, 65536, 0);
	const struct rte_memzone *memory = rte_memzone_reserve("some", 2 << 20, SOCKET_ID_ANY, 0);
	int n;

	need(memory != NULL && rte_mempool_populate_default(pool) < 0);
	n = rte_mempool_populate_iova(pool, memory->addr, memory->iova, memory->len, NULL, NULL);
	need(n > 10);
	turn_over(pool, (unsigned)n);
	look_at(pool, (unsigned)n);
	rte_mempool_free(pool);
	rte_memzone_free(memory);
}

static void
in_anonymous_memory(void)
{
	struct rte_mempool *pool = empty_pool("anonymous", COUNT, SIZE, 0);

	need(rte_mempool_populate_anon(pool) == (int)COUNT);
	turn_over(pool, COUNT);
	rte_mempool_free(pool);
}

/* mbufs by rte_mempool_create(), as programs did it before rte_pktmbuf_pool_create() was there. */
static void
mbufs_the_old_way(void)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = 1000, .mbuf_priv_size = 16};
	struct rte_mempool *pool =
		rte_mempool_create("old", COUNT, sizeof(struct rte_mbuf) + 16 + 1000, CACHE, sizeof(private),
				   rte_pktmbuf_pool_init, &private, rte_pktmbuf_init, NULL, SOCKET_ID_ANY, 0);

	need(pool != NULL);
	for (unsigned i = 0; i < 2 * COUNT; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		need(m != NULL && m->buf_len == 1000 && rte_pktmbuf_data_room_size(pool) == 1000);
		memset(rte_mbuf_to_priv(m), 1, 16);
		memset(rte_pktmbuf_append(m, 500), 1, 500);
		rte_pktmbuf_free(m);
	}
	rte_mempool_free(pool);
}

/* Each mbuf has bytes of a memory of the program's. */
static void
pinned(void)
{
	size_t size = 1 << 20;
	void *bytes = rte_zmalloc(NULL, size, 4096);
	struct rte_pktmbuf_extmem memory = {
		.buf_ptr = bytes, .buf_iova = rte_mem_virt2iova(bytes), .buf_len = size, .elt_size = 2048};
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create_extbuf("pinned", COUNT, CACHE, 8, 2048, SOCKET_ID_ANY, &memory, 1);
	struct rte_mempool *clones = program_pool("clones", COUNT, 0, 0);

	need(bytes != NULL && pool != NULL);
	for (unsigned i = 0; i < 2 * COUNT; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *clone;

		need(m != NULL && rte_pktmbuf_append(m, 1000) != NULL);
		memset(m->buf_addr, 7, m->buf_len);
		clone = rte_pktmbuf_clone(m, clones);
		need(clone != NULL);
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(clone);
	}
	rte_mempool_free(clones);
	rte_mempool_free(pool);
	rte_free(bytes);
}

static void
place_elsewhere(struct rte_mempool *pool, void *bytes, void *object, unsigned i)
{
	struct rte_mbuf *m = object;

	rte_pktmbuf_init(pool, NULL, object, i);
	m->buf_addr = (char *)bytes + (size_t)i * m->buf_len;
}

/* The program puts the bytes of each mbuf where it wants them. */
static void
own_addresses(void)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = 1024};
	void *bytes = rte_malloc(NULL, (size_t)COUNT * 1024, 64);
	struct rte_mempool *pool =
		rte_mempool_create("placed", COUNT, sizeof(struct rte_mbuf) + 1024, CACHE, sizeof(private),
				   rte_pktmbuf_pool_init, &private, place_elsewhere, bytes, SOCKET_ID_ANY, 0);

	need(bytes != NULL && pool != NULL);
	for (unsigned i = 0; i < 2 * COUNT; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		need(m != NULL && RTE_PTR_DIFF(m->buf_addr, bytes) < COUNT * 1024);
		memset(m->buf_addr, 1, m->buf_len);
		rte_pktmbuf_free(m);
	}
	rte_mempool_free(pool);
	rte_free(bytes);
}

/* A cache that the program owns holds objects back, and gives them back. */
static void
own_cache(void)
{
	struct rte_mempool *pool = program_pool("cached", COUNT, 0, 256);
	struct rte_mempool_cache *cache = rte_mempool_cache_create(CACHE, SOCKET_ID_ANY);
	void *objects[8];

	need(cache != NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		need(rte_mempool_generic_get(pool, objects, RTE_DIM(objects), cache) == 0);
		rte_mempool_generic_put(pool, objects, RTE_DIM(objects), cache);
	}
	rte_mempool_cache_flush(cache, pool);
	rte_mempool_cache_free(cache);
	need(rte_mempool_avail_count(pool) == COUNT);
	rte_mempool_free(pool);
}

/* A child that does not touch DPDK, as system() makes. */
static void
child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		exit(0);
	need(waitpid(pid, &status, 0) == pid && status == 0);
}

static void
wrong_pool(void)
{
	struct rte_mempool *one = rte_mempool_create("one", 7, SIZE, 0, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
	struct rte_mempool *two = rte_mempool_create("two", 7, SIZE, 0, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
	void *object;

	need(one != NULL && two != NULL && rte_mempool_get(one, &object) == 0);
	rte_mempool_put(program_bug ? two : one, object);
	rte_mempool_free(one);
	rte_mempool_free(two);
}

void
pools(void)
{
	static const unsigned flags[] = {0,
					 RTE_MEMPOOL_F_SP_PUT | RTE_MEMPOOL_F_SC_GET,
					 RTE_MEMPOOL_F_SP_PUT,
					 RTE_MEMPOOL_F_SC_GET,
					 RTE_MEMPOOL_F_NO_SPREAD,
					 RTE_MEMPOOL_F_NO_CACHE_ALIGN,
					 RTE_MEMPOOL_F_NO_IOVA_CONTIG};

	mlockall(MCL_CURRENT); /* a right that not everybody has */
	for (unsigned i = 0; i < RTE_DIM(flags); i++)
		with_flags(flags[i]);
	in_pieces();
	in_other_memory();
	in_anonymous_memory();
	mbufs_the_old_way();
	pinned();
	own_addresses();
	own_cache();
	child();
	wrong_pool();
}
