/* SPDX-License-Identifier: BSD-3-Clause */
/* The plug-in's commands for dpdk-telemetry.py. include/telemetry.md has their fields. */
#ifndef EVPL_SRC_PLUGIN_TELEMETRY_H
#define EVPL_SRC_PLUGIN_TELEMETRY_H

void plugin_telemetry_begin(void);

#endif /* EVPL_SRC_PLUGIN_TELEMETRY_H */
