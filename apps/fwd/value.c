/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/error.h"
#include "../common/args.h"
#include "lcore.h"
#include "mode.h"
#include "value.h"

#define SECONDS_MAX 31536000.0 /* a year */

static void
expected(struct fwd_value *c, const char *what)
{
	error_line("--%s=%s: expected %s", c->name, c->text, what);
	c->failed = true;
}

uint64_t
value_number(struct fwd_value *c, uint64_t min, uint64_t max)
{
	uint64_t v = min;
	char what[64];

	if (!args_number(c->text, min, max, &v)) {
		snprintf(what, sizeof(what), "a number from %" PRIu64 " to %" PRIu64, min, max);
		expected(c, what);
	}
	return v;
}

uint64_t
value_bytes(struct fwd_value *c, uint64_t min, uint64_t max)
{
	uint64_t v = min;
	char what[96];

	if (!args_bytes(c->text, min, max, &v)) {
		snprintf(what, sizeof(what), "%" PRIu64 " to %" PRIu64 " bytes, as 64K, 16M or 1G", min, max);
		expected(c, what);
	}
	return v;
}

double
value_seconds(struct fwd_value *c)
{
	double v = 0;

	if (!args_seconds(c->text, SECONDS_MAX, &v))
		expected(c, "seconds, as 5 or 0.5");
	return v;
}

void
value_mode(struct fwd_value *c)
{
	char what[160] = "one of";

	c->o->mode = fwd_mode_find(c->text);
	if (c->o->mode != NULL)
		return;
	for (unsigned i = 0; fwd_mode_at(i) != NULL; i++) {
		strncat(what, i == 0 ? " " : ", ", sizeof(what) - strlen(what) - 1);
		strncat(what, fwd_mode_at(i)->name, sizeof(what) - strlen(what) - 1);
	}
	expected(c, what);
}

void
value_topology(struct fwd_value *c)
{
	if (strcmp(c->text, "paired") == 0)
		c->o->topology = FWD_PAIRED;
	else if (strcmp(c->text, "chained") == 0)
		c->o->topology = FWD_CHAINED;
	else if (strcmp(c->text, "loop") == 0)
		c->o->topology = FWD_LOOP;
	else
		expected(c, "paired, chained or loop");
}

void
value_rx_pool(struct fwd_value *c)
{
	if (strcmp(c->text, "auto") == 0)
		c->o->rx_pool = FWD_RX_POOL_AUTO;
	else if (strcmp(c->text, "slab") == 0)
		c->o->rx_pool = FWD_RX_POOL_SLAB;
	else if (strcmp(c->text, "mbuf") == 0)
		c->o->rx_pool = FWD_RX_POOL_MBUF;
	else
		expected(c, "auto, slab or mbuf");
}

void
value_json(struct fwd_value *c)
{
	c->o->json = c->text;
	if (*c->text == '\0')
		expected(c, "a file to write, or - for stdout");
}

static bool
add_ports(struct fwd_options *o, unsigned long first, unsigned long last)
{
	if (first > last || last >= RTE_MAX_ETHPORTS)
		return false;
	for (; first <= last; first++) {
		for (unsigned i = 0; i < o->port_count; i++) {
			if (o->ports[i] == first)
				return false;
		}
		o->ports[o->port_count++] = (uint16_t)first;
	}
	return true;
}

/* Hexadecimal, with or without 0x. */
void
value_portmask(struct fwd_value *c)
{
	const char *digits = strncmp(c->text, "0x", 2) == 0 ? c->text + 2 : c->text;
	char *end;
	uint64_t mask = strtoull(digits, &end, 16);

	if (*digits == '\0' || strspn(digits, "0123456789abcdefABCDEF") != strlen(digits) || strlen(digits) > 16 ||
	    mask == 0 || (RTE_MAX_ETHPORTS < 64 && mask >> (RTE_MAX_ETHPORTS % 64) != 0)) {
		expected(c, "a hexadecimal mask of ports, as 0x3");
		return;
	}
	for (unsigned i = 0; i < RTE_MIN(64u, (unsigned)RTE_MAX_ETHPORTS); i++) {
		if (mask >> i & 1)
			add_ports(c->o, i, i);
	}
}

/* "0,2-3": the order counts. */
void
value_portlist(struct fwd_value *c)
{
	const char *text = c->text;

	for (;;) {
		char *end;
		unsigned long first, last;

		if (*text < '0' || *text > '9')
			break;
		first = last = strtoul(text, &end, 10);
		if (*end == '-') {
			text = end + 1;
			if (*text < '0' || *text > '9')
				break;
			last = strtoul(text, &end, 10);
		}
		if (!add_ports(c->o, first, last))
			break;
		if (*end == '\0')
			return;
		if (*end != ',')
			break;
		text = end + 1;
	}
	expected(c, "different ports, as 0,2-3");
}

void
value_peer(struct fwd_value *c)
{
	const char *comma = strchr(c->text, ',');
	char port[8] = "";
	struct rte_ether_addr mac;
	uint64_t id;

	if (comma != NULL && (size_t)(comma - c->text) < sizeof(port)) {
		memcpy(port, c->text, (size_t)(comma - c->text));
		if (args_number(port, 0, RTE_MAX_ETHPORTS - 1, &id) && rte_ether_unformat_addr(comma + 1, &mac) == 0) {
			c->o->peers[id] = mac;
			return;
		}
	}
	expected(c, "port,MAC, as 0,02:00:00:00:00:01");
}

void
value_segments(struct fwd_value *c)
{
	uint64_t lengths[FWD_SEGMENTS_MAX];
	size_t n = args_list(c->text, 1, UINT16_MAX, FWD_SEGMENTS_MAX, lengths);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		c->o->segments[i] = (uint16_t)lengths[i];
		sum += lengths[i];
	}
	if (sum < FWD_UDP_HEADERS || sum > UINT16_MAX) {
		expected(c, "up to 64 lengths, as 64 or 60,1440, together 42 to 65535 bytes");
		return;
	}
	c->o->segment_count = (unsigned)n;
	c->o->length = (uint32_t)sum;
}

void
value_addresses(struct fwd_value *c)
{
	const char *comma = strchr(c->text, ',');
	char first[INET_ADDRSTRLEN] = "";
	struct in_addr src, dst;

	if (comma != NULL && (size_t)(comma - c->text) < sizeof(first)) {
		memcpy(first, c->text, (size_t)(comma - c->text));
		if (inet_pton(AF_INET, first, &src) == 1 && inet_pton(AF_INET, comma + 1, &dst) == 1) {
			c->o->ip_src = ntohl(src.s_addr);
			c->o->ip_dst = ntohl(dst.s_addr);
			return;
		}
	}
	expected(c, "two IPv4 addresses, as 198.18.0.1,198.18.0.2");
}

void
value_udp(struct fwd_value *c)
{
	uint64_t ports[2];
	size_t n = args_list(c->text, 0, UINT16_MAX, 2, ports);

	if (n == 0) {
		expected(c, "one or two UDP ports, as 9,9");
		return;
	}
	c->o->udp_src = (uint16_t)ports[0];
	c->o->udp_dst = (uint16_t)ports[n - 1];
}
