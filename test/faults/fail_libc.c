/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The C library's functions that can fail. Its headers declare some of their parameters as never NULL and give others
 * inline bodies, so this file is compiled without fortification.
 */
#include "faulty.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* dlsym() itself needs these, so they are not looked up by it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *memory);

FAULTY_EXPORT void *
malloc(size_t size)
{
	if (HITS(malloc)) {
		errno = ENOMEM;
		return NULL;
	}
	return blocks_began(__libc_malloc(size), FROM);
}

FAULTY_EXPORT void *
calloc(size_t n, size_t size)
{
	if (HITS(calloc)) {
		errno = ENOMEM;
		return NULL;
	}
	return blocks_began(__libc_calloc(n, size), FROM);
}

FAULTY_EXPORT void *
realloc(void *old, size_t size)
{
	void *memory;

	if (HITS(realloc)) {
		errno = ENOMEM;
		return NULL;
	}
	memory = __libc_realloc(old, size);
	if (memory != NULL || size == 0)
		blocks_ended(old);
	return blocks_began(memory, FROM);
}

FAULTY_EXPORT void
free(void *memory)
{
	blocks_ended(memory);
	__libc_free(memory);
}

FAILS(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), errno = ENOMEM, NULL)
FAILS(char *, strdup, (const char *text), (text), errno = ENOMEM, NULL)
FAILS(char *, strndup, (const char *text, size_t n), (text, n), errno = ENOMEM, NULL)
FAILS(void *, mmap, (void *at, size_t length, int protection, int flags, int fd, off_t offset),
      (at, length, protection, flags, fd, offset), errno = ENOMEM, MAP_FAILED)
FAILS(FILE *, fopen, (const char *path, const char *mode), (path, mode), errno = EMFILE, NULL)
FAILS(FILE *, fdopen, (int fd, const char *mode), (fd, mode), errno = ENOMEM, NULL)
FAILS(FILE *, fmemopen, (void *memory, size_t size, const char *mode), (memory, size, mode), errno = ENOMEM, NULL)
FAILS(ssize_t, getrandom, (void *bytes, size_t n, unsigned flags), (bytes, n, flags), errno = EAGAIN, -1)
FAILS(ssize_t, pread, (int fd, void *bytes, size_t n, off_t at), (fd, bytes, n, at), errno = EIO, -1)
FAILS(FILE *, open_memstream, (char **text, size_t *length), (text, length), errno = ENOMEM, NULL)
FAILS(int, fflush, (FILE * stream), (stream), errno = ENOSPC, EOF)
FAILS(int, ftruncate, (int fd, off_t length), (fd, length), errno = EIO, -1)
FAILS(int, fstat, (int fd, struct stat *st), (fd, st), errno = EIO, -1)
FAILS(int, socket, (int domain, int type, int protocol), (domain, type, protocol), errno = EMFILE, -1)
FAILS(int, bind, (int fd, __CONST_SOCKADDR_ARG address, socklen_t length), (fd, address, length), errno = EADDRINUSE,
      -1)
FAILS(int, glob, (const char *pattern, int flags, int (*on_error)(const char *, int), glob_t *found),
      (pattern, flags, on_error, found), , GLOB_NOSPACE)
FAILS(int, pthread_create, (pthread_t * thread, const pthread_attr_t *attributes, void *(*function)(void *), void *arg),
      (thread, attributes, function, arg), , EAGAIN)
FAILS(int, pthread_key_create, (pthread_key_t * key, void (*end)(void *)), (key, end), , EAGAIN)
FAILS(int, pthread_setspecific, (pthread_key_t key, const void *value), (key, value), , ENOMEM)

/* The mode is there if a file may be made. */
#define OPEN(name, parameters, arguments)                                                                              \
	FAULTY_EXPORT int name parameters                                                                              \
	{                                                                                                              \
		mode_t mode = 0;                                                                                       \
                                                                                                                       \
		if (HITS(name)) {                                                                                      \
			errno = EMFILE;                                                                                \
			return -1;                                                                                     \
		}                                                                                                      \
		if ((flags & (O_CREAT | O_TMPFILE)) != 0) {                                                            \
			va_list args;                                                                                  \
                                                                                                                       \
			va_start(args, flags);                                                                         \
			mode = va_arg(args, mode_t);                                                                   \
			va_end(args);                                                                                  \
		}                                                                                                      \
		return NEXT(name) arguments;                                                                           \
	}
OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, mode))

/* Of the library's only caller: a lock on an open file. */
FAULTY_EXPORT int
fcntl(int fd, int command, ...)
{
	void *argument;
	va_list args;

	if ((command == F_OFD_GETLK || command == F_OFD_SETLK) && HITS(fcntl)) {
		errno = ENOLCK;
		return -1;
	}
	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	return NEXT(fcntl)(fd, command, argument);
}

/* Of the library's only caller: membarrier(), which a container may forbid. */
FAULTY_EXPORT long
syscall(long number, ...)
{
	long a[6];
	va_list args;

	if (number == SYS_membarrier && HITS(syscall)) {
		errno = EPERM;
		return -1;
	}
	va_start(args, number);
	for (unsigned i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
