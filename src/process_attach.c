/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A secondary process takes a place that the primary has made, and leaves it. process.c has the primary's side, and
 * says what the lock on the file is for.
 *
 * The primary may free the ledger at any moment. So a process that attaches reads it only
 * - in look_at(), while EAL's lock keeps the memzone; that copies what the rest needs;
 * - or once it has the file's lock, and the file still has its name. The primary frees nothing without that lock, and
 *   takes the name away first.
 */
#include "process.h"

#include "base.h"
#include "ledger.h"
#include "packet_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_memzone.h>

/* What the primary has under a name. */
struct found {
	char zone[RTE_MEMZONE_NAMESIZE];
	struct evpl_ledger *ledger; /* NULL: nothing */
	size_t size;
	struct evpl_ledger copy;
};

/* EAL calls this for each memzone, with its lock held. */
static void
look_at(const struct rte_memzone *zone, void *arg)
{
	struct found *f = arg;
	char first;

	if (strcmp(zone->name, f->zone) != 0)
		return;
	f->ledger = zone->addr;
	f->size = zone->len;
	if (f->size < sizeof(f->copy))
		return;
	/* Before the rest: see ledger_begin(). */
	first = __atomic_load_n(&f->ledger->mark[0], __ATOMIC_ACQUIRE);
	memcpy(&f->copy, f->ledger, sizeof(f->copy));
	f->copy.mark[0] = first;
	f->copy.user = evpl_ledger_user(f->ledger);
	/* After the user: a process that attaches stores this one first. */
	f->copy.attached = __atomic_load_n(&f->ledger->attached, __ATOMIC_ACQUIRE);
}

/* False: the primary has nothing of that name, or has not made it to the end. */
static bool
look(struct found *f)
{
	f->ledger = NULL;
	rte_memzone_walk(look_at, f);
	return f->ledger != NULL && (f->size < sizeof(f->copy) || f->copy.mark[0] != '\0');
}

static int
has_gone(const char *name)
{
	EVPL_LOG(ERR, "evpl_attach: the primary is in evpl_process_free() of \"%s\"", name);
	return ENOENT;
}

static int
is_in_use(const char *name, const struct found *f)
{
	EVPL_LOG(ERR,
		 "evpl_attach: \"%s\" is in use: by process %d, or the primary is in evpl_process_create(), "
		 "evpl_reclaim() or evpl_process_free()",
		 name, f->copy.pid);
	return EBUSY;
}

static int
owner_is_dead(const char *name, int pid)
{
	EVPL_LOG(ERR,
		 "evpl_attach: process %d ended without evpl_detach(): the primary must call evpl_reclaim() for "
		 "\"%s\" first",
		 pid, name);
	return EOWNERDEAD;
}

/* What is wrong with the primary's ledger, as an errno; 0: nothing. Logs it. */
static int
check_copy(const struct found *f)
{
	static const char call[] = "evpl_attach";
	const struct evpl_ledger *copy = &f->copy;

	if (f->size < sizeof(*copy) || strncmp(copy->mark, EVPL_LEDGER_MARK, sizeof(copy->mark)) != 0) {
		EVPL_LOG(ERR, "%s: what the primary has under this name is not this library's", call);
		return EPROTO;
	}
	if (strncmp(copy->version, evpl_version(), sizeof(copy->version)) != 0) {
		EVPL_LOG(ERR, "%s: the primary has %.*s, and this process has %s", call, (int)sizeof(copy->version),
			 copy->version, evpl_version());
		return EPROTO;
	}
	if (copy->layout != evpl_ledger_layout()) {
		EVPL_LOG(ERR, "%s: the primary's structs are not those of this process: other compilers or options",
			 call);
		return EPROTO;
	}
	if (copy->self != f->ledger) {
		EVPL_LOG(ERR, "%s: the primary's memory has another address in this process", call);
		return EPROTO;
	}
	return 0;
}

/*
 * Whether another process has the place, or has died with it, as an errno; 0: neither. It only asks. If this process
 * took the lock to find that out, the dead process would look alive meanwhile, and evpl_reclaim() would fail.
 *
 * `attached` counts from before the lock was seen open. If the user is still that one, it had the lock, and has lost it
 * without evpl_detach().
 */
static int
ask(const char *name, int file, struct found *f)
{
	uint32_t attached = f->copy.attached;
	int error = evpl_process_file_lock("evpl_attach", f->copy.path, file, F_OFD_GETLK, F_WRLCK);

	if (error != 0)
		return error == EBUSY ? is_in_use(name, f) : error;
	if (!look(f))
		return has_gone(name);
	if (f->copy.user != EVPL_LEDGER_ABSENT && f->copy.attached == attached)
		return owner_is_dead(name, f->copy.pid);
	return 0;
}

static int
file_failed(const struct found *f)
{
	int error = errno;

	EVPL_LOG(ERR, "evpl_attach: %s: %s", f->copy.path, strerror(error));
	return error;
}

/* Locks the file. 0, or an errno. After 0 the ledger stays. */
static int
take_lock(const char *name, int file, const struct found *f)
{
	int error = evpl_process_file_lock("evpl_attach", f->copy.path, file, F_OFD_SETLK, F_WRLCK);
	struct stat status;

	if (error != 0)
		return error == EBUSY ? is_in_use(name, f) : error;
	if (fstat(file, &status) != 0)
		return file_failed(f);
	return status.st_nlink != 0 ? 0 : has_gone(name);
}

/* With the file locked: 0, or an errno. */
static int
take_place(const char *name, struct evpl_ledger *ledger)
{
	if (!evpl_packet_ops_register() || ledger->pool->ops_index != evpl_packet_ops) {
		EVPL_LOG(ERR, "evpl_attach: mempool operations have other numbers here than in the primary");
		return EXDEV;
	}
	if (evpl_ledger_user(ledger) != EVPL_LEDGER_ABSENT) /* it attached and died since ask() */
		return owner_is_dead(name, ledger->pid);
	__atomic_store_n(&ledger->pid, (int32_t)getpid(), __ATOMIC_RELEASE);
	__atomic_store_n(&ledger->owner, evpl_ledger_me(), __ATOMIC_RELEASE);
	__atomic_store_n(&ledger->attached, ledger->attached + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&ledger->user, EVPL_LEDGER_ATTACHED, __ATOMIC_RELEASE);
	return 0;
}

/* Locks the ledger's file for as long as this process lives. Its descriptor, or -1 with rte_errno. */
static int
attach(const char *name, struct found *f)
{
	int file = open(f->copy.path, O_RDWR | O_CLOEXEC), error;

	if (file < 0) {
		error = file_failed(f);
	} else {
		error = ask(name, file, f);
		if (error == 0)
			error = take_lock(name, file, f);
		if (error == 0)
			error = take_place(name, f->ledger);
	}
	if (error == 0)
		return file;
	if (file >= 0)
		evpl_process_file_close(file);
	rte_errno = error;
	return -1;
}

struct evpl_process *
evpl_attach(const char *name)
{
	struct evpl_process *process;
	struct found f;

	if (!evpl_process_may_begin("evpl_attach", name, false))
		return NULL;
	snprintf(f.zone, sizeof(f.zone), EVPL_PROCESS_ZONE, name);
	if (!look(&f)) {
		EVPL_LOG(ERR, "evpl_attach: the primary has not called evpl_process_create(\"%s\")", name);
		rte_errno = ENOENT;
		return NULL;
	}
	rte_errno = check_copy(&f);
	if (rte_errno != 0)
		return NULL;
	process = calloc(1, sizeof(*process));
	if (process == NULL) {
		EVPL_LOG(ERR, "evpl_attach: no memory");
		rte_errno = ENOMEM;
		return NULL;
	}
	process->ledger = f.ledger;
	process->file = attach(name, &f);
	if (process->file < 0) {
		free(process);
		return NULL;
	}
	return process;
}

int
evpl_detach(struct evpl_process *process)
{
	struct evpl_iovec waiting[32];
	struct evpl_ledger *ledger;
	uint64_t held;
	unsigned n;

	if (process == NULL)
		return 0;
	if (evpl_is_primary())
		return -ENOTSUP;
	ledger = process->ledger;
	__atomic_store_n(&ledger->user, EVPL_LEDGER_LEAVING, __ATOMIC_RELEASE); /* no more is sent */
	while ((n = evpl_process_receive(process, waiting, RTE_DIM(waiting))) > 0)
		evpl_iovecs_release(NULL, waiting, (int)n);
	held = evpl_ledger_held(ledger);
	if (held > 0) {
		EVPL_LOG(ERR, "evpl_detach: %" PRIu64 " iovecs are still held", held);
		__atomic_store_n(&ledger->user, EVPL_LEDGER_ATTACHED, __ATOMIC_RELEASE);
		return -EBUSY;
	}
	__atomic_store_n(&ledger->owner, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&ledger->user, EVPL_LEDGER_ABSENT, __ATOMIC_RELEASE);
	evpl_process_file_close(process->file);
	free(process);
	return 0;
}
