/* SPDX-License-Identifier: BSD-3-Clause */
/* --external-slab: the bytes that the lcores take lie in a file. */
#ifndef FWD_MEMORY_H
#define FWD_MEMORY_H

#include "options.h"

/* Maps the file, and gives it to the library. 0; else the exit status, and an error line was printed. */
int fwd_memory_begin(const struct fwd_options *o);

/* evpl_thread_config.socket_id of the lcores' contexts. */
int fwd_memory_socket(const struct fwd_options *o);

#endif /* FWD_MEMORY_H */
