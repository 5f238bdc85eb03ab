/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library's own options, its start and its stop (apps/common/library.c). What would break: an option that sets the
 * field of another one, sizes that the library refuses without a word that helps, a wrong exit status, and a lost
 * buffer that is not counted.
 */
#include "capture.h"
#include "command.h"
#include "library.h"
#include "support.h"

#define MIB (1u << 20)

static void
help_more(void)
{
}

static void
options_set_their_own_field(void **state)
{
	static const struct command_table table = {library_rows, LIBRARY_ROWS, 0};
	const struct command command = {.program = "unit-library",
					.version = "0",
					.about = "",
					.tables = &table,
					.table_count = 1,
					.help_more = help_more};
	char words[][32] = {"program",
			    "--",
			    "--slab-size=4M",
			    "--buffer-size=64K",
			    "--large-buffer-size=1M",
			    "--max-slabs=3",
			    "--preallocate-slabs=2",
			    "--low-watermark=8M",
			    "--high-watermark=9M",
			    "--idle-trim=1500",
			    "--sample-period=7",
			    "--far-packets"};
	char *argv[DIM(words) + 1] = {NULL};
	struct evpl_global_config config;

	(void)state;
	for (unsigned i = 0; i < DIM(words); i++)
		argv[i] = words[i];
	memset(&config, 0, sizeof(config));
	assert_true(command_parse(&command, DIM(words), argv, &config) > 0);
	assert_int_equal(config.slab_size, 4 * MIB);
	assert_int_equal(config.buffer_size, 64 << 10);
	assert_int_equal(config.large_buffer_size, MIB);
	assert_int_equal(config.max_slabs, 3);
	assert_int_equal(config.preallocate_slabs, 2);
	assert_int_equal(config.low_watermark, 8 * MIB);
	assert_int_equal(config.high_watermark, 9 * MIB);
	assert_int_equal(config.idle_trim_ms, 1500);
	assert_int_equal(config.sample_period, 7);
	assert_true(config.far_packets);
	assert_int_equal(config.packet_mbufs, 0);
}

static void
sizes_that_do_not_fit_are_named(void **state)
{
	static const struct {
		struct evpl_global_config config;
		const char *words; /* NULL: they fit */
	} rows[] = {
		{{0}, NULL},
		{{.buffer_size = 2 * MIB}, NULL},
		{{.slab_size = MIB, .buffer_size = MIB, .large_buffer_size = MIB}, NULL},
		{{.slab_size = MIB, .buffer_size = MIB + 1},
		 "--buffer-size=1048577 is more than a slab, --slab-size=1048576"},
		{{.slab_size = MIB, .large_buffer_size = 2 * MIB}, "--large-buffer-size=2097152 is more than a slab"},
		{{.buffer_size = 2 * MIB, .large_buffer_size = MIB},
		 "--buffer-size=2097152 is more than --large-buffer-size=1048576"},
		{{.preallocate_slabs = 3}, NULL},
		{{.preallocate_slabs = 3, .max_slabs = 2}, "--preallocate-slabs=3 is more than --max-slabs=2"},
		{{.low_watermark = 3}, NULL},
		{{.low_watermark = 3, .high_watermark = 2}, "--low-watermark=3 is more than --high-watermark=2"},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		const char *said;
		int rc;

		capture_begin(stderr);
		rc = library_check(&rows[i].config);
		said = capture_end();
		assert_int_equal(rc, rows[i].words == NULL ? 0 : -1);
		if (rows[i].words == NULL)
			assert_string_equal(said, "");
		else
			assert_non_null(strstr(said, rows[i].words));
	}
}

/* The exit status, and whether the error line has these words; NULL: there is no line. */
static void
assert_start(const struct evpl_global_config *config, int status, const char *words)
{
	const char *said;
	int got;

	capture_begin(stderr);
	got = library_start(config);
	said = capture_end();
	assert_int_equal(got, status);
	if (words == NULL)
		assert_string_equal(said, "");
	else
		assert_non_null(strstr(said, words));
}

static void
start_and_stop_return_the_exit_status(void **state)
{
	const struct evpl_global_config impossible = {.slab_size = 1}, another = {.slab_size = 2 * MIB};
	const char *said;
	int got;

	(void)state;
	assert_start(&impossible, 2, "(see --slab-size,");
	assert_start(&home_small, 0, NULL);
	assert_int_not_equal(evpl_buffer_size(), 0);
	assert_start(&another, 1, rte_strerror(EALREADY));
	assert_int_equal(library_stop(), 0);
	assert_int_equal(evpl_buffer_size(), 0);
	capture_begin(stderr);
	got = library_stop();
	said = capture_end();
	assert_int_equal(got, 1);
	assert_non_null(strstr(said, "the library does not stop: "));
}

static void
in_use_is_the_sum_of_all_kinds(void **state)
{
	struct evpl_stats stats = {.buffers_in_use = 1,
				   .rx_buffers_in_use = 10,
				   .packet_mbufs_in_use = 100,
				   .overflow_mbufs_in_use = 1000,
				   .buffers = 5,
				   .slabs = 7};

	(void)state;
	assert_int_equal(library_in_use(&stats), 1111);
	stats.buffers_in_use = stats.packet_mbufs_in_use = UINT32_MAX;
	assert_int_equal(library_in_use(&stats), 2 * (uint64_t)UINT32_MAX + 1010);
}

static void
assert_lost(const struct evpl_stats *lost, unsigned plain_mbufs, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	library_print_lost(lost, plain_mbufs, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void
lost_buffers_are_printed_by_kind(void **state)
{
	const struct evpl_stats none = {0}, some = {.buffers_in_use = 1,
						    .rx_buffers_in_use = 2,
						    .packet_mbufs_in_use = 3,
						    .overflow_mbufs_in_use = 4};

	(void)state;
	assert_lost(&none, 0, "0 lost buffers\n");
	assert_lost(&some, 0, "still away: 1 buffers, 2 RX mbufs, 3 packet mbufs, 4 overflow mbufs\n10 lost buffers\n");
	assert_lost(&none, 5,
		    "still away: 0 buffers, 0 RX mbufs, 0 packet mbufs, 0 overflow mbufs, 5 plain mbufs\n"
		    "5 lost buffers\n");
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(options_set_their_own_field),		 cmocka_unit_test(sizes_that_do_not_fit_are_named),
	cmocka_unit_test(start_and_stop_return_the_exit_status), cmocka_unit_test(in_use_is_the_sum_of_all_kinds),
	cmocka_unit_test(lost_buffers_are_printed_by_kind),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "library", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
