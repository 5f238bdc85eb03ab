# SPDX-License-Identifier: BSD-3-Clause
"""How EAL is told to load the tracing plug-in."""
import os


def eal_options(path):
    """By its name alone: EAL loads no path below a folder where everybody may write, such as /tmp."""
    folder, others = os.path.dirname(os.path.abspath(path)), os.environ.get("LD_LIBRARY_PATH", "").split(":")
    if folder != others[0]:
        os.environ["LD_LIBRARY_PATH"] = ":".join([folder, *filter(None, others)])
    return ["-d", os.path.basename(path)]
