"""How Chromium is started for the tests and the pictures."""

import re
import shutil

import pytest
from playwright.sync_api import Error

from bench.chromium import SWITCHED_OFF


def test_what_playwright_switches_off_stays_off(browser):
    with pytest.raises(Error) as told:  # says how it called the program
        browser.browser_type.launch(executable_path=shutil.which("false"))
    features = re.search(r" --disable-features=(\S+)", str(told.value))[1]
    assert set(features.split(",")) <= set(SWITCHED_OFF)
