# SPDX-License-Identifier: BSD-3-Clause
"""Finds what can be changed in a C source: one Mutant per change. It knows the style of these sources, and no C: a
binary operator has blanks around it, and a statement begins a line."""
import random
import re
from dataclasses import dataclass

# What becomes what. Memory orders are left out: on x86 no test can see most of them.
OPERATORS = {
    "==": ["!="], "!=": ["=="], "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "&&": ["||"], "||": ["&&"],
    "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["/"], "&": ["|"], "|": ["&"], "^": ["|"], "<<": [">>"],
    ">>": ["<<"], "+=": ["-="], "-=": ["+="], "|=": ["&="], "&=": ["|="],
}
WORDS = {"true": "false", "false": "true", "RTE_MIN": "RTE_MAX", "RTE_MAX": "RTE_MIN"}
HIDDEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
BINARY = re.compile(r"(?<=[ \t])(==|!=|<=|>=|<<|>>|&&|\|\||\+=|-=|\|=|&=|[<>+\-*/%&|^])(?=[ \n])")
STEP = re.compile(r"\+\+|--")
NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-fA-F]+|0|[1-9]\d*)([uUlL]*)(?![\w.]|\][;,])")  # no array's size
WORD = re.compile(r"\b(?:" + "|".join(WORDS) + r")\b")
ERRNO = re.compile(r"\bE[A-Z]{4,}\b")
NOT = re.compile(r"(?<=[ (])!(?=[\w(*])")
CONDITION = re.compile(r"(?<=[ \t])(?:if|while) \(")
STATEMENT = re.compile(r"^(\t+)(?=\S)", re.M)
CALL = re.compile(r"(?:\(void\))?[a-z_]\w*\(")
ASSIGNMENT = re.compile(r"\*?[\w.\->\[\]]+ (?:[|&+\-]?=) ")
RETURN = re.compile(r"return\b\s*")
CONSTANT = re.compile(r"\b(?:true|false|NULL)\b")
SIMPLE = re.compile(r"!|[^&|]*[!=]= [^&|]*$")  # another mutant negates these already
DEFINITION = re.compile(r"^([a-z_]\w*)\(", re.M)
NAME = re.compile(r"\b[a-z_]\w*\b")


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int
    kind: str
    start: int    # the change: text[start:end] becomes new
    end: int
    new: str
    label: str    # what the line reads then: this is how test/mutants.md names it

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]


def squeeze(text):
    return re.sub(r"\s+", " ", text).strip()


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def closing(code, at):
    """The place behind the bracket that closes the one at `at`."""
    depth = 0
    for place in range(at, len(code)):
        depth += (code[place] in "([{") - (code[place] in ")]}")
        if depth == 0:
            return place + 1
    return len(code)


def statement_end(code, at):
    """The place of the semicolon that ends the statement, or None where a block begins first."""
    depth = 0
    for place in range(at, len(code)):
        depth += (code[place] in "([{") - (code[place] in ")]}")
        if depth < 0 or (code[place] == "{" and depth == 1):
            return None
        if code[place] == ";" and depth == 0:
            return place
    return None


def changes(code):
    """Yields (kind, start, end, new)."""
    for found in BINARY.finditer(code):
        for new in OPERATORS[found.group()]:
            yield "operator", found.start(), found.end(), new
    for found in STEP.finditer(code):
        yield "operator", found.start(), found.end(), "--" if found.group() == "++" else "++"
    for found in NUMBER.finditer(code):
        value, suffix = int(found.group(1), 0), found.group(2)
        yield "constant", found.start(), found.end(), f"{value + 1}{suffix}"
        if value > 0:
            yield "constant", found.start(), found.end(), f"{value - 1}{suffix}"
    for found in WORD.finditer(code):
        yield "word", found.start(), found.end(), WORDS[found.group()]
    for found in ERRNO.finditer(code):
        yield "errno", found.start(), found.end(), "EDOM"
    for found in NOT.finditer(code):
        yield "negation", found.start(), found.end(), ""
    for found in CONDITION.finditer(code):
        end = closing(code, found.end() - 1)
        inside = code[found.end():end - 1]
        if "&&" in inside or "||" in inside or not SIMPLE.match(inside):
            yield "condition", found.end(), end - 1, ""
    for found in STATEMENT.finditer(code):
        yield from statements(code, found.end())


def statements(code, at):
    end = statement_end(code, at)
    if end is None:
        return
    if code.startswith(("break;", "continue;", "return;"), at):
        yield "statement", at, end, "(void)0"
    elif found := RETURN.match(code, at):
        if re.search(r"[A-Za-z_]", CONSTANT.sub("", code[found.end():end])):
            yield "return", found.end(), end, "0"
    elif CALL.match(code, at):
        yield "call", at, end, "(void)0"
    elif ASSIGNMENT.match(code, at):
        yield "assignment", at, end, "(void)0"


def functions_only(code):
    """Blanks what is outside of function bodies, so that no declaration or table is changed."""
    kept = []
    for body in re.finditer(r"^\{$.*?^\}$", code, re.M | re.S):
        kept.append((body.start(), body.end()))
    result, last = [], 0
    for start, end in kept:
        result += [re.sub(r"[^\n]", " ", code[last:start]), code[start:end]]
        last = end
    return "".join(result) + re.sub(r"[^\n]", " ", code[last:])


def mutants(path, text):
    """All mutants of a source, in the order of the text."""
    code = PREPROCESSOR.sub(blank, HIDDEN.sub(blank, text))
    code = functions_only(code)
    found = {}
    for kind, start, end, new in changes(code):
        if kind == "condition":
            new = f"!({text[start:end]})"
        before, after = text[:start], text[end:]
        if new == "(void)0":
            label = "without " + squeeze(text[start:end])
        else:
            stop = after.index("\n")
            label = squeeze(before[before.rindex("\n") + 1:] + new + after[:stop])
        mutant = Mutant(path, before.count("\n") + 1, kind, start, end, new, label)
        found[(start, end, new)] = mutant
    return [found[key] for key in sorted(found)]


def functions(text):
    """The functions of a source: name, and place of the definition's begin and end."""
    code = PREPROCESSOR.sub(blank, HIDDEN.sub(blank, text))
    names = [(found.group(1), found.start()) for found in DEFINITION.finditer(code)]
    for number, (name, start) in enumerate(names):
        end = names[number + 1][1] if number + 1 < len(names) else len(code)
        yield name, start, end


def users(name, headers):
    """The name, and those of the inline functions in the headers that call it, directly or through others."""
    bodies = [(function, set(NAME.findall(text[start:end])))
              for text in headers for function, start, end in functions(text)]
    names = {name}
    while more := {function for function, words in bodies if words & names} - names:
        names |= more
    return names


def spread(by_file, count, seed):
    """Takes count mutants, one of each file in turn, in an order that the seed gives."""
    dice = random.Random(seed)
    queues = []
    for path in sorted(by_file):
        queue = list(by_file[path])
        dice.shuffle(queue)
        queues.append(queue)
    dice.shuffle(queues)
    chosen = []
    while queues and len(chosen) < count:
        for queue in queues:
            if len(chosen) < count:
                chosen.append(queue.pop())
        queues = [queue for queue in queues if queue]
    return chosen
