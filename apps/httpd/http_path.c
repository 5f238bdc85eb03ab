/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "http_path.h"
#include "http_text.h"

/* The value of a hexadecimal digit; -1: it is none. */
static int
hex_digit(char c)
{
	char lower = (char)(c | 0x20);

	if (http_is_digit(c))
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Decodes one byte of the path, and moves the path behind it; -1: it cannot be decoded. */
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
		/* Each round starts at the slash before a segment. */
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

/* Writes text at *length, escaped where needed, and moves *length. False: no room. */
static bool
add_escaped(const char *text, char *out, size_t room, size_t *length)
{
	for (; *text != '\0'; text++) {
		bool escaped =
			(unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f || strchr("\"<>[\\]^`{|}", *text);

		if (room - *length <= (escaped ? 3 : 1))
			return false;
		if (escaped)
			snprintf(out + *length, 4, "%%%02X", (unsigned char)*text);
		else
			out[*length] = *text;
		*length += escaped ? 3 : 1;
	}
	out[*length] = '\0';
	return true;
}

size_t
http_location_format(const char *path, const char *query, char *out, size_t room)
{
	size_t length = 0;
	bool fits = room > 0 && add_escaped(path, out, room, &length) && add_escaped("/", out, room, &length);

	if (fits && query != NULL)
		fits = add_escaped("?", out, room, &length) && add_escaped(query, out, room, &length);
	return fits ? length : 0;
}
