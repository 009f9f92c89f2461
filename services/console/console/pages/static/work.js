// Keys on the pages where people decide, beside those of every page: j and k go through a list, some lead into a field.
(() => {
  "use strict";
  const isTyping = (target) => target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  const isShown = (element) => element.getClientRects().length > 0;

  document.addEventListener("keydown", (event) => {
    if (isTyping(event.target) && event.key === "Escape") event.target.blur();
    const key = pageKey(event);
    if (!key) return;
    const into = document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
    if (into) {
      event.preventDefault();
      into.focus();
    } else if (key === "j" || key === "k") {
      if (step(key === "j" ? 1 : -1)) event.preventDefault();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      // Arrows move only from a line that has the focus, so that pages still scroll.
      if (document.activeElement.matches("[data-row]") && step(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    }
  });

  // What was filtered or looked for stands in the address, so that it can be passed on; one way back leaves the page.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful && event.target.matches("[data-address]")) history.replaceState(null, "", event.detail.pathInfo.finalRequestPath);
  });

  function step(by) {
    const lines = [...document.querySelectorAll("[data-rows] [data-row]")].filter(isShown);
    if (!lines.length) return false;
    const at = lines.indexOf(document.activeElement);
    const next = lines[at < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, at + by))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }
})();
