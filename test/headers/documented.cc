// SPDX-License-Identifier: BSD-3-Clause
// The same text as C++17.
#include "documented.c"
