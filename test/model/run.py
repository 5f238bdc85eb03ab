#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: run.py [--all] [--list] [--keep DIR] [-DNAME=VALUE]... [MODEL[:MUTATION]...]

Searches all states of each model in this folder with spin: there must be no error, and no line that is never reached.
Then it breaks the model as the model says (MUTATE_NAME): spin must find an error. Without arguments it takes the first
mutation of each model, which takes some seconds. TAP.

  MODEL          only this one, with all mutations and bounds; or only this mutation, or these bounds
  --all          all models with all mutations, and with the larger bounds that they name, which takes many minutes
  --list         print the names of models, mutations and larger bounds
  --keep DIR     leave spin's files in DIR, a folder for each run. After an error, `./pan -C NAME.pml.trail` there
                 prints the steps that lead to it
  -DNAME=VALUE   another bound than the model's own, such as -DALLOCS=3

What would break: an order or a step of the library's protocols that is wrong, as far as the models are the library's
(README.md); a model that cannot see an error."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MEMORY_MB = 4096
DEPTH = 1000000
FIRST = 1       # mutations of a model that are tried without --all
MUTATION = re.compile(r"^#ifn?def MUTATE_(\w+) /\* (.*) \*/$", re.M)
BOUNDS = re.compile(r"^/\* --all also searches (-D.*) \*/$", re.M)
INCLUDE = re.compile(r'^#include "(\w+)\.pml"$', re.M)
PARTS = ("memory", "tx_cache")  # of models
STATE = re.compile(r"^\tstate +(\d+) .*/(\w+\.pml:\d+) => (.*)$")
UNREACHED = re.compile(r"^\t\S+\.pml:\d+, state (\d+), ")


class Failed(Exception):
    pass


def check(held, *words):
    if not held:
        raise Failed("\n".join(str(word) for word in words))


def source(model):
    """With the files that it includes."""
    with open(os.path.join(HERE, f"{model}.pml"), encoding="utf-8") as f:
        return INCLUDE.sub(lambda line: source(line[1]), f.read())


def models():
    names = (os.path.basename(path)[:-4] for path in glob.glob(os.path.join(HERE, "*.pml")))
    return sorted(name for name in names if name not in PARTS)


def command(arguments, where):
    ran = subprocess.run(arguments, cwd=where, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    check(ran.returncode == 0, f"{arguments[0]} ends with {ran.returncode}:", ran.stdout)
    return ran.stdout


def search(model, mutation, defines, where, large=False):
    """Searches the states; returns what the verifier says."""
    if mutation:
        defines = [*defines, f"-DMUTATE_{mutation}"]
    said = command(["spin", *defines, "-a", os.path.join(HERE, f"{model}.pml")], where)
    check(said == "", "spin says:", said)
    # To optimize takes longer than a small search. A large one keeps a hash of each state instead of the state.
    flags = ["-O2", "-DHC4"] if large else ["-O0"]
    command(["cc", "-w", *flags, "-DSAFETY", f"-DMEMLIM={MEMORY_MB}", "-DVECTORSZ=4096", f"-I{HERE}", "-o", "pan",
             "pan.c"], where)
    said = command(["./pan", f"-m{DEPTH}"], where)
    complete = "max search depth too small" not in said and "out of memory" not in said
    check(complete, "the search is not complete:", said)
    return said


def unreached(table, said):
    """The lines of which no state is reached. An inline that is at several places counts as one."""
    missed, lines, process = set(), {}, None
    for line in said.splitlines():
        process = line.removeprefix("unreached in ").split()[-1] if line.startswith("unreached in ") else process
        found = UNREACHED.match(line)
        if found:
            missed.add((process, found[1]))
    for line in table.splitlines():
        found = STATE.match(line)
        if found:
            lines.setdefault(found[2], []).append(((process, found[1]), found[3]))
        elif line.startswith(("proctype ", "init")):
            process = line.split()[-1]
    return [f"{where}: {states[0][1]}" for where, states in lines.items() if all(state in missed for state, _ in states)]


def reached_with(where):
    """The bounds with which the line is reached, if it says so."""
    name, number = where.split(":")[:2]
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        found = re.search(r"/\* reached with (-D\S+) \*/", f.read().splitlines()[int(number) - 1])
    return found and found[1]


def run_model(model, defines, where, bounds=()):
    said = search(model, None, [*bounds, *defines], where, large=bool(bounds))
    check(re.search(r"errors: 0$", said, re.M), "an error:", said)
    states = float(re.search(r"([0-9.e+]+) states, stored", said)[1])
    print(f"# {' '.join((model, *bounds))}: {states:,.0f} states")
    lines = unreached(command(["./pan", "-d"], where), said)
    # Where some bounds are larger, others are smaller.
    lines = [line for line in lines if (reached_with(line) in bounds if bounds else not reached_with(line))]
    check(not lines, "never reached:", *lines)


def run_mutation(model, mutation, defines, where):
    said = search(model, mutation, defines, where)
    found = re.search(r"^pan:1: (.*)", said, re.M)
    check(found and re.search(r"errors: 1$", said, re.M), "no error is found:", said)
    print(f"# {model}: {mutation}: {found[1]}")


def cases(wanted, defines, everything):
    found = []
    for model in models():
        text = source(model)
        places = {f"{model}:{bounds.replace(' ', '')}": bounds.split() for bounds in BOUNDS.findall(text)}
        whole = everything or model in wanted
        if whole or not wanted:
            found.append((model, f"{model}: no error, and every line is reached",
                          lambda where, m=model: run_model(m, defines, where)))
        for i, (name, what) in enumerate(MUTATION.findall(text)):
            if whole or f"{model}:{name}" in wanted or (not wanted and i < FIRST):
                found.append((f"{model}:{name}", f"{model}: an error is found if broken: {what}",
                              lambda where, m=model, n=name: run_mutation(m, n, defines, where)))
        for name, bounds in places.items():
            if whole or name in wanted:
                found.append((name, f"{model}: no error with {' '.join(bounds)}",
                              lambda where, m=model, b=bounds: run_model(m, defines, where, b)))
    return found


def run(number, name, what, function, where):
    try:
        os.makedirs(where, exist_ok=True)
        function(where)
    except Failed as failed:
        print(f"not ok {number} - {what}")
        print("\n".join(f"# {name}: {line}" for line in str(failed).splitlines()), flush=True)
        return False
    print(f"ok {number} - {what}", flush=True)
    return True


def main(arguments):
    wanted, defines, keep, listed, everything = [], [], None, False, False
    while arguments:
        argument = arguments.pop(0)
        if argument in ("-h", "--help"):
            print(__doc__)
            return 0
        if argument == "--list":
            listed = everything = True
        elif argument == "--all":
            everything = True
        elif argument == "--keep" and arguments:
            keep = os.path.abspath(arguments.pop(0))
        elif argument.startswith("-D"):
            defines.append(argument)
        elif argument.startswith("-"):
            print(f"run.py: unknown option: {argument} (see --help)", file=sys.stderr)
            return 2
        else:
            wanted.append(argument)
    found = cases(wanted, defines, everything)
    if wanted and not found:
        print(f"run.py: no model or mutation is called {' or '.join(wanted)} (see --list)", file=sys.stderr)
        return 2
    if listed:
        print("\n".join(f"{name:<32} {what}" for name, what, _ in found))
        return 0
    if shutil.which("spin") is None:
        print("1..0 # SKIP there is no spin (Debian's package spin, scripts/setup dev)")
        return 0
    print(f"1..{len(found)}", flush=True)
    with tempfile.TemporaryDirectory(prefix="evpl-model-") as work:
        passed = [run(i + 1, name, what, function, os.path.join(keep or work, name.replace(":", "-")))
                  for i, (name, what, function) in enumerate(found)]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
