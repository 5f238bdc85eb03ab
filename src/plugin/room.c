/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each mbuf's room is filled and looked at once per packet, which is most of what the plug-in costs. So both are done
 * with the widest registers that the CPU has. A room is only written where it does not hold the pattern. Most of it
 * does, for packets are shorter than rooms, and what is only read need not be written back from the cache.
 */
#include "plugin/room.h"

#include "trace/pattern.h"

typedef uint64_t wide __attribute__((vector_size(32), aligned(1), may_alias));

#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2"), no_sanitize("address")))
#else
#define WITH_AVX2 __attribute__((no_sanitize("address")))
#endif

static bool has_avx2;

void
room_begin(void)
{
#if defined(__x86_64__)
	has_avx2 = __builtin_cpu_supports("avx2");
#endif
}

#define FREE_WORD (FREE_BYTE * UINT64_C(0x0101010101010101))
#define STEP (4 * sizeof(wide))

/* Both end before the last bytes that are no whole step; return how many bytes they did. */
WITH_AVX2 static size_t
fill_steps(char *room, size_t n)
{
	const wide want = {FREE_WORD, FREE_WORD, FREE_WORD, FREE_WORD};
	size_t at = 0;

	for (; at + STEP <= n; at += STEP) {
		wide *w = (wide *)(void *)(room + at);
		wide differ = ((w[0] ^ want) | (w[1] ^ want)) | ((w[2] ^ want) | (w[3] ^ want));

		if (((differ[0] | differ[1]) | (differ[2] | differ[3])) != 0)
			w[0] = w[1] = w[2] = w[3] = want;
	}
	return at;
}

/* Stops at the first step that has another byte. */
WITH_AVX2 static size_t
pass_steps(const char *room, size_t n)
{
	const wide want = {FREE_WORD, FREE_WORD, FREE_WORD, FREE_WORD};
	size_t at = 0;

	for (; at + STEP <= n; at += STEP) {
		const wide *w = (const wide *)(const void *)(room + at);
		wide differ = ((w[0] ^ want) | (w[1] ^ want)) | ((w[2] ^ want) | (w[3] ^ want));

		if (((differ[0] | differ[1]) | (differ[2] | differ[3])) != 0)
			break;
	}
	return at;
}

void
room_fill(char *room, size_t n)
{
	size_t done;

	if (unlikely(trace_hiding))
		trace_reveal(room, n); /* memcheck: most of it may never have been written */
	done = has_avx2 ? fill_steps(room, n) : 0;
	if (done < n)
		fill_bytes(room + done, n - done, FREE_BYTE);
}

const unsigned char *
room_find_written(const char *room, size_t n)
{
	size_t done = has_avx2 ? pass_steps(room, n) : 0;

	return done < n ? trace_find_other(room + done, n - done, FREE_BYTE) : NULL;
}
