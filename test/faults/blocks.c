/* SPDX-License-Identifier: BSD-3-Clause */
/* Which blocks of the heap are the library's or the program's: a table of their addresses. */
#include "faulty.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define SLOTS (1u << 16)

static uintptr_t slots[SLOTS]; /* 0: never used; 1: used before */
static unsigned live;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned
slot_of(uintptr_t address)
{
	return (unsigned)((address >> 4) * 2654435761u) % SLOTS;
}

void *
blocks_began(void *memory, const void *from)
{
	unsigned at = slot_of((uintptr_t)memory);

	if (memory == NULL || !faulty_is_ours(from))
		return memory;
	pthread_mutex_lock(&lock);
	if (live == SLOTS / 2)
		abort();
	while (slots[at] > 1)
		at = (at + 1) % SLOTS;
	slots[at] = (uintptr_t)memory;
	__atomic_store_n(&live, live + 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&lock);
	return memory;
}

void
blocks_ended(const void *memory)
{
	unsigned at = slot_of((uintptr_t)memory);

	if (memory == NULL || faulty_blocks() == 0)
		return;
	pthread_mutex_lock(&lock);
	for (unsigned n = 0; n < SLOTS && slots[at] != 0 && slots[at] != (uintptr_t)memory; n++)
		at = (at + 1) % SLOTS;
	if (slots[at] == (uintptr_t)memory) {
		slots[at] = 1;
		__atomic_store_n(&live, live - 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&lock);
}

unsigned
faulty_blocks(void)
{
	return __atomic_load_n(&live, __ATOMIC_RELAXED);
}
