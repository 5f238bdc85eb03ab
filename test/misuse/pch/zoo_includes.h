/* SPDX-License-Identifier: BSD-3-Clause */
/* What zoo.h includes. The compiler reads this once for all files. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_launch.h>
#include <rte_mbuf.h>

#include <evpl/evpl.h>

#include "threads.h"
