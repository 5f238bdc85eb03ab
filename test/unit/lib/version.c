/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The version of the headers and of the library.
 *
 * What would break: a release whose headers, library and package name different versions, because one of them was
 * forgotten; a macro that the preprocessor cannot compare, or versions in the wrong order; a program that cannot tell
 * which kind of library runs.
 */
#include "support.h"

#if EVPL_VERSION < EVPL_VERSION_NUM(0, 1, 0) || EVPL_VERSION >= EVPL_VERSION_NUM(EVPL_VERSION_MAJOR + 1, 0, 0)
#error "the preprocessor does not order versions"
#endif
_Static_assert(EVPL_VERSION_NUM(1, 2, 3) == 0x010203, "each part has eight bits");
_Static_assert(EVPL_VERSION_NUM(0, 1, 255) < EVPL_VERSION_NUM(0, 2, 0), "minor counts more than patch");
_Static_assert(EVPL_VERSION_NUM(0, 255, 255) < EVPL_VERSION_NUM(1, 0, 0), "major counts more than minor");

/* meson.build's version is in the package, in the shared library's file name, and in what pkg-config says. */
static void
version_of_headers_is_the_packages(void **state)
{
	char parts[32];

	(void)state;
	assert_string_equal(EVPL_VERSION_STRING, TEST_PROJECT_VERSION);
	snprintf(parts, sizeof(parts), "%d.%d.%d", EVPL_VERSION_MAJOR, EVPL_VERSION_MINOR, EVPL_VERSION_PATCH);
	assert_string_equal(parts, TEST_PROJECT_VERSION);
}

static void
version_of_library_names_the_build(void **state)
{
	const char *kind = !EVPL_IOVEC_TRACE ? "" : TEST_TRACE_BYTES ? " (tracing)" : " (tracing, without bytes)";
	char want[64];

	(void)state;
	snprintf(want, sizeof(want), "evpl-dpdk " TEST_PROJECT_VERSION "%s", kind);
	assert_string_equal(evpl_version(), want);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(version_of_headers_is_the_packages),
	cmocka_unit_test(version_of_library_names_the_build),
};

int
main(int argc, char **argv)
{
	static const struct program program = {.name = "version", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
