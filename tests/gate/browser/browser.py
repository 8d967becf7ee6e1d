"""A headless Chromium that opens reports from a disk, without a network."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tools  # noqa: E402

tools.require(modules={"selenium": "python3-selenium"},
              programs={"chromium": "chromium", "chromedriver": "chromium-driver"})
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common import utils  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402

PHONE = (390, 844)
DESKTOP = (1280, 800)
LOOKS = [(size, scheme) for size in (PHONE, DESKTOP) for scheme in ("light", "dark")]
SECONDS = 20  # that anything may take at most


class LoopbackService(Service):
    """Looks for chromedriver at its address: a bare machine need not know the name localhost."""

    def is_connectable(self):
        return utils.is_connectable(self.port, host="127.0.0.1")

    @property
    def service_url(self):
        return f"http://127.0.0.1:{self.port}"


class BrowserTest(unittest.TestCase):
    """One browser for all tests of a class. None may write errors to the console, or ask for anything
    but the report itself."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tools.Folder()
        cls.addClassCleanup(cls.folder.cleanup)
        options = webdriver.ChromeOptions()
        options.binary_location = tools.path_of("chromium")
        for argument in (
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run",
                "--remote-debugging-pipe",  # not by localhost either
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                # The browser itself is not to look for anything either.
                "--host-resolver-rules=MAP * ~NOTFOUND",
                f"--user-data-dir={cls.folder.path('profile')}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        cls.driver = webdriver.Chrome(
            service=LoopbackService(tools.path_of("chromedriver")), options=options)
        cls.addClassCleanup(cls.driver.quit)
        cls.driver.set_page_load_timeout(SECONDS)
        cls.driver.set_script_timeout(SECONDS)

    def setUp(self):
        self.tell("Browser.resetPermissions")

    def tearDown(self):
        self.assertEqual([entry["message"] for entry in self.driver.get_log("browser")], [])
        asked = set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] != "Network.requestWillBeSent":
                continue
            url = message["params"]["request"]["url"].split("#")[0]
            # The page that the browser itself begins with, and its parts.
            own = ("chrome:", "chrome-untrusted:")
            if not url.startswith(own) and not message["params"]["documentURL"].startswith(own):
                asked.add(url)
        self.assertEqual({url for url in asked if not url.startswith(("file:", "about:"))}, set())
        self.assertLessEqual(len(asked), 1, "files beside the report")

    def open(self, report, size=DESKTOP, scheme="light", fragment="", **features):
        self.resize(size)
        features = {"prefers-color-scheme": scheme, **features}
        self.tell("Emulation.setEmulatedMedia", media="",
                  features=[{"name": name, "value": value} for name, value in features.items()])
        self.driver.get("about:blank")  # so that the same report is loaded anew
        self.driver.get(f"file://{report}{fragment}")

    def resize(self, size):
        self.width = size[0]
        self.tell("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1],
                  deviceScaleFactor=1, mobile=size == PHONE)

    def tell(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, expression, *arguments):
        return self.driver.execute_script(f"return {expression}", *arguments)

    def until(self, expression, *arguments):
        """Waits for it to hold, from one frame of the page to the next."""
        self.driver.execute_async_script(
            "const given = [...arguments], done = given.pop();"
            f"const holds = () => (function() {{ return {expression}; }}).apply(null, given);"
            "const look = () => holds() ? done() : requestAnimationFrame(look); look();", *arguments)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        found = self.all(selector)
        self.assertEqual(len(found), 1, selector)
        return found[0]

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def fill_clipboard(self, text):
        self.tell("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        self.driver.execute_async_script("navigator.clipboard.writeText(arguments[0]).then(arguments[1]);", text)
        self.tell("Browser.resetPermissions")

    def clipboard(self):
        """What another program would get from it."""
        self.tell("Browser.grantPermissions", permissions=["clipboardReadWrite"])
        return self.driver.execute_async_script(
            "const done = arguments[0];"
            "navigator.clipboard.readText().then(done, (error) => done(String(error)));")

    def expect_no_sideways_scrolling(self):
        # Not compared with innerWidth: a phone shows a page that is too wide smaller.
        self.assertLessEqual(self.js("document.documentElement.scrollWidth"), self.width)
