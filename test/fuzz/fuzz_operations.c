/* SPDX-License-Identifier: BSD-3-Clause */
/* An input is a program of operations (operations.h), which must do what the reference says. */
#include "fuzz.h"
#include "operations.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)operations_run(data, size, NULL);
	return 0;
}
