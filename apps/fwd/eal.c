/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <mntent.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_config.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "../common/error.h"

/* The memory that the program needs with most options; without huge pages it is the size of EAL's heap. */
#define MEMORY_MIB 512u
#define MEMORY_TEXT "512"

#define ARGUMENTS_MAX 16

/* EAL's arguments. Those behind `shown` say how much EAL prints, and nobody has to type them. */
struct arguments {
	int count, shown;
	char *text[ARGUMENTS_MAX + 1];
	char lcores[2048];
};

static void
add_argument(struct arguments *a, const char *text)
{
	if (a->count < ARGUMENTS_MAX)
		a->text[a->count++] =
			(char *)(uintptr_t)text; /* EAL's prototype has no const, and EAL writes nothing */
}

/* ---- what the machine allows ------------------------------------------------------------------------------------- */

static uint64_t
read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t n = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%" SCNu64, &n) != 1)
		n = 0;
	fclose(file);
	return n;
}

/* Huge pages of all sizes that are neither used nor reserved. */
static uint64_t
free_huge_kib(void)
{
	uint64_t sum = 0;
	glob_t found;

	if (glob("/sys/kernel/mm/hugepages/hugepages-*kB", 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *folder = found.gl_pathv[i];
		char path[256];
		uint64_t unused, reserved;

		snprintf(path, sizeof(path), "%s/free_hugepages", folder);
		unused = read_number(path);
		snprintf(path, sizeof(path), "%s/resv_hugepages", folder);
		reserved = read_number(path);
		if (unused > reserved)
			sum += (unused - reserved) * strtoull(strrchr(folder, '-') + 1, NULL, 10);
	}
	globfree(&found);
	return sum;
}

/* Whether a NIC is bound to a driver that gives it to programs like this one. */
static bool
has_nic(void)
{
	static const char *const drivers[] = {"vfio-pci", "igb_uio", "uio_pci_generic"};
	bool any = false;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]) && !any; i++) {
		char pattern[128];
		glob_t found;

		/* A device's name is its address, as 0000:01:00.0. */
		snprintf(pattern, sizeof(pattern), "/sys/bus/pci/drivers/%s/*:*", drivers[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		any = found.gl_pathc != 0;
		globfree(&found);
	}
	return any;
}

/* Telemetry needs EAL's runtime folder, and EAL does not start without the one or the other. */
static bool
can_have_telemetry(void)
{
	const char *base = getuid() == 0 ? "/var/run" : getenv("XDG_RUNTIME_DIR");
	static const char *const below[] = {"/dpdk/rte", "/dpdk", ""};
	char path[256];

	if (base == NULL)
		base = "/tmp";
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", base, below[i]);
		if (access(path, F_OK) == 0)
			return access(path, W_OK) == 0;
	}
	return false;
}

/* The CPUs that this process may use. Returns their number. */
static unsigned
list_cpus(unsigned cpus[CPU_SETSIZE])
{
	cpu_set_t allowed;
	unsigned n = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return 0;
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed))
			cpus[n++] = cpu;
	}
	return n;
}

/*
 * The main lcore and those that forward, on the CPUs in turn. A single CPU does not need two lcores: the main one can
 * forward.
 */
static void
choose_lcores(struct arguments *a, unsigned cores)
{
	unsigned cpus[CPU_SETSIZE], n = list_cpus(cpus), lcores = n == 1 && cores == 1 ? 1 : cores + 1;
	size_t length = 0;

	for (unsigned i = 0; n != 0 && i < lcores && length + 16 < sizeof(a->lcores); i++)
		length += (size_t)snprintf(a->lcores + length, sizeof(a->lcores) - length, "%s%u@%u",
					   i == 0 ? "--lcores=" : ",", i, cpus[i % n]);
	if (length != 0)
		add_argument(a, a->lcores);
}

static void
choose_arguments(struct arguments *a, const char *program, unsigned cores)
{
	bool nic = has_nic(), huge = free_huge_kib() >= MEMORY_MIB * 1024u;

	add_argument(a, program);
	choose_lcores(a, cores);
	/* --in-memory needs no mounted file system. Both it and --no-shconf let several programs run at a time. */
	if (huge) {
		add_argument(a, "--in-memory");
	} else {
		add_argument(a, "--no-huge");
		add_argument(a, "--no-shconf");
		add_argument(a, "-m");
		add_argument(a, MEMORY_TEXT);
	}
	/* EAL asks the drivers of NICs what addresses they need. Without NICs virtual ones do, which need no rights. */
	if (!nic) {
		add_argument(a, "--no-pci");
		add_argument(a, "--iova-mode=va");
		add_argument(a, "--vdev=net_null0");
		add_argument(a, "--vdev=net_null1");
	}
	if (!can_have_telemetry())
		add_argument(a, "--no-telemetry");
	a->shown = a->count;
	/* EAL warns about page sizes without a free page, and of other sockets of telemetry's kind. */
	add_argument(a, huge ? "--log-level=lib.eal,error" : "--log-level=lib.eal,warning");
	add_argument(a, "--log-level=lib.telemetry,error");
}

/* ---- what to type ------------------------------------------------------------------------------------------------ */

/* Appends a word and a space. */
static void
append_word(char *line, size_t size, const char *word)
{
	size_t length = strlen(line);

	snprintf(line + length, size - length, "%s%s", length == 0 ? "" : " ", word);
}

static void
note_chosen(const struct arguments *a)
{
	char line[480] = "";

	for (int i = 1; i < a->shown; i++)
		append_word(line, sizeof(line), a->text[i]);
	error_line("note: no EAL options, so these are used: %s", line);
}

static bool
is_given(int count, char **argv, const char *option)
{
	for (int i = 1; i < count; i++) {
		if (strncmp(argv[i], option, strlen(option)) == 0)
			return true;
	}
	return false;
}

/* Whether EAL may make files of huge pages, as it does without --in-memory. */
static bool
has_huge_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *mount;
	bool found = false;

	if (mounts == NULL)
		return false;
	while (!found && (mount = getmntent(mounts)) != NULL)
		found = strcmp(mount->mnt_type, "hugetlbfs") == 0 && access(mount->mnt_dir, W_OK) == 0;
	endmntent(mounts);
	return found;
}

/* The user's command line, with --no-huge or --in-memory. EAL refuses both together. */
static void
write_line(char *line, size_t size, int count, char **argv, bool huge)
{
	*line = '\0';
	append_word(line, size, argv[0]);
	append_word(line, size, huge ? "--in-memory" : "--no-huge");
	if (!huge && !is_given(count, argv, "-m"))
		append_word(line, size, "-m " MEMORY_TEXT);
	for (int i = 1; argv[i] != NULL; i++) {
		if (i >= count || strcmp(argv[i], "--in-memory") != 0)
			append_word(line, size, argv[i]);
	}
}

/*
 * Says what to type if the user leaves it to EAL to find huge pages, and EAL will find none: writes the line, and
 * returns the reason. NULL: nothing is to be said.
 */
static const char *
lacks_huge(char *line, size_t size, int count, char **argv)
{
	bool huge = free_huge_kib() != 0;

	if (is_given(count, argv, "--no-huge") || is_given(count, argv, "--huge-") ||
	    is_given(count, argv, "--socket-") || (huge && (is_given(count, argv, "--in-memory") || has_huge_mount())))
		return NULL;
	write_line(line, size, count, argv, huge);
	return huge ? "no hugetlbfs is mounted for this user" : "no huge page is free";
}

int
fwd_eal_start(int count, char **argv, unsigned cores)
{
	static struct arguments chosen; /* EAL keeps the texts */
	const char *lack = NULL;
	char line[400];

	if (count == 1) {
		choose_arguments(&chosen, argv[0], cores);
		note_chosen(&chosen);
		count = chosen.count;
		argv = chosen.text;
	} else {
		lack = lacks_huge(line, sizeof(line), count, argv); /* now, because EAL changes argv */
	}
	if (rte_eal_init(count, argv) >= 0)
		return 0;
	error_eal(rte_errno, rte_strerror(rte_errno));
	/* EINVAL: EAL did not look for huge pages, because an argument is wrong. */
	if (lack != NULL && rte_errno != EINVAL)
		error_line("%s: type %s", lack, line);
	return 1;
}
