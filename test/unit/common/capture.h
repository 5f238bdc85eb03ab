/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a function prints. cmocka's own lines go to stdout, so nothing is asserted between begin and end.
 */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <stdio.h>

/** From here on, what is written to the stream (stdout or stderr) is kept. One at a time. */
void capture_begin(FILE *stream);

/** Gives the stream back. @return what came; valid until the next capture_begin(). */
const char *capture_end(void);

#endif /* TEST_CAPTURE_H */
