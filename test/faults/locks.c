/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A thread of the library or the program unlocks only a mutex that it holds. A call that has forgotten to lock opens
 * the lock of another thread, which shows by luck only.
 */
#include "faulty.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST 64u

static __thread const pthread_mutex_t *held[MOST];
static __thread unsigned held_count;

typedef int function(pthread_mutex_t *);

/* As faulty_next(), but looked up once: a program locks more often than it fails. */
static function *
next(function **known, const char *name)
{
	function *found = __atomic_load_n(known, __ATOMIC_RELAXED);

	if (found == NULL) {
		found = (function *)(uintptr_t)faulty_next(name);
		__atomic_store_n(known, found, __ATOMIC_RELAXED);
	}
	return found;
}

/*
 * The thread has one more mutex. Calls of DPDK count as well: a function that ends with such a call leaves its caller's
 * address, so whose call it is is not certain.
 */
static void
locked(const pthread_mutex_t *mutex)
{
	if (held_count == MOST) {
		fprintf(stderr, "faulty: a thread holds %u mutexes\n", MOST);
		abort();
	}
	held[held_count++] = mutex;
}

/* False: the thread does not hold it. */
static bool
unlocked(const pthread_mutex_t *mutex)
{
	unsigned i = held_count;

	while (i > 0 && held[i - 1] != mutex)
		i--;
	if (i == 0)
		return false;
	held[i - 1] = held[--held_count];
	return true;
}

FAULTY_EXPORT int
pthread_mutex_lock(pthread_mutex_t *mutex)
{
	static function *known;
	int rc = next(&known, "pthread_mutex_lock")(mutex);

	if (rc == 0)
		locked(mutex);
	return rc;
}

FAULTY_EXPORT int
pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	static function *known;
	int rc = next(&known, "pthread_mutex_trylock")(mutex);

	if (rc == 0)
		locked(mutex);
	return rc;
}

FAULTY_EXPORT int
pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	static function *known;

	if (!unlocked(mutex) && faulty_is_ours(FROM)) {
		fprintf(stderr, "faulty: a thread unlocks a mutex that it does not hold\n");
		abort();
	}
	return next(&known, "pthread_mutex_unlock")(mutex);
}
