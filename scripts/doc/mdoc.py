# SPDX-License-Identifier: BSD-3-Clause
"""What the writers of man pages share: the head of a page, escapes, and lines as mdoc wants them."""
import os
import re
import time

FOOT = [""]


def head(name, section, version):
    """The first lines of a page. SOURCE_DATE_EPOCH gives its date, for builds that can be repeated."""
    day = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    date = time.strftime("%B ", day) + str(day.tm_mday) + time.strftime(", %Y", day)
    return [f".Dd {date}", f".Dt {name.upper()} {section}", f".Os libevpl-dpdk {version}"]


def escape(words):
    return words.replace("\\", r"\e").replace('"', r"\(dq")


def guarded(line):
    """A line of text that mdoc does not take for a request."""
    return r"\&" + line if line[:1] in (".", "'") else line


def text(words):
    """Lines of text: one sentence a line, so that mdoc sets the space behind it."""
    sentences = re.sub(r'([.!?][)]?) +(?=[A-Z(\\])', r"\1\n", words.strip()).split("\n")
    return [guarded(re.sub(r"\s+", " ", line).strip()) for line in sentences if line.strip()]


def unfold(drawing):
    """Lines of a drawing or an example, without the indent that all of them have."""
    lines = drawing.strip("\n").split("\n")
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [guarded(escape(line[indent:].rstrip())) for line in lines]
