/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The CRC-32 of the applications (apps/common/crc32.c). What would break: bytes may come in pieces of any length and at
 * any address. Test vectors check the table. The code for eight bytes at once is checked against the same bytes one by
 * one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crc32.h"

static void
crc_of_known_texts_is_known(void **state)
{
	(void)state;
	assert_int_equal(crc32_update(0, "", 0), 0);
	assert_int_equal(crc32_update(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_update(0, "The quick brown fox jumps over the lazy dog", 43), 0x414fa339);
}

static void
crc_of_pieces_is_that_of_the_whole(void **state)
{
	uint8_t bytes[100];
	uint32_t whole = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * i + 7);
		whole = crc32_update(whole, &bytes[i], 1);
	}
	for (size_t a = 0; a <= sizeof(bytes); a++) {
		for (size_t b = a; b <= sizeof(bytes); b++) {
			uint32_t crc = crc32_update(0, bytes, a);

			crc = crc32_update(crc, bytes + a, b - a);
			assert_int_equal(crc32_update(crc, bytes + b, sizeof(bytes) - b), whole);
		}
	}
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(crc_of_known_texts_is_known),
		cmocka_unit_test(crc_of_pieces_is_that_of_the_whole),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("crc32", cases, NULL, NULL);
}
