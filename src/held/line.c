/* SPDX-License-Identifier: BSD-3-Clause */
#include "held/line.h"

#if EVPL_HAVE_LIBDW

#include <elfutils/libdwfl.h>
#include <pthread.h>
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

bool
evpl_line_say(FILE *out, uintptr_t address)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static Dwfl *process;
	static bool read;
	const char *function = NULL, *file = NULL;
	Dwfl_Module *module;
	Dwfl_Line *line;
	int number = 0;

	pthread_mutex_lock(&lock);
	if (!read)
		process = read_process();
	read = true;
	/* The call is before the address that it returns to. That may be the next function's. */
	module = process != NULL ? dwfl_addrmodule(process, address - 1) : NULL;
	line = module != NULL ? dwfl_module_getsrc(module, address - 1) : NULL;
	if (line != NULL) {
		file = dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
		function = dwfl_module_addrname(module, address - 1);
	}
	if (file != NULL)
		fprintf(out, "%s (%s:%d)", function != NULL ? function : "?", file, number);
	pthread_mutex_unlock(&lock);
	return file != NULL;
}

#else

bool
evpl_line_say(FILE *out, uintptr_t address)
{
	(void)out;
	(void)address;
	return false;
}

#endif
