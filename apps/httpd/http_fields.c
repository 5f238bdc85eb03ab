/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <strings.h>

#include "http_fields.h"
#include "http_text.h"

enum http_range
http_range_parse(const char *text, uint64_t length, uint64_t *r_first, uint64_t *r_end)
{
	uint64_t first, last = UINT64_MAX;
	const char *end;

	if (text == NULL || strncasecmp(text, "bytes=", 6) != 0)
		return HTTP_RANGE_WHOLE;
	text += 6;
	end = http_number_parse(text, &first);
	if (*end != '-' || (end == text && !http_is_digit(end[1])))
		return HTTP_RANGE_WHOLE;
	if (http_is_digit(end[1])) {
		const char *behind = http_number_parse(end + 1, &last);

		if (*behind != '\0')
			return HTTP_RANGE_WHOLE;
	} else if (end[1] != '\0') {
		return HTTP_RANGE_WHOLE;
	}
	if (end == text) { /* "-N": the last N bytes */
		/* An empty content has no last bytes. RFC 9110, 14.1.2, answers with the whole content then. */
		if (length == 0 && last > 0)
			return HTTP_RANGE_WHOLE;
		first = last < length ? length - last : 0;
		last = UINT64_MAX;
	} else if (first > last) {
		return HTTP_RANGE_WHOLE;
	}
	if (first >= length)
		return HTTP_RANGE_UNSATISFIABLE;
	*r_first = first;
	*r_end = last < length - 1 ? last + 1 : length;
	return HTTP_RANGE_PART;
}

bool
http_list_add(struct http_list *list, const char *line)
{
	if (list->count == HTTP_LIST_LINES)
		return false;
	list->lines[list->count++] = line;
	return true;
}

static bool
is_etag_in_line(const char *list, const char *etag, bool weak)
{
	size_t length = etag != NULL ? strlen(etag) : 0;

	if (strcmp(list, "*") == 0)
		return true;
	while (*list != '\0') {
		bool is_weak;
		const char *end;

		list += strspn(list, ", \t");
		is_weak = strncmp(list, "W/", 2) == 0;
		list += is_weak ? 2 : 0;
		end = *list == '"' ? strchr(list + 1, '"') : NULL;
		if (end == NULL)
			return false;
		if (etag != NULL && (weak || !is_weak) && strncmp(list, etag, length) == 0)
			return true;
		list = end + 1;
	}
	return false;
}

bool
http_etag_listed(const struct http_list *list, const char *etag, bool weak)
{
	for (unsigned i = 0; i < list->count; i++) {
		if (is_etag_in_line(list->lines[i], etag, weak))
			return true;
	}
	return false;
}

/* Counts a list's members: those that are the word, and the others. */
static void
count_words(const char *list, const char *word, unsigned *r_same, unsigned *r_others)
{
	*r_same = *r_others = 0;
	while (*list != '\0') {
		size_t length;

		list += strspn(list, ", \t");
		length = strcspn(list, ", \t");
		if (length == strlen(word) && strncasecmp(list, word, length) == 0)
			++*r_same;
		else if (length > 0)
			++*r_others;
		list += length;
	}
}

bool
http_list_has_word(const char *list, const char *word)
{
	unsigned same, others;

	count_words(list, word, &same, &others);
	return same > 0;
}

bool
http_list_has_others(const char *list, const char *word)
{
	unsigned same, others;

	count_words(list, word, &same, &others);
	return others > 0;
}

/* Whether the text has only digits, these marks, and letters if they are allowed. */
static bool
consists_of(const char *text, size_t length, const char *marks, bool letters)
{
	for (size_t i = 0; i < length; i++) {
		if (!http_is_digit(text[i]) && !(letters && http_is_letter(text[i])) &&
		    (text[i] == '\0' || strchr(marks, text[i]) == NULL))
			return false;
	}
	return true;
}

bool
http_is_host(const char *text, size_t length)
{
	const char *end = text + length, *behind;

	if (length > 0 && text[0] == '[') { /* an IPv6 address */
		behind = memchr(text, ']', length);
		if (behind == NULL || behind == text + 1 ||
		    !consists_of(text + 1, (size_t)(behind - text) - 1, ":.", true))
			return false;
		behind++;
	} else {
		behind = memchr(text, ':', length);
		if (behind == NULL)
			behind = end;
		if (!consists_of(text, (size_t)(behind - text), "-._~%!$&'()*+;=", true))
			return false;
	}
	return behind == end || (*behind == ':' && consists_of(behind + 1, (size_t)(end - behind) - 1, "", false));
}

time_t
http_date_parse(const char *text)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %d %H:%M:%S %Y",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);

		if (end != NULL && *end == '\0')
			return timegm(&tm);
	}
	return -1;
}

void
http_date_format(time_t time, char *text)
{
	struct tm tm;

	if (gmtime_r(&time, &tm) == NULL || strftime(text, HTTP_DATE_ROOM, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
		text[0] = '\0';
}
