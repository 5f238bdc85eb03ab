/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that finds a fault is made as short as one that still finds one. */
#ifndef TEST_FUZZ_SHRINK_H
#define TEST_FUZZ_SHRINK_H

#include <stddef.h>
#include <stdint.h>

/** Leaves out operations, then makes arguments smaller. @return the new size. Says on stderr how far it is. */
size_t shrink(uint8_t *program, size_t size);

/** @return the operations of a program. */
unsigned shrink_count(const uint8_t *program, size_t size);

#endif /* TEST_FUZZ_SHRINK_H */
