/* SPDX-License-Identifier: BSD-3-Clause */
/* Which call fails. fail_dpdk.c and fail_libc.c have the functions. */
#include "faulty.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULES 4
#define PLACES_MAX 1024

/* The code whose calls count. */
static struct module {
	const char *name;
	uintptr_t base, begin, end;
} modules[MODULES];
static unsigned module_count;

/* The places that had a fault. */
static struct place {
	const char *name;
	uintptr_t from;
} places[PLACES_MAX];
static unsigned place_count;

static bool armed;
static unsigned target, counted, injected;
static const char *only, *failed_name;
static bool failed;
static int file = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool
is_library(const char *path)
{
	return strstr(path, "libevpl-dpdk") != NULL;
}

/* The program is the first of all, and has no name. */
static int
note_module(struct dl_phdr_info *info, size_t size, void *arg)
{
	bool *first = arg, ours = *first || is_library(info->dlpi_name);

	(void)size;
	for (unsigned i = 0; ours && i < info->dlpi_phnum && module_count < MODULES; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];

		if (h->p_type == PT_LOAD && (h->p_flags & PF_X) != 0)
			modules[module_count++] = (struct module){*first ? "program" : "library", info->dlpi_addr,
								  info->dlpi_addr + h->p_vaddr,
								  info->dlpi_addr + h->p_vaddr + h->p_memsz};
	}
	*first = false;
	return 0;
}

static const struct module *
module_of(uintptr_t address)
{
	for (unsigned i = 0; i < module_count; i++) {
		if (address >= modules[i].begin && address < modules[i].end)
			return &modules[i];
	}
	return NULL;
}

/* Without any memory of the heap, because malloc() is one of the functions. */
static void __attribute__((format(printf, 1, 2))) write_line(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	if (file < 0)
		return;
	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > 0 && write(file, line, (size_t)n) < 0)
		_exit(97);
}

static void
note_place(const char *name, uintptr_t from)
{
	unsigned i = 0;

	while (i < place_count && (places[i].name != name || places[i].from != from))
		i++;
	if (i == place_count && i < PLACES_MAX)
		places[place_count++] = (struct place){name, from};
}

/* With the lock held. */
static bool
is_the_one(const char *name, const struct module *module, uintptr_t from)
{
	if (!armed || (only != NULL && strcmp(only, name) != 0) || ++counted != target)
		return false;
	failed = true;
	failed_name = name;
	injected++;
	note_place(name, from);
	write_line("fault %u %s %s+0x%lx\n", counted, name, module->name, (unsigned long)(from - module->base));
	return true;
}

bool
faulty_hits(const char *name, const void *from)
{
	const struct module *module;
	bool hit;

	if (!__atomic_load_n(&armed, __ATOMIC_RELAXED))
		return false;
	module = module_of((uintptr_t)from);
	if (module == NULL)
		return false;
	pthread_mutex_lock(&lock);
	hit = is_the_one(name, module, (uintptr_t)from);
	pthread_mutex_unlock(&lock);
	return hit;
}

bool
faulty_is_ours(const void *from)
{
	return module_of((uintptr_t)from) != NULL;
}

void *
faulty_next(const char *name)
{
	void *next = dlsym(RTLD_NEXT, name);

	if (next == NULL) {
		fprintf(stderr, "faulty: no library has %s\n", name);
		abort();
	}
	return next;
}

void
faulty_arm_one(const char *name, unsigned n)
{
	faulty_watch_pools();
	pthread_mutex_lock(&lock);
	only = name;
	target = n;
	counted = 0;
	failed = false;
	__atomic_store_n(&armed, true, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&lock);
}

void
faulty_arm(unsigned n)
{
	faulty_arm_one(NULL, n);
}

bool
faulty_disarm(void)
{
	bool had_one;

	pthread_mutex_lock(&lock);
	__atomic_store_n(&armed, false, __ATOMIC_RELAXED);
	had_one = failed;
	pthread_mutex_unlock(&lock);
	return had_one;
}

unsigned
faulty_count(void)
{
	return counted;
}

const char *
faulty_name(void)
{
	return failed_name;
}

unsigned
faulty_injected(unsigned *functions, unsigned *r_places)
{
	*functions = 0;
	*r_places = place_count;
	for (unsigned i = 0; i < place_count; i++) {
		unsigned k = 0;

		while (places[k].name != places[i].name)
			k++;
		*functions += k == i;
	}
	return injected;
}

/* EVPL_FAULT: a number, or a function's name, a colon and a number. */
static void
arm_by_environment(void)
{
	const char *fault = getenv("EVPL_FAULT"), *path = getenv("EVPL_FAULT_FILE");
	char *colon;

	if (fault == NULL)
		return;
	if (path != NULL)
		file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	colon = strchr(fault, ':');
	if (colon == NULL) {
		faulty_arm((unsigned)strtoul(fault, NULL, 10));
		return;
	}
	faulty_arm_one(strndup(fault, (size_t)(colon - fault)), (unsigned)strtoul(colon + 1, NULL, 10));
}

static void __attribute__((constructor)) begin(void)
{
	bool first = true;

	dl_iterate_phdr(note_module, &first);
	arm_by_environment();
}

static void __attribute__((destructor)) end(void)
{
	write_line("calls %u\n", counted);
}
