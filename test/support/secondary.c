/* SPDX-License-Identifier: BSD-3-Clause */
#include "secondary.h"

#include <stdbool.h>

#include <rte_eal.h>

#include "program.h"

static bool is_child;

void
secondary_become(void)
{
	is_child = true;
}

/* The dynamic linker finds this function before DPDK's. */
enum rte_proc_type_t
rte_eal_process_type(void)
{
	static enum rte_proc_type_t (*real)(void);

	if (is_child)
		return RTE_PROC_SECONDARY;
	if (real == NULL)
		program_next(&real, sizeof(real), "rte_eal_process_type");
	return real();
}
