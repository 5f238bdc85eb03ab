/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of the library.
 */
#ifndef EVPL_SRC_CLEANUP_H
#define EVPL_SRC_CLEANUP_H

void evpl_library_free(void); /* frees all that it has; with the lock held, and nothing in use */

#endif /* EVPL_SRC_CLEANUP_H */
