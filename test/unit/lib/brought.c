/* SPDX-License-Identifier: BSD-3-Clause */
#include "brought.h"

#include <sys/mman.h>

const struct evpl_global_config brought_config = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .large_buffer_size = 64 * KIB, .packet_mbufs = 255};

void
brought_ended(void *addr, uint64_t length, void *arg)
{
	struct brought_end *end = arg;

	end->calls++;
	end->addr = addr;
	end->length = length;
	assert_int_equal(munmap(addr, length), 0);
}

void *
brought_map(size_t length, int protection, int file)
{
	const size_t align = 64 * KIB;
	char *space = mmap(NULL, length + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)space + align - 1) & ~(align - 1));
	int flags = MAP_FIXED | (file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);

	assert_ptr_not_equal(space, MAP_FAILED);
	if (at > space)
		assert_int_equal(munmap(space, (size_t)(at - space)), 0);
	if (at + length < space + length + align)
		assert_int_equal(munmap(at + length, (size_t)(space + align - at)), 0);
	assert_ptr_equal(mmap(at, length, protection, flags, file, 0), at);
	return at;
}

void *
brought_add(int group, unsigned flags, struct brought_end *end)
{
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);

	assert_int_equal(evpl_slab_add_external(addr, BROUGHT_LENGTH, PAGE, NULL, EVPL_EXTERNAL(group),
						flags | EVPL_EXTERNAL_NO_IOVA, brought_ended, end),
			 0);
	return addr;
}

void
brought_remove(void *addr, const struct brought_end *end)
{
	unsigned before = end->calls;

	assert_int_equal(evpl_slab_remove_external(addr), 0);
	assert_int_equal(end->calls, before + 1);
	assert_ptr_equal(end->addr, addr);
	assert_int_equal(end->length, BROUGHT_LENGTH);
	assert_int_equal(evpl_slab_remove_external(addr), -ENOENT);
	assert_int_equal(end->calls, before + 1);
}

struct evpl *
brought_context(int group)
{
	const struct evpl_thread_config config = {.socket_id = EVPL_EXTERNAL(group)};
	struct evpl *evpl = evpl_create(&config);

	assert_non_null(evpl);
	return evpl;
}
