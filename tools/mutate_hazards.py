#!/usr/bin/env python3
"""Puts each known fault back into the code and expects the test that is named after it to fail.

tests/hazards/mutations.toml lists the faults: a file, a text that occurs in it once, the text that
puts the fault back, and the test that must then fail. The work is done on a copy of the tree under
build/hazards, never on the tree itself: the copy is built, every named test is seen to pass, then
one fault after the other is put in, its test program built, its test seen to fail, and the fault
taken out again. Exit code 0: every fault was found; 1: one survived or a test failed without it;
2: usage. The copy is kept, so that a second call builds next to nothing.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "hazards" / "mutations.toml"
SKIPPED = {".git", ".deps", ".ci", "node_modules", "__pycache__"}
BUILD_LIMIT_S = 1800
TEST_LIMIT_S = 300


class Mutation:
    """One fault: where it is put back, and which test must see it."""

    KEYS = {"id", "fault", "program", "test", "file", "original", "mutated"}

    def __init__(self, entry):
        missing, unknown = self.KEYS - entry.keys(), entry.keys() - self.KEYS
        if missing or unknown:
            raise ValueError(f"{entry.get('id', '?')}: missing {sorted(missing)}, "
                             f"unknown {sorted(unknown)}")
        self.id = entry["id"]
        self.fault = entry["fault"]
        self.program = "test_" + entry["program"]
        self.test = entry["test"]
        self.file = entry["file"]
        self.original = entry["original"].strip("\n")
        self.mutated = entry["mutated"].strip("\n")

    def occurrences(self, root):
        return (root / self.file).read_text(encoding="utf-8").count(self.original)


def read_list(path=LIST):
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["mutation"]
    return [Mutation(entry) for entry in entries]


def files_of(root):
    """Every file of the tree that a build reads."""
    for folder, folders, names in os.walk(root):
        here = pathlib.Path(folder)
        folders[:] = [name for name in folders
                      if name not in SKIPPED and not (here == root and name.startswith("build"))]
        yield from (here / name for name in names)


def mirror(root, copy):
    """Makes `copy` equal to the tree; equal files keep their time, so nothing is rebuilt."""
    wanted = set()
    for source in files_of(root):
        target = copy / source.relative_to(root)
        wanted.add(target)
        if source.is_symlink() and not source.exists():
            continue
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        shutil.copymode(source, target)
    for present in list(files_of(copy)):
        if present not in wanted:
            present.unlink()
    dependencies = copy / ".deps"
    if (root / ".deps").exists() and not dependencies.exists():
        dependencies.symlink_to((root / ".deps").resolve())


class Copy:
    """The copied tree and its build."""

    def __init__(self, folder, jobs):
        self.source = folder
        self.build = folder / "build"  # as in the tree: a compiler cache sees equal commands
        self.jobs = jobs

    def prepare(self):
        mirror(ROOT, self.source)
        subprocess.run(["cmake", "-S", self.source, "-B", self.build, "-G", "Ninja",
                        "-DCMAKE_BUILD_TYPE=Release"], check=True, stdout=subprocess.DEVNULL)

    def make(self, programs):
        """None, or the errors of a build that failed."""
        done = subprocess.run(["ninja", "-C", self.build, f"-j{self.jobs}", *programs],
                              capture_output=True, text=True, timeout=BUILD_LIMIT_S, check=False)
        if done.returncode == 0:
            return None
        errors = [line for line in done.stdout.splitlines() if "error:" in line]
        return "\n".join(errors[:5]) or done.stdout[-2000:]

    def passes(self, mutation):
        """Whether the named test passes; it is an error where no such test exists."""
        name = mutation.test.replace(",", "\\,").replace("[", "\\[")
        command = [self.build / "tests" / mutation.program, name, "--warn", "NoTests"]
        try:
            done = subprocess.run(command, cwd=self.source, capture_output=True, text=True,
                                  timeout=TEST_LIMIT_S, check=False)
        except subprocess.TimeoutExpired:
            return False
        if "No test cases matched" in done.stdout + done.stderr:
            raise ValueError(f"{mutation.id}: {mutation.program} has no test '{mutation.test}'")
        return done.returncode == 0

    def put(self, mutation):
        path = self.source / mutation.file
        text = path.read_text(encoding="utf-8")
        if text.count(mutation.original) != 1:
            raise ValueError(f"{mutation.id}: {mutation.file} does not hold the original once")
        path.write_text(text.replace(mutation.original, mutation.mutated), encoding="utf-8")


def judge(copy, mutation):
    """'' where the fault was found, else what happened instead."""
    path = copy.source / mutation.file
    text = path.read_text(encoding="utf-8")
    copy.put(mutation)
    try:
        broken = copy.make([mutation.program])
        if broken:
            return "it does not compile:\n" + broken
        return "" if not copy.passes(mutation) else "the test passes"
    finally:
        path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", default="", help="ids, separated by commas: H14,I-7")
    parser.add_argument("--program", default="", help="only faults of this test program")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "hazards")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--list", action="store_true", help="print the faults and stop")
    arguments = parser.parse_args()
    chosen = set(filter(None, arguments.only.split(",")))
    mutations = [m for m in read_list() if (not chosen or m.id in chosen) and
                 (not arguments.program or m.program == "test_" + arguments.program)]
    if not mutations:
        print("error: no such fault; --list prints them", file=sys.stderr)
        return 2
    if arguments.list:
        for m in mutations:
            print(f"{m.id:6}{m.program:16}{m.file:36}{m.fault}")
        return 0
    copy = Copy(arguments.folder.resolve(), arguments.jobs)
    copy.prepare()
    print("building the copy", flush=True)
    broken = copy.make(sorted({m.program for m in mutations}))
    if broken:
        print(broken, file=sys.stderr)
        return 1
    failing = [m for m in mutations if not copy.passes(m)]
    for m in failing:
        print(f"FAILED   {m.id:6}{m.program}: '{m.test}' fails without the fault", flush=True)
    survivors = 0
    for m in mutations:
        begin = time.monotonic()
        trouble = judge(copy, m)
        survivors += bool(trouble)
        verdict = "SURVIVED" if trouble else "found"
        print(f"{verdict:9}{m.id:6}{m.program:16}{m.fault}  ({time.monotonic() - begin:.0f} s)",
              flush=True)
        if trouble:
            print(f"  {trouble}", flush=True)
    print(f"{len(mutations) - survivors} found, {survivors} survived, {len(failing)} failed before")
    return 1 if survivors or failing else 0


if __name__ == "__main__":
    sys.exit(main())
