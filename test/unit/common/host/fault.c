/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bad network (apps/common/host/fault.c), on a netif without a port.
 *
 * What would break: a fault that never comes, and a test that proves nothing because of it; a frame that is lost for
 * good though it was only to be late; and a frame that lwIP may send again and that is damaged. So each frame has a
 * number, and what arrives is compared with what was sent.
 */
#include <lwip/prot/ethernet.h>

#include "stack.h"

#include "host/fault.h"

#define LENGTH 60u
#define FRAMES 2000u

static const struct fault_options none = {.seed = 1};

/* What arrived: the number of each frame, and how many bits before the number are wrong. */
static struct {
	unsigned count, number[3 * FRAMES], wrong_bits[3 * FRAMES];
	bool wrong_header;
} arrived;

static struct netif netif;

/* Byte `at` of a frame. Its number is in the last two bytes. */
static uint8_t
byte_of(unsigned at, u16_t type)
{
	return at == 12 || at == 13 ? (uint8_t)(type >> 8 * (13 - at)) : (uint8_t)(at * 7);
}

static void
take_frame(const struct pbuf *p)
{
	unsigned i = arrived.count++, n = (unsigned)pbuf_get_at(p, 58) << 8 | pbuf_get_at(p, 59);
	u16_t type = (u16_t)(pbuf_get_at(p, 12) << 8 | pbuf_get_at(p, 13));

	assert_true(i < DIM(arrived.number));
	assert_int_equal(p->tot_len, LENGTH);
	arrived.number[i] = n;
	arrived.wrong_bits[i] = 0;
	for (unsigned at = 0; at < 58; at++) {
		unsigned bits = (unsigned)__builtin_popcount(pbuf_get_at(p, (u16_t)at) ^ byte_of(at, type));

		arrived.wrong_bits[i] += bits;
		arrived.wrong_header |= bits > 0 && at < SIZEOF_ETH_HDR;
	}
}

static err_t
take_input(struct pbuf *p, struct netif *from)
{
	(void)from;
	take_frame(p);
	pbuf_free(p);
	return ERR_OK;
}

static err_t
take_output(struct netif *to, struct pbuf *p)
{
	(void)to;
	take_frame(p);
	return ERR_OK;
}

static struct pbuf *
frame(unsigned n, u16_t type)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, LENGTH, PBUF_RAM);

	assert_non_null(p);
	for (unsigned at = 0; at < 58; at++)
		pbuf_put_at(p, (u16_t)at, byte_of(at, type));
	pbuf_put_at(p, 58, (u8_t)(n >> 8));
	pbuf_put_at(p, 59, (u8_t)n);
	return p;
}

static void
attach(const struct fault_options *o)
{
	memset(&netif, 0, sizeof(netif));
	memset(&arrived, 0, sizeof(arrived));
	netif.input = take_input;
	netif.linkoutput = take_output;
	fault_attach(&netif, o);
}

static void
receive(unsigned count, u16_t type)
{
	for (unsigned n = 0; n < count; n++)
		assert_int_equal(netif.input(frame(n, type), &netif), ERR_OK);
}

/* Each frame stays the sender's, as it was. */
static void
transmit(unsigned count, u16_t type)
{
	for (unsigned n = 0; n < count; n++) {
		struct pbuf *p = frame(n, type);

		assert_int_equal(netif.linkoutput(&netif, p), ERR_OK);
		assert_int_equal(p->ref, 1);
		for (unsigned at = 0; at < 58; at++)
			assert_int_equal(pbuf_get_at(p, (u16_t)at), byte_of(at, type));
		pbuf_free(p);
	}
}

/* Faults of that kind since the last call. */
static uint64_t
counted(enum fault_kind kind, bool tx)
{
	static struct fault_stats was;
	struct fault_stats is;
	uint64_t n;

	fault_stats_get(&is);
	n = tx ? is.tx[kind] - was.tx[kind] : is.rx[kind] - was.rx[kind];
	was = is;
	return n;
}

static void
end(void)
{
	fault_stop();
	assert_ptr_equal(netif.input, take_input);
	assert_ptr_equal(netif.linkoutput, take_output);
	stack_stop();
}

static void
no_faults_leave_the_netif_alone(void **state)
{
	stack_start(state, 0, true);
	assert_false(fault_any(none.rx));
	attach(&none);
	assert_ptr_equal(netif.input, take_input);
	assert_ptr_equal(netif.linkoutput, take_output);
	end();
}

static void
one_fault_is_a_fault(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FAULT_KINDS; i++) {
		double percent[FAULT_KINDS] = {0};

		percent[i] = 0.001;
		assert_true(fault_any(percent));
	}
}

static void
frames_are_dropped(void **state)
{
	const struct fault_options o = {.rx[FAULT_DROP] = 100, .tx[FAULT_DROP] = 100, .seed = 1};

	stack_start(state, 0, true);
	attach(&o);
	receive(10, ETHTYPE_IP);
	assert_int_equal(counted(FAULT_DROP, false), 10);
	transmit(10, ETHTYPE_IP);
	assert_int_equal(counted(FAULT_DROP, true), 10);
	assert_int_equal(arrived.count, 0);
	end();
}

static void
frames_are_doubled(void **state)
{
	const struct fault_options o = {.rx[FAULT_DUP] = 100, .tx[FAULT_DUP] = 100, .seed = 1};

	stack_start(state, 0, true);
	attach(&o);
	receive(10, ETHTYPE_IP);
	assert_int_equal(counted(FAULT_DUP, false), 10);
	transmit(10, ETHTYPE_IP);
	assert_int_equal(counted(FAULT_DUP, true), 10);
	assert_int_equal(arrived.count, 40);
	for (unsigned i = 0; i < 40; i++) {
		assert_int_equal(arrived.number[i], i % 20 / 2);
		assert_int_equal(arrived.wrong_bits[i], 0);
	}
	end();
}

static void
one_bit_of_an_ip_packet_is_changed(void **state)
{
	const struct fault_options o = {.rx[FAULT_CORRUPT] = 100, .tx[FAULT_CORRUPT] = 100, .seed = 1};
	const u16_t types[] = {ETHTYPE_IP, ETHTYPE_IPV6, ETHTYPE_ARP};

	stack_start(state, 0, true);
	attach(&o);
	for (unsigned i = 0; i < DIM(types); i++) {
		unsigned count = types[i] == ETHTYPE_ARP ? 0 : 100;

		receive(100, types[i]);
		assert_int_equal(counted(FAULT_CORRUPT, false), count);
		transmit(100, types[i]);
		assert_int_equal(counted(FAULT_CORRUPT, true), count);
		assert_int_equal(arrived.count, 200);
		for (unsigned k = 0; k < 200; k++) {
			unsigned in_number = (unsigned)__builtin_popcount(arrived.number[k] ^ k % 100);

			assert_int_equal(arrived.wrong_bits[k] + in_number, types[i] == ETHTYPE_ARP ? 0 : 1);
		}
		assert_false(arrived.wrong_header);
		arrived.count = 0;
	}
	end();
}

static void
frames_out_of_order_all_arrive_but_the_last(void **state)
{
	const struct fault_options o = {.rx[FAULT_REORDER] = 30, .tx[FAULT_REORDER] = 30, .seed = 1};

	stack_start(state, 0, true);
	for (unsigned tx = 0; tx < 2; tx++) {
		bool seen[FRAMES] = {false};
		unsigned late = 0, overtaken[4] = {0};

		attach(&o);
		if (tx)
			transmit(FRAMES, ETHTYPE_IP);
		else
			receive(FRAMES, ETHTYPE_IP);
		assert_in_range(arrived.count, FRAMES - 1, FRAMES); /* one may wait for others to overtake it */
		for (unsigned i = 0; i < arrived.count; i++) {
			unsigned n = arrived.number[i];

			assert_true(n < FRAMES && !seen[n]);
			seen[n] = true;
			assert_int_equal(arrived.wrong_bits[i], 0);
			assert_true(i + 1 >= n && i <= n + 3); /* at most three overtook it */
			late += n < i;
			overtaken[n < i ? i - n : 0]++;
		}
		assert_int_equal(late, counted(FAULT_REORDER, tx) - (FRAMES - arrived.count));
		for (unsigned i = 1; i < DIM(overtaken); i++)
			assert_true(overtaken[i] > FRAMES / 100);
		fault_stop();
	}
	stack_stop();
}

/* The numbers of the frames that one percent of faults takes away. */
static unsigned
dropped(uint64_t seed, unsigned numbers[FRAMES])
{
	const struct fault_options o = {.rx[FAULT_DROP] = 1, .seed = seed};
	unsigned count = 0, i = 0;

	attach(&o);
	receive(FRAMES, ETHTYPE_IP);
	for (unsigned n = 0; n < FRAMES; n++) {
		if (i < arrived.count && arrived.number[i] == n)
			i++;
		else
			numbers[count++] = n;
	}
	assert_int_equal(counted(FAULT_DROP, false), count);
	fault_stop();
	return count;
}

static void
distance_of_faults_is_random_and_has_a_limit(void **state)
{
	static unsigned first[FRAMES], again[FRAMES], other[FRAMES];
	unsigned n, last = 0;

	stack_start(state, 0, true);
	n = dropped(1, first);
	assert_in_range(n, FRAMES / 200, FRAMES / 50);
	for (unsigned i = 0; i < n; i++) {
		assert_in_range(first[i] - last, 0, 200);
		last = first[i];
	}
	assert_int_equal(dropped(1, again), n);
	assert_memory_equal(first, again, n * sizeof(first[0]));
	assert_true(dropped(2, other) != n || memcmp(first, other, n * sizeof(first[0])) != 0);
	stack_stop();
}

static const struct CMUnitTest cases[] = {
	home_case(no_faults_leave_the_netif_alone, home_small),
	home_case(one_fault_is_a_fault, home_small),
	home_case(frames_are_dropped, home_small),
	home_case(frames_are_doubled, home_small),
	home_case(one_bit_of_an_ip_packet_is_changed, home_small),
	home_case(frames_out_of_order_all_arrive_but_the_last, home_small),
	home_case(distance_of_faults_is_random_and_has_a_limit, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "host_fault", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
