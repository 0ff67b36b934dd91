"""The rules that every file of the project obeys, as functions of a source tree.

Each rule takes a Tree and returns a list of findings, `PATH:LINE: what is wrong`; an empty list is
a clean tree. structure_test.py runs them on the project and shows each of them red on a small
tree that breaks it. Standard library only; reads files, changes nothing.
"""
import functools
import pathlib
import re
import subprocess

# Which rooms a room may include, besides itself. A nested name is a room of its own.
MAY_USE = {
    "messages": set(),
    "config": {"messages"},
    "market": {"messages"},
    "market/catalog": {"messages", "market"},
    "orders": {"messages", "market"},
    "model": {"messages"},
    "strategy": {"messages", "market"},
    "broker": {"messages", "market", "orders"},
    "ledger": {"messages", "market", "orders"},
    "actors": {"messages", "config", "market", "market/catalog", "orders", "model", "strategy",
               "broker", "ledger"},
    "tools": {"messages", "config", "market", "market/catalog", "orders", "model", "strategy",
              "broker", "ledger", "actors"},
}

# Libraries that only some places may know: prefix of the include, folders, what it is.
ONLY_IN = [
    (r"(torch|ATen|c10)/", ["model/"], "LibTorch"),
    (r"(cuda|cublas|cudnn|nvrtc)\w*\.h", ["model/cuda/"], "CUDA"),
    (r"boost/(?!math/|random/)", ["broker/", "actors/status/"], "Boost (Beast, Asio)"),
    (r"boost/random/", ["tools/"], "Boost.Random"),
    (r"boost/math/", ["model/", "tests/model/", "ledger/"], "Boost.Math"),
    (r"openssl/ssl", ["broker/", "actors/status/"], "TLS"),
    (r"sqlite3\.h", ["ledger/", "market/catalog/"], "SQLite"),
    (r"(arrow|parquet)/", ["market/catalog/"], "Arrow"),
    (r"caf/", ["actors/"], "the actor framework"),
    (r"nlopt", ["strategy/direct_search.cpp"], "the search library"),
    (r"CLI/", ["tools/"], "the command line library"),
    (r"toml\+\+/", ["config/", "market/catalog/"], "the TOML library"),
    (r"prometheus/", ["actors/"], "the metrics library"),
]

# Headers that pure rooms do without: no I/O, no clocks, no threads.
IMPURE = re.compile(r"^(thread|mutex|shared_mutex|condition_variable|future|atomic|ctime|fstream|"
                    r"iostream|filesystem|sys/.*|unistd\.h|fcntl\.h|time\.h)$")
PURE_ROOMS = ("messages", "orders", "strategy")

# What must not decide anything, and the files that may use it, each with its reason.
BANNED = [
    ("wall clock", r"\bsystem_clock\b|\bgettimeofday\b|\bCLOCK_REALTIME\b|\bstd::time\b|\btime\(\s*"
                   r"(nullptr|NULL|0)\s*\)|\blocaltime\w*\b|\bgmtime\w*\b|\butc_clock\b"),
    ("clock in a pure room", r"\b(steady|high_resolution|file)_clock\b|\bclock_gettime\b"),
    ("sleep", r"\bsleep_for\b|\bsleep_until\b|\busleep\b|\bnanosleep\b|\bsleep\s*\("),
    ("random_device", r"\brandom_device\b"),
    ("rand", r"(?<![\w.:>])s?rand\s*\(|\bstd::s?rand\b|\bd?rand48\b"),
    ("environment", r"\b(secure_)?getenv\b|\benviron\b|\b(un)?setenv\b|\bputenv\b"),
]
ALLOWED = {
    ("environment", "config/environment.cpp"): "the one place that reads the environment",
    ("clock in a pure room", "actors/"): "time-outs, back-off and watchdogs run on steady time",
    ("clock in a pure room", "broker/"): "time-outs of connections run on steady time",
    ("clock in a pure room", "ledger/"): "durations are reported, nothing is decided",
    ("clock in a pure room", "model/"): "durations are reported, nothing is decided",
    ("clock in a pure room", "market/catalog/"): "durations are reported, nothing is decided",
    ("clock in a pure room", "tools/"): "durations are reported, nothing is decided",
    ("wall clock", "actors/clock/"): "exchange time starts from the machine's clock there",
    ("wall clock", "tools/"): "start and end of a run are written into run.json",
    ("environment", "model/reproducible_libraries.cpp"): "sets the libraries' reproducible mode",
}

ROOMS = ("messages", "config", "market", "orders", "model", "strategy", "broker", "ledger",
         "actors", "tools")
SOURCES = {".hpp", ".cpp", ".h", ".cu", ".cuh", ".in"}
TEXTS = SOURCES | {".py", ".sh", ".md", ".txt", ".cmake", ".json", ".toml", ".yml", ".yaml", ".ts",
                   ".html", ".css", ".service", ""}
MAXIMUM_LINES = 650
MAXIMUM_COLUMNS = 100
# Assembled, so that this file does not find itself.
MARKERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) +
                     r")\b")
VAGUE = re.compile(r"(^|_)(util|utils|helper|helpers|common|manager|misc)(_|$|\.)")
FOREIGN = re.compile("|".join([r"(?<![\w.])/wo" + r"rk/", r"\.\./sha" + r"red\b",
                               r"\bissue #\d+", r"\bsub-?agents?\b", r"\bpypi\.o" + r"rg\b",
                               r"\bdeb\.debian\.o" + r"rg\b", r"\bregistry\.npmjs\.o" + r"rg\b"]),
                     re.IGNORECASE)


class Tree:
    """The files of a source tree: what git tracks or would track, else all files."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        if (self.root / ".git").exists():
            listing = subprocess.run(
                ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                cwd=self.root, capture_output=True, text=True, check=True).stdout
            names = sorted(set(filter(None, listing.split("\0"))))
        else:
            names = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))
        self.names = [name for name in names if (self.root / name).is_file() and
                      not (self.root / name).is_symlink()]
        self.links = [name for name in names if (self.root / name).is_symlink()]

    def read(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def sources(self):
        """Program sources: files of the rooms."""
        return [name for name in self.names
                if name.split("/")[0] in ROOMS and pathlib.PurePath(name).suffix in SOURCES]

    def texts(self):
        return [name for name in self.names if pathlib.PurePath(name).suffix in TEXTS]


def room_of(name):
    """The room a path belongs to; the longest nested room wins."""
    parts = name.split("/")
    nested = "/".join(parts[:2])
    return nested if nested in MAY_USE and len(parts) > 2 else parts[0]


def includes(text):
    """(line, name, quoted) of each include; comments around them do not matter."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if match:
            found.append((number, match.group(2), match.group(1) == '"'))
    return found


@functools.lru_cache(maxsize=None)
def code_lines(text):
    """The lines with comments and the contents of string literals blanked out."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
                         r"'(?:\\.|[^'\\\n])'", re.DOTALL)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text).splitlines()


def include_arrows(tree):
    """Rooms include only what the table allows; libraries stay in the rooms that own them."""
    findings = []
    for name in tree.sources():
        room = room_of(name)
        for line, included, quoted in includes(tree.read(name)):
            place = f"{name}:{line}"
            target = room_of(included)
            if target in MAY_USE and target != room and target not in MAY_USE[room]:
                findings.append(f"{place}: {room} may not include {target} ({included})")
            if quoted and target not in MAY_USE and target != "dashboard":
                findings.append(f"{place}: \"{included}\" is not written from the root")
            for prefix, folders, what in ONLY_IN:
                if re.match(prefix, included) and not name.startswith(tuple(folders)):
                    findings.append(f"{place}: only {', '.join(folders)} may know {what}")
            if room in PURE_ROOMS and not quoted and IMPURE.match(included):
                findings.append(f"{place}: {room} is pure, <{included}> is not")
            standard = not quoted and "/" not in included and not included.endswith(".h")
            if room == "messages" and target not in MAY_USE and not standard:
                findings.append(f"{place}: messages knows the standard library only")
    return findings


def include_cycles(tree):
    """No header reaches itself."""
    graph = {}
    for name in tree.sources():
        graph[name] = [included for _, included, quoted in includes(tree.read(name)) if quoted]
    findings = []
    state = {}

    def visit(name, path):
        state[name] = "open"
        for target in graph.get(name, []):
            if state.get(target) == "open":
                cycle = path[path.index(target):] if target in path else path
                findings.append(f"{name}:1: include cycle {' -> '.join(cycle + [target])}")
            elif target in graph and target not in state:
                visit(target, path + [target])
        state[name] = "done"

    for name in graph:
        if name not in state:
            visit(name, [name])
    return findings


def nondeterminism(tree):
    """No clocks, sleeps, randomness or environment where decisions are made."""
    findings = []
    for name in tree.sources():
        for number, line in enumerate(code_lines(tree.read(name)), 1):
            for what, pattern in BANNED:
                allowed = any(rule == what and name.startswith(place)
                              for rule, place in ALLOWED)
                if not allowed and re.search(pattern, line):
                    findings.append(f"{name}:{number}: {what}: {line.strip()}")
    return findings


def unordered_iteration(tree):
    """No loop over an unordered container, unless the line above says `any order: REASON`."""
    declaration = re.compile(r"\bunordered_(?:multi)?(?:map|set)\s*<[^;=(]*>\s*&?\s*(\w+)")
    ordered = re.compile(r"\b(?:vector|array|span|set|map|deque)\s*<[^;=(]*>\s*&?\s*(\w+)")
    findings = []
    for name in tree.sources():
        text = tree.read(name)
        path = pathlib.PurePath(name)
        code = "\n".join(code_lines(text))
        header = str(path.with_suffix(".hpp"))
        if path.suffix == ".cpp" and header in tree.names:
            code += "\n".join(code_lines(tree.read(header)))
        known = set(declaration.findall(code))
        if not known:
            continue
        # `other.name` is another object's member where an ordered container has the name too.
        names = "|".join(sorted(known))
        members = "|".join(sorted(known - set(ordered.findall(code)))) or "(?!)"
        loop = re.compile(rf"\bfor\s*\([^;]*:\s*(?:this->)?({names})\s*\)|"
                          rf"\bfor\s*\([^;]*:\s*(?:\w+(?:\.|->))+({members})\s*\)|"
                          rf"(?<![.>\w])({names})\s*\.\s*c?begin\s*\(|"
                          rf"(?:\.|->)({members})\s*\.\s*c?begin\s*\(")
        lines = text.splitlines()
        for number, line in enumerate(code_lines(text), 1):
            waived = any("any order:" in lines[i] for i in range(max(0, number - 3), number))
            if loop.search(line) and not waived:
                findings.append(f"{name}:{number}: iteration in no fixed order: {line.strip()}")
    return findings


def leftovers(tree):
    """No leftover markers, no vague file names, no floating-point short cuts."""
    findings = []
    for name in tree.texts():
        if VAGUE.search(pathlib.PurePath(name).name.lower()):
            findings.append(f"{name}:1: a name that says nothing")
        if name.startswith("docs/spec/") or name == "LICENSE":
            continue
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            if MARKERS.search(line):
                findings.append(f"{name}:{number}: leftover marker: {line.strip()}")
            fast = "-ffast" + "-math"
            if fast in line and pathlib.PurePath(name).suffix in ("", ".txt", ".cmake", ".json"):
                findings.append(f"{name}:{number}: {fast} changes results")
    return findings


def sizes(tree):
    """Sources stay below 650 lines of at most 100 columns."""
    findings = []
    for name in tree.names:
        suffix = pathlib.PurePath(name).suffix
        if suffix not in {".hpp", ".cpp", ".cu", ".py"}:
            continue
        lines = tree.read(name).splitlines()
        if len(lines) > MAXIMUM_LINES:
            findings.append(f"{name}:{MAXIMUM_LINES}: longer than {MAXIMUM_LINES} lines")
        for number, line in enumerate(lines, 1):
            if len(line) > MAXIMUM_COLUMNS:
                findings.append(f"{name}:{number}: longer than {MAXIMUM_COLUMNS} columns")
    return findings


def foreign_words(tree):
    """The project speaks of itself alone: no word of the place where it was written."""
    findings = [f"{name}:1: a tracked symbolic link" for name in tree.links]
    for name in tree.texts():
        for number, line in enumerate(tree.read(name).splitlines(), 1):
            match = FOREIGN.search(line)
            if match:
                findings.append(f"{name}:{number}: '{match.group(0)}' does not belong here")
    return findings


def header_comments(tree):
    """Public headers open with a comment that says what they are."""
    return [f"{name}:1: the header does not open with its contract" for name in tree.sources()
            if name.endswith(".hpp") and not tree.read(name).startswith("//")]


def commands_in(text):
    """(line, words) of each command of the project that a document shows as code."""
    found = []
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        pieces = [line.strip()] if fenced else re.findall(r"`([^`]+)`", line)
        for piece in pieces:
            piece = re.sub(r"^\$ ", "", piece)
            piece = re.sub(r"^(\w+=\S+ )+", "", piece)
            words = piece.split()
            if words and re.fullmatch(r"(\S*/)?tradewind|tools/\w+", words[0]) and words[1:]:
                found.append((number, words))
    return found


def undocumented_reality(tree, documents, help_of):
    """Commands and flags that documents show exist. `help_of(words)` gives a command's help page,
    or None where there is no such command."""
    findings = []
    for name in documents:
        for number, words in commands_in(tree.read(name)):
            place = f"{name}:{number}"
            if words[0].startswith("tools/"):
                if not (tree.root / words[0]).is_file():
                    findings.append(f"{place}: there is no {words[0]}")
                    continue
                page = tree.read(words[0])
            else:
                path = []
                for word in words[1:]:
                    if not re.fullmatch(r"[a-z][a-z-]*", word) or help_of(path + [word]) is None:
                        break
                    path.append(word)
                if not path and not words[1].startswith("-") and words[1] != "COMMAND":
                    findings.append(f"{place}: there is no command {words[1]}")
                    continue
                page = help_of(path)
            for flag in re.findall(r"(?<!\S)(--[a-z][a-z-]*)", " ".join(words[1:])):
                if not re.search(re.escape(flag) + r"(?![\w-])", page):
                    findings.append(f"{place}: {' '.join(words[:2])} has no {flag}")
    return findings
