/* SPDX-License-Identifier: BSD-3-Clause */
/* EAL's options: the user's, or those that this machine allows. */
#ifndef FWD_EAL_H
#define FWD_EAL_H

/*
 * Starts EAL with the first `count` arguments; argv[count] is NULL or "--". If the user gave none (count is 1), EAL
 * gets what this machine allows, for lcores 0 to `cores`, and a note says what that is. 0, or 1 after an error
 * line, which says what to type if the only fault is that there are no huge pages.
 */
int fwd_eal_start(int count, char **argv, unsigned cores);

#endif /* FWD_EAL_H */
