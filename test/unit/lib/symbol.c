/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/held/symbol.c: names of static functions, out of a program's table of symbols.
 *
 * What would break: the offset at which a program is loaded could be forgotten, so that names are those of other
 * functions. A stripped program, or a file that is no program at all, could end the process while it writes a report.
 * So copies of this program are cut and spoilt in every part that the reader looks at.
 */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "held/symbol.h"
#include "support.h"

static __attribute__((noinline, used)) int
a_static_function(int n)
{
	__asm__ volatile("" : "+r"(n));
	return n + 1;
}

static char path[64];

static unsigned char *
copy_of_program(size_t *size)
{
	unsigned char *bytes = NULL;
	FILE *in = fopen("/proc/self/exe", "rb");
	size_t n = 0, got;

	assert_non_null(in);
	do {
		bytes = realloc(bytes, n + (1 << 20));
		assert_non_null(bytes);
		got = fread(bytes + n, 1, 1 << 20, in);
		n += got;
	} while (got > 0);
	fclose(in);
	*size = n;
	return bytes;
}

/* Looks up a few addresses in a file with these bytes. It must come back; what it finds does not matter. */
static void
look_into(const unsigned char *bytes, size_t size)
{
	char name[64];
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(out);
	for (uintptr_t address = 0; address < 0x8000; address += 0x1111) {
		if (evpl_symbol_in_file(path, address, name, sizeof(name)))
			assert_in_range(strlen(name), 1, sizeof(name) - 1);
		else
			assert_string_equal(name, "");
	}
}

static void
static_function_has_its_name(void **state)
{
	char name[64], cut[5];
	uintptr_t address = (uintptr_t)a_static_function;

	(void)state;
	assert_true(evpl_symbol_at(address, name, sizeof(name)));
	assert_string_equal(name, "a_static_function");
	assert_true(evpl_symbol_at(address + 1, name, sizeof(name)));
	assert_string_equal(name, "a_static_function");
	assert_true(evpl_symbol_at(address, cut, sizeof(cut)));
	assert_string_equal(cut, "a_st");
	assert_false(evpl_symbol_at(8, name, sizeof(name))); /* no object is there */
	assert_string_equal(name, "");
	assert_false(evpl_symbol_at((uintptr_t)name, name, sizeof(name)));
}

static void
files_that_are_no_program_have_no_names(void **state)
{
	const char *const other[] = {"/dev/null", "/", "/proc/self/cmdline", "/no/such/file", path};
	unsigned found = 0;
	char name[64];

	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0); /* whoever opens it waits for a writer, unless told not to */
	for (unsigned i = 0; i < DIM(other); i++)
		found += evpl_symbol_in_file(other[i], 0x1000, name, sizeof(name));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(found, 0);
}

static void
programs_that_are_cut_short_end_nothing(void **state)
{
	size_t size;
	unsigned char *bytes = copy_of_program(&size);

	(void)state;
	for (size_t left = 0; left < 128; left += 7)
		look_into(bytes, left);
	for (unsigned i = 1; i < 16; i++)
		look_into(bytes, size / 16 * i);
	look_into(bytes, size - 1);
	free(bytes);
}

/* Numbers of the header and of the sections' headers, each with bits turned over. */
static void
programs_that_are_spoilt_end_nothing(void **state)
{
	size_t size, sections;
	unsigned char *bytes = copy_of_program(&size);
	uint64_t offset;
	struct dice dice;

	(void)state;
	dice_init(&dice, 17);
	memcpy(&offset, bytes + 40, sizeof(offset)); /* e_shoff */
	assert_in_range(offset, 64, size);
	sections = size - offset;
	for (unsigned i = 0; i < 300; i++) {
		size_t at = i % 3 == 0 ? dice_below(&dice, 64) : offset + dice_below(&dice, (unsigned)sections);
		unsigned char was = bytes[at];

		bytes[at] = (unsigned char)(was ^ (1u << dice_below(&dice, 8)));
		look_into(bytes, size);
		bytes[at] = was;
	}
	free(bytes);
}

/* Writes another byte into each string of that name. */
static void
spoil(unsigned char *bytes, size_t size, const char *name, char byte)
{
	unsigned char *at = bytes;

	while ((at = memmem(at, size - (size_t)(at - bytes), name, strlen(name))) != NULL)
		at[1] = (unsigned char)byte;
}

/* Where the file has a_static_function(). */
static uintptr_t
address_in_file(void)
{
	uintptr_t address = (uintptr_t)a_static_function;
	struct link_map *program;
	Dl_info info;

	assert_int_not_equal(dladdr1((void *)address, &info, (void **)&program, RTLD_DL_LINKMAP), 0);
	return address - program->l_addr;
}

/* A byte that a terminal would obey does not get into a report. */
static void
name_with_a_byte_that_no_name_has_is_none(void **state)
{
	const char bad[] = {'\x1b', '\x7f', '\n', '\xe4'};
	uintptr_t address = address_in_file();
	unsigned char *bytes;
	char name[64];
	size_t size;

	(void)state;
	for (unsigned i = 0; i < DIM(bad); i++) {
		bytes = copy_of_program(&size);
		look_into(bytes, size);
		assert_true(evpl_symbol_in_file(path, address, name, sizeof(name)));
		assert_string_equal(name, "a_static_function");
		spoil(bytes, size, name, bad[i]);
		look_into(bytes, size);
		assert_false(evpl_symbol_in_file(path, address, name, sizeof(name)));
		assert_string_equal(name, "");
		free(bytes);
	}
}

/* The header of the table of symbols, and that of their names. */
static ElfW(Shdr) * table_of(unsigned char *bytes, const ElfW(Shdr) * *names)
{
	ElfW(Shdr) *sections = (void *)(bytes + ((const ElfW(Ehdr) *)(const void *)bytes)->e_shoff), *table = sections;

	while (table->sh_type != SHT_SYMTAB)
		table++;
	*names = sections + table->sh_link;
	return table;
}

/* The symbols that the section's header counts, and none of what follows them in the file. */
static void
symbol_behind_the_end_of_the_table_is_none(void **state)
{
	uintptr_t address = address_in_file();
	ElfW(Shdr) * table;
	const ElfW(Shdr) * names;
	ElfW(Sym) * symbol;
	unsigned char *bytes;
	uint32_t was;
	char name[64];
	size_t size;

	(void)state;
	bytes = copy_of_program(&size);
	table = table_of(bytes, &names);
	symbol = (void *)(bytes + table->sh_offset);
	while (strcmp((const char *)bytes + names->sh_offset + symbol->st_name, "a_static_function") != 0)
		symbol++;
	table->sh_size = (uint64_t)((const unsigned char *)(symbol + 1) - bytes) - table->sh_offset;
	look_into(bytes, size);
	assert_true(evpl_symbol_in_file(path, address, name, sizeof(name)));
	table->sh_size -= sizeof(*symbol);
	look_into(bytes, size);
	assert_false(evpl_symbol_in_file(path, address, name, sizeof(name)));
	/* Without a table of symbols. */
	table->sh_type = SHT_PROGBITS;
	look_into(bytes, size);
	assert_false(evpl_symbol_in_file(path, address, name, sizeof(name)));
	table->sh_type = SHT_SYMTAB;
	/* Its name begins where the names end. */
	table->sh_size += sizeof(*symbol);
	was = symbol->st_name;
	symbol->st_name = (uint32_t)names->sh_size;
	bytes[names->sh_offset + names->sh_size] = 'x';
	look_into(bytes, size);
	assert_false(evpl_symbol_in_file(path, address, name, sizeof(name)));
	symbol->st_name = was;
	table->sh_size -= sizeof(*symbol);
	/* The first of a table. */
	table->sh_offset += table->sh_size;
	table->sh_size = sizeof(*symbol);
	look_into(bytes, size);
	assert_true(evpl_symbol_in_file(path, address, name, sizeof(name)));
	free(bytes);
}

/* A table of 384 MiB, most of it a hole in the file. Its last symbol is the one. */
static void
largest_table_is_searched_to_its_end(void **state)
{
	const uint64_t most = 16u << 20;
	uintptr_t address = address_in_file();
	ElfW(Sym) symbol = {.st_info = STT_FUNC, .st_shndx = 1, .st_value = address, .st_size = 1};
	ElfW(Shdr) * table;
	const ElfW(Shdr) * names;
	unsigned char *bytes;
	char name[64];
	size_t size;
	FILE *out;

	(void)state;
	bytes = copy_of_program(&size);
	table = table_of(bytes, &names);
	symbol.st_name = (uint32_t)strlen((const char *)bytes + names->sh_offset + 1) + 2; /* the second name */
	table->sh_offset = size;
	table->sh_size = most * sizeof(symbol);
	look_into(bytes, size);
	out = fopen(path, "r+b");
	assert_non_null(out);
	assert_int_equal(fseek(out, (long)(size + (most - 1) * sizeof(symbol)), SEEK_SET), 0);
	assert_int_equal(fwrite(&symbol, sizeof(symbol), 1, out), 1);
	fclose(out);
	assert_true(evpl_symbol_in_file(path, address, name, sizeof(name)));
	assert_string_equal(name, (const char *)bytes + names->sh_offset + symbol.st_name);
	table->sh_size += sizeof(symbol);
	out = fopen(path, "r+b");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	fclose(out);
	assert_false(evpl_symbol_in_file(path, address, name, sizeof(name)));
	free(bytes);
}

static int
begin(void **state)
{
	(void)state;
	snprintf(path, sizeof(path), "/tmp/evpl-symbol-%d", (int)getpid());
	return 0;
}

static int
end(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(static_function_has_its_name),
	cmocka_unit_test(files_that_are_no_program_have_no_names),
	cmocka_unit_test(programs_that_are_cut_short_end_nothing),
	cmocka_unit_test(programs_that_are_spoilt_end_nothing),
	cmocka_unit_test(name_with_a_byte_that_no_name_has_is_none),
	cmocka_unit_test(symbol_behind_the_end_of_the_table_is_none),
	cmocka_unit_test(largest_table_is_searched_to_its_end),
};

int
main(int argc, char **argv)
{
	const struct program program = {
		.name = "symbol", .cases = cases, .n_cases = DIM(cases), .setup = begin, .teardown = end};

	return program_main(&program, argc, argv);
}
