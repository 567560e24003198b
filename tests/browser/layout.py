"""What a designer would see: pages wider than the screen, text that is cut off, and pages that jump on load."""

import time
from dataclasses import dataclass

from playwright.sync_api import Page

# Started before a page loads; Chromium reports what moved without the visitor's doing.
WATCH_SHIFTS = """
window.__shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (entry.hadRecentInput) continue;
    const moved = entry.sources.map(({ node, previousRect, currentRect }) => {
      const element = node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement;
      const named = element?.closest("[class*=st-key-]")?.className.match(/st-key-[\\w-]+/)?.[0] ?? "";
      return {
        name: `${element?.dataset.testid ?? element?.tagName ?? "gone"} ${named}`.trim(),
        from: Math.round(previousRect.y), to: Math.round(currentRect.y), height: Math.round(previousRect.height),
      };
    });
    window.__shifts.push({ value: entry.value, at: entry.startTime, moved });
  }
}).observe({ type: "layout-shift", buffered: true });
"""

_BLOCK = "stMainBlockContainer"
GOOD = 0.1  # the most that a page may jump while it loads (web.dev/cls)
_CUT = """() => {
  const hidden = (value) => value === "hidden" || value === "clip";
  const scrolls = (value) => value === "auto" || value === "scroll";
  const unseen = "script, style, noscript, template, canvas, [aria-hidden=true]";
  const found = new Set(), range = document.createRange();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const owner = text.parentElement;
    if (!text.data.trim() || owner.closest(unseen)) continue;
    if (!owner.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) continue;
    let x = true, y = true, by = "";  // whether an ancestor may still cut in this direction
    for (let at = owner; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at), edge = at.getBoundingClientRect();
      if (edge.width <= 2 || edge.height <= 2) { x = y = false; continue; }  // for screen readers only
      if (style.clipPath !== "none" || scrolls(style.overflowX)) x = false;
      if (style.clipPath !== "none" || scrolls(style.overflowY)) y = false;
      const name = at.dataset.testid ?? at.tagName;
      if (x && hidden(style.overflowX) && (box.right > edge.right + 1.5 || box.left < edge.left - 1.5)) by ||= name;
      if (y && hidden(style.overflowY) && (box.bottom > edge.bottom + 3 || box.top < edge.top - 3)) by ||= name;
    }
    if (x && !by && box.right > 0 && (box.right > innerWidth + 1 || box.left < -1)) by = "the screen";
    if (by) found.add(`"${text.data.trim().slice(0, 60)}" is cut by ${by}`);
  }
  return [...found];
}"""
_TOO_WIDE = """() => Math.max(0, ...[document.documentElement, document.querySelector("[data-testid=stMain]")]
  .map((element) => element.scrollWidth - element.clientWidth))"""


@dataclass(frozen=True)
class Jump:
    """The worst five seconds of a load: Chromium's score (0.1 is the limit of "good") and what moved."""

    score: float
    moved: tuple[str, ...]


def faults(page: Page) -> list[str]:
    """Text that is cut off, also inside frames, and how many pixels the page is wider than the screen."""
    found = [fault for frame in page.frames for fault in frame.evaluate(_CUT)]
    too_wide = page.evaluate(_TOO_WIDE)
    return [*found, f"{too_wide} pixels wider than the screen"] if too_wide > 1 else found


def lasting_faults(page: Page, seconds: float = 15) -> list[str]:
    """Faults that are still there after a while: charts and diagrams are drawn anew for another width or theme."""
    until = time.monotonic() + seconds
    while (found := faults(page)) and time.monotonic() < until:
        page.wait_for_timeout(250)
    return found


def jump(page: Page) -> Jump:
    """How much the page moved while it loaded (web.dev/cls: windows of at most 5 s, gaps of at most 1 s).

    Not counted: the empty block that Streamlit begins with, when the page takes its place in one frame. Between
    them is one without height, which only a browser that is too busy leaves out.
    """
    worst, window = Jump(0.0, ()), list[dict]()
    for shift in page.evaluate("window.__shifts"):
        if {each["name"] for each in shift["moved"]} == {_BLOCK}:
            continue
        if window and (shift["at"] - window[-1]["at"] > 1000 or shift["at"] - window[0]["at"] > 5000):
            window = []
        window.append(shift)
        score = sum(each["value"] for each in window)
        if score > worst.score:
            worst = Jump(score, tuple(_told(each) for each in window))
    return worst


def _told(shift: dict) -> str:
    moved = ", ".join(f"{each['name']} {each['from']} to {each['to']}" for each in shift["moved"])
    return f"{shift['value']:.3f}: {moved}"
