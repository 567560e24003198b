"""What axe finds on a page, but for the faults that Streamlit itself emits."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Rule -> marks of Streamlit's own markup, for which alone it is allowed. Anything else fails.
ALLOWED: dict[str, tuple[str, ...]] = {
    "aria-dialog-name": ('data-testid="stToast"',),  # its aria-labelledby names no element
}


def serious_violations(page: Page) -> list[str]:
    """Each serious or critical violation as rule, markup and place."""
    return list(_violations(Axe().run(page).response["violations"]))


def _violations(found: list[dict]) -> Iterator[str]:
    for violation in found:
        if violation["impact"] not in ("serious", "critical"):
            continue
        for node in violation["nodes"]:
            if not any(mark in node["html"] for mark in ALLOWED.get(violation["id"], ())):
                yield f"{violation['id']}: {node['html'][:200]} at {node['target']}"
