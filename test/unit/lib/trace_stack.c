/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/trace/stack.c: call stacks, each of which stands for itself by one number.
 *
 * What would break: what a thread keeps at hand is found by the function's frame and return address alone. A function
 * that is called by another caller's caller, at the same height of the stack, would be taken for the one that was there
 * before. A return address that an earlier call left in an array would be taken for a call. When the table is full,
 * places would be wrong, or the program would stop. memcheck would call the library's looks at the stack faults of the
 * program.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "trace/pattern.h"
#include "trace/stack.h"

#define STACKS 8192u /* as in stack.c */

/* A call is no jump, and no copy of its caller, if its result is used behind it. */
#define AFTER(r) __asm__ volatile("" : "+r"(r))
#if defined(__clang__)
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noinline, noclone))
#endif

/* The function that a program calls. */
static ALONE uint64_t
here(unsigned depth)
{
	uint64_t place = trace_stack_here(trace_self(), __builtin_frame_address(0),
					  (uintptr_t)__builtin_return_address(0), depth);

	AFTER(place);
	return place;
}

static ALONE uint64_t
middle(unsigned depth)
{
	uint64_t place = here(depth);

	AFTER(place);
	return place;
}

static ALONE uint64_t
outer(unsigned depth)
{
	uint64_t place = middle(depth);

	AFTER(place);
	return place;
}

static void
the_same_calls_are_the_same_place(void **state)
{
	uint64_t places[3];

	(void)state;
	for (volatile unsigned i = 0; i < 3; i++)
		places[i] = middle(8);
	assert_int_equal(places[0], places[1]);
	assert_int_equal(places[0], places[2]);
	assert_int_not_equal(places[0], middle(8));
}

static void
the_frames_are_those_of_the_calls(void **state)
{
	uintptr_t frames[TRACE_STACK_DEPTH], again[TRACE_STACK_DEPTH];
	uint64_t place = outer(3);

	(void)state;
	assert_int_equal(trace_stack_frames(place, frames), 3);
	assert_in_range(frames[0], (uintptr_t)middle, (uintptr_t)middle + 256);
	assert_in_range(frames[1], (uintptr_t)outer, (uintptr_t)outer + 256);
	assert_in_range(frames[2], (uintptr_t)the_frames_are_those_of_the_calls,
			(uintptr_t)the_frames_are_those_of_the_calls + 4096);
	place = outer(3);
	assert_int_equal(trace_stack_frames(place, again), 3);
	assert_int_equal(again[0], frames[0]);
	assert_int_equal(again[1], frames[1]);
	assert_int_not_equal(again[2], frames[2]);
}

/* here() has the same frame and return address in all of these calls. */
static void
another_callers_caller_is_another_place(void **state)
{
	(void)state;
	for (volatile unsigned i = 0; i < 2; i++) {
		uint64_t one = outer(8);
		uint64_t two = outer(8);

		assert_int_not_equal(one, two);
	}
}

/* So an array is in the frame, all of it, although only one byte is used. */
#define USE(array) __asm__ volatile("" : : "r"(array) : "memory")
#define NOT_ASAN __attribute__((no_sanitize("address"))) /* it puts arrays elsewhere */

static uintptr_t height; /* of here()'s caller's array */

/* Its frame has the size that its caller wants. */
NOT_ASAN static ALONE uint64_t
with_array(size_t size)
{
	volatile char *array = __builtin_alloca(size);
	uint64_t place;

	array[0] = 1;
	height = (uintptr_t)array;
	place = here(8);
	AFTER(place);
	return place;
}

NOT_ASAN static ALONE uint64_t
from_large_frame(size_t size)
{
	volatile char large[1024];
	uint64_t place;

	USE(large);
	place = with_array(size);
	AFTER(place);
	USE(large);
	return place;
}

NOT_ASAN static ALONE uint64_t
from_small_frame(size_t size)
{
	volatile char small[256];
	uint64_t place;

	USE(small);
	place = with_array(size);
	AFTER(place);
	USE(small);
	return place;
}

struct call {
	uint64_t (*function)(size_t size);
	size_t size;
	uintptr_t height;
	uint64_t place;
};

/* All from one address, with nothing in between. */
static ALONE void
call_all(struct call *calls, struct call *end)
{
	for (struct call *call = calls; call != end; call++) {
		AFTER(call);
		call->place = call->function(call->size);
		call->height = height;
	}
}

/* The return address of the large frame is still there, in the array that the small frame's function has. */
static void
an_old_return_address_in_an_array_is_no_call(void **state)
{
	struct call calls[] = {{from_large_frame, 64, 0, 0}, {from_small_frame, 64, 0, 0}};

	(void)state;
	call_all(calls, calls + 2);
	assert_true(calls[1].height > calls[0].height);
	calls[1].size += calls[1].height - calls[0].height;
	call_all(calls, calls + 2);
	assert_int_equal(calls[0].height, calls[1].height);
	assert_int_not_equal(calls[0].place, calls[1].place);
}

static ALONE uint64_t
deeper(unsigned levels, unsigned depth)
{
	uint64_t place = levels == 0 ? here(depth) : deeper(levels - 1, depth);

	AFTER(place);
	return place;
}

static void
a_place_has_no_more_frames_than_wanted(void **state)
{
	uintptr_t frames[TRACE_STACK_DEPTH];

	(void)state;
	assert_int_equal(trace_stack_frames(deeper(40, 2), frames), 2);
	assert_int_equal(trace_stack_frames(deeper(41, 5), frames), 5);
	assert_int_equal(trace_stack_frames(deeper(42, TRACE_STACK_DEPTH), frames), TRACE_STACK_DEPTH);
	assert_int_equal(trace_stack_frames(deeper(43, 1000), frames), TRACE_STACK_DEPTH);
}

/* Without a table: the return address itself. */
static void
one_frame_is_the_return_address(void **state)
{
	uintptr_t frames[TRACE_STACK_DEPTH];
	uint64_t place = outer(1), same = outer(1);

	(void)state;
	assert_int_equal(place, same);
	assert_in_range(place, (uintptr_t)middle, (uintptr_t)middle + 256);
	assert_int_equal(trace_stack_frames(place, frames), 1);
	assert_int_equal(frames[0], place);
}

static void *
in_a_thread(void *arg)
{
	*(uint64_t *)arg = outer(3);
	return NULL;
}

static void
the_same_calls_of_two_threads_are_the_same_place(void **state)
{
	uint64_t places[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, in_a_thread, &places[i]), 0);
		pthread_join(thread, NULL);
	}
	assert_int_equal(places[0], places[1]);
}

#if defined(__x86_64__)
/* Its frame has a word that nobody writes, between the return address and the base pointer. */
uint64_t beside_unwritten(unsigned depth);
uint64_t beside_unwritten_calls(unsigned depth);
__attribute__((used)) ALONE uint64_t
beside_unwritten_calls(unsigned depth)
{
	return middle(depth);
}
__asm__("	.text\n"
	"	.globl beside_unwritten\n"
	"	.type beside_unwritten, @function\n"
	"beside_unwritten:\n"
	"	.cfi_startproc\n"
	"	sub $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	push %rbp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	.cfi_rel_offset %rbp, 0\n"
	"	sub $8, %rsp\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	mov $1, %ebp\n"
	"	call beside_unwritten_calls\n"
	"	add $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	pop %rbp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	.cfi_restore %rbp\n"
	"	add $8, %rsp\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size beside_unwritten, . - beside_unwritten\n");

/* memcheck says so: the unit tests run under it, too. */
static void
words_that_nobody_wrote_are_no_fault(void **state)
{
	uint64_t places[2];

	(void)state;
	trace_hiding_begin();
	for (volatile unsigned i = 0; i < 2; i++)
		places[i] = beside_unwritten(8);
	assert_int_equal(places[0], places[1]);
}
#endif

/*
 * Calls itself from one of two places, by the lowest bit: 2^levels stacks. Without the asm a compiler makes one call of
 * the two.
 */
static ALONE uint64_t
turn(unsigned bits, unsigned levels)
{
	uint64_t place;

	if (levels == 0) {
		place = here(TRACE_STACK_DEPTH);
	} else if (bits & 1) {
		__asm__ volatile("# right" : "+r"(bits));
		place = turn(bits >> 1, levels - 1);
		__asm__ volatile("# right" : "+r"(place));
	} else {
		__asm__ volatile("# left" : "+r"(bits));
		place = turn(bits >> 1, levels - 1);
		__asm__ volatile("# left" : "+r"(place));
	}
	AFTER(place);
	return place;
}

static unsigned times_full, known_when_full;

static void
note_full(unsigned known)
{
	times_full++;
	known_when_full = known;
}

static void
a_full_table_leaves_one_frame(void **state)
{
	uintptr_t frames[TRACE_STACK_DEPTH];
	uint64_t first = 0, at_first = 0;
	unsigned whole = 0, n = 2 * STACKS;

	(void)state;
	trace_stacks_full = note_full;
	for (volatile unsigned i = 0; i < n + 1; i++) {
		uint64_t place = turn(i % n, 14);

		if (i == 0)
			first = place;
		at_first = place; /* the last one is the first one again */
		whole += trace_stack_frames(place, frames) == TRACE_STACK_DEPTH;
		if (i == n - 1) {
			assert_int_equal(trace_stack_frames(place, frames), 1);
			assert_in_range(place, (uintptr_t)turn, (uintptr_t)turn + 1024);
		}
	}
	assert_int_equal(at_first, first);
	/* A few were known before, and the first one is counted twice. */
	assert_in_range(whole, STACKS - 64, STACKS + 1);
	assert_int_equal(times_full, 1);
	assert_int_equal(known_when_full, STACKS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_calls_are_the_same_place),
		cmocka_unit_test(the_frames_are_those_of_the_calls),
		cmocka_unit_test(another_callers_caller_is_another_place),
		cmocka_unit_test(an_old_return_address_in_an_array_is_no_call),
		cmocka_unit_test(a_place_has_no_more_frames_than_wanted),
		cmocka_unit_test(one_frame_is_the_return_address),
		cmocka_unit_test(the_same_calls_of_two_threads_are_the_same_place),
#if defined(__x86_64__)
		cmocka_unit_test(words_that_nobody_wrote_are_no_fault),
#endif
		cmocka_unit_test(a_full_table_leaves_one_frame), /* the last one */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
