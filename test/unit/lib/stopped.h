/* SPDX-License-Identifier: BSD-3-Clause */
/* Cases that begin and end without a running library: they start and stop it themselves. */
#ifndef TEST_STOPPED_H
#define TEST_STOPPED_H

#include "support.h"

/** Bytes in use of EAL's heap, before the case. */
extern size_t stopped_heap;

/** A case of cmocka. At its end the library must be stopped, and EAL's heap as large as before. */
#define stopped_case(function) cmocka_unit_test_setup_teardown(function, stopped_setup, stopped_teardown)

int stopped_setup(void **state);
int stopped_teardown(void **state);

#endif /* TEST_STOPPED_H */
