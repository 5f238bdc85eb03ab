/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of options that set up ports: NUMA nodes, RSS. */
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "../common/args.h"
#include "value.h"

#define FIELDS_MAX 3

/*
 * Parses one "(a,b)" or "(a,b,c)", of `fields` numbers. Sets *end to what follows it. False: the text is something
 * else.
 */
static bool
parse_parenthesis(const char *text, size_t fields, uint64_t *values, const char **end)
{
	char numbers[32];
	size_t length;

	if (*text++ != '(')
		return false;
	length = strcspn(text, ")");
	if (text[length] == '\0' || length >= sizeof(numbers))
		return false;
	memcpy(numbers, text, length);
	numbers[length] = '\0';
	*end = text + length + 1;
	return args_list(numbers, 0, UINT16_MAX, fields, values) == fields;
}

/* Calls set for each member of a list "(...),(...)". set returns false for a value out of its range. */
static bool
parse_parentheses(const char *text, size_t fields, bool (*set)(struct fwd_numa *numa, const uint64_t *values),
		  struct fwd_numa *numa)
{
	uint64_t values[FIELDS_MAX];

	for (;; text++) {
		if (!parse_parenthesis(text, fields, values, &text) || !set(numa, values))
			return false;
		if (*text == '\0')
			return true;
		if (*text != ',')
			return false;
	}
}

static bool
set_port(struct fwd_numa *numa, const uint64_t *values)
{
	if (values[0] >= RTE_MAX_ETHPORTS || values[1] >= RTE_MAX_NUMA_NODES)
		return false;
	numa->port[values[0]] = (int)values[1];
	return true;
}

/* The second number says which rings: 1 for RX, 2 for TX, 3 for both. */
static bool
set_rings(struct fwd_numa *numa, const uint64_t *values)
{
	if (values[0] >= RTE_MAX_ETHPORTS || values[1] == 0 || values[1] > 3 || values[2] >= RTE_MAX_NUMA_NODES)
		return false;
	if ((values[1] & 1) != 0)
		numa->rx[values[0]] = (int)values[2];
	if ((values[1] & 2) != 0)
		numa->tx[values[0]] = (int)values[2];
	return true;
}

void
value_port_numa(struct value *v, void *options)
{
	struct fwd_options *o = options;

	if (!parse_parentheses(v->text, 2, set_port, &o->numa))
		value_expected(v, "(port,node)[,(port,node)], as (0,0),(1,1)");
}

void
value_ring_numa(struct value *v, void *options)
{
	struct fwd_options *o = options;

	if (!parse_parentheses(v->text, 3, set_rings, &o->numa))
		value_expected(v, "(port,flag,node)[,(port,flag,node)], with flag 1 for RX, 2 for TX, 3 for both");
}

void
value_node(struct value *v, void *options)
{
	struct fwd_options *o = options;

	o->numa.node = (int)value_number(v, 0, RTE_MAX_NUMA_NODES - 1);
	o->numa.none = true;
}

static void
set_types(void *options, uint64_t types)
{
	struct fwd_options *o = options;

	o->rss.types = types;
	o->rss.given = true;
}

void
value_rss_ip(struct value *v, void *options)
{
	(void)v;
	set_types(options, RTE_ETH_RSS_IP);
}

void
value_rss_udp(struct value *v, void *options)
{
	(void)v;
	set_types(options, RTE_ETH_RSS_UDP);
}

void
value_rss_none(struct value *v, void *options)
{
	(void)v;
	set_types(options, 0);
}

static void
set_level(void *options, uint64_t level)
{
	struct fwd_options *o = options;

	o->rss.level = level;
	o->rss.given = true;
}

void
value_rss_inner(struct value *v, void *options)
{
	(void)v;
	set_level(options, RTE_ETH_RSS_LEVEL_INNERMOST);
}

void
value_rss_outer(struct value *v, void *options)
{
	(void)v;
	set_level(options, RTE_ETH_RSS_LEVEL_OUTERMOST);
}
