/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

/* The CPU's name, or the architecture's where the kernel tells none. Fit for a JSON string. */
void machine_model(char *text, size_t size);

#endif /* BENCH_MACHINE_H */
