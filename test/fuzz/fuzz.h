/* SPDX-License-Identifier: BSD-3-Clause */
/* What a fuzz target defines. libFuzzer calls it, or AFL++'s driver, or replay.c. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** No input is longer. */
#define FUZZ_LONGEST (1u << 20)

/** Tries one input. It ends the process (abort()) if something is wrong. @return 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* TEST_FUZZ_H */
