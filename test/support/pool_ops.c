/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mempool handler for builds with the thread sanitizer, and for those only.
 *
 * The ring under DPDK's mempools lies in a library that the sanitizer does not see into: an mbuf that one thread frees
 * and another takes then looks as if nothing ordered the two. This handler does what a ring does, in code that is
 * instrumented; EAL's --mbuf-pool-ops-name makes every pool use it (program.c). So nothing has to be suppressed.
 */
#include <pthread.h>

#include "pool_ops.h"
#include "support.h"

#ifdef TEST_THREAD_SANITIZER

struct stack {
	pthread_mutex_t lock;
	unsigned n;
	void *object[];
};

static int
stack_alloc(struct rte_mempool *pool)
{
	struct stack *stack = calloc(1, sizeof(*stack) + pool->size * sizeof(void *));

	if (stack == NULL)
		return -ENOMEM;
	pthread_mutex_init(&stack->lock, NULL);
	pool->pool_data = stack;
	return 0;
}

static void
stack_free(struct rte_mempool *pool)
{
	free(pool->pool_data);
}

static int
stack_enqueue(struct rte_mempool *pool, void *const *objects, unsigned n)
{
	struct stack *stack = pool->pool_data;
	bool fits;

	pthread_mutex_lock(&stack->lock);
	fits = stack->n + n <= pool->size;
	if (fits) {
		memcpy(&stack->object[stack->n], objects, n * sizeof(void *));
		stack->n += n;
	}
	pthread_mutex_unlock(&stack->lock);
	return fits ? 0 : -ENOBUFS;
}

static int
stack_dequeue(struct rte_mempool *pool, void **objects, unsigned n)
{
	struct stack *stack = pool->pool_data;
	bool enough;

	pthread_mutex_lock(&stack->lock);
	enough = n <= stack->n;
	if (enough) {
		stack->n -= n;
		memcpy(objects, &stack->object[stack->n], n * sizeof(void *));
	}
	pthread_mutex_unlock(&stack->lock);
	return enough ? 0 : -ENOBUFS;
}

static unsigned
stack_count(const struct rte_mempool *pool)
{
	struct stack *stack = pool->pool_data;
	unsigned n;

	pthread_mutex_lock(&stack->lock);
	n = stack->n;
	pthread_mutex_unlock(&stack->lock);
	return n;
}

static const struct rte_mempool_ops ops = {
	.name = TEST_POOL_OPS,
	.alloc = stack_alloc,
	.free = stack_free,
	.enqueue = stack_enqueue,
	.dequeue = stack_dequeue,
	.get_count = stack_count,
};

bool
pool_ops_register(void)
{
	return rte_mempool_register_ops(&ops) >= 0;
}

#else

bool
pool_ops_register(void)
{
	return false;
}

#endif
