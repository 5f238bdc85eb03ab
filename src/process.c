/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Other processes that iovecs are lent to, in the primary: made, asked for, reclaimed when they are dead. The other
 * process is in process_attach.c.
 *
 * While a process is attached it has a lock on a file. The kernel takes the lock off when the process ends, however it
 * ends. Process ids would not do: they are used again, and each container has its own. The primary has the same lock
 * while it makes, reclaims or frees the ledger, so nobody attaches meanwhile.
 */
#include "process.h"

#include "argument.h"
#include "base.h"
#include "global.h"
#include "heap.h"
#include "ledger.h"
#include "packet_pool.h"
#include "trace/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_memzone.h>

static TAILQ_HEAD(, evpl_process) processes = TAILQ_HEAD_INITIALIZER(processes);
static pthread_mutex_t processes_lock = PTHREAD_MUTEX_INITIALIZER; /* taken inside evpl_global.lock */
unsigned evpl_process_count;

bool
evpl_process_may_begin(const char *call, const char *name, bool primary)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t length = name != NULL ? strlen(name) : 0;

	if (length == 0 || length > EVPL_PROCESS_NAME_MAX || strspn(name, letters) != length) {
		EVPL_LOG(ERR, "%s: a name has 1 to %d letters, digits, '-', '_' or '.'", call, EVPL_PROCESS_NAME_MAX);
		rte_errno = EINVAL;
	} else if (rte_lcore_count() == 0) {
		EVPL_LOG(ERR, "%s: rte_eal_init() has not run", call);
		rte_errno = ENODEV;
	} else if (evpl_is_primary() != primary) {
		EVPL_LOG(ERR, "%s: this is %s process", call, primary ? "a secondary" : "the primary");
		rte_errno = ENOTSUP;
	} else if (HOOK_RECORDS_IOVECS) {
		EVPL_LOG(ERR, "%s: a tracing build knows the iovecs of one process only; use a plain build", call);
		rte_errno = ENOTSUP;
	} else {
		return true;
	}
	return false;
}

/* As evpl_process_file_lock(), without the line. */
static int
file_lock(int file, int command, short type)
{
	struct flock lock;
	int rc;

	/* A lock on a file of another machine can be interrupted. */
	do {
		lock = (struct flock){.l_type = type, .l_whence = SEEK_SET};
		rc = fcntl(file, command, &lock);
	} while (rc != 0 && errno == EINTR);
	if (rc != 0)
		return errno == EAGAIN || errno == EACCES ? EBUSY : errno;
	return command == F_OFD_GETLK && lock.l_type != F_UNLCK ? EBUSY : 0;
}

int
evpl_process_file_lock(const char *call, const char *path, int file, int command, short type)
{
	int error = file_lock(file, command, type);

	if (error != 0 && error != EBUSY)
		EVPL_LOG(ERR, "%s: cannot lock or unlock %s: %s", call, path, strerror(error));
	return error;
}

void
evpl_process_file_close(int file)
{
	(void)file_lock(file, F_OFD_SETLK, F_UNLCK);
	close(file);
}

static int
own_lock(const char *call, const struct evpl_process *process, int command, short type)
{
	return evpl_process_file_lock(call, process->path, process->file, command, type);
}

static struct evpl_process *
find(const char *name)
{
	struct evpl_process *process;

	TAILQ_FOREACH (process, &processes, entry) {
		if (strcmp(process->name, name) == 0)
			return process;
	}
	return NULL;
}

/* NULL with rte_errno. */
static const struct rte_memzone *
reserve_zone(const char *name, uint32_t iovecs, uint32_t packets)
{
	char zone_name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *zone;

	snprintf(zone_name, sizeof(zone_name), EVPL_PROCESS_ZONE, name);
	evpl_heap_lock();
	zone = rte_memzone_reserve(zone_name, evpl_ledger_size(iovecs, packets), SOCKET_ID_ANY, 0);
	evpl_heap_unlock();
	return zone;
}

/*
 * Makes the file, and locks it: nobody attaches before the ledger is whole. A former primary with this process id may
 * have left a file, and a process that still has its lock. So it is not used again. False with rte_errno.
 */
static bool
file_begin(struct evpl_process *process)
{
	int length = snprintf(process->path, sizeof(process->path), "%s/evpl_process_%d_%s", rte_eal_get_runtime_dir(),
			      (int)getpid(), process->name);

	if (length >= (int)sizeof(process->path)) {
		rte_errno = ENAMETOOLONG;
		return false;
	}
	(void)unlink(process->path);
	process->file = open(process->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rte_errno = process->file < 0 ? errno : file_lock(process->file, F_OFD_SETLK, F_WRLCK);
	return rte_errno == 0;
}

/*
 * Fills the ledger. A process that attaches looks at the mark first, without a lock. So the mark is stored last, with
 * release, and its first letter is what the other process loads with acquire. False with rte_errno.
 */
static bool
ledger_begin(struct evpl_process *process, uint32_t iovecs, uint32_t packets)
{
	struct evpl_ledger *ledger = process->zone->addr;

	memset(ledger, 0, process->zone->len);
	process->ledger = ledger;
	snprintf(ledger->path, sizeof(ledger->path), "%s", process->path);
	ledger->pool = evpl_ledger_pool_create(ledger);
	if (ledger->pool == NULL)
		return false;
	evpl_ledger_init(ledger, iovecs, packets);
	snprintf(ledger->version, sizeof(ledger->version), "%s", evpl_version());
	ledger->layout = evpl_ledger_layout();
	ledger->self = ledger;
	memcpy(&ledger->mark[1], &EVPL_LEDGER_MARK[1], sizeof(EVPL_LEDGER_MARK) - 1);
	__atomic_store_n(&ledger->mark[0], EVPL_LEDGER_MARK[0], __ATOMIC_RELEASE);
	return true;
}

/*
 * Frees what there is of it. The file goes first: who has opened it before sees afterwards that it has no name any
 * more. Keeps rte_errno.
 */
static void
process_end(struct evpl_process *process)
{
	int saved = rte_errno;

	if (process->file >= 0) {
		(void)unlink(process->path);
		evpl_process_file_close(process->file);
	}
	if (process->ledger != NULL)
		rte_mempool_free(process->ledger->pool);
	evpl_heap_lock();
	(void)rte_memzone_free(process->zone);
	evpl_heap_unlock();
	pthread_mutex_destroy(&process->calls);
	free(process);
	rte_errno = saved;
}

static bool
process_fill(struct evpl_process *process, uint32_t iovecs, uint32_t packets)
{
	if (!file_begin(process))
		return false;
	process->zone = reserve_zone(process->name, iovecs, packets);
	if (process->zone == NULL || !ledger_begin(process, iovecs, packets))
		return false;
	rte_errno = file_lock(process->file, F_OFD_SETLK, F_UNLCK);
	return rte_errno == 0;
}

/* With the lock held; NULL with rte_errno. */
static struct evpl_process *
process_begin(const char *name, uint32_t iovecs, uint32_t packets)
{
	struct evpl_process *process = calloc(1, sizeof(*process));

	if (process == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	process->file = -1;
	snprintf(process->name, sizeof(process->name), "%s", name);
	pthread_mutex_init(&process->calls, NULL);
	if (!process_fill(process, iovecs, packets)) {
		process_end(process);
		return NULL;
	}
	return process;
}

static struct evpl_process *
create_locked(const char *name, uint32_t iovecs, uint32_t packets)
{
	struct evpl_process *process = NULL;

	if (evpl_global.users == 0 || evpl_global.ending) {
		rte_errno = EPERM;
	} else if (find(name) != NULL) {
		rte_errno = EEXIST;
	} else if (!evpl_packet_ops_register()) {
		rte_errno = ENOTSUP;
	} else {
		process = process_begin(name, iovecs, packets);
	}
	if (process == NULL) {
		EVPL_LOG(ERR, "evpl_process_create: %s: %s", name, rte_strerror(rte_errno));
		return NULL;
	}
	pthread_mutex_lock(&processes_lock);
	TAILQ_INSERT_TAIL(&processes, process, entry);
	__atomic_store_n(&evpl_process_count, evpl_process_count + 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&processes_lock);
	return process;
}

struct evpl_process *
evpl_process_create(const char *name, unsigned iovecs, unsigned packets)
{
	static const char call[] = "evpl_process_create";
	struct evpl_process *process;

	if (!evpl_process_may_begin(call, name, true))
		return NULL;
	if (!evpl_in_range(call, "iovecs", iovecs, 0, EVPL_PROCESS_MAX) ||
	    !evpl_in_range(call, "packets", packets, 0, EVPL_PROCESS_MAX)) {
		rte_errno = EINVAL;
		return NULL;
	}
	pthread_mutex_lock(&evpl_global.lock);
	process = create_locked(name, iovecs != 0 ? iovecs : EVPL_DEFAULT_PROCESS_IOVECS,
				packets != 0 ? packets : EVPL_DEFAULT_PROCESS_PACKETS);
	pthread_mutex_unlock(&evpl_global.lock);
	return process;
}

/*
 * Whether the process that has attached is alive: as evpl_attach() asks, see there. 0; or an errno, and nobody knows
 * whether it is alive. Then it counts as attached.
 */
static int
state_of(const struct evpl_process *process, enum evpl_process_state *r_state)
{
	const struct evpl_ledger *ledger = process->ledger;
	uint32_t attached;
	int error;

	/* Another one may attach meanwhile, or the same one again: this counts. */
	do {
		attached = __atomic_load_n(&ledger->attached, __ATOMIC_ACQUIRE);
		error = own_lock("evpl_process_get", process, F_OFD_GETLK, F_WRLCK);
		*r_state = error == 0 ? EVPL_PROCESS_DEAD : EVPL_PROCESS_ATTACHED;
		if (evpl_ledger_user(ledger) == EVPL_LEDGER_ABSENT) { /* it detaches before it unlocks */
			*r_state = EVPL_PROCESS_ABSENT;
			return 0;
		}
	} while (__atomic_load_n(&ledger->attached, __ATOMIC_ACQUIRE) != attached);
	return error == EBUSY ? 0 : error;
}

static uint32_t
lent_of(const struct evpl_ledger *ledger)
{
	return __atomic_load_n(&ledger->lent, __ATOMIC_RELAXED);
}

/* Whether another process uses it, or has something that was lent. */
static bool
is_used(const struct evpl_ledger *ledger)
{
	return evpl_ledger_user(ledger) != EVPL_LEDGER_ABSENT || lent_of(ledger) != 0 || evpl_ledger_sent(ledger) != 0;
}

/* Locks the file of a process that nobody uses, so that nobody attaches any more. 0, or an errno; EBUSY: it is used. */
static int
close_place(struct evpl_process *process)
{
	static const char call[] = "evpl_process_free";
	int error = is_used(process->ledger) ? EBUSY : own_lock(call, process, F_OFD_SETLK, F_WRLCK);

	if (error != 0 || !is_used(process->ledger)) /* it may have attached before, and died */
		return error;
	(void)own_lock(call, process, F_OFD_SETLK, F_UNLCK);
	return EBUSY;
}

int
evpl_process_free(struct evpl_process *process)
{
	int rc;

	if (process == NULL)
		return 0;
	if (!evpl_is_primary())
		return -ENOTSUP;
	(void)evpl_processes_collect();
	pthread_mutex_lock(&evpl_global.lock);
	pthread_mutex_lock(&processes_lock);
	rc = -close_place(process);
	if (rc == 0) {
		TAILQ_REMOVE(&processes, process, entry);
		__atomic_store_n(&evpl_process_count, evpl_process_count - 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&processes_lock);
	if (rc == 0)
		process_end(process);
	pthread_mutex_unlock(&evpl_global.lock);
	return rc;
}

struct evpl_process *
evpl_process_find(const char *name)
{
	struct evpl_process *process;

	pthread_mutex_lock(&processes_lock);
	process = name != NULL ? find(name) : NULL;
	pthread_mutex_unlock(&processes_lock);
	if (process == NULL)
		rte_errno = ENOENT;
	return process;
}

/* As evpl_process_get(), without giving back what was returned. */
static int
get(const struct evpl_process *process, struct evpl_process_info *info)
{
	const struct evpl_ledger *ledger = process->ledger;
	int error;

	memset(info, 0, sizeof(*info));
	snprintf(info->name, sizeof(info->name), "%s", process->name);
	info->pid = __atomic_load_n(&ledger->pid, __ATOMIC_RELAXED);
	error = state_of(process, &info->state);
	info->iovecs = ledger->loan_count;
	info->iovecs_lent = lent_of(ledger);
	info->packets = ledger->packet_count;
	info->packets_sent = evpl_ledger_sent(ledger);
	info->waiting_there = evpl_ring_count(ledger->there);
	info->waiting_here = evpl_ring_count(ledger->back);
	info->reclaimed = __atomic_load_n(&ledger->reclaimed, __ATOMIC_RELAXED);
	return -error;
}

int
evpl_process_get(struct evpl_process *process, struct evpl_process_info *info)
{
	if (process == NULL || info == NULL)
		return -EINVAL;
	if (!evpl_is_primary())
		return -ENOTSUP;
	(void)evpl_processes_collect();
	return get(process, info);
}

/* With the file locked, so that none attaches, and no call of the primary going on. */
static int
reclaim(struct evpl_process *process, bool packets)
{
	struct evpl_ledger *ledger = process->ledger;
	uint32_t n;

	evpl_ledger_rings_init(ledger);
	n = evpl_ledger_sweep(ledger, packets);
	__atomic_store_n(&ledger->owner, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&ledger->user, EVPL_LEDGER_ABSENT, __ATOMIC_RELEASE);
	return (int)n;
}

int
evpl_reclaim(struct evpl_process *process, unsigned flags)
{
	static const char call[] = "evpl_reclaim";
	int rc, error;

	if (process == NULL || (flags & ~EVPL_RECLAIM_PACKETS) != 0)
		return -EINVAL;
	if (!evpl_is_primary())
		return -ENOTSUP;
	pthread_mutex_lock(&process->calls);
	rc = -own_lock(call, process, F_OFD_SETLK, F_WRLCK);
	if (rc == 0) {
		rc = reclaim(process, (flags & EVPL_RECLAIM_PACKETS) != 0);
		error = own_lock(call, process, F_OFD_SETLK, F_UNLCK);
		if (error != 0) /* nobody can attach until the next call has unlocked it */
			rc = -error;
	}
	pthread_mutex_unlock(&process->calls);
	return rc;
}

/* The end of a loan may return one of another process: see evpl_ledger_collect(). */
bool
evpl_processes_collect_all(void)
{
	struct evpl_process *process;
	bool some = false, again;

	pthread_mutex_lock(&processes_lock);
	do {
		again = false;
		TAILQ_FOREACH (process, &processes, entry)
			again = evpl_ledger_collect(process->ledger) || again;
		some |= again;
	} while (again);
	pthread_mutex_unlock(&processes_lock);
	return some;
}

void
evpl_processes_walk(void (*f)(const struct evpl_process_info *, void *), void *arg)
{
	struct evpl_process *process;
	struct evpl_process_info info;

	(void)evpl_processes_collect();
	pthread_mutex_lock(&processes_lock);
	TAILQ_FOREACH (process, &processes, entry) {
		(void)get(process, &info); /* an error is logged, and the rest of info is right */
		f(&info, arg);
	}
	pthread_mutex_unlock(&processes_lock);
}
