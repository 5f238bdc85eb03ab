# SPDX-License-Identifier: BSD-3-Clause
"""Builds the library and the test programs once, and after that only what a mutant changes. DPDK's headers take most of
the time of a compilation, so they are compiled once, into a precompiled header."""
import json
import os
import re
import shlex
import shutil
import subprocess

from evpl_mutate.sites import NAME, functions, users

SOURCES = ("src", "include")
LIBRARY = "src/libevpl-dpdk.so.0.1.0"
OWN = re.compile(r'^#include "([\w./]+)"', re.M)
SYSTEM = re.compile(r"^#include <((?!evpl/)[\w./]+)>", re.M)
# gcc takes a precompiled header for the options that it was made with. Indexes are checked, as in the builds of
# scripts/check that have sanitizers. Behind an array there is often a 0. A read of it changes nothing, so only a check
# notices it.
FAST = ["-O1", "-w", "-fsanitize=bounds", "-fsanitize-undefined-trap-on-error"]
COVERED = ["-O0", "-w", "--coverage"]
# The suite that counts instructions has the library in itself, optimized.
COUNTED = "test/instructions/instructions"
OPTIMIZED = ["-O2", "-w"]


class Broken(Exception):
    """What was to be built cannot be built."""


def run(command, **more):
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        raise Broken(f"{shlex.join(command)[:300]}\n{done.stdout[-3000:]}")
    return done.stdout


class Builder:
    """The build, its commands, and a copy of the sources, which later changes of the tree do not reach."""

    def __init__(self, root, build, say):
        self.root, self.build, self.say = root, build, say
        self.folder = os.path.join(build, "mutants")
        self.tree = os.path.join(self.folder, "tree")
        self.commands, self.links = {}, {}

    def copy(self):
        """Copies the sources. If they are others than before, what was compiled of them is removed."""
        new = self.tree + ".new"
        shutil.rmtree(new, ignore_errors=True)
        for folder in SOURCES:
            shutil.copytree(os.path.join(self.root, folder), os.path.join(new, folder))
        if subprocess.run(["diff", "-rq", new, self.tree], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0:
            shutil.rmtree(new)
            return
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.rmtree(os.path.join(self.folder, "fast"), ignore_errors=True)
        os.rename(new, self.tree)

    def prepare(self, suites):
        """Builds the library and the programs of the suites, which are beginnings of paths. Returns the tests, as Meson
        describes them, with the place of their suite in that list as "rank", and with the words of the command
        "before" and "after" the program."""
        self.copy()
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            run(["meson", "setup", self.build, self.root, "-Dapps=false", "-Ddocs=disabled",
                 "-Ddefault_library=shared", "-Dtests=true"])
        run(["ninja", "-C", self.build, "build.ninja"])
        tests = []
        for test in json.load(open(os.path.join(self.build, "meson-info", "intro-tests.json"))):
            place = test["cmd"].index(COUNTED) if COUNTED in test["cmd"] else 0
            program = os.path.relpath(os.path.join(self.build, test["cmd"][place]), self.build)
            for rank, suite in enumerate(suites):
                if program.startswith(suite):
                    tests.append(test | {"program": program, "rank": rank, "before": test["cmd"][:place],
                                         "after": test["cmd"][place + 1:]})
        programs = sorted({test["program"] for test in tests})
        self.say(f"building the library and {len(programs)} programs")
        run(["ninja", "-C", self.build, LIBRARY, *programs])
        for unit in json.load(open(os.path.join(self.build, "compile_commands.json"))):
            source = os.path.relpath(os.path.join(self.build, unit["file"]), self.root)
            self.commands[unit["output"]] = (source, shlex.split(unit["command"]))
        for target in [LIBRARY, *programs]:
            line = run(["ninja", "-C", self.build, "-t", "commands", target]).strip().split("\n")[-1]
            self.links[target] = shlex.split(line)
        self.precompile("fast", FAST)
        return tests

    def objects(self, target):
        return [word for word in self.links[target] if word in self.commands]

    def sources(self, target):
        return {self.commands[output][0] for output in self.objects(target)}

    def includes(self, source, path):
        """Whether a source is that one, or includes it, by itself or through others."""
        left, seen = [source], set()
        while left:
            one = left.pop()
            if one == path:
                return True
            seen.add(one)
            for name in OWN.findall(open(os.path.join(self.root, one)).read()):
                places = [os.path.join(folder, name) for folder in (os.path.dirname(one), "test/support", "src")]
                found = [place for place in places if os.path.exists(os.path.join(self.root, place))][:1]
                left += [place for place in found if place not in seen]
        return False

    def has(self, target, path):
        """Whether a program has code of that source or header of src in itself."""
        return any(self.includes(source, path) for source in self.sources(target))

    def plain(self, command, options):
        """The command without ccache, its optimization, its dependencies and its output."""
        words, skip = [], False
        for word in command:
            if skip or word in ("ccache", "-MD", "-c"):
                skip = False
            elif word in ("-MQ", "-MF", "-o"):
                skip = True
            elif not re.match(r"-O\d|-W|-fdiagnostics", word) and not word.endswith(".c"):
                words.append(word)
        return words + options

    def precompile(self, name, options):
        """DPDK's and the system's headers that the library includes. Removes what was compiled with other options."""
        folder = os.path.join(self.folder, name)
        headers = set()
        for output in self.objects(LIBRARY):
            headers.update(SYSTEM.findall(open(os.path.join(self.tree, self.commands[output][0])).read()))
        headers.discard("rte_config.h")
        path = os.path.join(folder, "before.h")
        # evpl_compat_pvt.h has the macro before its includes.
        text = "".join([f"/* {' '.join(options)} */\n#define ALLOW_EXPERIMENTAL_API\n#include <rte_config.h>\n",
                        *(f"#include <{header}>\n" for header in sorted(headers))])
        command = self.plain(self.commands[self.objects(LIBRARY)[0]][1], options)
        if not os.path.exists(path + ".gch") or open(path).read() != text:
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            with open(path, "w") as file:
                file.write(text)
            run([*command, "-x", "c-header", path, "-o", path + ".gch"], cwd=self.build)

    def compile(self, output, tree, options, to):
        """Compiles the source of an object out of the tree."""
        source, command = self.commands[output]
        words = self.plain(command, options)
        if output in self.objects(LIBRARY):
            kind = "map" if "--coverage" in options else "fast"
            words[1:1] = ["-include", os.path.join(self.folder, kind, "before.h")]
        up = os.path.relpath(self.root, self.build)
        own = {f"-I{up}/{folder}": f"-I{tree}/{folder}" for folder in SOURCES}
        words = [own.get(word, word) for word in words]
        source = os.path.join(tree if source.startswith(SOURCES) else self.root, source)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        run([*words, "-c", source, "-o", to], cwd=self.build)

    def link(self, target, objects, to, more=(), first=()):
        """Links a target with some objects replaced: objects is {of the build: of the mutant}. Those in `first` stand
        before all others, so what they define is not taken out of a static library."""
        words = [objects.get(word, word) for word in self.links[target]]
        place = words.index("-o")
        words[place + 1:place + 2] = [to, *first]
        os.makedirs(os.path.dirname(to), exist_ok=True)
        run([*words, *more], cwd=self.build)


class Workplace:
    """A copy of the sources for one mutant at a time, and what is built of it."""

    def __init__(self, builder, number):
        self.builder = builder
        self.tree = os.path.join(builder.folder, f"worker-{number}")
        self.out = os.path.join(self.tree, "out")
        self.library = os.path.join(self.out, "lib", "libevpl-dpdk.so.0")
        shutil.rmtree(self.tree, ignore_errors=True)
        for folder in SOURCES:
            shutil.copytree(os.path.join(builder.tree, folder), os.path.join(self.tree, folder))

    def affected(self, mutant, text):
        """The objects of the library that can differ, and the words that a program with such objects has."""
        builder = self.builder
        outputs = builder.objects(LIBRARY)
        if mutant.path.endswith(".c"):
            return [output for output in outputs if builder.commands[output][0] == mutant.path], set()
        name = next((name for name, start, end in functions(text) if start <= mutant.start < end), None)
        if name is None:
            return outputs, set()
        headers = []
        for folder in ("src", "src/held", "src/trace", "include/evpl"):
            place = os.path.join(builder.tree, folder)
            headers += [open(os.path.join(place, file)).read() for file in os.listdir(place) if file.endswith(".h")]
        names = users(name, headers)
        found = []
        for output in outputs:
            code = open(os.path.join(builder.tree, builder.commands[output][0])).read()
            if names & set(NAME.findall(code)):
                found.append(output)
        return found, names

    def original(self, output):
        """The object of the source without a mutant."""
        path = os.path.join(self.builder.folder, "fast", output.replace("/", "_"))
        if not os.path.exists(path):
            mine = os.path.join(self.out, "original.o")  # another worker may want it at the same time
            self.builder.compile(output, self.builder.tree, FAST, mine)
            os.replace(mine, path)
        return path

    def put(self, mutant):
        """Builds the mutant's library. False: the code is the same as before."""
        shutil.rmtree(self.out, ignore_errors=True)
        with open(os.path.join(self.builder.tree, mutant.path)) as file:
            text = file.read()
        with open(os.path.join(self.tree, mutant.path), "w") as file:
            file.write(mutant.apply(text))
        outputs, self.names = self.affected(mutant, text)
        self.sources = {self.builder.commands[output][0] for output in outputs}
        self.objects = {}
        for output in outputs:
            path = os.path.join(self.out, output)
            self.builder.compile(output, self.tree, FAST, path)
            if open(path, "rb").read() != open(self.original(output), "rb").read():
                self.objects[output] = path
        if self.objects:
            self.builder.link(LIBRARY, self.objects, self.library)
        return bool(self.objects) or mutant.path.startswith("include/")

    def restore(self, mutant):
        shutil.copy(os.path.join(self.builder.tree, mutant.path), os.path.join(self.tree, mutant.path))

    def counted_program(self, mutant):
        """The program that counts instructions, with the mutant in it."""
        builder, objects = self.builder, {}
        sources = self.sources | ({f"{COUNTED}.c"} if mutant.path.startswith("include/") else set())
        for output, (source, _) in builder.commands.items():
            if output.startswith(os.path.dirname(COUNTED)) and source in sources:
                objects[output] = os.path.join(self.out, output)
                builder.compile(output, self.tree, OPTIMIZED, objects[output])
        path, own = os.path.join(self.out, COUNTED), builder.objects(COUNTED)
        builder.link(COUNTED, objects, path, first=[objects[output] for output in objects if output not in own])
        return path

    def program(self, program, mutant):
        """The path of the program to run: a new one, if it has code of the mutant in itself."""
        if program == COUNTED:
            return self.counted_program(mutant)
        builder, objects = self.builder, {}
        for output in builder.objects(program):
            source = builder.commands[output][0]
            inline = mutant.path.startswith("include/")
            code = open(os.path.join(builder.root, source)).read()
            inlined = inline and (not self.names or self.names & set(NAME.findall(code)))
            if inlined or builder.includes(source, mutant.path):
                objects[output] = os.path.join(self.out, output)
                builder.compile(output, self.tree, FAST, objects[output])
        if not objects:
            return os.path.join(builder.build, program)
        path = os.path.join(self.out, program)
        builder.link(program, objects, path)
        return path
