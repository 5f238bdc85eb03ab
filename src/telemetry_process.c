/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The telemetry command about other processes that iovecs are lent to.
 */
#include "telemetry.h"

#include "process.h"

#include <stdio.h>

#define PROCESSES_SHOWN 24u

struct row {
	const char *name, *state;
	int pid;
	uint32_t iovecs, iovecs_lent, packets, packets_sent, waiting_there, waiting_here;
	uint64_t reclaimed;
};

#define ROW(member, unit) EVPL_FIELD(struct row, member, unit)
static const struct evpl_field row_fields[] = {
	ROW(name, "text"),	     ROW(state, "text"),       ROW(pid, "process id"),	   ROW(iovecs, "iovecs"),
	ROW(iovecs_lent, "iovecs"),  ROW(packets, "mbufs"),    ROW(packets_sent, "mbufs"), ROW(waiting_there, "iovecs"),
	ROW(waiting_here, "iovecs"), ROW(reclaimed, "iovecs"),
};

struct answer {
	struct rte_tel_data *d;
	unsigned first, count;
};

static void
row_add(const struct evpl_process_info *info, void *arg)
{
	static const char *const states[] = {
		[EVPL_PROCESS_ABSENT] = "absent", [EVPL_PROCESS_ATTACHED] = "attached", [EVPL_PROCESS_DEAD] = "dead"};
	struct answer *answer = arg;
	struct row row = {.name = info->name,
			  .state = states[info->state],
			  .pid = info->pid,
			  .iovecs = info->iovecs,
			  .iovecs_lent = info->iovecs_lent,
			  .packets = info->packets,
			  .packets_sent = info->packets_sent,
			  .waiting_there = info->waiting_there,
			  .waiting_here = info->waiting_here,
			  .reclaimed = info->reclaimed};
	unsigned number = answer->count++;
	char name[32];

	if (number < answer->first || number - answer->first >= PROCESSES_SHOWN)
		return;
	snprintf(name, sizeof(name), "process_%u", number);
	evpl_fields_add_dict(answer->d, name, row_fields, RTE_DIM(row_fields), &row);
}

static int
processes_answer(const char *command, const char *params, struct rte_tel_data *d)
{
	struct answer answer = {.d = d, .first = evpl_parameter(params)};

	RTE_SET_USED(command);
	rte_tel_data_start_dict(d);
	evpl_processes_walk(row_add, &answer);
	evpl_compat_tel_add_uint(d, "processes", answer.count);
	return 0;
}

const struct evpl_command evpl_processes_command = {
	.name = "/evpl/processes",
	.answer = processes_answer,
	.help = "Each process that iovecs are lent to. Parameters: the first number to show (default 0)",
	EVPL_COMMAND_FIELDS(row_fields),
};
