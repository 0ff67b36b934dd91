#!/usr/bin/env python3
"""The project obeys its own rules, and each rule is red on a tree that breaks it."""
import functools
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rules  # noqa: E402  (beside this file)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TRADEWIND_BINARY", str(ROOT / "build" / "tradewind"))


@functools.lru_cache(maxsize=None)
def program_help(*words):
    """The help page of a command of the built program; None where there is no such command."""
    run = subprocess.run([BINARY, *words, "--help"], capture_output=True, text=True, timeout=60,
                         check=False)
    usage = run.stdout if run.returncode == 0 else ""
    return run.stdout if usage and (not words or f"{words[-1]} " in usage) else None


def help_of(words):
    """A command that is not one answers with the page of the command before it."""
    if not words:
        return program_help()
    page = program_help(*words)
    return page if page is not None and page != program_help(*words[:-1]) else None


class ProjectObeys(unittest.TestCase):
    """The rules on the real tree."""

    @classmethod
    def setUpClass(cls):
        cls.tree = rules.Tree(ROOT)

    def assert_clean(self, findings):
        self.assertEqual([], findings, "\n" + "\n".join(findings))

    def test_tree_is_seen(self):
        self.assertGreater(len(self.tree.sources()), 30)

    def test_include_arrows(self):
        self.assert_clean(rules.include_arrows(self.tree))

    def test_include_cycles(self):
        self.assert_clean(rules.include_cycles(self.tree))

    def test_nondeterminism(self):
        self.assert_clean(rules.nondeterminism(self.tree))

    def test_unordered_iteration(self):
        self.assert_clean(rules.unordered_iteration(self.tree))

    def test_leftovers(self):
        self.assert_clean(rules.leftovers(self.tree))

    def test_sizes(self):
        self.assert_clean(rules.sizes(self.tree))

    def test_foreign_words(self):
        self.assert_clean(rules.foreign_words(self.tree))

    def test_header_comments(self):
        self.assert_clean(rules.header_comments(self.tree))

    def test_documented_commands_exist(self):
        documents = [name for name in self.tree.names
                     if name.endswith(".md") and not name.startswith("docs/spec/")]
        self.assert_clean(rules.undocumented_reality(self.tree, documents, help_of))


class RulesBite(unittest.TestCase):
    """Each rule is red on a tree that breaks it, and green on the same tree mended."""

    def tree(self, files):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, text in files.items():
            path = pathlib.Path(folder.name) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return rules.Tree(folder.name)

    def check(self, rule, name, bad, good, says):
        findings = rule(self.tree({name: bad}))
        self.assertEqual(1, len(findings), findings)
        self.assertIn(says, findings[0])
        self.assertTrue(findings[0].startswith(name + ":"), findings[0])
        self.assertEqual([], rule(self.tree({name: good})))

    def test_include_arrows(self):
        rows = [
            ("orders/a.hpp", '#include "broker/b.hpp"', '#include "market/b.hpp"',
             "orders may not include broker"),
            ("strategy/a.cpp", '#include "orders/b.hpp"', '#include "messages/b.hpp"',
             "strategy may not include orders"),
            ("strategy/a.cpp", '#include "market/catalog/b.hpp"', '#include "market/b.hpp"',
             "strategy may not include market/catalog"),
            ("ledger/a.cpp", '#include <broker/b.hpp>', '#include "orders/b.hpp"',
             "ledger may not include broker"),
            ("ledger/a.cpp", '#include "a.hpp"', '#include "ledger/a.hpp"',
             "is not written from the root"),
            ("strategy/a.cpp", "#include <torch/torch.h>", "#include <vector>", "LibTorch"),
            ("model/a.cpp", "#include <caf/all.hpp>", "#include <torch/torch.h>",
             "the actor framework"),
            ("actors/clock/a.cpp", "#include <boost/asio.hpp>", "#include <caf/all.hpp>", "Boost"),
            ("tools/a.cpp", "#include <sqlite3.h>", "#include <CLI/CLI.hpp>", "SQLite"),
            ("market/a.cpp", "#include <arrow/api.h>", "#include <thread>", "Arrow"),
            ("orders/a.cpp", "#include <fstream>", "#include <vector>", "orders is pure"),
            ("messages/a.hpp", "#include <fmt/core.h>", "#include <string>",
             "messages knows the standard library only"),
        ]
        for name, bad, good, says in rows:
            with self.subTest(bad):
                self.check(rules.include_arrows, name, bad + "\n", good + "\n", says)

    def test_include_cycles(self):
        files = {"market/a.hpp": '#include "market/b.hpp"\n',
                 "market/b.hpp": '#include "market/c.hpp"\n',
                 "market/c.hpp": '#include "market/a.hpp"\n'}
        findings = rules.include_cycles(self.tree(files))
        self.assertEqual(1, len(findings))
        self.assertIn("market/a.hpp -> market/b.hpp -> market/c.hpp -> market/a.hpp", findings[0])
        files["market/c.hpp"] = "#include <vector>\n"
        self.assertEqual([], rules.include_cycles(self.tree(files)))

    def test_nondeterminism(self):
        rows = [
            ("auto t = std::chrono::system_clock::now();", "wall clock"),
            ("auto t = time(nullptr);", "wall clock"),
            ("auto t = std::chrono::steady_clock::now();", "clock in a pure room"),
            ("std::this_thread::sleep_for(1s);", "sleep"),
            ("std::mt19937 g{std::random_device{}()};", "random_device"),
            ("int x = rand();", "rand"),
            ('auto* p = std::getenv("HOME");', "environment"),
        ]
        for line, says in rows:
            with self.subTest(line):
                good = f"// {line}\nconst char* text = \"rand() getenv\"; operand(1);\n"
                self.check(rules.nondeterminism, "strategy/a.cpp", line + "\n", good, says)
        self.assertEqual([], rules.nondeterminism(
            self.tree({"config/environment.cpp": "char** all = environ;\n"})))

    def test_unordered_iteration(self):
        declare = "std::unordered_map<std::string, int> totals;\n"
        self.check(rules.unordered_iteration, "orders/a.cpp",
                   declare + "for (const auto& [k, v] : totals) sum += v;\n",
                   declare + "// any order: integers are summed\nfor (auto& x : totals) s += x;\n",
                   "no fixed order")
        files = {"orders/a.hpp": "class A {\n    std::unordered_set<int> open_;\n};\n",
                 "orders/a.cpp": "void A::f() { for (int x : this->open_) g(x); }\n"}
        self.assertEqual(1, len(rules.unordered_iteration(self.tree(files))))
        self.assertEqual(1, len(rules.unordered_iteration(self.tree(
            {"orders/a.cpp": declare + "auto first = totals.begin();\n"}))))

    def test_leftovers(self):
        marker = "TO" + "DO"
        self.check(rules.leftovers, "orders/a.cpp", f"// {marker}: finish\n", "// finished\n",
                   "leftover marker")
        fast = "-ffast" + "-math"
        self.check(rules.leftovers, "CMakeLists.txt", f"add_compile_options({fast})\n", "\n", fast)
        for name in ("orders/utils.cpp", "orders/order_manager.hpp", "tests/helpers.py"):
            self.assertEqual(1, len(rules.leftovers(self.tree({name: "\n"}))), name)

    def test_sizes(self):
        self.check(rules.sizes, "orders/a.cpp", "\n" * 651, "\n" * 650, "650 lines")
        self.check(rules.sizes, "orders/a.cpp", "x" * 101, "x" * 100, "100 columns")

    def test_foreign_words(self):
        for word in ("/wo" + "rk/main", "../sha" + "red/spec", "issue" + " #3"):
            with self.subTest(word):
                self.check(rules.foreign_words, "README.md", f"see {word}\n", "see docs/spec\n",
                           "does not belong here")

    def test_symbolic_links(self):
        tree = self.tree({"data/a.csv": "x\n"})
        (tree.root / "deps").symlink_to("/nowhere")
        self.assertEqual([], rules.foreign_words(tree))
        findings = rules.foreign_words(rules.Tree(tree.root))
        self.assertEqual(["deps:1: a tracked symbolic link"], findings)

    def test_header_comments(self):
        self.check(rules.header_comments, "orders/a.hpp", "#pragma once\n",
                   "// What it is.\n#pragma once\n", "does not open with its contract")

    def test_documented_commands(self):
        pages = {(): "--help --version", ("replay",): "--data --out", ("config",): "--help",
                 ("config", "show"): "--json"}

        def help_page(words):
            return pages.get(tuple(words))

        def findings(document):
            tree = self.tree({"README.md": document, "tools/test": "#   --long\n"})
            return rules.undocumented_reality(tree, ["README.md"], help_page)

        good = ("`tradewind replay --data X` and `tradewind config show --json`\n"
                "```\n$ A=1 build/tradewind replay --out R\ntools/test --long\n```\n"
                "`tradewind COMMAND --help`, `tradewind --version`, tradewind wins\n")
        self.assertEqual([], findings(good))
        for bad, says in (("`tradewind repaly`", "no command repaly"),
                          ("`tradewind replay --dta X`", "has no --dta"),
                          ("`tradewind replay --dat X`", "has no --dat"),
                          ("`tradewind config show --yaml`", "has no --yaml"),
                          ("```\ntools/tset --long\n```", "no tools/tset"),
                          ("```\ntools/test --lnog\n```", "has no --lnog")):
            with self.subTest(bad):
                found = findings(bad + "\n")
                self.assertEqual(1, len(found), found)
                self.assertIn(says, found[0])


if __name__ == "__main__":
    unittest.main()
