/* SPDX-License-Identifier: BSD-3-Clause */
#include "removal.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "../common/error.h"

/* How long an unplugged device waits for lcores that may use its port. */
#define QUIET_WAIT_MS 1000u

static const enum rte_eth_event_type events[] = {RTE_ETH_EVENT_INTR_RMV, RTE_ETH_EVENT_DESTROY};

static void
set_gone(struct fwd_port *p, enum fwd_gone how)
{
	__atomic_store_n(&p->gone, (int)how, __ATOMIC_SEQ_CST);
}

/* EAL calls this in a thread of its own. When it returns from DESTROY, the memory of the port's queues is freed. */
static int
on_event(uint16_t id, enum rte_eth_event_type event, void *arg, void *result)
{
	struct fwd_removal *r = arg;

	(void)result;
	for (unsigned i = 0; i < r->ports->count; i++) {
		if (r->ports->port[i].dev.id == id)
			set_gone(&r->ports->port[i], event == RTE_ETH_EVENT_DESTROY ? FWD_UNPLUGGED : FWD_REMOVED);
	}
	for (unsigned ms = 0; event == RTE_ETH_EVENT_DESTROY && ms < QUIET_WAIT_MS; ms++) {
		if (__atomic_load_n(&r->quiet, __ATOMIC_SEQ_CST))
			break;
		rte_delay_us_sleep(1000);
	}
	return 0;
}

/* -1: the kernel does not tell us; then only a deleted interface is not seen. */
static int
open_links(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
fwd_removal_watch(struct fwd_removal *r, struct fwd_ports *ports)
{
	bool links = false;

	*r = (struct fwd_removal){.ports = ports, .links = -1, .quiet = 1};
	for (unsigned i = 0; i < ports->count; i++) {
		struct fwd_port *p = &ports->port[i];

		for (unsigned e = 0; e < RTE_DIM(events); e++) {
			if (rte_eth_dev_callback_register(p->dev.id, events[e], on_event, r) != 0)
				error_line("note: port %u (%s): nothing tells if it goes away", p->dev.id, p->dev.name);
		}
		links |= p->info.if_index != 0;
	}
	if (links)
		r->links = open_links();
}

/*
 * An interface that moves to another network namespace is not deleted: the port still works. The message is not const,
 * because the kernel's macros cast that away.
 */
static bool
is_moved(struct nlmsghdr *message)
{
	struct ifinfomsg *info = NLMSG_DATA(message);
	struct rtattr *attribute = IFLA_RTA(info);
	int length = (int)IFLA_PAYLOAD(message), size;

	/* RTA_NEXT mixes signed and unsigned lengths. */
	for (; RTA_OK(attribute, length); attribute = (void *)((char *)attribute + size)) {
		if (attribute->rta_type == IFLA_NEW_NETNSID)
			return true;
		size = (int)RTA_ALIGN(attribute->rta_len);
		length -= size;
	}
	return false;
}

static void
take_message(struct fwd_ports *ports, struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);

	/* A bridge tells in the same way, but with its own family, that an interface left it. */
	if (message->nlmsg_type != RTM_DELLINK || info->ifi_family != AF_UNSPEC || is_moved(message))
		return;
	for (unsigned i = 0; i < ports->count; i++) {
		struct fwd_port *p = &ports->port[i];

		if (p->info.if_index != 0 && p->info.if_index == (unsigned)info->ifi_index && fwd_port_is_here(p))
			set_gone(p, FWD_NO_NETDEV);
	}
}

static void
read_links(struct fwd_removal *r)
{
	union {
		struct nlmsghdr first; /* for its alignment */
		char bytes[16384];
	} buffer;
	ssize_t n;

	while (r->links >= 0 && (n = recv(r->links, &buffer, sizeof(buffer), 0)) > 0) {
		unsigned length = (unsigned)n;

		for (struct nlmsghdr *m = &buffer.first; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length))
			take_message(r->ports, m);
	}
}

bool
fwd_removal_seen(struct fwd_removal *r)
{
	static const char *const how[] = {
		[FWD_REMOVED] = "its driver reports that the device was removed",
		[FWD_UNPLUGGED] = "its device was unplugged",
		[FWD_NO_NETDEV] = "its network interface was deleted",
	};
	bool seen = false;

	read_links(r);
	for (unsigned i = 0; i < r->ports->count; i++) {
		const struct fwd_port *p = &r->ports->port[i];
		enum fwd_gone gone = fwd_port_gone(p);

		if (gone == FWD_HERE)
			continue;
		seen = true;
		if (!r->printed)
			error_line("port %u (%s) went away while it forwarded: %s", p->dev.id, p->dev.name, how[gone]);
	}
	r->printed |= seen;
	return seen;
}

static void
set_quiet(struct fwd_removal *r, int quiet)
{
	/*
	 * In one order with `gone`. So either on_event() sees that lcores use the port, and waits for their last use of
	 * it; or fwd_removal_begin() sees that the port is gone, and no lcore uses it.
	 */
	__atomic_store_n(&r->quiet, quiet, __ATOMIC_SEQ_CST);
}

bool
fwd_removal_begin(struct fwd_removal *r)
{
	set_quiet(r, 0);
	return !fwd_removal_seen(r);
}

void
fwd_removal_quiet(struct fwd_removal *r)
{
	set_quiet(r, 1);
}

/* Waits a limited time until an unplugged device's memory is freed, because the program's end would free it, too. */
static void
wait_unplugged(uint16_t id)
{
	for (unsigned ms = 0; ms < QUIET_WAIT_MS && rte_eth_dev_is_valid_port(id); ms++)
		rte_delay_us_sleep(1000);
}

static void
forget_port(struct fwd_removal *r, uint16_t id)
{
	for (unsigned e = 0; e < RTE_DIM(events); e++) {
		/* While the callback runs, it cannot be taken away. */
		while (rte_eth_dev_callback_unregister(id, events[e], on_event, r) == -EAGAIN)
			rte_delay_us_sleep(1000);
	}
}

void
fwd_removal_end(struct fwd_removal *r)
{
	for (unsigned i = 0; i < r->ports->count; i++) {
		const struct fwd_port *p = &r->ports->port[i];

		if (fwd_port_gone(p) == FWD_UNPLUGGED)
			wait_unplugged(p->dev.id);
		else
			forget_port(r, p->dev.id);
	}
	if (r->links >= 0)
		close(r->links);
	r->links = -1;
}
