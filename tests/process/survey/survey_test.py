"""tools/survey runs each server of a list, and says what is known of what was found."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

SURVEY = os.path.join(os.path.realpath(sys.argv.pop(1)), "tools/survey")

LIST = """
[one]
title = The one
language = C
version = echo 1.2
exec = serve {port} {folder}
known =
    busy-loop | descriptors/* | defect | it spins

[two]
language = Go
build = false
exec = serve {port}
"""

FOUND = {"findings": [
    {"oracle": "busy-loop", "scenario": "descriptors/a", "evidence": "woken", "fingerprint": "1"},
    {"oracle": "busy-loop", "scenario": "descriptors/b", "evidence": "woken", "fingerprint": "1"},
    {"oracle": "fd-leak", "scenario": "reset/c", "evidence": "held", "fingerprint": "2",
     "bug": "3", "place": {"file": "a.c", "line": 7}}]}


class SurveyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("list.ini", LIST)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o755)
        return path

    def survey(self, found, *words, then=None):
        """With a hupstorm that prints `found`, or `then` after the first time, and keeps its
        arguments."""
        arguments = os.path.join(self.folder.name, "arguments")
        first = self.write("first", json.dumps(found))
        later = self.write("later", json.dumps(then or found))
        hupstorm = self.write("hupstorm", "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + arguments +
                              f"\ncat {first}\ncp {later} {first}\nexit 1\n")
        return subprocess.run(
            [sys.executable, "-B", SURVEY, "--list", os.path.join(self.folder.name, "list.ini"),
             "--hupstorm", hupstorm, "--out", os.path.join(self.folder.name, "out"), *words],
            capture_output=True, text=True, timeout=60, check=False)

    def test_what_no_line_of_the_list_covers_is_not_examined(self):
        done = self.survey(FOUND, "one")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("| The one 1.2 | C |", done.stdout)
        self.assertIn("| busy-loop 2 | `descriptors/a`, `descriptors/b` | defect | it spins |",
                      done.stdout)
        self.assertIn("| fd-leak 1 | `reset/c` | not examined |", done.stdout)

    def test_findings_that_are_all_known_are_success(self):
        known = {"findings": FOUND["findings"][:2]}
        self.assertEqual(self.survey(known, "one").returncode, 0)

    def test_the_table_is_made_from_what_was_kept(self):
        first = self.survey(FOUND, "one").stdout
        self.assertEqual(self.survey({"findings": []}, "--table", "one").stdout, first)

    def test_each_start_of_the_server_makes_its_folder(self):
        self.survey(FOUND, "one", "--scenario", "reset")
        with open(os.path.join(self.folder.name, "arguments"), encoding="utf-8") as kept:
            words = kept.read().splitlines()
        self.assertEqual(words[:2], ["run", "reset"])
        self.assertIn("mkdir -m 777 /tmp/hupstorm-survey.{port} && serve {port} "
                      "/tmp/hupstorm-survey.{port}", "\n".join(words))

    def test_runs_that_find_the_same_are_success(self):
        done = self.survey(FOUND, "one", "--repeat", "3", "--load", "2", "--timeout", "30")
        self.assertEqual((done.returncode, done.stdout), (0, "the same in all runs\n"), done.stderr)
        self.assertIn("one, run 2, beside 2: ", done.stderr)
        self.assertIn("one, run 3, beside 0: ", done.stderr)

    def test_what_not_all_runs_find_is_told(self):
        done = self.survey(FOUND, "one", "--repeat", "3", then={"findings": FOUND["findings"][:2]})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(done.stdout, "one: fd-leak reset/c (2) of bug 3 at a.c 7, in run 1\n")

    def test_runs_that_do_not_come_to_their_end_are_no_success(self):
        done = self.survey(FOUND, "one", "--repeat", "2", then={**FOUND, "broken_off": "after 7"})
        self.assertEqual((done.returncode, done.stdout), (1, "one, run 2: after 7\n"))
        done = self.survey(FOUND, "two", "--repeat", "2")
        self.assertEqual(done.stdout, "two, run 1: it cannot be built\n"
                                      "two, run 2: it cannot be built\n")

    def test_a_server_that_is_not_built_is_said_to_be_not_held(self):
        self.assertIn("| not held |", self.survey(FOUND, "two").stdout)

    def test_a_name_that_is_not_in_the_list_is_refused(self):
        self.assertIn("no such server", self.survey(FOUND, "three").stderr)


if __name__ == "__main__":
    unittest.main()
