"""The proof that axe is really asked: the walk and the guide's steps ask it on every page."""

from tests.browser.axe import serious_violations
from tests.browser.conftest import open_page


def test_the_check_sees_a_fault_when_there_is_one(page, app_url):
    open_page(page, app_url)
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<button></button>')")
    assert any("button-name" in violation for violation in serious_violations(page))
