/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LOAD_OPTIONS_H
#define LOAD_OPTIONS_H

#include "../common/host/options.h"
#include "load.h"

/* The values of the command line. */
struct load_values {
	struct host_options host;
	struct load_options load;
};

extern struct load_values load_values;

/* What the command line may have, and whether its values fit each other: see struct host_program. */
extern const struct command load_command;
int load_options_check(void);

#endif /* LOAD_OPTIONS_H */
