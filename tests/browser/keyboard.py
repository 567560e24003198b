"""A visitor without a mouse: what Tab reaches, in which order, and whether one sees where one is."""

from dataclasses import dataclass, field

from playwright.sync_api import Frame, Locator, Page

_MOST_STOPS = 250
# Every control in sight that Tab should reach, also inside shadow roots; kept to recognise it later.
_CONTROLS = """() => {
  const found = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (!element.matches("a[href], button, input, textarea, select, summary, [tabindex], canvas")) continue;
      // One stop, then arrows.
      if (element.closest("[role=radiogroup], canvas *") || element.type === "radio") continue;
      const bar = element.closest("[role=toolbar]");
      if (bar && bar.querySelector("button") !== element) continue;
      if (element.tabIndex < 0 || element.disabled || element.type === "file") continue;
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.height > 0 && box.right > 0) found.push(element);
    }
  };
  visit(document);
  window.__controls = found;
  window.__atRest = new Map(found.map((element) => [element, window.__look(element)]));
  return found.map(window.__told);
}"""
# What the scripts above and below share: a control's name, and its looks with what surrounds it.
_SHARED = """() => {
  window.__told = (element) => {
    const name = element.getAttribute("aria-label") || element.innerText || element.placeholder || element.title || "";
    return `${element.tagName.toLowerCase()} "${name.trim().replace(/\\s+/g, " ").slice(0, 50)}"`;
  };
  window.__look = (element) => {
    const around = [element, element.nextElementSibling, ...(element.closest("label")?.querySelectorAll("*") ?? [])];
    for (let at = element.parentElement; at && around.length < 16; at = at.parentElement) around.push(at);
    return around.filter(Boolean).map((node) => {
      const style = getComputedStyle(node);
      return [style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.color].join();
    }).join("|");
  };
}"""
# Where the focus is: its place in the list of controls, its name, whether it is in view, and whether the control
# that had it before looks different without it (a mark that comes and goes with the focus; tables draw their own).
# The parts of one widget share its frame: from one to the next the frame stays, so it is held against its rest.
_FOCUS = """async () => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  // React draws a mark after the event: mostly within a frame, on a busy machine within a second.
  const soon = async (holds) => {
    const end = performance.now() + 1000;
    while (!holds() && performance.now() < end) await drawn();
    return holds();
  };
  await drawn();
  const last = window.__last;
  window.__last = null;
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  element = element?.closest("canvas") ?? element;  // a table hands the focus on to the cell it draws
  const frame = element?.closest("[data-testid=stMultiSelect]");
  const unmarked = frame && frame.contains(last?.element) ? window.__atRest.get(last.element) : null;
  const marked = !last || last.element.tagName === "CANVAS" || await soon(
    () => unmarked ? window.__look(last.element) !== unmarked : window.__look(last.element) !== last.look);
  if (!element || element === document.body) return { marked, name: "" };
  if (element.tagName === "IFRAME") return { marked, at: "frame", name: "frame", inView: true };
  const rest = window.__atRest.get(element);
  if (rest && element.tagName !== "CANVAS") await soon(() => window.__look(element) !== rest);
  const inView = await soon(() => {
    const box = element.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  });
  window.__last = { element, look: window.__look(element) };
  return {
    marked,
    // A rerun may have put another element in a control's place.
    at: window.__controls.findIndex((control) => control === element
      || (!control.isConnected && window.__told(control) === window.__told(element))),
    name: window.__told(element),
    inView,
  };
}"""


# From the top of the page, wherever the focus was before; and not before the page has been still for a moment: what
# is drawn late (colours of code, charts) takes the place of what has the focus.
_START = """async () => {
  let last = performance.now();
  const watch = new MutationObserver(() => { last = performance.now(); });
  watch.observe(document.body, { childList: true, subtree: true });
  const end = last + 8000;
  while (performance.now() < Math.min(last + 600, end)) await new Promise((done) => setTimeout(done, 50));
  watch.disconnect();
  window.__last = null;
  const top = document.createElement("span");
  top.tabIndex = -1;
  document.body.prepend(top);
  top.focus({ preventScroll: true });
  top.remove();
}"""


@dataclass
class Walk:
    """One round with Tab: what was missed, what could not be seen, and whether it came round."""

    missed: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    ended: bool = False


def walk(page: Page, nav: Frame) -> Walk:
    """Press Tab from the top of the page until the focus leaves it."""
    # Marks at once, not fading.
    page.add_style_tag(content="*, ::before, ::after { transition: none !important; }")
    page.evaluate(_START)
    page.evaluate(_SHARED)
    nav.evaluate(_SHARED)
    controls, links = page.evaluate(_CONTROLS), nav.evaluate(_CONTROLS)
    reached: set[int | str] = set()
    found, before = Walk(), ""
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        focus = page.evaluate(_FOCUS)
        if not focus["marked"]:
            found.unseen.append(before)
        if not focus["name"]:  # after the last control the browser's own come, then the page's again
            found.ended = True
            break
        if not focus["inView"]:
            found.unseen.append(focus["name"])
        inside = nav.evaluate(_FOCUS) if focus["at"] == "frame" else {}
        reached.add(f"link {inside['at']}" if inside.get("name") else focus["at"])
        before = focus["name"]
    found.missed = [name for at, name in enumerate(controls) if at not in reached]
    found.missed += [f"link {name}" for at, name in enumerate(links) if f"link {at}" not in reached]
    return found


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the focus is on ``target``; fails when it never gets there."""
    target.wait_for(state="visible")
    for _ in range(_MOST_STOPS):
        if target.evaluate("element => element.getRootNode().activeElement === element"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")
