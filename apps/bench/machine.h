/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

/* The CPU's name, or the architecture's name if the kernel has no CPU name. It can stand in a JSON string. */
void machine_model(char *text, size_t size);

#endif /* BENCH_MACHINE_H */
