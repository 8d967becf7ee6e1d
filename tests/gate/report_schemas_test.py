"""The gate's reports for machines, held to the schemas that their readers are written for."""

import json
import os
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import tools

tools.require(modules={"jsonschema": "python3-jsonschema"},
              programs={"xmllint": "libxml2-utils"})
import jsonschema  # noqa: E402

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schemas")
ANT = "JUnit.xsd"
JENKINS = "jenkins-junit.xsd"


def errors_in_xml(file, schema):
    result = subprocess.run(
        ["xmllint", "--nonet", "--noout", "--schema", os.path.join(SCHEMAS, schema), file],
        capture_output=True, encoding="utf-8", timeout=60)
    return "" if result.returncode == 0 else result.stderr


def errors_in_sarif(report):
    with open(os.path.join(SCHEMAS, "sarif-2.1.0.json"), encoding="utf-8") as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
            for error in validator.iter_errors(report)]


class SchemaTest(unittest.TestCase):
    def setUp(self):
        self.folder = tools.Folder()
        self.addCleanup(self.folder.cleanup)
        self.junit = self.folder.path("junit.xml")
        self.sarif = self.folder.path("gate.sarif")

    def run_gate(self, *arguments, exits):
        tools.gate(*arguments, "--junit", self.junit, "--sarif", self.sarif, exits=exits)

    def junit_text(self):
        with open(self.junit, encoding="utf-8") as file:
            return file.read()

    def sarif_report(self):
        with open(self.sarif, encoding="utf-8") as file:
            return json.load(file)

    def expect_valid(self, schemas=(ANT, JENKINS)):
        for schema in schemas:
            self.assertEqual(errors_in_xml(self.junit, schema), "", schema)
        self.assertEqual(errors_in_sarif(self.sarif_report()), [])


class ReportSchemasTest(SchemaTest):
    def test_the_reports_of_a_gate_with_findings_are_valid(self):
        self.run_gate(*tools.ONE_DEFECT, "--fuzz-runs", "2000", exits=1)
        self.assertIn("<failure ", self.junit_text())
        self.assertTrue(self.sarif_report()["runs"][0]["results"])
        self.expect_valid()

    def test_the_reports_of_a_gate_with_every_documented_server_are_valid(self):
        # What they write and say goes into the reports, whatever bytes it is made of.
        servers = "doc000/epoll-queue,doc001/select,doc001/poll,doc002/epoll-ack,doc003/epoll-http"
        self.run_gate("--target", servers, *tools.SUITE_ONLY, exits=1)
        self.expect_valid()

    def test_the_reports_of_a_clean_gate_are_valid(self):
        self.run_gate(*tools.CLEAN, "--fuzz-runs", "2000", exits=0)
        self.assertEqual(self.sarif_report()["runs"][0]["results"], [])
        self.expect_valid()

    def test_the_reports_of_a_gate_without_sweep_and_fuzz_are_valid(self):
        self.run_gate(*tools.CLEAN, *tools.SUITE_ONLY, exits=0)
        self.assertEqual(len(ElementTree.parse(self.junit).getroot()), 1)
        self.expect_valid()

    def test_the_reports_of_tolerated_findings_and_of_gone_ones_are_valid(self):
        baseline = self.folder.path("baseline")
        tolerate = (*tools.SUITE_ONLY, "--baseline", baseline)
        tools.gate(*tools.ONE_DEFECT, *tolerate, "--update-baseline", exits=0)
        self.run_gate(*tools.ONE_DEFECT, *tolerate, exits=0)
        self.assertIn("<skipped", self.junit_text())
        self.expect_valid(schemas=(JENKINS,))
        self.run_gate("--target", "doc001/poll", "--mend", "all", *tolerate, exits=0)
        states = [one["baselineState"] for one in self.sarif_report()["runs"][0]["results"]]
        self.assertIn("absent", states)
        self.expect_valid()


class BrokenReportsTest(SchemaTest):
    """That the checks above can fail: reports that are broken on purpose."""

    def expect_invalid_xml(self, schema, breaking, complaint):
        tree = ElementTree.parse(self.junit)
        breaking(tree.getroot())
        broken = self.folder.path("broken.xml")
        tree.write(broken, encoding="utf-8")
        self.assertIn(complaint, errors_in_xml(broken, schema))

    def test_a_junit_report_that_lacks_an_attribute_is_not_valid(self):
        self.run_gate(*tools.CLEAN, *tools.SUITE_ONLY, exits=0)
        self.expect_valid()
        self.expect_invalid_xml(ANT, lambda root: root[0].attrib.pop("hostname"), "'hostname'")
        self.expect_invalid_xml(JENKINS, lambda root: root[0].attrib.pop("tests"), "'tests'")

    def test_a_sarif_report_that_lacks_a_property_or_has_another_is_not_valid(self):
        self.run_gate(*tools.ONE_DEFECT, *tools.SUITE_ONLY, exits=1)
        report = self.sarif_report()
        self.assertEqual(errors_in_sarif(report), [])
        del report["version"]
        self.assertTrue(errors_in_sarif(report))
        report = self.sarif_report()
        report["runs"][0]["results"][0]["severity"] = "high"
        self.assertTrue(errors_in_sarif(report))


if __name__ == "__main__":
    unittest.main()
