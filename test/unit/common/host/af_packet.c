/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The longest frames of net_af_packet (apps/common/host/af_packet.c). What would break: an MTU whose frames the kernel
 * cuts, or one that is refused though they fit. A function of this program replaces DPDK's and gives the arguments of
 * --vdev.
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_ethdev.h>

#include "host/af_packet.h"

static struct rte_devargs devargs;
static bool has_devargs;

const struct rte_devargs *
rte_dev_devargs(const struct rte_device *device)
{
	(void)device;
	return has_devargs ? &devargs : NULL;
}

static void
port_is_known_by_its_driver(void **state)
{
	const struct rte_eth_dev_info info = {.driver_name = "net_af_packet"}, other = {.driver_name = "net_af_xdp"};

	(void)state;
	assert_true(af_packet_is(&info));
	assert_false(af_packet_is(&other));
}

static void
frames_are_as_long_as_the_argument_says(void **state)
{
	static const struct {
		const char *args;
		unsigned mtu_max, data_room;
	} rows[] = {
		{NULL, 1968, 2016},
		{"iface=veth0", 1968, 2016},
		{"iface=veth0,framesz=9216,blocksz=36864", 9136, 9184},
		{"framesz=81", 1, 49},
		{"framesz=80", 0, 48},
		{"framesz=64", 0, 32},
	};
	const struct rte_eth_dev_info info = {.driver_name = "net_af_packet"};

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(rows); i++) {
		has_devargs = true;
		devargs.args = rows[i].args;
		assert_int_equal(af_packet_mtu_max(&info), rows[i].mtu_max);
		assert_int_equal(af_packet_data_room(&info), rows[i].data_room);
	}
	has_devargs = false;
	assert_int_equal(af_packet_mtu_max(&info), 1968);
}

/* The kernel's MTU of the loopback interface, in a network namespace of our own. 0: all right. */
static int
set_in_namespace(void)
{
	const struct rte_eth_dev_info info = {.if_index = 1}, none = {.if_index = 4711};
	struct ifreq request = {.ifr_name = "lo"};
	int s;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return 77;
	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s < 0 || af_packet_set_mtu(&info, 1400) != 0 || ioctl(s, SIOCGIFMTU, &request) != 0)
		return 1;
	if (request.ifr_mtu != 1400)
		return 2;
	return af_packet_set_mtu(&none, 1400) == -ENXIO ? 0 : 3;
}

static void
mtu_of_the_kernels_interface_is_set(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(set_in_namespace());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		print_message("# no right to make a network namespace\n");
	else
		assert_int_equal(WEXITSTATUS(status), 0);
}

/* Without EAL, which has threads: a process with threads cannot make a user's namespace. */
int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(port_is_known_by_its_driver),
		cmocka_unit_test(frames_are_as_long_as_the_argument_says),
		cmocka_unit_test(mtu_of_the_kernels_interface_is_set),
	};

	return cmocka_run_group_tests_name("host_af_packet", cases, NULL, NULL);
}
