/* SPDX-License-Identifier: BSD-3-Clause */
#include "held/line.h"

#if EVPL_HAVE_LIBDW

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* The process as it is now. It is read once: objects that are loaded later have no lines. */
static Dwfl *
read_process(void)
{
	static char *no_path;
	static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
						 .find_debuginfo = dwfl_standard_find_debuginfo,
						 .debuginfo_path = &no_path};
	Dwfl *process = dwfl_begin(&callbacks);

	if (process != NULL &&
	    (dwfl_linux_proc_report(process, getpid()) != 0 || dwfl_report_end(process, NULL, NULL) != 0)) {
		dwfl_end(process);
		process = NULL;
	}
	return process;
}

/* The functions around an address, the innermost first, as they are nested in the code. NULL: not known. */
static Dwarf_Die *
find_functions(Dwfl_Module *module, Dwarf_Addr address, int *n)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias), *scopes = NULL, *nested = NULL;
	int count = unit != NULL ? dwarf_getscopes(unit, address - bias, &scopes) : 0;

	*n = 0;
	for (int i = 0; i < count && nested == NULL; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram)
			*n = dwarf_getscopes_die(&scopes[i], &nested);
		if (*n <= 0)
			nested = NULL;
	}
	if (count > 0)
		free(scopes);
	return nested;
}

static int
number_of(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute found;
	Dwarf_Word number = 0;

	return dwarf_attr(die, attribute, &found) != NULL && dwarf_formudata(&found, &number) == 0 ? (int)number : 0;
}

/* The file from which an inlined function is called. */
static const char *
calling_file(Dwarf_Die *function)
{
	Dwarf_Files *files;
	Dwarf_Die unit;
	size_t n;

	if (dwarf_diecu(function, &unit, NULL, NULL) == NULL || dwarf_getsrcfiles(&unit, &files, &n) != 0)
		return NULL;
	return dwarf_filesrc(files, (size_t)number_of(function, DW_AT_call_file), NULL, NULL);
}

static bool
walk(Dwfl_Module *module, Dwarf_Addr address, void (*each)(const char *function, const char *file, int line, void *arg),
     void *arg)
{
	Dwfl_Line *source = dwfl_module_getsrc(module, address);
	const char *file, *name;
	Dwarf_Die *functions;
	int line = 0, n;

	file = source != NULL ? dwfl_lineinfo(source, NULL, &line, NULL, NULL, NULL) : NULL;
	if (file == NULL)
		return false;
	functions = find_functions(module, address, &n);
	for (int i = 0; i < n && dwarf_tag(&functions[i]) != DW_TAG_subprogram; i++) {
		if (dwarf_tag(&functions[i]) != DW_TAG_inlined_subroutine)
			continue;
		name = dwarf_diename(&functions[i]);
		each(name != NULL ? name : "?", file != NULL ? file : "?", line, arg);
		file = calling_file(&functions[i]);
		line = number_of(&functions[i], DW_AT_call_line);
	}
	free(functions);
	name = dwfl_module_addrname(module, address);
	each(name != NULL ? name : "?", file != NULL ? file : "?", line, arg);
	return true;
}

bool
evpl_line_walk(uintptr_t address, void (*each)(const char *function, const char *file, int line, void *arg), void *arg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static Dwfl *process;
	static bool read;
	Dwfl_Module *module;
	bool found;

	pthread_mutex_lock(&lock);
	if (!read)
		process = read_process();
	read = true;
	/* The call is before the address that it returns to. That may be the next function's. */
	module = process != NULL ? dwfl_addrmodule(process, address - 1) : NULL;
	found = module != NULL && walk(module, address - 1, each, arg);
	pthread_mutex_unlock(&lock);
	return found;
}

#else

bool
evpl_line_walk(uintptr_t address, void (*each)(const char *function, const char *file, int line, void *arg), void *arg)
{
	(void)address;
	(void)each;
	(void)arg;
	return false;
}

#endif
