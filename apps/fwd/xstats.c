/* SPDX-License-Identifier: BSD-3-Clause */
#include "xstats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/error.h"

/* The next name of a list with commas; an empty one is left out. NULL: there is none. Sets *length. */
static const char *
next_name(const char **list, size_t *length)
{
	const char *name = *list + strspn(*list, ",");

	*length = strcspn(name, ",");
	*list = name + *length;
	return *length == 0 ? NULL : name;
}

/* 0: *has says whether the port has it. Otherwise the exit status, after an error line. */
static int
find_on_port(struct fwd_xstats *x, const struct fwd_port *p, const char *name, bool *has)
{
	struct fwd_xstat *stat = &x->list[x->count];
	int rc = rte_eth_xstats_get_id_by_name(p->dev.id, name, &stat->id);

	*has = rc == 0;
	if (rc == -EINVAL)
		return 0;
	if (rc != 0) {
		error_line("port %u (%s): extended statistics: %s", p->dev.id, p->dev.name, strerror(-rc));
		return 1;
	}
	stat->port = p;
	strcpy(stat->name, name);
	x->count++;
	return 0;
}

static int
find_name(struct fwd_xstats *x, const struct fwd_ports *ports, const char *text, size_t length)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];
	bool has[RTE_MAX_ETHPORTS];
	unsigned before = x->count;

	if (length >= sizeof(name)) {
		error_line("--display-xstats: %.*s is too long for a name", (int)length, text);
		return 2;
	}
	memcpy(name, text, length);
	name[length] = '\0';
	for (unsigned i = 0; i < ports->count; i++) {
		if (find_on_port(x, &ports->port[i], name, &has[i]) != 0)
			return 1;
	}
	if (x->count == before) {
		error_line("--display-xstats: no port has %s", name);
		return 2;
	}
	for (unsigned i = 0; i < ports->count; i++) {
		if (!has[i])
			error_line("note: port %u (%s) has no %s", ports->port[i].dev.id, ports->port[i].dev.name,
				   name);
	}
	return 0;
}

int
fwd_xstats_find(struct fwd_xstats *x, const struct fwd_ports *ports, const struct fwd_options *o)
{
	const char *list = o->xstats, *name;
	size_t length, names = 1;
	int status = 0;

	memset(x, 0, sizeof(*x));
	if (list == NULL)
		return 0;
	for (const char *c = list; *c != '\0'; c++)
		names += *c == ',';
	x->list = calloc(names * ports->count, sizeof(*x->list));
	if (x->list == NULL) {
		error_line("no memory for %zu extended statistics", names);
		return 1;
	}
	while (status == 0 && (name = next_name(&list, &length)) != NULL)
		status = find_name(x, ports, name, length);
	return status;
}

void
fwd_xstats_free(struct fwd_xstats *x)
{
	free(x->list);
	*x = (struct fwd_xstats){0};
}

void
fwd_xstats_read(struct fwd_xstats *x)
{
	for (unsigned i = 0; i < x->count; i++) {
		struct fwd_xstat *s = &x->list[i];
		uint64_t value;

		s->before = s->value;
		if (fwd_port_is_here(s->port) && rte_eth_xstats_get_by_id(s->port->dev.id, &s->id, &value, 1) == 1)
			s->value = value;
	}
}
