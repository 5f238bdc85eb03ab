/* SPDX-License-Identifier: BSD-3-Clause */
/* The pattern in the data rooms of free mbufs. */
#ifndef EVPL_SRC_PLUGIN_ROOM_H
#define EVPL_SRC_PLUGIN_ROOM_H

#include <stddef.h>

void room_begin(void); /* finds out what the CPU can do */
/* Fills a data room with the pattern. */
void room_fill(char *room, size_t n);
/* The first byte that does not hold the pattern; NULL: none. */
const unsigned char *room_find_written(const char *room, size_t n);

#endif /* EVPL_SRC_PLUGIN_ROOM_H */
