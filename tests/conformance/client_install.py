"""Installs the official JavaScript, Go and Python clients, pinned, into .deps/conformance.

A client that cannot be installed (no package source, no tool) raises unittest.SkipTest with the
reason, so that its tests are skipped and named. An installation appears complete or not at all and
is found again by the next run.
"""
import fcntl
import os
import pathlib
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".deps" / "conformance"

ALPACA_JS = "@alpacahq/alpaca-trade-api"
LIMIT_S = 600


def installed(name, commands, environment=None):
    """The folder `name`; where it is missing, `commands(folder)` fill a new one."""
    target = FOLDER / name
    if target.is_dir():
        return target
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise unittest.SkipTest(f"{name} cannot be installed: {fault}") from fault
    with open(FOLDER / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        fresh = FOLDER / f"{name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for command in commands(fresh):
            run(name, command, fresh, environment)
        fresh.rename(target)
    return target


def run(name, command, folder, environment):
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True,
                       timeout=LIMIT_S, env={**os.environ, **(environment or {})})
    except (OSError, subprocess.SubprocessError) as fault:
        said = str(getattr(fault, "stderr", None) or fault).strip().splitlines()
        raise unittest.SkipTest(f"{name} cannot be installed: {said[-1] if said else fault}") \
            from fault


def alpaca_js(version="3.1.3", node=16):
    """The folder whose node_modules hold that version of the official JavaScript client."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"the JavaScript client needs {tool}")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=60,
                          check=False).stdout.strip()
    if int(said.lstrip("v").split(".")[0] or 0) < node:
        raise unittest.SkipTest(f"the JavaScript client {version} needs Node {node}, not {said}")
    return installed(f"alpaca-trade-api-js-{version}", lambda fresh: [
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(fresh),
         f"{ALPACA_JS}@{version}"]])


def go_program(source):
    """The program of the Go module at `source`, built with the client its go.mod pins."""
    if shutil.which("go") is None:
        raise unittest.SkipTest("the Go client needs the go command")
    text = "".join(sorted(path.read_text(encoding="utf-8") for path in source.iterdir()))
    checksum = f"{abs(hash_of(text)):016x}"

    def commands(fresh):
        for path in source.iterdir():
            shutil.copy(path, fresh / path.name)
        return [["go", "build", "-o", "program", "."]]

    folder = installed(f"{source.name}-{checksum}", commands,
                       {"GOPATH": str(FOLDER / "go"), "GOFLAGS": "-modcacherw"})
    return folder / "program"


def alpaca_py(requirements):
    """The Python that has the packages of the requirements file, their hashes checked."""
    base = shutil.which("python3.11")
    if base is None:
        raise unittest.SkipTest("the Python client's wheels want python3.11")
    checksum = f"{hash_of(requirements.read_text(encoding='utf-8')):016x}"
    folder = installed(f"alpaca-py-{checksum}", lambda fresh: [
        [base, "-m", "venv", str(fresh)],
        [str(fresh / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input",
         "--disable-pip-version-check", "--only-binary=:all:", "--require-hashes", "-r",
         str(requirements)]])
    return folder / "bin" / "python"


def hash_of(text):
    """FNV-1a: the name of a build follows from its sources."""
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return value
