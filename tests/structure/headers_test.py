#!/usr/bin/env python3
"""Every header compiles alone.

A header that its own source file includes first is proven by the build. The others are compiled
here, each as the only include of a unit, with the flags of their room, through ccache, so that a
second run costs next to nothing. Headers that pull in the actor framework or LibTorch take seconds
each: they wait for the long suite.
"""
import concurrent.futures
import functools
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rules  # noqa: E402  (beside this file)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TRADEWIND_BUILD", ROOT / "build"))
LONG = os.environ.get("TRADEWIND_LONG") == "1"
SLOW = re.compile(r"^(caf|torch|ATen|c10)/")


def room_flags(commands):
    """Flags of one source of each room, without output, dependency and precompiled-header flags."""
    flags = {}
    for entry in commands:
        name = os.path.relpath(entry["file"], ROOT)
        words = shlex.split(entry["command"])
        kept = []
        precompiled = False
        skip = False
        for word in words[1:]:
            if skip:
                precompiled = precompiled or "cmake_pch" in word
                skip = False
            elif word in ("-o", "-c", "-MF", "-MT", "-include"):
                skip = True
            elif word not in ("-MD", "-Winvalid-pch") and not word.startswith("/usr/bin/"):
                kept.append(word)
        flags.setdefault(rules.room_of(name), []).append((name, kept, precompiled))
    return flags


def proven_by_build(tree, header, commands):
    """Its own source includes it first and is compiled without a precompiled header."""
    source = str(pathlib.PurePath(header).with_suffix(".cpp"))
    if source not in tree.names or source not in commands or commands[source]:
        return False
    found = rules.includes(tree.read(source))
    return bool(found) and found[0][1] == header


def slow(tree, header):
    """Whether the header reaches the actor framework or LibTorch through headers of ours."""
    seen = set()
    waiting = [header]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in tree.names:
            continue
        seen.add(name)
        for _, included, _ in rules.includes(tree.read(name)):
            if SLOW.match(included):
                return True
            waiting.append(included)
    return False


def compile_alone(header, flags, root, folder):
    """The compiler's complaint about a unit that holds only the header; empty where it is fine."""
    unit = pathlib.Path(folder) / (header.replace("/", "_") + ".cpp")
    unit.write_text(f'#include "{header}"\n#include "{header}"\n')
    launcher = [shutil.which("ccache")] if shutil.which("ccache") else []
    command = [*launcher, "g++", *flags, "-O0", f"-I{root}", "-c", str(unit), "-o",
               str(unit.with_suffix(".o"))]
    run = subprocess.run(command, cwd=BUILD if BUILD.is_dir() else root, capture_output=True,
                         text=True, timeout=300, check=False)
    return "" if run.returncode == 0 else f"{header}:1: does not compile alone\n{run.stderr[:2000]}"


class Headers(unittest.TestCase):
    def test_each_compiles_alone(self):
        database = BUILD / "compile_commands.json"
        self.assertTrue(database.is_file(), "build first: no compile_commands.json")
        by_room = room_flags(json.loads(database.read_text()))
        precompiled = {name: pch for rows in by_room.values() for name, _, pch in rows}
        tree = rules.Tree(ROOT)
        headers = [name for name in tree.sources() if name.endswith(".hpp")]
        alone = [name for name in headers if not proven_by_build(tree, name, precompiled)]
        if not LONG:
            alone = [name for name in alone if not slow(tree, name)]
        folder = BUILD / "header-units"
        folder.mkdir(exist_ok=True)

        def flags_of(header):
            rows = by_room.get(rules.room_of(header)) or by_room["messages"]
            return rows[0][1]

        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            answers = list(pool.map(
                lambda name: compile_alone(name, flags_of(name), ROOT, folder), alone))
        findings = [answer for answer in answers if answer]
        print(f"{len(headers)} headers, {len(alone)} compiled here", file=sys.stderr)
        self.assertEqual([], findings, "\n" + "\n".join(findings))

    def test_a_header_that_leans_on_others_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            room = pathlib.Path(folder) / "market"
            room.mkdir()
            (room / "bad.hpp").write_text("#pragma once\n"
                                          "inline std::vector<int> none() { return {}; }\n")
            (room / "good.hpp").write_text("#pragma once\n#include <vector>\n"
                                           "inline std::vector<int> none() { return {}; }\n")
            (room / "twice.hpp").write_text("inline int one() { return 1; }\n")
            check = functools.partial(compile_alone, flags=["-std=c++20"], root=folder,
                                      folder=folder)
            self.assertIn("does not compile alone", check("market/bad.hpp"))
            self.assertIn("does not compile alone", check("market/twice.hpp"))
            self.assertEqual("", check("market/good.hpp"))


if __name__ == "__main__":
    unittest.main()
