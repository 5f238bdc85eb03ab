/* SPDX-License-Identifier: BSD-3-Clause */
/* The system that lwIP asks for: the time, timers, random numbers. */
#include <string.h>
#include <sys/random.h>

#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

#include <rte_cycles.h>

/* Timers that programs set. lwIP's own are in its table, lwip_cyclic_timers. */
#define TIMEOUTS 64
#define CYCLIC_MAX 16

static struct {
	u32_t due; /* ms */
	sys_timeout_handler handler;
	void *argument;
} timeouts[TIMEOUTS];

static u32_t cyclic_due[CYCLIC_MAX];

static bool
is_due(u32_t due, u32_t now)
{
	return (s32_t)(now - due) >= 0;
}

u32_t
sys_now(void)
{
	static uint64_t per_ms;

	if (per_ms == 0)
		per_ms = rte_get_tsc_hz() / 1000;
	return (u32_t)(rte_rdtsc() / per_ms);
}

/* Nobody may predict the first sequence numbers, so the numbers come from the kernel. */
uint32_t
glue_random(void)
{
	uint32_t value;

	while (getrandom(&value, sizeof(value), 0) != sizeof(value))
		;
	return value;
}

void
sys_timeouts_init(void)
{
	u32_t now = sys_now();

	LWIP_ASSERT("too many timers", lwip_num_cyclic_timers <= CYCLIC_MAX);
	for (int i = 0; i < lwip_num_cyclic_timers; i++)
		cyclic_due[i] = now + lwip_cyclic_timers[i].interval_ms;
}

void
sys_timeout(u32_t ms, sys_timeout_handler handler, void *argument)
{
	for (unsigned i = 0; i < TIMEOUTS; i++) {
		if (timeouts[i].handler == NULL) {
			timeouts[i].due = sys_now() + ms;
			timeouts[i].handler = handler;
			timeouts[i].argument = argument;
			return;
		}
	}
	LWIP_ASSERT("no timer left", 0);
}

void
sys_untimeout(sys_timeout_handler handler, void *argument)
{
	for (unsigned i = 0; i < TIMEOUTS; i++) {
		if (timeouts[i].handler == handler && timeouts[i].argument == argument) {
			timeouts[i].handler = NULL;
			return;
		}
	}
}

void
sys_check_timeouts(void)
{
	static u32_t last;
	u32_t now = sys_now();

	if (now == last)
		return;
	last = now;
	PBUF_CHECK_FREE_OOSEQ();
	for (int i = 0; i < lwip_num_cyclic_timers; i++) {
		if (is_due(cyclic_due[i], now)) {
			/*
			 * A timer keeps its interval. If it is late by a whole interval, the turns that it missed are
			 * left out.
			 */
			cyclic_due[i] += lwip_cyclic_timers[i].interval_ms;
			if (is_due(cyclic_due[i], now))
				cyclic_due[i] = now + lwip_cyclic_timers[i].interval_ms;
			lwip_cyclic_timers[i].handler();
		}
	}
	for (unsigned i = 0; i < TIMEOUTS; i++) {
		sys_timeout_handler handler = timeouts[i].handler;

		if (handler != NULL && is_due(timeouts[i].due, now)) {
			timeouts[i].handler = NULL;
			handler(timeouts[i].argument);
		}
	}
}
