/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of a tracing build's records (src/trace/records.c), tested alone.
 *
 * What would break: a thread that takes one more chunk of records could first search all records in use. Then takes
 * would become slower with each live iovec. Or a thread could take chunks without end while few records are in use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trace/records.h"

static union trace_slot *
take(struct trace_thread *me)
{
	uint32_t handle;
	union trace_slot *slot = trace_slot_take(me, &handle);

	if (slot != NULL)
		slot->iovec.state = handle | TRACE_LIVE;
	return slot;
}

/* As note_gone() in src/trace/calls.h. */
static void
give_up(union trace_slot *slot)
{
	slot->iovec.state ^= TRACE_LIVE | TRACE_GONE;
}

static void
a_take_looks_at_a_few_records_however_many_live(void **state)
{
	struct trace_thread *me = trace_self();
	unsigned n = 0;

	(void)state;
	while (n < TRACE_RECORDS - 1 && take(me) != NULL)
		n++;
	assert_true(n >= TRACE_RECORDS / 2); /* those that were looked at last may be missing */
	assert_true(me->looked <= UINT64_C(4) * n);
	for (unsigned i = 0; i < TRACE_RECORDS; i++)
		(void)take(me);
	assert_true(me->looked <= UINT64_C(4) * n + UINT64_C(4) * TRACE_RECORDS);
}

/*
 * After the case above no record is free. Two chunks are searched. Then as many takes find nothing as a chunk has
 * records.
 */
static void
a_search_in_vain_is_counted_once(void **state)
{
	struct trace_thread *me = trace_self();
	uint64_t looked = me->looked;

	(void)state;
	for (unsigned i = 0; i < 16 * (TRACE_CHUNK + 1); i++)
		assert_null(take(me));
	assert_int_equal(me->looked - looked, 16 * 2 * TRACE_CHUNK);
}

#define HELD 3000u /* more than half of a chunk */

static void
few_that_live_need_few_chunks(void **state)
{
	static union trace_slot *held[HELD];
	struct trace_thread *me = trace_self();
	unsigned chunks;

	(void)state;
	for (unsigned i = 0; i < 100 * TRACE_CHUNK; i++) {
		if (held[i % HELD] != NULL)
			give_up(held[i % HELD]);
		held[i % HELD] = take(me);
		assert_non_null(held[i % HELD]);
	}
	chunks = me->chunk_count;
	assert_true(chunks <= 8);
	for (unsigned i = 0; i < HELD; i++)
		give_up(held[i]);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(few_that_live_need_few_chunks),
		cmocka_unit_test(a_take_looks_at_a_few_records_however_many_live),
		cmocka_unit_test(a_search_in_vain_is_counted_once),
	};

	return cmocka_run_group_tests_name("trace_records", cases, NULL, NULL);
}
