/* SPDX-License-Identifier: BSD-3-Clause */
/* The order in which things are given back. It is computed beforehand, and is the same in every run. */
#include "bench.h"

/* xorshift64*, Vigna 2014 */
static uint64_t
random_number(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545F4914F6CDD1D);
}

void
bench_shuffle(uint32_t *numbers, uint32_t n)
{
	uint64_t state = 1;

	for (uint32_t i = 0; i < n; i++)
		numbers[i] = i;
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = (uint32_t)(((random_number(&state) >> 32) * i) >> 32), kept = numbers[i - 1];

		numbers[i - 1] = numbers[k];
		numbers[k] = kept;
	}
}

const uint32_t *
bench_order(enum bench_order order, unsigned n)
{
	static uint32_t numbers[BENCH_HELD_MAX];
	static enum bench_order made;
	static unsigned made_n;

	if (made == order && made_n == n)
		return numbers;
	for (uint32_t i = 0; i < n; i++)
		numbers[i] = order == BENCH_REVERSE ? n - 1 - i : i;
	if (order == BENCH_RANDOM)
		bench_shuffle(numbers, n);
	made = order;
	made_n = n;
	return numbers;
}
