/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/trace/thread.c: a thread's number is its own.
 *
 * What would break: after 65,535 threads, a report would name a new thread where the main thread was.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace/thread.h"

#define NUMBERS 7 /* TRACE_THREADS, as this test is built: as many real threads would take minutes */

static void *
begin(void *arg)
{
	trace_place *place = arg;

	*place = trace_place_make(trace_self(), 1);
	return NULL;
}

static void
a_living_thread_keeps_its_number(void **state)
{
	trace_place mine, last = 0;

	(void)state;
	begin(&mine);
	for (unsigned i = 0; i < 3 * NUMBERS; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, begin, &last), 0);
		pthread_join(thread, NULL);
		assert_int_not_equal(last, mine);
	}
	assert_ptr_equal(trace_thread_of(mine), trace_self());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_living_thread_keeps_its_number)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
