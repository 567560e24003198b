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
      if (element.closest("[role=radiogroup]") || element.type === "radio") continue;  // one stop, then arrows
      if (element.tabIndex < 0 || element.disabled || element.type === "file") continue;
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && box.height > 0 && box.right > 0) found.push(element);
    }
  };
  visit(document);
  window.__controls = found;
  return found.map(window.__told);
}"""
_TOLD = """() => { window.__told = (element) => {
  const name = element.getAttribute("aria-label") || element.innerText || element.placeholder || element.title || "";
  return `${element.tagName.toLowerCase()} "${name.trim().replace(/\\s+/g, " ").slice(0, 50)}"`;
}; }"""
# Where the focus is: its place in the list of controls, its name, whether it is in view, and whether the control
# that had it before looks different without it (a mark that comes and goes with the focus; tables draw their own).
_FOCUS = """async () => {
  // React draws the mark after the event; a frame later it is there.
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const look = (element) => {
    const around = [element, element.nextElementSibling, ...(element.closest("label")?.querySelectorAll("*") ?? [])];
    for (let at = element.parentElement; at && around.length < 16; at = at.parentElement) around.push(at);
    return around.filter(Boolean).map((node) => {
      const style = getComputedStyle(node);
      return [style.outline, style.boxShadow, style.borderColor, style.backgroundColor, style.color].join();
    }).join("|");
  };
  const last = window.__last;
  window.__last = null;
  const marked = !last || last.element.tagName === "CANVAS" || look(last.element) !== last.look;
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  if (!element || element === document.body) return { marked, name: "" };
  if (element.tagName === "IFRAME") return { marked, at: "frame", name: "frame", inView: true };
  window.__last = { element, look: look(element) };
  const box = element.getBoundingClientRect();
  return {
    marked,
    // A rerun may have put another element in a control's place.
    at: window.__controls.findIndex((control) => control === element
      || (!control.isConnected && window.__told(control) === window.__told(element))),
    name: window.__told(element),
    inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


@dataclass
class Walk:
    """One round with Tab: what was missed, what could not be seen, and whether it came round."""

    missed: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    ended: bool = False


def walk(page: Page, nav: Frame) -> Walk:
    """Press Tab from the top of the page until the focus leaves it."""
    page.evaluate(_TOLD)
    nav.evaluate(_TOLD)
    controls, links = page.evaluate(_CONTROLS), nav.evaluate(_CONTROLS)
    page.add_style_tag(
        content="*, ::before, ::after { transition: none !important; }"
    )  # marks at once, not fading
    reached: set[int | str] = set()
    found, before = Walk(), ""
    page.evaluate("document.activeElement?.blur()")
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
