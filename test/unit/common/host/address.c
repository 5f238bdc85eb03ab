/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP addresses (apps/common/host/address.c). What would break: an address that is none and is taken for one, a prefix
 * that gives another mask, and an address that goes to another port.
 */
#include <arpa/inet.h>

#include <lwip/netif.h>

#include "host/address.h"
#include "support.h"

static void
address_and_bits_are_read(void **state)
{
	static const struct {
		const char *text;
		bool with_bits;
		unsigned port, prefix;
		const char *address;
	} rows[] = {
		{"192.0.2.1/24", true, 0, 24, "192.0.2.1"},
		{"192.0.2.1/1", true, 0, 1, "192.0.2.1"},
		{"192.0.2.1/32", true, 0, 32, "192.0.2.1"},
		{"3,192.0.2.1/8", true, 3, 8, "192.0.2.1"},
		{"31,255.255.255.255/32", true, 31, 32, "255.255.255.255"},
		{"2001:db8::1/64", true, 0, 64, "2001:db8::1"},
		{"1,2001:db8::1/64", true, 1, 64, "2001:db8::1"},
		{"192.0.2.1", false, 0, 0, "192.0.2.1"},
		{"2,192.0.2.1", false, 2, 0, "192.0.2.1"},
		{"::1", false, 0, 0, "::1"},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		bool v6 = strchr(rows[i].address, ':') != NULL;
		char text[INET6_ADDRSTRLEN];
		struct address a;

		memset(&a, 0x5A, sizeof(a));
		assert_true(address_parse(rows[i].text, rows[i].with_bits, &a));
		assert_int_equal(a.port, rows[i].port);
		assert_int_equal(a.v6, v6);
		assert_int_equal(a.prefix, rows[i].prefix);
		assert_non_null(inet_ntop(v6 ? AF_INET6 : AF_INET, a.bytes, text, sizeof(text)));
		assert_string_equal(text, rows[i].address);
	}
}

static void
other_texts_are_refused(void **state)
{
	static const struct {
		const char *text;
		bool with_bits;
	} rows[] = {
		{"192.0.2.1", true},
		{"192.0.2.1/24", false},
		{"192.0.2.1/0", true},
		{"192.0.2.1/33", true},
		{"192.0.2.1/", true},
		{"192.0.2.1/24/24", true},
		{"192.0.2/24", true},
		{"192.0.2.256/24", true},
		{"/24", true},
		{"", false},
		{",192.0.2.1", false},
		{"-1,192.0.2.1", false},
		{"32,192.0.2.1", false}, /* RTE_MAX_ETHPORTS */
		{"0,1,192.0.2.1", false},
		{"2001:db8::1/63", true},
		{"2001:db8::1/65", true},
		{"2001:db8::1/128", true},
		{"2001:db8:::1/64", true},
		{"a-name", false},
		{"000000000000000000000000000000000000000000000000000000,192.0.2.1/24", true}, /* 66 characters */
	};
	struct address a;

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		if (address_parse(rows[i].text, rows[i].with_bits, &a))
			fail_msg("taken: %s", rows[i].text);
	}
}

static err_t
no_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	(void)netif;
	(void)p;
	(void)to;
	return ERR_OK;
}

static err_t
start_netif(struct netif *netif)
{
	netif->output = no_output;
	netif->mtu = 1500;
	return ERR_OK;
}

/* What a netif of that port prints when it has got its addresses, and its mask and gateway. */
static void
assert_set(const struct address_options *o, uint16_t port, const char *addresses, const char *mask, const char *gateway)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct netif netif;

	memset(&netif, 0, sizeof(netif));
	assert_non_null(out);
	assert_non_null(netif_add(&netif, NULL, NULL, NULL, NULL, start_netif, netif_input));
	assert_true(addresses_set(&netif, port, o));
	addresses_print(out, &netif);
	fclose(out);
	assert_string_equal(text, addresses);
	assert_string_equal(ip4addr_ntoa(netif_ip4_netmask(&netif)), mask);
	assert_string_equal(ip4addr_ntoa(netif_ip4_gw(&netif)), gateway);
	assert_int_equal(netif_default == &netif, o->has_gateway && o->gateway.port == port);
	netif_remove(&netif);
	free(text);
}

static struct address_options
options(unsigned count, const char *const *texts)
{
	struct address_options o = {.count = count};

	for (unsigned i = 0; i < count; i++)
		assert_true(address_parse(texts[i], true, &o.list[i]));
	return o;
}

static void
netif_gets_the_addresses_of_its_port(void **state)
{
	static const char *const texts[] = {"1,192.0.2.1/20", "2001:db8::1/64", "1,2001:db8::2/64", "10.0.0.1/32"};
	struct address_options o = options(DIM(texts), texts);

	(void)state;
	assert_set(&o, 0, "10.0.0.1, [2001:db8::1]", "255.255.255.255", "0.0.0.0");
	assert_set(&o, 1, "192.0.2.1, [2001:db8::2]", "255.255.240.0", "0.0.0.0");
	assert_set(&o, 2, "198.18.2.1", "255.255.255.0", "0.0.0.0");
	o.has_gateway = true;
	assert_true(address_parse("1,192.0.2.254", false, &o.gateway));
	assert_set(&o, 0, "10.0.0.1, [2001:db8::1]", "255.255.255.255", "192.0.2.254");
	assert_set(&o, 1, "192.0.2.1, [2001:db8::2]", "255.255.240.0", "192.0.2.254");
}

static void
addresses_that_have_no_room_are_refused(void **state)
{
	static const char *const two[] = {"192.0.2.1/24", "192.0.2.2/24"};
	static const char *const many[] = {"2001:db8::1/64", "2001:db8::2/64", "2001:db8::3/64", "2001:db8::4/64",
					   "2001:db8::5/64", "2001:db8::6/64", "2001:db8::7/64", "2001:db8::8/64",
					   "2001:db8::9/64", "2001:db8::a/64", "2001:db8::b/64", "2001:db8::c/64"};
	struct address_options o[2] = {options(DIM(two), two), options(DIM(many), many)};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct netif netif;

		memset(&netif, 0, sizeof(netif));
		assert_non_null(netif_add(&netif, NULL, NULL, NULL, NULL, start_netif, netif_input));
		assert_false(addresses_set(&netif, 0, &o[i]));
		netif_remove(&netif);
	}
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(address_and_bits_are_read),
	cmocka_unit_test(other_texts_are_refused),
	cmocka_unit_test(netif_gets_the_addresses_of_its_port),
	cmocka_unit_test(addresses_that_have_no_room_are_refused),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "host_address", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
