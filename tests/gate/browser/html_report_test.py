"""The gate's report for people, as a browser shows it."""

import json
import os
import subprocess
import unittest

from browser import BrowserTest, DESKTOP, LOOKS, PHONE, tools
from looks import CUT_LABELS, LOW_CONTRAST, TOO_SMALL
from selenium.webdriver.common.keys import Keys

SERVERS = ("--target", "doc001/poll,doc000/epoll-queue")


class GateReportTest(BrowserTest):
    """With a report of two servers that have many defects."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.report = cls.folder.path("report.html")
        cls.json = json.loads(
            tools.gate(*SERVERS, *tools.SUITE_ONLY, "--html", cls.report, "--json", exits=1))

    def open_first(self):
        """The first finding that has everything to show."""
        for index, card in enumerate(self.all("details.finding")):
            self.driver.execute_script("arguments[0].querySelector('summary').click()", card)
            # A diagram is drawn as soon as it has a width, which need not be at once.
            self.until("arguments[0].querySelector('.body') && "
                       "[...arguments[0].querySelectorAll('.diagram')].every((box) => box.childElementCount)",
                       card)
            if self.js("arguments[0].querySelectorAll('svg').length > 1 && "
                       "arguments[0].querySelector('td') !== null", card):
                return card
            self.driver.execute_script("arguments[0].open = false", card)
        return self.fail("no finding has a diagram and sockets")


class FindingsInTheBrowserTest(GateReportTest):
    def test_it_shows_all_at_every_size_and_in_both_schemes(self):
        count = len(self.json["findings"])
        self.assertGreater(count, 10)
        for size, scheme in LOOKS:
            with self.subTest(size=size, scheme=scheme):
                self.open(self.report, size, scheme)
                text = self.one("body").text.strip()
                self.assertTrue(text.startswith(f"The gate is shut: {count} new bugs"), text[:80])
                areas = [cell.text for cell in self.all("#areas tbody th")]
                self.assertEqual(areas, [area["area"] for area in self.json["areas"]])
                self.assertEqual(len(self.all("details.finding")), count)
                self.expect_no_sideways_scrolling()

    def test_an_open_finding_has_a_diagram_and_sockets_at_every_size(self):
        for size, scheme in LOOKS:
            with self.subTest(size=size, scheme=scheme):
                self.open(self.report, size, scheme)
                card = self.open_first()
                actors = self.js("[...arguments[0].querySelectorAll('.actor text')]"
                                 ".map((text) => text.firstChild.data)", card)
                self.assertGreaterEqual(len(actors), 3, "a client, the kernel, the server")
                self.assertEqual(actors[-2:], ["kernel", "server"])
                self.assertGreater(self.js("arguments[0].querySelectorAll('.label').length", card), 5)
                heads = self.js("[...arguments[0].querySelectorAll('th')]"
                                ".map((cell) => cell.textContent)", card)
                self.assertIn("Server's state", heads)
                self.expect_no_sideways_scrolling()

    def test_no_label_of_a_diagram_is_cut(self):
        for size in (PHONE, DESKTOP):
            self.open(self.report, size)
            self.driver.execute_script(
                "for (const card of document.querySelectorAll('details.finding')) card.open = true;")
            self.until("[...document.querySelectorAll('details')].every((card) => card.children.length > 1)")
            self.assertEqual(self.driver.execute_script(CUT_LABELS), [], size)
            self.assertGreater(len(self.all(".diagram text")), 100)

    def test_a_diagram_follows_the_width_of_the_page(self):
        self.open(self.report, DESKTOP)
        card = self.open_first()
        self.resize(PHONE)
        self.until("arguments[0].querySelector('.diagram svg').getBoundingClientRect().width < 390", card)
        self.expect_no_sideways_scrolling()

    def test_a_finding_is_explained(self):
        self.open(self.report)
        card = self.open_first()
        self.assertIn("The rule: ", card.text)
        self.assertIn("\nBug ", card.text)
        self.assertIn("The call's stack", card.text)
        self.assertGreater(len(card.find_elements("css selector", "mark")), 0, "a line of its source or its scenario")
        self.assertGreater(len(card.find_elements("css selector", ".page p")), 0)


class UseInTheBrowserTest(GateReportTest):
    def shown(self):
        return [card for card in self.all("details.finding") if card.is_displayed()]

    def test_a_word_filters_the_findings(self):
        self.open(self.report)
        wanted = self.json["findings"][0]["bug"]
        self.one("#filter").send_keys(wanted)
        count = len(self.json["findings"])
        self.assertEqual(self.one("#findings p[role=status]").text, f"1 of {count} bugs shown")
        self.assertEqual(len(self.shown()), 1)
        self.one("#filter").clear()
        self.one("#filter").send_keys("no finding says this")
        self.assertEqual(self.shown(), [])

    def test_a_server_and_an_oracle_filter_the_findings(self):
        self.open(self.report)
        oracle, target = "heap-leak", "doc001/poll"
        for value in (oracle, target):  # typed, as the driver's click on an option is no input event
            self.one(f"select:has(option[value='{value}'])").send_keys(value)
        expected = [one for one in self.json["findings"]
                    if one["oracle"] == oracle and one["target"] == target]
        self.assertGreater(len(expected), 0)
        self.assertEqual(len(self.shown()), len(expected))
        for card in self.shown():
            self.assertIn(oracle, card.text)
            self.assertIn(target, card.text)

    def test_a_click_opens_a_finding_and_another_closes_it(self):
        self.open(self.report)
        card = self.all("details.finding")[1]
        summary = card.find_element("css selector", "summary")
        summary.click()
        self.until("arguments[0].querySelector('.body')", card)
        self.assertTrue(card.find_element("css selector", ".body").is_displayed())
        summary.click()
        self.assertFalse(card.find_element("css selector", ".body").is_displayed())

    def test_the_command_is_copied_by_a_click(self):
        self.open(self.report)
        self.fill_clipboard("something else")
        card = self.open_first()
        card.find_element("css selector", "button").click()
        self.until("arguments[0].querySelector('button').textContent === 'Copied'", card)
        command = card.find_element("css selector", ".command pre").text
        self.assertIn(" replay ", command)
        self.assertEqual(self.clipboard(), command)

    def test_the_command_is_copied_where_the_browser_forbids_the_clipboard_to_scripts(self):
        self.open(self.report)
        self.fill_clipboard("something else")
        self.tell("Browser.grantPermissions", permissions=[])
        card = self.open_first()
        button = card.find_element("css selector", "button")
        button.click()
        self.until("arguments[0].textContent === 'Copied'", button)
        self.assertEqual(self.driver.switch_to.active_element, button, "the keyboard's place is kept")
        self.assertEqual(self.clipboard(), card.find_element("css selector", ".command pre").text)

    def test_the_keyboard_alone_opens_a_finding_and_copies_its_command(self):
        self.open(self.report)
        self.fill_clipboard("something else")
        self.press(Keys.TAB)
        self.assertEqual(self.js("document.activeElement.textContent"), "Skip to the findings")
        self.assertTrue(self.driver.switch_to.active_element.is_displayed())
        self.press(Keys.ENTER)
        for _ in range(10):
            self.press(Keys.TAB)
            focused = self.js("document.activeElement.outerHTML.slice(0, 80)")
            outline = self.js("getComputedStyle(document.activeElement).outline")
            self.assertIn("solid 3px", outline, focused)
            if self.js("document.activeElement.tagName") == "SUMMARY":
                break
        self.assertEqual(self.js("document.activeElement.tagName"), "SUMMARY")
        self.press(Keys.ENTER)
        self.until("document.activeElement.parentElement.querySelector('.body')")
        self.press(Keys.TAB)
        self.assertEqual(self.js("document.activeElement.textContent"), "Copy")
        self.press(Keys.ENTER)
        self.until("document.activeElement.textContent === 'Copied'")
        self.assertEqual(self.clipboard(),
                         self.js("document.activeElement.parentElement.querySelector('pre').textContent"))

    def test_a_link_of_the_table_opens_its_finding_whatever_the_filters_hide(self):
        self.open(self.report)
        link = self.all("#matrix a")[-1]
        name = link.get_attribute("href").split("#")[1]
        self.one("#filter").send_keys("no finding says this")
        for _ in range(2):  # the second time the page's address stays as it is
            self.driver.execute_script("arguments[0].scrollIntoView()", link)
            link.click()
            self.until("document.querySelector(`#${arguments[0]} + .body`)", name)
            self.assertTrue(self.one(f"#{name} + .body").is_displayed())
            self.driver.execute_script("document.getElementById(arguments[0]).click()", name)

    def test_a_link_from_elsewhere_opens_its_finding(self):
        self.open(self.report, fragment="#finding-2")
        self.until("document.querySelector('#finding-2 + .body')")
        self.assertEqual(self.js("document.activeElement.id"), "finding-2")


class LookInTheBrowserTest(GateReportTest):
    def test_the_two_schemes_are_a_light_one_and_a_dark_one(self):
        light = {}
        for scheme in ("light", "dark"):
            self.open(self.report, scheme=scheme)
            color = self.js("getComputedStyle(document.body).backgroundColor")
            light[scheme] = sum(int(part) for part in color[4:-1].split(","))
        self.assertGreater(light["light"], 3 * 200)
        self.assertLess(light["dark"], 3 * 60)

    def test_all_text_can_be_told_from_what_is_behind_it(self):
        for size, scheme in LOOKS:
            with self.subTest(size=size, scheme=scheme):
                self.open(self.report, size, scheme)
                self.open_first()
                self.assertEqual(self.driver.execute_script(LOW_CONTRAST), [])

    def test_what_is_touched_is_big_enough_for_a_finger(self):
        self.open(self.report, PHONE)
        self.open_first()
        self.assertEqual(self.driver.execute_script(TOO_SMALL), [])

    def test_nothing_moves_for_those_who_do_not_want_it(self):
        self.open(self.report, **{"prefers-reduced-motion": "reduce"})
        self.open_first()
        self.assertEqual(self.js("document.getAnimations().length"), 0)
        self.assertEqual(self.js("getComputedStyle(document.documentElement).scrollBehavior"), "auto")

    def test_on_paper_it_is_dark_on_light_and_without_controls(self):
        self.open(self.report, scheme="dark")
        self.open_first()
        self.tell("Emulation.setEmulatedMedia", media="print",
                  features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.assertEqual(self.driver.execute_script(LOW_CONTRAST), [])
        self.assertFalse(self.one(".filters").is_displayed())
        self.assertFalse(any(button.is_displayed() for button in self.all("button")))
        self.assertNotEqual(self.tell("Page.printToPDF")["data"], "")


class SamplesInTheBrowserTest(BrowserTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([os.environ["HUPSTORM_SAMPLE_REPORTS"], cls.folder.name], check=True, timeout=120)

    def test_fifty_findings_are_less_than_three_megabytes_and_open_soon(self):
        report = self.folder.path("fifty-findings.html")
        self.assertLess(os.path.getsize(report), 3 << 20)
        self.open(report)
        took = self.driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => setTimeout(() => done(performance.now() / 1000)));")
        print(f"{os.path.getsize(report)} bytes, drawn after {took:.3f} s")
        self.assertEqual(len(self.all("details.finding")), 50)
        self.assertLess(took, 5)  # a second on a machine that does nothing else

    def test_a_clean_report_says_so(self):
        report = self.folder.path("clean.html")
        tools.gate(*tools.CLEAN, *tools.SUITE_ONLY, "--html", report, exits=0)
        for size, scheme in LOOKS:
            with self.subTest(size=size, scheme=scheme):
                self.open(report, size, scheme)
                self.assertEqual(self.one("h1").text, "The gate is open")
                self.assertEqual(self.driver.title, "hupstorm gate: open")
                self.assertEqual(self.all("details.finding, #matrix, #defects, #campaigns"), [])
                self.assertEqual(self.driver.execute_script(LOW_CONTRAST), [])
                self.expect_no_sideways_scrolling()

    def test_the_report_of_its_own_gate_has_the_table_of_known_defects(self):
        for size, scheme in LOOKS:
            with self.subTest(size=size, scheme=scheme):
                self.open(self.folder.path("own-gate.html"), size, scheme)
                self.assertEqual(self.one("h1").text, "The gate is shut: not all was run")
                self.assertIn("10 runs were ended by --timeout", self.one(".banner").text)
                self.assertGreater(len(self.all("#defects tbody tr")), 10)
                self.assertEqual(self.one("#defects .badge").text, "not caught")
                self.assertIn("not run: --fuzz-runs 0", self.one("#areas").text)
                self.assertEqual([badge.text for badge in self.all("details.finding .badge")],
                                 ["lost-bytes (tolerated)"] * 2)
                self.assertIn("0123456789abcdef", self.one("#findings").text)
                self.assertEqual(self.driver.execute_script(LOW_CONTRAST), [])
                self.expect_no_sideways_scrolling()

    def test_a_campaign_is_shown_as_curves(self):
        progress = "".join(f"{second},{second * 30000},{300 + second},{second},1,0\n"
                           for second in range(1, 241))
        self.folder.write("out/progress.csv", "seconds,executions,coverage,corpus,findings,crashes\n" + progress)
        self.folder.write("out/campaign.json", json.dumps({
            "target": "reference/poll", "executable": "fuzz_reference_poll", "mend": "none",
            "engine": "libfuzzer", "sanitizers": False, "mutator": "steps", "jobs": 1, "corpora": [],
            "engine_flags": []}))
        name = "out/findings/lost-bytes-0123456789abcdef"
        self.folder.write(name + ".bytes", "x")
        self.folder.write(name + ".json", json.dumps({
            "oracle": "lost-bytes", "fingerprint": "0123456789abcdef", "target": "reference/poll",
            "mend": "none", "evidence": "a is owed 3 bytes", "seconds": 90.0, "executions": 2700000}))
        report = self.folder.path("campaign.html")
        tools.gate(*tools.CLEAN, *tools.SUITE_ONLY, "--corpus", self.folder.path("out"),
                   "--html", report, exits=0)
        for size, scheme in LOOKS:
            with self.subTest(size=size, scheme=scheme):
                self.open(report, size, scheme)
                self.assertEqual([plot.text for plot in self.all(".plot h3")],
                                 ["Coverage: edges of the server that were reached",
                                  "Scenarios run a second", "Time to each finding"])
                for curve in self.all(".curve"):
                    points = curve.get_attribute("d")
                    self.assertNotIn("NaN", points)
                    self.assertEqual(points.count("L"), 239)
                self.assertIn("minutes", self.one("#campaigns").text)
                self.assertIn("lost-bytes", self.one("#campaigns").text)
                self.assertEqual(self.driver.execute_script(LOW_CONTRAST), [])
                self.expect_no_sideways_scrolling()


if __name__ == "__main__":
    unittest.main()
