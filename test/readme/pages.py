#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""What the pages say. usage: pages.py SYMPTOMS     runs the cases, and prints TAP
       pages.py --block INFO FILE                  prints the code block of FILE that begins with ```INFO

Every link leads somewhere; no page sends a user to tests that were not built; the plot on the first screen shows the
figures of the tables, and so does its text; what apps/troubleshooting.md quotes is what the library prints."""
import os
import re
import subprocess
import sys
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TROUBLE = "apps/troubleshooting.md"
# The page's figures are true for this much memory.
EAL = ("--no-huge --no-pci --no-shconf --no-telemetry --iova-mode=va --log-level=lib.eal,error "
       f"--lcores=0@{min(os.sched_getaffinity(0))} -m 128")
CASES = []


class Failed(Exception):
    pass


def check(held, *words):
    if not held:
        raise Failed(" ".join(str(word) for word in words))


def case(name):
    return lambda function: CASES.append((name, function))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as page:
        return page.read()


def block(info, path):
    """Returns the lines of the block whose first line is exactly ```INFO."""
    found = re.search(rf"^```{re.escape(info)}\n(.*?)^```$", read(path), re.DOTALL | re.MULTILINE)
    return found.group(1) if found else None


def pages():
    """All pages of this project, with paths from the root."""
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in (".git", "subprojects") and
                      not os.path.exists(os.path.join(folder, name, "meson-private")) and
                      os.path.relpath(os.path.join(folder, name), ROOT) != "apps/lwip/lwip"]
        yield from (os.path.relpath(os.path.join(folder, name), ROOT) for name in files if name.endswith(".md"))


def prose(text):
    """The page without its code and its comments."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return re.sub(r"`[^`\n]+`", "", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE))


def anchors(path):
    """The anchors that GitHub makes of the headings."""
    text = re.sub(r"^```.*?^```$", "", read(path), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@case("every link leads to a file, and to a heading of it")
def _():
    wrong = []
    for path in pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(read(path))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(os.path.join(ROOT, to)) or (anchor and anchor not in anchors(to)):
                wrong.append(f"{path}: {target}")
    check(not wrong, "; ".join(wrong))


@case("users' pages run tests by scripts/test: the build of \"Use it\" has none")
def _():
    users = [path for path in pages() if path.split("/")[0] not in ("test", ".github")]
    wrong = [path for path in users if re.search(r"^[ $]*(\S+=\S* +)*(meson|ninja( -C \S+)?) test\b", read(path), re.M)]
    check(len(users) > 5 and not wrong, "meson test:", *wrong)


@case("the first screen has twelve lines of C, two commands, and four figures")
def _():
    lines = block("c twelve", "README.md")
    check(lines and len(lines.splitlines()) == 12, "the block has", lines and len(lines.splitlines()), "lines")
    screen = read("README.md").split("\n## ")[0]
    for word in ("\nscripts/run ", "\nscripts/test ", "](apps/bench/four.svg)", "```c twelve", " slab "):
        check(word in screen, repr(word), "is not on the first screen")


@case("the plot is what its script makes of the tables")
def _():
    plot = subprocess.run([sys.executable, "-B", os.path.join(ROOT, "apps/bench/four.py")], text=True, check=True,
                          capture_output=True).stdout
    check(plot == read("apps/bench/four.svg"), "type: apps/bench/four.py >apps/bench/four.svg")
    shown = re.findall(r'bold">([\d.]+)<', plot)
    words = re.search(r"!\[([^]]*)\]\(apps/bench/four.svg\)", read("README.md")).group(1)
    check(len(shown) == 4 and shown == re.findall(r"\d[\d.]*", words), shown, "is not", words)


@case("the table of the zoo has all of its cases")
def _():
    table = read("test/README.md").split("<!-- table -->")[1].split("<!-- end of table -->")[0]
    told = {f"{name}: {case}" for name, cases in re.findall(r"^\| (\w+): (.*?) \|", table, re.MULTILINE)
            for case in re.findall(r"`(\w+)`", cases)}
    zoo = "test/misuse/zoo"
    there = {f"{name[:-2]}: {case}" for name in os.listdir(os.path.join(ROOT, zoo)) if name.endswith(".c")
             for case in re.findall(r"^ZOO_CASE\((\w+)\)", read(f"{zoo}/{name}"), re.MULTILINE)}
    check(told == there, "differ:", *sorted(told ^ there), "; type: test/misuse/run.py --table DIR")


def plain(text):
    """Numbers, names of programs and places change from run to run."""
    text = re.sub(r"0x[0-9a-f]+", "N", text)
    text = re.sub(r"\([^()\s]*\+N\)|\([\w./]+:\d+\)", "(PLACE)", text)
    text = re.sub(r"(taken (?:in|by \w+ in)) \S+", r"\1 FUNCTION", text)
    return re.sub(r"thread \S+", "thread T", re.sub(r"\d+(\.\d+)?", "N", text))


def quoted(name, *words, eal=EAL):
    """Runs the symptom. Each line that has one of the words must be in the page, but for what `plain` takes out."""
    ran = subprocess.run([sys.argv[1], name], text=True, capture_output=True, timeout=100, check=False,
                         env={**os.environ, "EVPL_TEST_EAL": eal})
    check(ran.returncode == 0, name, ran)
    check("taken in evpl_" not in ran.stderr, "a place in the library:", ran.stderr)
    page = plain(read(TROUBLE))
    for word in words:
        lines = [line for line in (ran.stdout + ran.stderr).splitlines() if word in line]
        check(lines, repr(word), "was not printed:", ran)
        for line in lines:
            check(plain(line.strip()) in page, TROUBLE, "does not have", plain(line.strip()))


@case("EBUSY at cleanup: a context")
def _():
    quoted("context", "EVPL: cleanup:")


@case("EBUSY at cleanup: a leak, and its report")
def _():
    quoted("leak", "EVPL: cleanup:", "iovecs, 3000 bytes, oldest")


@case("ENOMEM of evpl_init()")
def _():
    quoted("slabs", "EVPL: evpl_init: preallocate_slabs is")


@case("ENOMEM of evpl_create()")
def _():
    quoted("packet-mbufs", eal=EAL.replace("128", "64"))


def main():
    if sys.argv[1] == "--block":
        lines = block(sys.argv[2], sys.argv[3])
        return sys.stdout.write(lines) == 0 if lines else f"{sys.argv[3]}: no block ```{sys.argv[2]}"
    status = 0
    print(f"1..{len(CASES)}")
    for number, (name, function) in enumerate(CASES, 1):
        try:
            function()
            print(f"ok {number} - {name}", flush=True)
        except Exception as error:  # a wrong page may raise anything, and the other cases shall run
            status = 1
            print(f"not ok {number} - {name}")
            text = str(error) if isinstance(error, Failed) else traceback.format_exc()
            print("\n".join("# " + line for line in text.splitlines()), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
