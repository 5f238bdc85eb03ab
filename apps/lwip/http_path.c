/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <string.h>

#include "http_path.h"

/* The value of a hexadecimal digit; -1 when it is none. */
static int
hex_digit(char c)
{
	char lower = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* One byte of the path, decoded, and the place behind it; -1: not to be decoded. */
static int
decode_byte(const char **path)
{
	int high, low;

	if (**path != '%')
		return (unsigned char)*(*path)++;
	high = hex_digit((*path)[1]);
	low = high >= 0 ? hex_digit((*path)[2]) : -1;
	*path += 3;
	return low < 0 || (high == 0 && low == 0) ? -1 : high * 16 + low;
}

unsigned
http_path_decode(const char *path, char *name, size_t room)
{
	static const char index[] = "index.html";
	size_t length = 0;

	while (*path != '\0') {
		/* Each round begins with the slash before a segment. */
		path++;
		if (*path == '\0')
			break;
		for (size_t start = length; *path != '/' && *path != '\0'; length++) {
			int byte = decode_byte(&path);

			if (byte < 0)
				return 400;
			if (byte == '/' || (byte == '.' && length == start))
				return 404;
			if (length + sizeof(index) + 2 > room)
				return 414;
			name[length] = (char)byte;
		}
		if (length == 0 || name[length - 1] == '/')
			return 404; /* an empty segment */
		if (*path == '/')
			name[length++] = '/';
	}
	if (length == 0 || name[length - 1] == '/') {
		memcpy(name + length, index, sizeof(index));
		return 0;
	}
	name[length] = '\0';
	return 0;
}
