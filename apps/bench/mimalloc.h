/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mimalloc, beside the malloc of the C library. Debian has mimalloc only as a shared library, which replaces malloc in
 * a program that is linked with it. Here it is opened at run time with local scope, and leaves malloc alone. Its calls
 * go through a pointer, as malloc's calls go through the PLT.
 */
#ifndef BENCH_MIMALLOC_H
#define BENCH_MIMALLOC_H

#include <stdbool.h>
#include <stddef.h>

struct bench_mimalloc {
	void *(*alloc)(size_t size);
	void (*free)(void *p);
	size_t (*usable_size)(const void *p);
};
extern struct bench_mimalloc mimalloc;

/* Looks for the library once. */
bool mimalloc_present(void);

#endif /* BENCH_MIMALLOC_H */
