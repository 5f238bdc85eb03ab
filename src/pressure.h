/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The callbacks of evpl_pressure_notify().
 */
#ifndef EVPL_SRC_PRESSURE_H
#define EVPL_SRC_PRESSURE_H

void evpl_pressure_look(void); /* on the keeper's thread: calls those whose time has come */
void evpl_pressure_free(void); /* the library stops, and the keeper has */

#endif /* EVPL_SRC_PRESSURE_H */
