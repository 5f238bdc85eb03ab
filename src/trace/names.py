#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: names.py CALLS.DEF NAMES.H NAMES_END.H

Makes of calls.def the two headers by which a tracing build has two sets of names. The library proper is compiled under
the names of NAMES.H, evpl_plain_NAME, so that the checked calls can have the public names. NAMES_END.H ends that. What
inline functions call has other names, too, so that a program for a plain library does not link with a tracing one."""
import re
import sys


def main():
    source, names, names_end = sys.argv[1:]
    with open(source, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    calls = re.findall(r"^CALL(?:_BARE)?\([^,]+, (\w+)", text, re.M) + re.findall(r"^CALL_VOID\((\w+)", text, re.M)
    plain = re.findall(r"^PLAIN\((\w+)", text, re.M)
    head = "/* SPDX-License-Identifier: BSD-3-Clause */\n/* Made of src/trace/calls.def by src/trace/names.py. */\n"
    with open(names, "w", encoding="utf-8") as f:
        f.write(head + "".join(f"#define evpl_{name} evpl_plain_{name}\n" for name in calls + plain))
    with open(names_end, "w", encoding="utf-8") as f:
        f.write(head + "".join(f"#undef evpl_{name}\n" for name in calls))


main()
