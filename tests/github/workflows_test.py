#!/usr/bin/env python3
"""The workflows, the action and the scripts that they run, as far as that can be seen without GitHub.

  workflows_test.py SOURCE_TREE HUPSTORM_COMMAND [unittest's options]
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

ROOT = COMMAND = ""


def load(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return yaml.safe_load(file)


def workflows():
    folder = ".github/workflows"
    return {name: load(f"{folder}/{name}") for name in os.listdir(os.path.join(ROOT, folder))}


def steps_of(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def all_steps():
    steps = [("action.yml", step) for step in load("action.yml")["runs"]["steps"]]
    for name, workflow in workflows().items():
        steps += [(name, step) for step in steps_of(workflow)]
    return steps


class FilesTest(unittest.TestCase):
    def test_are_well_formed_yaml(self):
        subprocess.run(
            ["yamllint", "--strict", "-d",
             "{extends: default, rules: {line-length: {max: 130}, document-start: disable,"
             " truthy: {check-keys: false}, braces: {min-spaces-inside: 0, max-spaces-inside: 1}}}",
             "action.yml", ".github"], cwd=ROOT, check=True)

    def test_steps_are_sound_shell(self):
        for name, step in all_steps():
            if "run" not in step:
                continue
            # What GitHub puts in is a word, whatever it is.
            text = re.sub(r"\$\{\{.*?\}\}", "word", step["run"])
            checked = subprocess.run(["shellcheck", "--shell=bash", "-"], input=text, text=True,
                                     stdout=subprocess.PIPE, check=False)
            self.assertEqual(checked.returncode, 0, f"{name}: {checked.stdout}")

    def test_scripts_are_sound_shell(self):
        scripts = []
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in ("build", ".git")]
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    if re.match(rb"#!.*\b(ba)?sh\n", file.readline()):
                        scripts.append(os.path.join(folder, name))
        self.assertGreater(len(scripts), 10)
        checked = subprocess.run(["shellcheck", "--external-sources", *scripts], cwd=ROOT, text=True,
                                 stdout=subprocess.PIPE, check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout)

    def test_nothing_from_outside_is_put_into_a_script(self):
        # It would be run: inputs come by the environment.
        for name, step in all_steps():
            self.assertNotIn("${{ inputs", step.get("run", ""), name)
            self.assertNotIn("${{ github.event", step.get("run", ""), name)

    def test_scripts_that_steps_run_are_there(self):
        for name, step in all_steps():
            for script in re.findall(r"\btools/[\w./-]+", step.get("run", "")):
                self.assertTrue(os.access(os.path.join(ROOT, script), os.X_OK), f"{name}: {script}")

    def test_each_input_of_the_action_is_used_and_each_used_one_is_an_input(self):
        with open(os.path.join(ROOT, "action.yml"), encoding="utf-8") as file:
            text = file.read()
        used = set(re.findall(r"\binputs\.([\w-]+)", text))
        self.assertEqual(used, set(load("action.yml")["inputs"]))

    def test_what_passes_inputs_passes_such_as_there_are(self):
        with open(os.path.join(ROOT, "docs/your-own-server.md"), encoding="utf-8") as file:
            shown = re.search(r"^```yaml .*?\n(.*?)^```", file.read(), re.M | re.S)[1]
        inputs = set(load("action.yml")["inputs"])
        found = 0
        for workflow in list(workflows().values()) + [yaml.safe_load(shown)]:
            for step in steps_of(workflow):
                if re.match(r"\./$|hupstorm/", step.get("uses", "")):
                    self.assertLessEqual(set(step["with"]), inputs)
                    found += 1
        self.assertGreaterEqual(found, 3)

    def test_workflows_ask_for_no_more_than_reading(self):
        for name, workflow in workflows().items():
            self.assertEqual(workflow["permissions"], {"contents": "read"}, name)
            for job in workflow["jobs"].values():
                self.assertIn("timeout-minutes", job, name)

    def test_each_target_that_is_fuzzed_nightly_exists(self):
        listed = subprocess.run([COMMAND, "list", "targets", "--json"], check=True,
                                stdout=subprocess.PIPE).stdout
        names = {target["name"] for target in json.loads(listed)["targets"]}
        matrix = load(".github/workflows/fuzz.yml")["jobs"]["fuzz"]["strategy"]["matrix"]
        fuzzed = set(matrix["target"]) | {entry["target"] for entry in matrix["include"]}
        self.assertLessEqual(fuzzed, names)
        self.assertEqual(len(fuzzed), 9)


def server(name):
    return f"python3 {ROOT}/tests/process/servers/{name}.py {{port}}"


class GateScriptTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def gate(self, **inputs):
        environment = {"PATH": os.path.dirname(COMMAND) + ":" + os.environ["PATH"],
                       "GITHUB_ACTIONS": "true",
                       "GITHUB_OUTPUT": os.path.join(self.folder, "output"),
                       "GITHUB_STEP_SUMMARY": os.path.join(self.folder, "summary")}
        environment.update({f"HUPSTORM_{name.upper()}": value for name, value in inputs.items()})
        return subprocess.run([os.path.join(ROOT, "tools/github/gate")], cwd=self.folder,
                              env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)

    def written(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def test_an_open_gate_leaves_reports_and_a_summary(self):
        result = self.gate(exec=server("epoll_echo"), options="--fuzz-runs=5\n--no-sweep\n")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(self.written("output"), "verdict=open\n")
        self.assertIn("the gate is open", self.written("summary"))
        for name in ("junit.xml", "gate.sarif", "report.html", "gate.json", "gate.txt"):
            self.assertTrue(self.written(f"hupstorm-reports/{name}"), name)

    def test_a_shut_gate_fails_and_annotates(self):
        result = self.gate(exec=server("partial_send"), options="--fuzz-runs=0\n--no-sweep",
                           reports="mine")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertEqual(self.written("output"), "verdict=shut\n")
        self.assertIn("the gate is shut", self.written("summary"))
        self.assertIn("\n::error ", result.stdout)
        self.assertNotIn("::error ", self.written("summary"))

    def test_scenarios_and_options_are_one_a_line_and_may_hold_spaces(self):
        name = os.path.join(self.folder, "my scenario.scn")
        with open(name, "w", encoding="utf-8") as file:
            file.write("target echo\na connect\na send 1B\nexpect a received 2B\n")
        result = self.gate(exec=server("epoll_echo"), scenarios=f"{name}\n",
                           options="--fuzz-runs=0\n--no-sweep")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("my scenario.scn:4: expectation", result.stdout)

    def test_bad_inputs_are_bad_usage(self):
        for inputs, words in [({}, "which server?"),
                              ({"exec": "a {port}", "executable": "b"}, "give one"),
                              ({"exec": "no place for the port"}, "where the port goes"),
                              ({"executable": "/bin/true"}, "hupstorm_add_server")]:
            result = self.gate(**inputs)
            self.assertEqual(result.returncode, 2, result.stdout)
            self.assertIn(words, result.stdout)

    def test_the_version_has_one_name(self):
        name = [os.path.join(ROOT, "tools/github/name-version")]
        first = subprocess.run(name, check=True, stdout=subprocess.PIPE, text=True).stdout
        second = subprocess.run(name, check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(first, second)
        self.assertRegex(first, r"^name=hupstorm-[\w.-]+-[0-9a-f]{16}\n$")


if __name__ == "__main__":
    ROOT, COMMAND = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
