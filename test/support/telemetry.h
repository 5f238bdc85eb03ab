/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program asks its own telemetry socket, as dpdk-telemetry.py does. Only programs that name telemetry.c in their
 * meson.build have these functions.
 */
#ifndef TEST_TELEMETRY_H
#define TEST_TELEMETRY_H

#include <stdbool.h>
#include <stdint.h>

/** For main(), before program_main(): EAL gets a socket, in a folder that is removed at the end. False: no folder. */
bool telemetry_begin(const char *name);

/** @return a connection to the socket of this process, or -1. */
int telemetry_connect(void);

/** @return the answer to a command, which the caller frees; or NULL. */
char *telemetry_ask(int fd, const char *command);

/**
 * A number in an answer: that of @p field in the dictionary @p inside, or in the answer itself if that is NULL.
 * @return the number, or INT64_MIN without such a field.
 */
int64_t telemetry_number(const char *said, const char *inside, const char *field);

/** @return whether the field is there with that text; @p inside as above. */
bool telemetry_is_text(const char *said, const char *inside, const char *field, const char *text);

/** @return element @p index of the array @p field, or INT64_MIN without it. */
int64_t telemetry_element(const char *said, const char *field, unsigned index);

/** @return the number of times that @p part is in an answer. */
unsigned telemetry_count(const char *said, const char *part);

#endif /* TEST_TELEMETRY_H */
