/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of dpdk-testpmd, 22.11 to 26.11, that evpl-fwd knows, but does not have. options.c has those that it has.
 */
#ifndef FWD_TESTPMD_H
#define FWD_TESTPMD_H

#include "../common/option.h"

/* They are accepted, and change nothing. */
#define TESTPMD_NOTED_ROWS 37
extern const struct option_row testpmd_noted_rows[TESTPMD_NOTED_ROWS];

/* They would change what is forwarded or printed, so each ends the program with its reason. */
#define TESTPMD_REFUSED_ROWS 34
extern const struct option_row testpmd_refused_rows[TESTPMD_REFUSED_ROWS];

#endif /* FWD_TESTPMD_H */
