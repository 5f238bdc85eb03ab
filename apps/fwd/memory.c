/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/error.h"

static void
unmap(void *addr, uint64_t length, void *arg)
{
	(void)arg;
	munmap(addr, length);
}

/* The whole pages of the file; NULL. The mapping keeps the file. */
static void *
map(const char *file, size_t page, size_t *length)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	struct stat st = {0};
	void *addr = MAP_FAILED;

	if (fd < 0 || fstat(fd, &st) != 0) {
		error_line("--external-slab=%s: %s", file, strerror(errno));
	} else if ((*length = (size_t)st.st_size & ~(page - 1)) == 0) {
		error_line(
			"--external-slab=%s has %ju bytes, and a page has %zu (truncate -s 64M makes a file of 64 MiB)",
			file, (uintmax_t)st.st_size, page);
	} else {
		addr = mmap(NULL, *length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (addr == MAP_FAILED)
			error_line("--external-slab=%s: %s", file, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

int
fwd_memory_begin(const struct fwd_options *o)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), length = 0;
	void *addr;
	int rc;

	if (o->external_slab == NULL)
		return 0;
	addr = map(o->external_slab, page, &length);
	if (addr == NULL)
		return 1;
	/* Nobody knows where the kernel will have the pages. evpl_port_check() tells of ports that must know. */
	rc = evpl_slab_add_external(addr, length, page, NULL, EVPL_EXTERNAL(0), EVPL_EXTERNAL_NO_IOVA, unmap, NULL);
	if (rc == 0)
		return 0;
	error_line("--external-slab=%s: %s", o->external_slab, strerror(-rc));
	munmap(addr, length);
	return 1;
}

int
fwd_memory_socket(const struct fwd_options *o)
{
	return o->external_slab != NULL ? EVPL_EXTERNAL(0) : 0;
}
