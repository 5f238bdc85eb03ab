/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APPS_ERROR_H
#define APPS_ERROR_H

#include <stdarg.h>

/* Prints one line on stderr, in one write, after the program's name and a colon. */
void error_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void error_vline(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Says that EAL did not start. NUMBER is rte_errno, and TEXT says what it means. Some errors of EAL set no number. */
void error_eal(int number, const char *text);

#endif /* APPS_ERROR_H */
