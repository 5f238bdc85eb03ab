/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many connections each peer has (apps/httpd/tcp/peers.c). What would break: a peer that is counted with another
 * one, and one that is refused for good because an end of a connection was not counted.
 */
#include "support.h"
#include "tcp/peers.h"

#define CONNECTIONS 100u

static struct peer
peer(unsigned n)
{
	struct peer p = {{0}};

	memcpy(p.address + 12, &n, sizeof(n));
	return p;
}

static int
start(void **state)
{
	(void)state;
	return peers_start(CONNECTIONS);
}

static int
end(void **state)
{
	(void)state;
	peers_stop();
	return 0;
}

static void
peer_has_as_many_as_the_limit(void **state)
{
	const struct peer a = peer(1), b = peer(1 << 24);

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		assert_true(peers_enter(&a, 4));
	assert_false(peers_enter(&a, 4));
	assert_true(peers_enter(&a, 5));
	assert_true(peers_enter(&b, 1)); /* another's count */
	assert_false(peers_enter(&b, 1));
	assert_false(peers_enter(&b, 0));
}

static void
peer_that_leaves_may_come_again(void **state)
{
	const struct peer a = peer(1);

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 2; i++)
			assert_true(peers_enter(&a, 2));
		assert_false(peers_enter(&a, 2));
		peers_leave(&a);
		assert_true(peers_enter(&a, 2));
		assert_false(peers_enter(&a, 2));
		peers_leave(&a);
		peers_leave(&a);
	}
}

/* Many more peers than may be connected, one after the other: those that have left take no room. */
static void
peers_that_left_take_no_room(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 100 * CONNECTIONS; n++) {
		const struct peer came = peer(n), left = peer(n - CONNECTIONS);

		if (n >= CONNECTIONS)
			peers_leave(&left);
		assert_true(peers_enter(&came, 1));
	}
}

#define peers_case(function) cmocka_unit_test_setup_teardown(function, start, end)

static const struct CMUnitTest cases[] = {
	peers_case(peer_has_as_many_as_the_limit),
	peers_case(peer_that_leaves_may_come_again),
	peers_case(peers_that_left_take_no_room),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "peers", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
