/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Functions by address, out of an ELF file's .symtab. The file may be stripped, cut short, or anything else: every
 * number in it is checked before it is used, and all reads are copies, so a file that changes meanwhile cannot hurt.
 */
#include "held/symbol.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#define MAX_SECTIONS 4096u
#define MAX_SYMBOLS (16u << 20) /* 384 MiB of table */
#define SOME 256u		/* symbols per read */

static bool
read_at(int file, uint64_t offset, void *to, size_t size)
{
	return offset <= INT64_MAX - size && pread(file, to, size, (off_t)offset) == (ssize_t)size;
}

static bool
is_elf(const ElfW(Ehdr) * head)
{
	return memcmp(head->e_ident, ELFMAG, SELFMAG) == 0 &&
	       head->e_ident[EI_CLASS] == (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) &&
	       head->e_ident[EI_DATA] == ELFDATA2LSB && head->e_shentsize == sizeof(ElfW(Shdr)) &&
	       head->e_shnum <= MAX_SECTIONS;
}

/* The table of symbols, and that of their names. */
static bool
find_tables(int file, ElfW(Shdr) * symbols, ElfW(Shdr) * names)
{
	ElfW(Ehdr) head;

	if (!read_at(file, 0, &head, sizeof(head)) || !is_elf(&head))
		return false;
	for (unsigned i = 0; i < head.e_shnum; i++) {
		if (!read_at(file, head.e_shoff + (uint64_t)i * sizeof(*symbols), symbols, sizeof(*symbols)))
			return false;
		if (symbols->sh_type == SHT_SYMTAB)
			return symbols->sh_entsize == sizeof(ElfW(Sym)) && symbols->sh_link < head.e_shnum &&
			       read_at(file, head.e_shoff + (uint64_t)symbols->sh_link * sizeof(*names), names,
				       sizeof(*names)) &&
			       names->sh_type == SHT_STRTAB;
	}
	return false;
}

static bool
symbol_covers(const ElfW(Sym) * symbol, uintptr_t address)
{
	return (symbol->st_info & 0xf) == STT_FUNC && symbol->st_shndx != SHN_UNDEF && address >= symbol->st_value &&
	       address - symbol->st_value < symbol->st_size;
}

/* The offset of its name. */
static bool
find_symbol(int file, const ElfW(Shdr) * table, uintptr_t address, uint32_t *name)
{
	uint64_t count = table->sh_size / sizeof(ElfW(Sym));
	ElfW(Sym) symbols[SOME];

	for (uint64_t first = 0, n; first < count && count <= MAX_SYMBOLS; first += n) {
		n = count - first < SOME ? count - first : SOME;
		if (!read_at(file, table->sh_offset + first * sizeof(symbols[0]), symbols, n * sizeof(symbols[0])))
			return false;
		for (unsigned i = 0; i < n; i++) {
			if (symbol_covers(&symbols[i], address)) {
				*name = symbols[i].st_name;
				return true;
			}
		}
	}
	return false;
}

/* As much of the name as fits. */
static bool
read_name(int file, const ElfW(Shdr) * names, uint32_t offset, char *name, size_t size)
{
	ssize_t got;

	if (offset >= names->sh_size || names->sh_offset > (uint64_t)INT64_MAX - UINT32_MAX)
		return false;
	got = pread(file, name, size - 1, (off_t)(names->sh_offset + offset));
	name[got > 0 ? got : 0] = '\0';
	for (char *at = name; *at != '\0'; at++) {
		if (*at < ' ' || *at > '~') /* no name of a function */
			*name = '\0';
	}
	return *name != '\0';
}

bool
evpl_symbol_in_file(const char *path, uintptr_t address, char *name, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ElfW(Shdr) symbols, names;
	uint32_t offset;
	bool found;

	name[0] = '\0';
	if (file < 0)
		return false;
	found = find_tables(file, &symbols, &names) && find_symbol(file, &symbols, address, &offset) &&
		read_name(file, &names, offset, name, size);
	close(file);
	return found;
}

struct search {
	uintptr_t address; /* in the process; then as its file counts */
	char path[1024];   /* "": not found */
};

/* Whether this is the object with the address. */
static int
find_object(struct dl_phdr_info *object, size_t size, void *arg)
{
	struct search *search = arg;

	(void)size;
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		uintptr_t address = search->address - object->dlpi_addr;

		if (part->p_type != PT_LOAD || address < part->p_vaddr || address - part->p_vaddr >= part->p_memsz)
			continue;
		search->address = address;
		/* The program itself has no name here, and argv[0] may be of another folder. */
		strncpy(search->path, object->dlpi_name[0] != '\0' ? object->dlpi_name : "/proc/self/exe",
			sizeof(search->path) - 1);
		return 1;
	}
	return 0;
}

bool
evpl_symbol_at(uintptr_t address, char *name, size_t size)
{
	struct search search = {.address = address};

	name[0] = '\0';
	return dl_iterate_phdr(find_object, &search) != 0 &&
	       evpl_symbol_in_file(search.path, search.address, name, size);
}
