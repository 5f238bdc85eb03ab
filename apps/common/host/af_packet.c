/* SPDX-License-Identifier: BSD-3-Clause */
#include "af_packet.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_ethdev.h>
#include <rte_kvargs.h>

#define FRAME_SIZE 2048u /* the driver's, unless its argument says otherwise */
/* The start of a TPACKET_V2 frame, and the bytes in front of L3 when the kernel has received (tpacket_rcv()). */
#define RING_HEADER ((unsigned)RTE_ALIGN_CEIL(sizeof(struct tpacket2_hdr), TPACKET_ALIGNMENT))
#define FRAME_HEADER RTE_ALIGN_CEIL(RING_HEADER + (unsigned)sizeof(struct sockaddr_ll) + 16u, TPACKET_ALIGNMENT)

static int
read_number(const char *key, const char *value, void *number)
{
	(void)key;
	*(unsigned *)number = (unsigned)strtoul(value, NULL, 10);
	return 0;
}

/* Reads it as the driver does. */
static unsigned
frame_size(const struct rte_eth_dev_info *info)
{
	const struct rte_devargs *devargs = rte_dev_devargs(info->device);
	struct rte_kvargs *arguments =
		devargs != NULL && devargs->args != NULL ? rte_kvargs_parse(devargs->args, NULL) : NULL;
	unsigned size = FRAME_SIZE;

	rte_kvargs_process(arguments, "framesz", read_number, &size);
	rte_kvargs_free(arguments);
	return size;
}

bool
af_packet_is(const struct rte_eth_dev_info *info)
{
	return strcmp(info->driver_name, "net_af_packet") == 0;
}

unsigned
af_packet_mtu_max(const struct rte_eth_dev_info *info)
{
	unsigned size = frame_size(info);

	return size > FRAME_HEADER ? size - FRAME_HEADER : 0;
}

unsigned
af_packet_data_room(const struct rte_eth_dev_info *info)
{
	return frame_size(info) - RING_HEADER;
}

int
af_packet_set_mtu(const struct rte_eth_dev_info *info, uint16_t mtu)
{
	struct ifreq request = {.ifr_mtu = mtu};
	int rc = 0, s;

	if (if_indextoname(info->if_index, request.ifr_name) == NULL)
		return -errno;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0)
		return -errno;
	if (ioctl(s, SIOCSIFMTU, &request) != 0)
		rc = -errno;
	close(s);
	return rc;
}
