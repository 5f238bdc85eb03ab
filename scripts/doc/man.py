#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: BSD-3-Clause
"""usage: man.py XML VERSION MAN3 MAN7

Writes man pages (mdoc) of what Doxygen read in the public headers (folder XML): in folder MAN3 one for each function,
struct and enum, and in folder MAN7 libevpl-dpdk(7), the overview."""
import glob
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ET

from mdoc import FOOT, escape, head, text, unfold

XML, VERSION, MAN3, MAN7 = sys.argv[1:5]
OVERVIEW = "libevpl-dpdk"
# Pages of section 3, by name. Set before a page is written, because texts refer to each other.
pages = set()


def inline(node):
    """The words of an element, with fonts. Names of pages get their section, and are noted in inline.seen."""
    out = words(node.text)
    for child in node:
        if child.tag in ("verbatim", "programlisting", "itemizedlist", "parameterlist", "simplesect"):
            pass  # a block of its own, see blocks()
        elif child.tag in ("computeroutput", "emphasis"):
            out += r"\fI" + inline(child) + r"\fP"
        elif child.tag == "bold":
            out += r"\fB" + inline(child) + r"\fP"
        else:
            out += {"sp": " ", "ndash": "-", "mdash": "-"}.get(child.tag, inline(child))
        out += words(child.tail)
    return out


def words(raw):
    def call(match):
        name = match.group(1)
        if name not in pages:
            return match.group(0)
        inline.seen.add(name)
        return rf"\fB{name}\fP(3)"

    return re.sub(r"\b(evpl_\w+)\(\)", call, escape(re.sub(r"\s+", " ", raw or "")))


inline.seen = set()


def blocks(node):
    """The mdoc lines of a description: paragraphs, lists and drawings. sections() has parameters and the like."""
    lines, run = [], ET.Element("para")

    def flush():
        nonlocal run
        flat = inline(run).strip()
        if flat:
            lines.extend([".Pp", *text(flat)] if lines else text(flat))
        run = ET.Element("para")

    for para in node.findall("para"):
        run.text = (run.text or "") + (para.text or "")
        for child in para:
            if child.tag in ("verbatim", "programlisting"):
                flush()
                drawing = "".join(child.itertext()).expandtabs(8)
                lines += [".Bd -literal", *unfold(drawing), ".Ed"]
            elif child.tag == "itemizedlist":
                flush()
                lines.append(".Bl -dash")
                for item in child.findall("listitem"):
                    lines += [".It", *blocks(item)]
                lines.append(".El")
            elif child.tag in ("parameterlist", "simplesect"):
                flush()
            else:
                run.append(child)
                continue
            run.text = child.tail
        flush()
    return lines


def tagged(items):
    """A list of (mdoc of a tag, mdoc lines)."""
    lines = [".Bl -tag -width Ds"]
    for tag, body in items:
        lines += [f".It {tag}", *body]
    return [*lines, ".El"]


def described(member):
    """What a member's comment says: brief, then the rest."""
    both = [line for part in ("briefdescription", "detaileddescription") for line in blocks(member.find(part))]
    return both or ["(no words)"]  # the test looks for it


def title(member):
    """One line for NAME: the first sentence, up to the first semicolon or colon."""
    brief = re.split(r"[;:.](?: |$)", " ".join("".join(member.find("briefdescription").itertext()).split()))[0]
    return escape(brief[:1].lower() + brief[1:] if brief[1:2].islower() or brief[1:2] == " " else brief)


def parameter_items(member, kind):
    for parameters in member.findall(f"detaileddescription//parameterlist[@kind='{kind}']"):
        for item in parameters.findall("parameteritem"):
            names = [name.text for name in item.iter("parametername")]
            yield names, blocks(item.find("parameterdescription"))


def simple(member, kind):
    return member.findall(f"detaileddescription//simplesect[@kind='{kind}']")


def sections(member):
    """The sections of a function's page behind DESCRIPTION."""
    lines = []
    parameters = [(f"Fa {' , '.join(names)}", body) for names, body in parameter_items(member, "param")]
    if parameters:
        lines += [".Sh PARAMETERS", *tagged(parameters)]
    returned = [line for part in simple(member, "return") for line in blocks(part)]
    if returned:
        returned[0] = returned[0][:1].upper() + returned[0][1:]
        lines += [".Sh RETURN VALUES", *returned]
    errors = [(f"Bq Er {escape(name[0])}", body) for name, body in parameter_items(member, "retval")]
    if errors:
        lines += [".Sh ERRORS", *tagged(errors)]
    notes = [(f"Sy {part.find('title').text}", blocks(part)) for part in simple(member, "par")]
    if notes:
        lines += [".Sh OWNERSHIP, THREADS AND COST", *tagged(notes)]
        lines += [".Pp", ".Xr libevpl-dpdk 7", "says what", '.Dq the owner', "and", ".Dq holder", "mean."]
    return lines


def plain(node):
    """A type or a name as C text."""
    return escape(" ".join("".join(node.itertext()).split())) if node is not None else ""


def declared(member):
    """A variable as it is declared: type, name, array."""
    kind, name = plain(member.find("type")), plain(member.find("name"))
    return kind + ("" if kind.endswith("*") else " ") + name + plain(member.find("argsstring"))


def function(member):
    name = member.find("name").text
    synopsis = [f".Ft {plain(member.find('type'))}", f".Fo {name}"]
    for parameter in member.findall("param"):
        kind, variable = plain(parameter.find("type")), plain(parameter.find("declname"))
        joined = (kind + ("" if kind.endswith("*") else " ") + variable).strip()
        synopsis.append(f'.Fa "{joined}"')
    return [*synopsis, ".Fc", ".Sh DESCRIPTION", *described(member), *sections(member)]


def struct(compound):
    members = [(f"Fa {declared(m)}", described(m)) for m in compound.iter("memberdef")]
    return [f".Vt struct {compound.find('compoundname').text} ;", ".Sh DESCRIPTION", *described(compound),
            ".Sh MEMBERS", *tagged(members)]


def enum(member):
    values = [(f"Dv {value.find('name').text}", described(value)) for value in member.findall("enumvalue")]
    return [f".Vt enum {member.find('name').text} ;", ".Sh DESCRIPTION", *described(member), ".Sh VALUES",
            *tagged(values)]


def see_also(own, names):
    rows = [f"{name} 3" for name in sorted(names - {own})] + ([f"{OVERVIEW} 7"] if own != OVERVIEW else [])
    return [".Sh SEE ALSO", *[f".Xr {row}{' ,' if row != rows[-1] else ''}" for row in rows]]


def page(folder, name, section, about, body):
    """Writes a page. body() is called here, so that what it refers to is known afterwards."""
    inline.seen = set()
    lines = [*head(name, section, VERSION), ".Sh NAME", f".Nm {name}", f".Nd {about}", ".Sh SYNOPSIS",
             ".In evpl/evpl.h", *body()]
    lines += see_also(name, pages if name == OVERVIEW else inline.seen)
    with open(os.path.join(folder, f"{name}.{section}"), "w", encoding="utf-8") as f:
        f.write("\n".join([*lines, *FOOT]))


def overview(headers, things):
    lines = ["$(pkg-config --cflags --libs libevpl-dpdk)"]
    by_name = {header.find("compoundname").text: header for header in headers}
    listed = "".join(by_name["evpl.h"].find("detaileddescription").itertext())
    for name in sorted(by_name, key=lambda name: (name != "evpl.h", listed.find(name))):
        header = by_name[name]
        lines += [".Sh DESCRIPTION" if name == "evpl.h" else f".Sh {name.upper()}", *described(header)]
        calls = [(f"Xr {t} 3", text(title(things[t]) + ".")) for t in things if things[t].get("header") == name]
        macros = [(f"Dv {plain(m.find('name'))}", described(m)) for m in header.iter("memberdef")
                  if m.get("kind") == "define"]
        for heading, items in (("Calls and types", calls), ("Macros", macros)):
            if items:
                lines += [f".Ss {heading}", *tagged(items)]
    return lines


def main():
    paths = sorted(glob.glob(f"{XML}/*_8h.xml") + glob.glob(f"{XML}/struct*.xml"))
    compounds = [compound for path in paths for compound in ET.parse(path).getroot().findall("compounddef")]
    headers = [compound for compound in compounds if compound.get("kind") == "file"]
    things, bodies = {}, {}
    for header in headers:
        for member in header.iter("memberdef"):
            if member.get("kind") in ("function", "enum"):
                things[member.find("name").text] = member
                member.set("header", header.find("compoundname").text)
                bodies[member.find("name").text] = function if member.get("kind") == "function" else enum
    for compound in compounds:
        if compound.get("kind") == "struct":
            name = compound.find("compoundname").text
            things[name], bodies[name] = compound, struct
            compound.set("header", os.path.basename(compound.find("location").get("file")))
    pages.update(things)
    for folder in (MAN3, MAN7):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    for name, thing in things.items():
        page(MAN3, name, 3, title(thing), lambda n=name, t=thing: bodies[n](t))
    page(MAN7, OVERVIEW, 7, "reference-counted iovecs for DPDK programs", lambda: overview(headers, things))


main()
