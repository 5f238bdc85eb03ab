/* SPDX-License-Identifier: BSD-3-Clause */
#include "secondary.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>

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
	void *symbol;

	if (is_child)
		return RTE_PROC_SECONDARY;
	if (real == NULL) {
		symbol = dlsym(RTLD_NEXT, "rte_eal_process_type");
		if (symbol == NULL)
			abort();
		memcpy(&real, &symbol, sizeof(real)); /* ISO C has no cast from an object's pointer to a function's */
	}
	return real();
}
