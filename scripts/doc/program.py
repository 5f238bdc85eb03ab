#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: program.py VERSION PAGE PROGRAM

Writes the man page of a program, of what PROGRAM --help prints. A paragraph of --help that begins with a title and a
colon, and has lines with options, becomes a list. Indented lines are examples. The rest is text."""
import os
import re
import subprocess
import sys

from mdoc import FOOT, escape, head, text, unfold

VERSION, PAGE, PROGRAM = sys.argv[1:4]
NAME = os.path.basename(PAGE).removesuffix(".1")
# A long option has one blank behind it, others more.
OPTION = re.compile(r"  (-\S+?(?:, -\S+)*)(?: +(.*))?$")


def paragraphs(said):
    """The paragraphs of a text; each is a list of lines."""
    return [part.split("\n") for part in re.split(r"\n\s*\n", said.strip("\n"))]


def option_list(lines):
    """A list of the options; a line without one continues the text before it."""
    rows = []
    for line in lines:
        match = OPTION.match(line)
        if match:
            rows.append((match.group(1), [match.group(2) or ""]))
        else:
            rows[-1][1].append(line.strip())
    out = [".Bl -tag -width Ds"]
    for names, words in rows:
        out += [f".It Sy {escape(names)}", *text(escape(" ".join(words)))]
    return [*out, ".El"]


def prose(lines):
    """Text, with indented lines as an example."""
    out, run = [], []
    for line in [*lines, None]:
        if run and (line is None or line.startswith(" ") != run[0].startswith(" ")):
            if run[0].startswith(" "):
                out += [".Bd -literal", *unfold("\n".join(run)), ".Ed"]
            else:
                out += text(escape(" ".join(run)))
            run = []
        if line is not None:
            run.append(line)
    return out


def main():
    said = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
    usage, *first = paragraphs(said)[0]
    about = re.split(r"[:.;](?: |$)", " ".join(first))[0]
    lines = [*head(NAME, 1, VERSION), ".Sh NAME", f".Nm {NAME}", f".Nd {escape(about[:1].lower() + about[1:])}",
             ".Sh SYNOPSIS", ".Nm", escape(usage.split(NAME, 1)[1].strip()), ".Sh DESCRIPTION", *prose(first)]
    end = []
    for part in paragraphs(said)[1:]:
        if part[0].endswith(":") and len(part) > 1 and OPTION.match(part[1]):
            lines += [f".Ss {escape(part[0][:-1])}", *option_list(part[1:])]
        elif OPTION.match(part[0]):
            lines += [".Ss Help", *option_list(part)]
        else:
            where = next((i for i, line in enumerate(part) if line.startswith("Exit status: ")), len(part))
            lines += [".Pp", *prose(part[:where])] if where else []
            end += part[where:]
    if end:
        end[0] = end[0].removeprefix("Exit status: ")
        lines += [".Sh EXIT STATUS", *prose(end)]
    lines += [".Sh SEE ALSO", ".Xr libevpl-dpdk 7"]
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write("\n".join([*lines, *FOOT]))


main()
