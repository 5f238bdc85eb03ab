/* SPDX-License-Identifier: BSD-3-Clause */
#include "held/line.h"

#if EVPL_HAVE_LIBDW

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_SPOTS 32u /* functions that are put into each other */

/*
 * The process as it is now. It is read once: objects that are loaded later have no lines. Debug information in files of
 * its own is found by build ID. dwfl_standard_find_debuginfo() may ask a server (DEBUGINFOD_URLS), and a program must
 * not wait for that in a report.
 */
static Dwfl *
read_process(void)
{
	static char *no_path;
	static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
						 .find_debuginfo = dwfl_build_id_find_debuginfo,
						 .debuginfo_path = &no_path};
	Dwfl *process = dwfl_begin(&callbacks);

	if (process != NULL &&
	    (dwfl_linux_proc_report(process, getpid()) != 0 || dwfl_report_end(process, NULL, NULL) != 0)) {
		dwfl_end(process);
		process = NULL;
	}
	return process;
}

/*
 * The unit of source that has the address. clang writes no table of addresses. Then the table is missing, or it has only
 * what gcc compiled, and its answer can be a unit beside the address. So the units are asked themselves.
 */
static Dwarf_Die *
find_unit(Dwfl_Module *module, uintptr_t address, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, bias);

	if (unit != NULL && dwarf_haspc(unit, address - *bias) > 0)
		return unit;
	unit = NULL;
	do
		unit = dwfl_module_nextcu(module, unit, bias);
	while (unit != NULL && dwarf_haspc(unit, address - *bias) <= 0);
	return unit;
}

/* A line, in a function that has code of its own or that the compiler put into its caller. */
struct spot {
	const char *function, *file;
	int line;
};

/* Where a function was put into its caller. */
static void
find_call(Dwarf_Die *function, Dwarf_Files *files, struct spot *spot)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number;

	if (dwarf_formudata(dwarf_attr(function, DW_AT_call_file, &attribute), &number) == 0)
		spot->file = dwarf_filesrc(files, number, NULL, NULL);
	if (dwarf_formudata(dwarf_attr(function, DW_AT_call_line, &attribute), &number) == 0)
		spot->line = (int)number;
}

/* The scopes around the address, the innermost first, as they lie in the code. The caller frees them. */
static int
find_scopes(Dwfl_Module *module, Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **scopes)
{
	Dwarf_Die *inner, innermost;
	Dwarf_Addr bias;
	int n = dwarf_getscopes(unit, address, &inner);
	bool found;

	if (n <= 0)
		return 0;
	found = dwarf_offdie(dwfl_module_getdwarf(module, &bias), dwarf_dieoffset(&inner[0]), &innermost) != NULL;
	free(inner);
	return found ? dwarf_getscopes_die(&innermost, scopes) : 0;
}

/* The function around the address, and the functions that it was put into. Returns how many have a line. */
static unsigned
find_spots(Dwfl_Module *module, uintptr_t address, struct spot spots[MOST_SPOTS])
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = find_unit(module, address, &bias), *scopes = NULL;
	Dwarf_Line *line = unit != NULL ? dwarf_getsrc_die(unit, address - bias) : NULL;
	Dwarf_Files *files;
	unsigned n = 0;
	int n_scopes;

	if (line == NULL || dwarf_getsrcfiles(unit, &files, NULL) != 0)
		return 0;
	spots[0] = (struct spot){.file = dwarf_linesrc(line, NULL, NULL)};
	dwarf_lineno(line, &spots[0].line);
	n_scopes = find_scopes(module, unit, address - bias, &scopes);
	for (int i = 0; i < n_scopes; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram)
			continue;
		spots[n].function = dwarf_diename(&scopes[i]);
		if (tag == DW_TAG_subprogram || n == MOST_SPOTS - 1)
			break;
		spots[++n] = (struct spot){0};
		find_call(&scopes[i], files, &spots[n]);
	}
	free(scopes);
	if (spots[n].function == NULL)
		spots[n].function = dwfl_module_addrname(module, address);
	return spots[0].file != NULL ? n + 1 : 0;
}

/* The same lines are asked for again and again, in a program that goes on, and a look takes a millisecond. */
static struct seen {
	uintptr_t address;
	unsigned n;
	struct spot spots[MOST_SPOTS];
} seen[64];

static const struct seen *
look_up(Dwfl *process, uintptr_t address)
{
	/* 2^64 / golden ratio */
	struct seen *one = &seen[(address * UINT64_C(0x9E3779B97F4A7C15)) >> 58];
	Dwfl_Module *module;

	if (one->address == address)
		return one;
	module = process != NULL ? dwfl_addrmodule(process, address) : NULL;
	one->address = address;
	one->n = module != NULL ? find_spots(module, address, one->spots) : 0;
	return one;
}

static bool
is_of_dpdk(const struct spot *spot)
{
	return spot->function != NULL && strncmp(spot->function + strspn(spot->function, "_"), "rte_", 4) == 0;
}

bool
evpl_line_say(FILE *out, uintptr_t address, const char *between)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static Dwfl *process;
	static bool read;
	const struct seen *one;
	unsigned n;

	pthread_mutex_lock(&lock);
	if (!read)
		process = read_process();
	read = true;
	/* The call is before the address that it returns to. That may be the next function's. */
	one = look_up(process, address - 1);
	n = one->n;
	for (unsigned i = 0; i < n; i++) {
		const struct spot *spot = &one->spots[i];

		/* The call that the program made is enough. */
		if (i + 1 < n && is_of_dpdk(spot) && is_of_dpdk(spot + 1))
			continue;
		fprintf(out, "%s (%s:%d)%s", spot->function != NULL ? spot->function : "?",
			spot->file != NULL ? spot->file : "?", spot->line, i + 1 < n ? between : "");
	}
	pthread_mutex_unlock(&lock);
	return n > 0;
}

#else

bool
evpl_line_say(FILE *out, uintptr_t address, const char *between)
{
	(void)out;
	(void)address;
	(void)between;
	return false;
}

#endif
