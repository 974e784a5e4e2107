"""Debian's chromium without a screen, by selenium(1) and chromium-driver. Nothing is downloaded."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CHROMIUM = shutil.which("chromium") or ""
DRIVER = shutil.which("chromedriver") or ""
SECONDS = 30.0


def why_not() -> str:
    """The reason why there can be no browser here, or ""."""
    if not CHROMIUM or not DRIVER:
        return "chromium is not installed (apt-get install chromium chromium-driver, about 300 MB)"
    return "" if importlib.util.find_spec("selenium") else "selenium is not installed"


class Chromium:
    """A browser as a person uses it: by what is written on the page."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)

    @property
    def text(self) -> str:
        from selenium.common.exceptions import WebDriverException

        end = time.monotonic() + SECONDS
        while True:
            try:
                return str(self.driver.find_element("css selector", "body").text)
            except WebDriverException:  # one page goes and another one comes
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def type(self, label: str, text: str) -> None:
        """Into the field with this label."""
        name = self.driver.find_element("xpath", f'//label[normalize-space()="{label}"]').get_attribute("for")
        field = self.driver.find_element("id", name)
        field.clear()
        field.send_keys(text)

    def press(self, button: str) -> None:
        """And waits for the page that comes."""
        from selenium.common.exceptions import WebDriverException

        page = self.driver.find_element("css selector", "html")
        self.driver.find_element("xpath", f'//main//button[normalize-space()="{button}"]').click()
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                page.is_enabled()
                time.sleep(0.02)
        except WebDriverException:
            return  # it is another page now; which exception says so depends on the moment
        raise AssertionError(f"nothing came after {button!r}")

    def focused(self) -> str:
        """What the keyboard is at: its text, or its name."""
        element = self.driver.switch_to.active_element
        return str(element.text or element.get_attribute("name") or "")

    def key(self, key: str) -> None:
        self.driver.switch_to.active_element.send_keys(key)

    def ground(self) -> str:
        """The colour behind the text."""
        return str(self.driver.find_element("css selector", "body").value_of_css_property("background-color"))

    def barriers(self) -> list[str]:
        """What keeps out who does not see, or has no mouse (WCAG 2.2): by what the browser tells a screen reader."""
        find = self.driver.find_elements
        found = (
            [] if len(find("css selector", "h1")) == len(find("css selector", "main")) == 1 else ["one h1, one main"]
        )
        for closed in find("css selector", "details:not([open]) > summary"):
            closed.click()
        usable = "a, button, summary, select, textarea, input:not([type=hidden]), svg, [role=region]"
        for one in find("css selector", usable):
            if not one.accessible_name and not one.find_elements("xpath", "ancestor-or-self::*[@aria-hidden]"):
                found.append(f"nameless: {one.get_attribute('outerHTML')[:100]}")
        bare = "//table[not(.//th[@scope='col']) or not(ancestor::*[@role='region' and @tabindex='0'])]"
        found += [f"table: {one.text[:100]}" for one in find("xpath", bare)]
        plain = "//*[local-name()='svg'][not(./*[local-name()='desc']) or not(../details//table)]"
        return found + [f"chart: {one.accessible_name}" for one in find("xpath", plain)]

    def problems(self) -> list[str]:
        """What it complains of: what the policy of the page forbids, what was not found.

        That a form was not right (400), or a password (403), is an answer that was meant.
        """
        said = [str(line["message"]) for line in self.driver.get_log("browser") if line["level"] != "INFO"]
        return [text for text in said if "status of 400" not in text and "status of 403" not in text]


@contextmanager
def chromium(*arguments: str, javascript: bool = False) -> Iterator[Chromium]:
    """A browser with a profile of its own."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        # Root has no sandbox there; a container has little /dev/shm.
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", *arguments):
            options.add_argument(argument)
        options.add_argument(f"--user-data-dir={profile}")
        options.add_argument("--window-size=1000,1400")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if not javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        try:
            yield Chromium(driver)
        finally:
            driver.quit()
