/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/args.h"
#include "lcore.h"
#include "mode.h"
#include "value.h"

void
value_mode(struct value *v, void *options)
{
	struct fwd_options *o = options;
	char what[160] = "one of";

	o->mode = fwd_mode_find(v->text);
	if (o->mode != NULL)
		return;
	for (unsigned i = 0; fwd_mode_at(i) != NULL; i++) {
		strncat(what, i == 0 ? " " : ", ", sizeof(what) - strlen(what) - 1);
		strncat(what, fwd_mode_at(i)->name, sizeof(what) - strlen(what) - 1);
	}
	value_expected(v, what);
}

void
value_topology(struct value *v, void *options)
{
	struct fwd_options *o = options;
	if (strcmp(v->text, "paired") == 0)
		o->topology = FWD_PAIRED;
	else if (strcmp(v->text, "chained") == 0)
		o->topology = FWD_CHAINED;
	else if (strcmp(v->text, "loop") == 0)
		o->topology = FWD_LOOP;
	else
		value_expected(v, "paired, chained or loop");
}

void
value_rx_pool(struct value *v, void *options)
{
	struct fwd_options *o = options;
	if (strcmp(v->text, "auto") == 0)
		o->rx_pool = FWD_RX_POOL_AUTO;
	else if (strcmp(v->text, "slab") == 0)
		o->rx_pool = FWD_RX_POOL_SLAB;
	else if (strcmp(v->text, "mbuf") == 0)
		o->rx_pool = FWD_RX_POOL_MBUF;
	else
		value_expected(v, "auto, slab or mbuf");
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

/* Hexadecimal, with or without 0x. 0: the text is no such mask, or an empty one. */
static uint64_t
parse_mask(const char *text)
{
	const char *digits = strncmp(text, "0x", 2) == 0 ? text + 2 : text;

	if (strspn(digits, "0123456789abcdefABCDEF") != strlen(digits) || strlen(digits) > 16)
		return 0;
	return strtoull(digits, NULL, 16);
}

void
value_coremask(struct value *v, void *options)
{
	struct fwd_options *o = options;

	o->coremask = parse_mask(v->text);
	if (o->coremask == 0)
		value_expected(v, "a hexadecimal mask of lcores, as 0x6");
}

void
value_portmask(struct value *v, void *options)
{
	struct fwd_options *o = options;
	uint64_t mask = parse_mask(v->text);

	o->port_count = 0;
	if (mask == 0 || (RTE_MAX_ETHPORTS < 64 && mask >> (RTE_MAX_ETHPORTS % 64) != 0)) {
		value_expected(v, "a hexadecimal mask of ports, as 0x3");
		return;
	}
	for (unsigned i = 0; i < RTE_MIN(64u, (unsigned)RTE_MAX_ETHPORTS); i++) {
		if (mask >> i & 1)
			add_ports(o, i, i);
	}
}

/* "0,2-3": the order of the ports matters. */
void
value_portlist(struct value *v, void *options)
{
	struct fwd_options *o = options;
	const char *text = v->text;

	o->port_count = 0;
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
		if (!add_ports(o, first, last))
			break;
		if (*end == '\0')
			return;
		if (*end != ',')
			break;
		text = end + 1;
	}
	value_expected(v, "different ports, as 0,2-3");
}

void
value_peer(struct value *v, void *options)
{
	struct fwd_options *o = options;
	const char *comma = strchr(v->text, ',');
	char port[8] = "";
	struct rte_ether_addr mac;
	uint64_t id;

	if (comma != NULL && (size_t)(comma - v->text) < sizeof(port)) {
		memcpy(port, v->text, (size_t)(comma - v->text));
		if (args_number(port, 0, RTE_MAX_ETHPORTS - 1, &id) && rte_ether_unformat_addr(comma + 1, &mac) == 0) {
			o->peers[id] = mac;
			return;
		}
	}
	value_expected(v, "port,MAC, as 0,02:00:00:00:00:01");
}

/* One MAC address per line: the first one is behind port 0. */
void
value_peers_file(struct value *v, void *options)
{
	struct fwd_options *o = options;
	FILE *file = fopen(v->text, "re");
	unsigned port = 0;
	char line[64];

	if (file == NULL) {
		value_expected(v, "a file with one MAC address per line, and it cannot be read");
		return;
	}
	while (port < RTE_MAX_ETHPORTS && !v->failed && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, " \t\r\n")] = '\0';
		if (rte_ether_unformat_addr(line, &o->peers[port++]) != 0)
			value_expected(v, "a file with one MAC address per line, as 02:00:00:00:00:01");
	}
	fclose(file);
}

void
value_segments(struct value *v, void *options)
{
	struct fwd_options *o = options;
	uint64_t lengths[FWD_SEGMENTS_MAX];
	size_t n = args_list(v->text, 1, UINT16_MAX, FWD_SEGMENTS_MAX, lengths);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		o->segments[i] = (uint16_t)lengths[i];
		sum += lengths[i];
	}
	if (sum < FWD_UDP_HEADERS || sum > UINT16_MAX) {
		value_expected(v, "up to 64 lengths, as 64 or 60,1440, together 42 to 65535 bytes");
		return;
	}
	o->segment_count = (unsigned)n;
	o->length = (uint32_t)sum;
}

void
value_addresses(struct value *v, void *options)
{
	struct fwd_options *o = options;
	const char *comma = strchr(v->text, ',');
	char first[INET_ADDRSTRLEN] = "";
	struct in_addr src, dst;

	if (comma != NULL && (size_t)(comma - v->text) < sizeof(first)) {
		memcpy(first, v->text, (size_t)(comma - v->text));
		if (inet_pton(AF_INET, first, &src) == 1 && inet_pton(AF_INET, comma + 1, &dst) == 1) {
			o->ip_src = ntohl(src.s_addr);
			o->ip_dst = ntohl(dst.s_addr);
			return;
		}
	}
	value_expected(v, "two IPv4 addresses, as 198.18.0.1,198.18.0.2");
}

void
value_udp(struct value *v, void *options)
{
	struct fwd_options *o = options;
	uint64_t ports[2];
	size_t n = args_list(v->text, 0, UINT16_MAX, 2, ports);

	if (n == 0) {
		value_expected(v, "one or two UDP ports, as 9,9");
		return;
	}
	o->udp_src = (uint16_t)ports[0];
	o->udp_dst = (uint16_t)ports[n - 1];
}
