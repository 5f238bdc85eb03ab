/* SPDX-License-Identifier: BSD-3-Clause */
#include "mimalloc.h"

#include <dlfcn.h>

struct bench_mimalloc mimalloc;

bool
mimalloc_present(void)
{
	static const char *const names[] = {"libmimalloc.so.2", "libmimalloc.so.3", "libmimalloc.so"};
	static bool looked;
	void *library = NULL;

	if (looked)
		return mimalloc.alloc != NULL;
	looked = true;
	for (size_t i = 0; library == NULL && i < sizeof(names) / sizeof(names[0]); i++)
		library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return false;
	/* Written as in POSIX, because ISO C has no cast from an object pointer to a function pointer. */
	*(void **)&mimalloc.free = dlsym(library, "mi_free");
	*(void **)&mimalloc.usable_size = dlsym(library, "mi_usable_size");
	if (mimalloc.free != NULL && mimalloc.usable_size != NULL)
		*(void **)&mimalloc.alloc = dlsym(library, "mi_malloc");
	return mimalloc.alloc != NULL;
}
