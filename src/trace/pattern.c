/* SPDX-License-Identifier: BSD-3-Clause */
/* Hides bytes from tools, and looks for bytes that were written. */
#include "trace/pattern.h"

#if EVPL_HAVE_MEMCHECK
#include <valgrind/memcheck.h>
#endif

extern void __asan_poison_memory_region(void const volatile *addr, size_t size) __attribute__((weak));
extern void __asan_unpoison_memory_region(void const volatile *addr, size_t size) __attribute__((weak));

static bool on_valgrind;
bool trace_hiding;

void
trace_hiding_begin(void)
{
#if EVPL_HAVE_MEMCHECK
	on_valgrind = RUNNING_ON_VALGRIND != 0;
#endif
	trace_hiding = on_valgrind || __asan_poison_memory_region != NULL;
}

void
trace_hide(const void *p, size_t n)
{
	if (__asan_poison_memory_region != NULL)
		__asan_poison_memory_region(p, n);
#if EVPL_HAVE_MEMCHECK
	if (on_valgrind)
		VALGRIND_MAKE_MEM_NOACCESS(p, n);
#endif
}

void
trace_show(const void *p, size_t n)
{
	if (__asan_unpoison_memory_region != NULL)
		__asan_unpoison_memory_region(p, n);
#if EVPL_HAVE_MEMCHECK
	if (on_valgrind)
		VALGRIND_MAKE_MEM_UNDEFINED(p, n);
#endif
}

void
trace_reveal(const void *p, size_t n)
{
	(void)p;
	(void)n;
#if EVPL_HAVE_MEMCHECK
	if (on_valgrind)
		VALGRIND_MAKE_MEM_DEFINED(p, n);
#endif
}

__attribute__((no_sanitize("address"))) const unsigned char *
trace_find_other(const void *p, size_t n, unsigned char b)
{
	const unsigned char *c = p;

	if (n >= sizeof(chunk) && likely(is_filled(p, n, b)))
		return NULL;
	for (; n > 0; n--, c++) {
		if (*c != b)
			return c;
	}
	return NULL;
}
