/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mimalloc beside the C library's malloc. Debian has it as a shared library only, which replaces malloc in a program that
 * is linked with it; opened at run time with local scope it leaves malloc alone, and its own calls go through a pointer, as
 * malloc's go through the PLT.
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

/* Looks for it once. */
bool mimalloc_present(void);

#endif /* BENCH_MIMALLOC_H */
