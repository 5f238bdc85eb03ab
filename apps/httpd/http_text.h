/* SPDX-License-Identifier: BSD-3-Clause */
/* Characters of HTTP's texts. The functions of ctype.h depend on the locale. */
#ifndef HTTPD_HTTP_TEXT_H
#define HTTPD_HTTP_TEXT_H

#include <stdbool.h>
#include <stdint.h>

static inline bool
http_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
http_is_letter(char c)
{
	char lower = (char)(c | 0x20);

	return lower >= 'a' && lower <= 'z';
}

/* Reads digits. A number that is too large becomes UINT64_MAX. Returns the place behind the digits. */
static inline const char *
http_number_parse(const char *text, uint64_t *value)
{
	for (*value = 0; http_is_digit(*text); text++)
		*value = *value > (UINT64_MAX - 9) / 10 ? UINT64_MAX : *value * 10 + (uint64_t)(*text - '0');
	return text;
}

#endif /* HTTPD_HTTP_TEXT_H */
