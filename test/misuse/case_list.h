/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cases of a zoo, by name. The zoo's program includes this once, behind its header, which has zoo_function.
 */
#ifndef CASE_LIST_H
#define CASE_LIST_H

#include <stdio.h>
#include <string.h>

static struct text {
	char name[64];
	zoo_function bug, twin;
} texts[512];
static unsigned text_count;

void
zoo_add(const char *file, const char *name, zoo_function bug, zoo_function twin)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash != NULL ? slash + 1 : file;
	struct text *text = &texts[text_count++];

	snprintf(text->name, sizeof(text->name), "%.*s_%s", (int)strcspn(base, "."), base, name);
	text->bug = bug;
	text->twin = twin;
}

static void
list_cases(void)
{
	for (unsigned i = 0; i < text_count; i++)
		printf("%s\n", texts[i].name);
}

/* NULL: there is no such case. */
static const struct text *
find_case(const char *name)
{
	for (unsigned i = 0; i < text_count; i++) {
		if (strcmp(texts[i].name, name) == 0)
			return &texts[i];
	}
	return NULL;
}

#endif /* CASE_LIST_H */
