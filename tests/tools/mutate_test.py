#!/usr/bin/env python3
"""tools/mutate tells mutants that the suite notices from those that it does not.

  mutate_test.py SOURCE_TREE BUILD_FOLDER [unittest's options]
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = BUILD = ""
CONNECTION = "target/reference/connection.cc"


def mutate(*arguments):
    return subprocess.run([os.path.join(ROOT, "tools/mutate"), *arguments], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def number_of(file, before, after):
    """Of the mutant that turns that line into the other."""
    listed = mutate("--list", "--only", file).stdout
    found = re.search(rf"^ *(\d+) \S+:\d+\n +- {re.escape(before)}\n +\+ {re.escape(after)}$", listed, re.M)
    return found[1]


class TextTest(unittest.TestCase):
    def changes(self, text):
        return {mutant.after for mutant in self.mutants_of("server", "file.cc", text)}

    @classmethod
    def setUpClass(cls):
        sys.path.insert(0, os.path.join(ROOT, "tools/mutants"))
        from mutants import mutants_of  # pylint: disable=import-outside-toplevel
        cls.mutants_of = staticmethod(mutants_of)

    def test_changes_operators_constants_and_flags(self):
        changed = self.changes("int F() {\n  return socket(a + b < c, 3, SOCK_CLOEXEC | SOCK_STREAM, true);\n}\n")
        for line in ("return socket(a - b < c, 3, SOCK_CLOEXEC | SOCK_STREAM, true);",
                     "return socket(a + b <= c, 3, SOCK_CLOEXEC | SOCK_STREAM, true);",
                     "return socket(a + b < c, 0, SOCK_CLOEXEC | SOCK_STREAM, true);",
                     "return socket(a + b < c, 3, SOCK_STREAM, true);",
                     "return socket(a + b < c, 3, SOCK_CLOEXEC, true);",
                     "return socket(a + b < c, 3, SOCK_CLOEXEC | SOCK_STREAM, false);"):
            self.assertIn(line, changed)

    def test_turns_conditions_and_leaves_out_branches_and_statements(self):
        changed = self.changes("void F() {\n  if (errno == EINTR) Retry();\n  Close(fd);\n}\n")
        for line in ("if (!(errno == EINTR)) Retry();", "if (false && (errno == EINTR)) Retry();",
                     "if (errno == EINTR) ;", ";"):
            self.assertIn(line, changed)

    def test_leaves_comments_strings_templates_and_references_alone(self):
        text = ('// if (a == b) 1\n#include <a/b.h>\nvoid F(std::vector<int>&& items, int& item);\n'
                'const char* const kName = "1 + 1 == true";\n')
        self.assertEqual(self.changes(text), set())


def survivors(test, text):
    """A list of survivors with that text."""
    file = tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8")
    test.addCleanup(file.close)
    file.write(text)
    file.flush()
    return file.name


def try_these(test, *changes, listed=""):
    numbers = [word for change in changes for word in ("--number", number_of(*change))]
    return mutate("--build", BUILD, *numbers, "--survivors", survivors(test, listed))


class ListTest(unittest.TestCase):
    def test_an_entry_that_is_no_mutant_any_more_is_told(self):
        result = mutate("--build", BUILD, "--only", "unique_fd.h", "--survivors",
                        survivors(self, CONNECTION + "\n- gone();\n+ ;\nequivalent: it was\n"))
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("gone();", result.stderr)

    def test_a_sample_is_the_same_for_the_same_seed(self):
        sample = mutate("--list", "--sample", "5", "--seed", "7").stdout
        self.assertEqual(len(re.findall(r"^ *\d+ target/reference", sample, re.M)), 5)
        self.assertEqual(len(re.findall(r"^ *\d+ ", sample, re.M)), 5 + 3)
        self.assertEqual(mutate("--list", "--sample", "5", "--seed", "7").stdout, sample)
        self.assertNotEqual(mutate("--list", "--sample", "5", "--seed", "8").stdout, sample)

    def test_the_list_names_mutants_that_there_are(self):
        result = mutate("--build", BUILD, "--only", "nothing of that name")
        self.assertEqual(result.returncode, 2, result.stderr)
        result = mutate("--build", "build/not-there", "--only", "unique_fd.h")
        self.assertEqual(result.returncode, 3, result.stderr)  # the list is read first


class LinkedTest(unittest.TestCase):
    def test_one_is_killed_and_another_is_alive_and_must_be_in_the_list(self):
        before = "if (sent < bytes.size()) writable_ = false;"
        killed = (CONNECTION, "output_.RemoveFront(sent);", ";")
        listed = (CONNECTION, before, "if (sent < bytes.size()) ;")
        unknown = (CONNECTION, before, "if (sent < bytes.size()) writable_ = true;")
        result = try_these(self, killed, listed, unknown,
                           listed="{}\n- {}\n+ {}\nequivalent: EAGAIN tells it\n".format(*listed))
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn("3 mutants: 1 killed, 1 alive (0 in the list), 1 equivalent", result.stdout)
        self.assertIn("not in the list:\n{}\n- {}\n+ {}\n".format(*unknown), result.stdout)

    def test_a_program_is_linked_too(self):
        result = try_these(self, ("echo_loop.h", "close(clients_[id].fd);", ";"))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("1 mutants: 1 killed", result.stdout)


# Held suites take their time: it is run every night (tests/tools/CMakeLists.txt).
class HeldTest(unittest.TestCase):
    def test_a_program_that_forks_is_held(self):
        result = try_these(self, ("fork_echo.cc", "Echo(connection);", ";"))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("1 mutants: 1 killed", result.stdout)


if __name__ == "__main__":
    ROOT, BUILD = (os.path.abspath(path) for path in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
