// What the tests of access ask a page: evaluated in it, as `looking`. Each answers a list of faults, or what was found.

globalThis.looking = (() => {
  const CONTROLS = "a[href], button, input, select, textarea, summary, audio[controls], [role=button], [role=slider], [role=tab], [tabindex='0']";

  // The box that a visitor sees of an element: its own, or that of the label which stands for it. Null where nothing is shown.
  function seen(element) {
    if (!element.checkVisibility({ checkVisibilityCSS: true }) || element.closest(".hidden, .skip, [inert]")) return null;
    const stands = ["checkbox", "radio", "file"].includes(element.type);
    const label = stands && [...(element.labels ?? [])].find((one) => one.checkVisibility() && !one.closest(".hidden"));
    return label || element;
  }

  function name(element) {
    return element.id || element.getAttribute("aria-label") || element.textContent.trim().slice(0, 40) || element.outerHTML.slice(0, 80);
  }

  // Boxes that stick out of the page, and boxes that hide a part of what is in them.
  function sticking(width) {
    const wrong = [];
    const wide = document.documentElement.scrollWidth;
    if (wide > width || innerWidth !== width) wrong.push(`the page: ${wide} in ${innerWidth}`);
    for (const element of document.querySelectorAll("body *")) {
      if (!seen(element) || element.matches("br, source, svg *, canvas, progress, audio, input")) continue;
      const box = element.getBoundingClientRect();
      if (box.width < 4) continue; // there for screen readers only
      const style = getComputedStyle(element);
      const scrolled = element.parentElement.closest("[data-scrolls]"); // scrolls by itself, as a wide table may
      if (!scrolled && (box.right > width + 1 || box.left < -1)) {
        wrong.push(`${name(element)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)}`);
      }
      const hides = /hidden|clip/.test(style.overflowX) && style.textOverflow !== "ellipsis";
      if (hides && element.scrollWidth > element.clientWidth + 1) {
        wrong.push(`${name(element)} is cut off: ${element.scrollWidth} in ${element.clientWidth}`);
      }
    }
    return wrong;
  }

  // Controls that a thumb may miss. A link within a sentence is as high as its line, and may be.
  function small(least) {
    const wrong = [];
    for (const element of document.querySelectorAll(CONTROLS)) {
      const shown = seen(element);
      if (!shown || element.disabled || element.matches("p a, li p a, figcaption a, dd a")) continue;
      const { width, height } = shown.getBoundingClientRect();
      if (width < least - 0.5 || height < least - 0.5) wrong.push(`${name(element)}: ${width.toFixed(1)} x ${height.toFixed(1)}`);
    }
    return wrong;
  }

  const ring = (element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };

  // Where the keyboard is, and whether that can be seen. Null at the page's end.
  function focused() {
    let element = document.activeElement;
    if (!element || element === document.body) return null;
    while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const shown = seen(element) ?? element;
    const box = shown.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height, innerHeight) / 2];
    const top = element.getRootNode().elementFromPoint(x, y);
    return {
      name: name(element),
      ring: ring(shown) || ring(element),
      on_screen: y > 0 && y < innerHeight && x > 0 && x < innerWidth && box.width > 4,
      uncovered: Boolean(top) && (shown.contains(top) || top.contains(shown)),
    };
  }

  // What Tab should come by. Of a group of radio buttons that is one; arrows reach the others.
  function reachable() {
    const groups = new Set();
    return [...document.querySelectorAll(CONTROLS)].filter((element) => {
      if (element.tabIndex < 0 || element.disabled || !seen(element)) return false;
      if (element.type !== "radio") return true;
      const first = !groups.has(element.name);
      groups.add(element.name);
      return first;
    }).map(name);
  }

  const moving = () => document.getAnimations().map((one) => one.animationName ?? one.transitionProperty);

  async function barriers(tags) {
    const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)} (${node.failureSummary.slice(0, 220)})`));
  }

  return { sticking, small, focused, reachable, moving, barriers };
})();
