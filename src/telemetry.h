/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands for dpdk-telemetry.py.
 */
#ifndef EVPL_SRC_TELEMETRY_H
#define EVPL_SRC_TELEMETRY_H

#include "base.h"

void evpl_telemetry_register(void);

#endif /* EVPL_SRC_TELEMETRY_H */
