/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry.h"

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_telemetry.h>
#include <rte_version.h>

#include "lcore.h"
#include "mode.h"
#include "port.h"

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_uint rte_tel_data_add_dict_uint
#else
#define add_uint rte_tel_data_add_dict_u64
#endif

#define PORTS_SHOWN 32u /* in one answer, which has 16 KiB */

static const struct {
	const char *name;
	size_t offset;
} fields[] = {
#define FIELD(member)                                                                                                  \
	{                                                                                                              \
#member, offsetof(struct fwd_counters, member)                                                         \
	}
	FIELD(rx_packets), FIELD(rx_bytes),  FIELD(rx_malformed), FIELD(rx_consumed),	 FIELD(tx_packets),
	FIELD(tx_bytes),   FIELD(drop_full), FIELD(drop_memory),  FIELD(drop_malformed),
};

static struct {
	pthread_mutex_t lock;
	const struct fwd_run *run; /* NULL: nothing is to be said */
	const struct fwd_ports *ports;
} telemetry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
add_counters(struct rte_tel_data *d, const struct fwd_counters *c)
{
	for (unsigned i = 0; i < RTE_DIM(fields); i++)
		add_uint(d, fields[i].name, *(const uint64_t *)(const void *)((const char *)c + fields[i].offset));
}

static void
add_dict(struct rte_tel_data *d, const char *name, const char *device, const struct fwd_counters *c)
{
	struct rte_tel_data *inside = rte_tel_data_alloc();

	if (inside == NULL)
		return;
	rte_tel_data_start_dict(inside);
	rte_tel_data_add_dict_string(inside, "name", device);
	add_counters(inside, c);
	if (rte_tel_data_add_dict_container(d, name, inside, 0) != 0)
		rte_tel_data_free(inside);
}

static int
ports_command(const char *command, const char *params, struct rte_tel_data *d)
{
	struct fwd_counters total = {0}, one;
	char name[32];

	RTE_SET_USED(command);
	RTE_SET_USED(params);
	rte_tel_data_start_dict(d);
	pthread_mutex_lock(&telemetry.lock);
	for (unsigned i = 0; telemetry.run != NULL && i < telemetry.ports->count; i++) {
		fwd_run_counters(telemetry.run, i, &one);
		fwd_counters_add(&total, &one);
		snprintf(name, sizeof(name), "port_%u", telemetry.ports->port[i].dev.id);
		if (i < PORTS_SHOWN)
			add_dict(d, name, telemetry.ports->port[i].dev.name, &one);
	}
	if (telemetry.run != NULL)
		add_dict(d, "total", telemetry.run->options->mode->name, &total);
	pthread_mutex_unlock(&telemetry.lock);
	return 0;
}

void
fwd_telemetry_begin(const struct fwd_run *run, const struct fwd_ports *ports)
{
	pthread_mutex_lock(&telemetry.lock);
	telemetry.run = run;
	telemetry.ports = ports;
	pthread_mutex_unlock(&telemetry.lock);
	rte_telemetry_register_cmd("/evpl_fwd/ports", ports_command,
				   "evpl-fwd's counters of each port, and their total. No parameters");
}

void
fwd_telemetry_end(void)
{
	pthread_mutex_lock(&telemetry.lock);
	telemetry.run = NULL;
	pthread_mutex_unlock(&telemetry.lock);
}
