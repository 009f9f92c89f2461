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

  // In a field of several lines Enter is a new line; with Ctrl it sends, as elsewhere.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("form textarea")) event.target.form.requestSubmit();
  });

  // One of the two values to begin with, added to what is typed already.
  document.addEventListener("click", (event) => {
    const field = event.target.matches("[data-fill]") && event.target.form.querySelector("textarea");
    if (!field) return;
    field.value = [field.value, event.target.dataset.fill].filter(Boolean).join("\n");
    field.focus();
  });

  // What is drawn anew takes away neither the focus, nor an open part, nor what was typed.
  let held = "", typed = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "list" && event.target.querySelector("details[open]")) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", () => {
    held = document.activeElement.getAttribute("href") ?? "";
    typed = document.querySelector("#question :is(input, textarea)#value")?.value ?? "";
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (held && document.activeElement === document.body) document.querySelector(`main a[href="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
    const shown = document.querySelector("#typed[hidden]");
    if (shown && typed) { shown.hidden = false; shown.querySelector("q").textContent = typed; }
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
