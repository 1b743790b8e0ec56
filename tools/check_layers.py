#!/usr/bin/env python3
"""tools/check_layers.py LAYERS : checks that the modules use each other as their CMakeLists say.

LAYERS is the layers.txt of a build folder. Compared are every #include "..." below src/ with the USES of its module, the table
of ARCHITECTURE.md with LAYERS, and the two absences that a module's USES cannot express: who sees Asio, who does no I/O.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ASIO = re.compile(r"boost/(asio|beast)\b")
ASIO_FILES = re.compile(r"src/edge/server/(connection|server)\.(h|cc)|cmake/asio_beast\.cc")
INPUT_OUTPUT = re.compile(r"(fcntl\.h|unistd\.h|fstream|sys/.*)$")
PURE = ("src/lang/", "src/pipeline/plan/", "src/pipeline/layout/")
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
ROW = re.compile(r"\|\s*(\d+)\s*\|\s*`([a-z/]+)`\s*\|[^|]*\|([^|]*)\|")


def read_layers(path):
    lines = [line.split(" ", 2) for line in path.read_text().splitlines() if line]
    return {name: (int(level), {used for used in uses.split(",") if used}) for name, level, uses in lines}


def owner(file, modules):
    """The module with the longest path that `file`, a path below src/, lies in."""
    return max((module for module in modules if file.startswith(module + "/")), key=len, default=None)


def check_includes(modules):
    for file in sorted([*ROOT.glob("src/**/*"), *ROOT.glob("cmake/*.cc")]):
        if file.suffix not in (".h", ".cc"):
            continue
        name = file.relative_to(ROOT).as_posix()
        module = owner(name.removeprefix("src/"), modules)
        if name.startswith("src/") and not module:
            yield f"{name}: no module of the build owns this file"
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            include = INCLUDE.match(line)
            if not include:
                continue
            quoted, header = include[1] == '"', include[2]
            used = owner(header, modules) if quoted else None
            if module and used and used != module and used not in modules[module][1]:
                yield f"{name}:{number}: {module} includes {header}, but {used} is not in its USES"
            if module and quoted and not used and (ROOT / "src" / header).exists():
                yield f"{name}:{number}: {header} belongs to no module of the build"
            if ASIO.match(header) and not ASIO_FILES.fullmatch(name):
                yield f"{name}:{number}: includes {header}; only edge/server's connection and server may see Asio and Beast"
            if name.startswith(PURE) and not name.endswith("_test.cc") and INPUT_OUTPUT.match(header):
                yield f"{name}:{number}: includes {header}; {module} does no input or output"


def check_table(modules):
    rows = {}
    for number, line in enumerate((ROOT / "ARCHITECTURE.md").read_text().splitlines(), 1):
        row = ROW.fullmatch(line.strip())
        if not row:
            continue
        level, name, uses = int(row[1]), row[2], {used.strip(" `") for used in row[3].split(",")} - {"-"}
        where = f"ARCHITECTURE.md:{number}: {name}"
        if name in rows:
            yield f"{where} stands in the table twice"
        rows[name] = number
        if name not in modules:
            yield f"{where} is no module of the build"
            continue
        real_level, real_uses = modules[name]
        if level != real_level:
            yield f"{where} has level {level}; its CMakeLists.txt says {real_level}"
        if missing := real_uses - uses:
            yield f"{where} also uses {', '.join(sorted(missing))}"
        if extra := uses - real_uses:
            yield f"{where} does not use {', '.join(sorted(extra))}"
    for name in sorted(modules.keys() - rows.keys()):
        yield f"ARCHITECTURE.md: the table lacks {name}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[0])
    modules = read_layers(Path(sys.argv[1]))
    problems = [*check_includes(modules), *check_table(modules)]
    print("\n".join(problems) if problems else f"{len(modules)} modules use each other as they say")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
