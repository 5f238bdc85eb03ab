/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/ledger.c, by itself: the lists of loans and packets that two processes share.
 *
 * What would break: a list that has one entry twice lends the same bytes to two users. A thread may be stopped in the
 * middle of a take. Meanwhile others may take and put packets until the same one is on top. Only the number of changes
 * shows that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger.h"

#define LOANS 5u
#define PACKETS 7u

/* Of the library, and not needed here. */
void
evpl_pvt_iovec_release_slow(struct evpl *evpl, struct evpl_iovec *iovec)
{
	(void)evpl;
	iovec->ref = NULL;
}

unsigned
evpl_ring_count(const struct evpl_ring *ring)
{
	(void)ring;
	return 0;
}

static struct evpl_ledger *
ledger_create(void)
{
	size_t size = RTE_ALIGN(evpl_ledger_size(LOANS, PACKETS), (size_t)RTE_CACHE_LINE_SIZE);
	struct evpl_ledger *ledger = aligned_alloc(RTE_CACHE_LINE_SIZE, size);

	assert_non_null(ledger);
	memset(ledger, 0, size);
	evpl_ledger_init(ledger, LOANS, PACKETS);
	return ledger;
}

static void
each_packet_and_each_loan_is_taken_once(void **state)
{
	struct evpl_ledger *ledger = ledger_create();
	struct evpl_loan_packet *packets[PACKETS];
	struct evpl_loan *loans[LOANS];

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < PACKETS; i++) {
			packets[i] = evpl_ledger_take_packet(ledger);
			assert_non_null(packets[i]);
			for (unsigned k = 0; k < i; k++)
				assert_ptr_not_equal(packets[i], packets[k]);
		}
		assert_null(evpl_ledger_take_packet(ledger));
		for (unsigned i = 0; i < LOANS; i++) {
			loans[i] = evpl_ledger_take_loan(ledger);
			assert_non_null(loans[i]);
			assert_ptr_equal(evpl_ledger_loan(ledger, &loans[i]->mbuf), loans[i]);
			for (unsigned k = 0; k < i; k++)
				assert_ptr_not_equal(loans[i], loans[k]);
		}
		assert_null(evpl_ledger_take_loan(ledger));
		for (unsigned i = 0; i < PACKETS; i++)
			evpl_ledger_put_packet(ledger, packets[(i * 3 + round) % PACKETS]);
		for (unsigned i = 0; i < LOANS; i++)
			evpl_ledger_put_loan(ledger, loans[(i * 2 + round) % LOANS]);
	}
	free(ledger);
}

static void
each_change_of_the_packets_has_the_next_number(void **state)
{
	struct evpl_ledger *ledger = ledger_create();
	uint64_t began = ledger->packet_top >> 32;
	struct evpl_loan_packet *packet;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		packet = evpl_ledger_take_packet(ledger);
		assert_int_equal(ledger->packet_top >> 32, began + 2 * i + 1);
		evpl_ledger_put_packet(ledger, packet);
		assert_int_equal(ledger->packet_top >> 32, began + 2 * i + 2);
	}
	/* The list that a dead process leaves is made anew. Another process may have seen the old one. */
	assert_int_equal(evpl_ledger_sweep(ledger, true), 0);
	assert_int_equal(ledger->packet_top >> 32, began + 201);
	free(ledger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_packet_and_each_loan_is_taken_once),
		cmocka_unit_test(each_change_of_the_packets_has_the_next_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
