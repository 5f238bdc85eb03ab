/* SPDX-License-Identifier: BSD-3-Clause */
/* /evpl_fwd/ports for dpdk-telemetry.py: what the live table shows. README.md documents it. */
#ifndef FWD_TELEMETRY_H
#define FWD_TELEMETRY_H

struct fwd_run;
struct fwd_ports;

/* Registers the command. Both must stay until fwd_telemetry_end(). */
void fwd_telemetry_begin(const struct fwd_run *run, const struct fwd_ports *ports);
/* The command says nothing from here on: lcores and their counters may go. */
void fwd_telemetry_end(void);

#endif /* FWD_TELEMETRY_H */
