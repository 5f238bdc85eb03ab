/* SPDX-License-Identifier: BSD-3-Clause */
/* What a report says of a place in the program, and of a thread. */
#ifndef EVPL_SRC_TRACE_WHERE_H
#define EVPL_SRC_TRACE_WHERE_H

#include "trace/thread.h"

#include <stdio.h>

/* "function (file:line)", or what is known of a return address. */
void trace_say_where(FILE *out, trace_place place);
/* "thread NAME (tid), lcore N" of the thread that was there. */
void trace_say_thread(FILE *out, trace_place place);

#endif /* EVPL_SRC_TRACE_WHERE_H */
