#!/usr/bin/env python3
"""Says which functions of plimsoll usual runs call, for build.rs to lay side by side.

    cargo rustc --locked --release --bin plimsoll -- -C strip=none
    benches/order.py target/release/plimsoll PATH... > link-order.txt

Each PATH is a chart or a manifest; a chart is rendered, with origins and without, and all are checked. The runs
are recorded by valgrind's callgrind, and so the program needs its symbols. A line of the result is the symbol of a
function as a linker's script may write it, in the order in which runs first call them.

Nearly every symbol ends in a hash. Most are written without it, so that they hold for other builds. What a generic
function of the standard library is made for is in the hash alone: its symbol is written in full, and without the
hash at the end, for where the hash is another, unless that would bring much that no run calls.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile

# Bytes of functions that no run calls and that a symbol without its hash may bring with it.
MAY_BRING = 4_000
MAY_BRING_LAST = 40_000


def runs(paths):
    """What plimsoll is asked to do with paths, the shortest first."""
    charts = [path for path in paths if os.path.isfile(os.path.join(path, "Chart.yaml"))]
    yield from (["render", "release", path] for path in charts)
    yield from (["render", "--origins", "release", path] for path in charts)
    yield from (["check", "--no-cache", path] for path in paths)


def called(program, arguments):
    """The symbols of the functions that a run calls."""
    with tempfile.TemporaryDirectory() as folder:
        recorded = os.path.join(folder, "callgrind.out")
        command = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={recorded}"]
        done = subprocess.run([*command, program, *arguments], cwd=folder, capture_output=True)
        if done.returncode not in (0, 1):
            sys.exit(f"{' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
        with open(recorded, errors="replace") as file:
            text = file.read()
    # A recursion's levels are told apart by a number.
    named = re.findall(r"^c?fn=\(\d+\) (\S+?)(?:'\d+)?$", text, re.MULTILINE)
    # Two that callgrind names itself have parentheses.
    return [symbol for symbol in named if "(" not in symbol]


def sizes(program):
    """Bytes of each function."""
    listed = subprocess.run(["nm", "-S", program], capture_output=True, check=True, text=True)
    rows = (line.split() for line in listed.stdout.splitlines())
    return {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[2] in "tTwW"}


def unhashed(symbol):
    """A pattern of a symbol as it may be called in other builds."""
    if symbol.startswith("_R"):
        # Each crate's name has a hash before it.
        symbol = re.sub(r"Cs[0-9A-Za-z]+_", "Cs*_", symbol)
    symbol = re.sub(r"17h[0-9a-f]{16}E.*$", "17h*", symbol)
    # What optimizations add.
    return re.sub(r"(\.llvm)?\.\d+$", ".*", symbol)


def order(program, paths):
    """Patterns of the symbols that runs call."""
    size = sizes(program)
    symbols = dict.fromkeys(
        symbol
        for arguments in runs(paths)
        for symbol in called(program, arguments)
        if symbol in size
    )
    brings = collections.Counter()
    for symbol in size.keys() - symbols.keys():
        brings[unhashed(symbol)] += size[symbol]
    first, last = {}, {}
    for symbol in symbols:
        pattern = unhashed(symbol)
        if brings[pattern] <= MAY_BRING:
            first[pattern] = None
            continue
        first[symbol] = None
        if brings[pattern] <= MAY_BRING_LAST:
            last[pattern] = None
    return [*first, *last]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    paths = [os.path.abspath(path) for path in sys.argv[2:]]
    print("# Made by benches/order.py, which says how.")
    print(*order(program, paths), sep="\n")


if __name__ == "__main__":
    main()
