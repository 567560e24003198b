"""A candidate's way in a browser: run, version, gates, Production, service, rollback, first start."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run
from tests.browser.keyboard import tab_to

CANDIDATE = "view=runs&filter=params.algorithm+%3D+%27gradient_boosting%27&compare=top1"
VIEWS = ("train", "runs&compare=top2", "registry", "predict&sample=low", "serve", "watch&shift=Contract:40")
FAILED = "This part of the page failed"


def view(page: Page, name: str) -> None:
    page.get_by_role("radiogroup", name="View").get_by_text(name, exact=True).click()
    wait_for_app_run(page)


def decide(page: Page, button: str, confirm: str, reason: str) -> None:
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("What changes")).to_be_visible()
    reason_box = dialog.get_by_label("Reason (required)")
    expect(reason_box).to_be_visible()
    override = dialog.get_by_text("Override the failed gates")
    if override.count():
        override.click()
        wait_for_app_run(page)
    reason_box.fill(reason)
    dialog.get_by_role("button", name=confirm).dblclick()  # a second click must not decide again
    expect(dialog).to_have_count(0)
    wait_for_app_run(page)


def slot(page: Page, title: str):
    return page.get_by_test_id("stGridCell").filter(has_text=re.compile(f"^{title} "))


def test_a_candidate_goes_from_run_to_production_answers_and_is_rolled_back(page, app_url):
    open_page(page, f"{app_url}/Experiment_Browser?{CANDIDATE}")
    register = page.get_by_role("button", name="Register as a version")
    expect(register).to_be_visible(timeout=180_000)  # the first start may still be training
    register.click()
    opener = page.get_by_role("button", name=re.compile(r"Version \d+ in the registry"))
    expect(opener).to_be_visible()
    number = re.search(r"\d+", opener.inner_text())[0]
    opener.click()
    expect(page.get_by_role("heading", name=f"Version {number}", exact=True)).to_be_visible()

    decide(page, "Promote to Production", "Confirm", "browser test")
    expect(slot(page, "Production")).to_contain_text(f"Version {number}")
    expect(slot(page, "Previous")).to_contain_text("Version")

    view(page, "Predict")
    expect(page.get_by_text(f"Version {number} of churn")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="History", exact=True)).to_be_visible()

    view(page, "Serve")
    page.get_by_role("button", name="Start the service").click()
    expect(page.get_by_text("Service ready")).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text(f"version {number}", exact=True).first).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="/docs").click()
    expect(opened.value.get_by_text("/model/reload")).to_be_visible()
    opened.value.close()

    view(page, "Registry")
    decide(page, "Roll back to version", "Roll back", "browser test")
    expect(slot(page, "Previous")).to_contain_text(f"Version {number}")
    view(page, "Serve")
    page.get_by_role("button", name="requests and reload meanwhile").click()
    failures = page.get_by_test_id("stMetric").filter(has_text="Failures")
    expect(failures).to_contain_text("Failures0")
    expect(page.get_by_test_id("stMetric").filter(has_text=f"By version {number}")).to_be_visible()
    expect(page.get_by_test_id("stMetric").filter(has_text="By version")).to_have_count(2)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Service stopped")).to_be_visible()

    view(page, "Registry")
    decide(page, "Reset the workspace", "Reset for everybody", "browser test")
    expect(slot(page, "Previous")).to_contain_text("none")
    expect(page.get_by_text("records intact")).to_be_visible()
    expect_no_exception(page)


def answer(page: Page):
    return page.get_by_test_id("stMetric").filter(has_text="Probability of Churn = Yes")


def in_sight(page: Page, part) -> bool:
    box = part.bounding_box()
    return box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_on_a_phone_the_probability_stays_in_sight_while_the_last_field_is_changed(open_session, app_url):
    page = open_session(width=390, height=844)
    open_page(page, f"{app_url}/Experiment_Browser?view=predict&sample=high")
    expect(answer(page)).to_be_visible(timeout=180_000)
    wait_for_app_run(page)
    first, last = page.get_by_label("gender"), page.get_by_role("spinbutton", name="TotalCharges")
    assert answer(page).bounding_box()["y"] < first.bounding_box()["y"], "above the form"
    before = answer(page).inner_text()
    last.scroll_into_view_if_needed()
    last.fill("8000")
    last.press("Enter")
    wait_for_app_run(page)
    expect(answer(page)).not_to_have_text(before.replace("\n", ""))
    assert in_sight(page, answer(page))
    first.focus()  # as Tab backwards would: what has the focus is not below the answer
    card = page.locator(".st-key-experiment_browser_answer").bounding_box()
    assert first.bounding_box()["y"] >= card["y"] + card["height"]


def test_on_a_low_screen_the_probability_leaves_the_room_to_the_form(open_session, app_url):
    page = open_session(width=640, height=360)
    open_page(page, f"{app_url}/Experiment_Browser?view=predict&sample=high")
    expect(answer(page)).to_be_visible(timeout=180_000)
    wait_for_app_run(page)
    page.get_by_role("spinbutton", name="TotalCharges").scroll_into_view_if_needed()
    assert not in_sight(page, answer(page))


def test_on_a_wide_screen_the_probability_stands_beside_the_form(open_session, app_url):
    page = open_session()
    open_page(page, f"{app_url}/Experiment_Browser?view=predict&sample=high")
    expect(answer(page)).to_be_visible(timeout=180_000)
    wait_for_app_run(page)
    form = page.locator(".st-key-experiment_browser_record").bounding_box()
    card = page.locator(".st-key-experiment_browser_answer").bounding_box()
    what_if = page.get_by_role("heading", name="What if").bounding_box()
    assert abs(card["y"] - form["y"]) <= 2
    assert abs(card["width"] - form["width"]) <= 2
    assert form["x"] + form["width"] < card["x"] == what_if["x"]
    assert card["y"] + card["height"] < what_if["y"] < form["y"] + form["height"]


def press(page: Page, button: str | re.Pattern, key: str = "Enter") -> None:
    """Go to a button with Tab and press it."""
    tab_to(page, page.get_by_role("button", name=button).last)
    page.keyboard.press(key)


def test_a_version_is_registered_and_promoted_with_keys_alone(page, app_url):
    open_page(page, f"{app_url}/Experiment_Browser?{CANDIDATE}")
    expect(page.get_by_role("button", name="Register as a version")).to_be_visible(timeout=180_000)
    press(page, "Register as a version")
    opener = page.get_by_role("button", name=re.compile(r"Version \d+ in the registry"))
    expect(opener).to_be_visible()
    number = re.search(r"\d+", opener.inner_text())[0]
    wait_for_app_run(page)
    press(page, re.compile(r"Version \d+ in the registry"))
    expect(page.get_by_role("heading", name=f"Version {number}", exact=True)).to_be_visible()
    wait_for_app_run(page)
    press(page, "Promote to Production")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Reason (required)")).to_be_visible()
    wait_for_app_run(page)
    override = dialog.get_by_role("checkbox")
    if override.count():
        tab_to(page, override)
        page.keyboard.press("Space")
        wait_for_app_run(page)
    tab_to(page, dialog.get_by_label("Reason (required)"))
    page.keyboard.type("promoted by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("keyboard visitor")
    press(page, "Confirm")
    expect(dialog).to_have_count(0)
    wait_for_app_run(page)
    expect(slot(page, "Production")).to_contain_text(f"Version {number}")
    expect(page.get_by_text("promoted by keyboard").first).to_be_attached()
    decide(page, "Reset the workspace", "Reset for everybody", "browser test")
    expect_no_exception(page)


def test_no_view_fails_or_is_wider_than_a_phone(open_session, app_url):
    page = open_session(width=390, dark=True)
    open_page(page, f"{app_url}/Experiment_Browser")
    expect(page.get_by_text("best first by ROC-AUC")).to_be_visible(timeout=180_000)
    for name in VIEWS:
        open_page(page, f"{app_url}/Experiment_Browser?view={name}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, name
        assert not page.get_by_text(FAILED).count(), name
        expect_no_exception(page)
