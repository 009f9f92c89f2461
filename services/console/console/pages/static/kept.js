// What was typed outlives the end of a session, in this tab alone: whoever signs in again finds it in its form, not sent.
// Forms are kept without their secrets; the page that comes back has its own. Another person, another page, an hour: gone.
(() => {
  "use strict";
  const KEY = "typed", LONGEST_MS = 3600000;
  const FIELDS = "textarea[name], select[name], input[name]:not([type=hidden], [type=password], [type=file])";
  const isTicked = (field) => field.type === "radio" || field.type === "checkbox";
  const asMade = (list) => ([...list.options].find((one) => one.defaultSelected) ?? list.options[0])?.value;
  const isTyped = (field) => !isTicked(field) && field.value !== (field.options ? asMade(field) : "");
  const FORMS = "main form[method=post]:not([hx-post], [data-many])";
  const who = document.querySelector(".who-name")?.textContent;

  // The door and the pages of failures: what was sent did not arrive, and the form is not here.
  const isBetween = document.querySelector("[data-keeps]") !== null;

  const value = (form) => [...form.querySelectorAll(FIELDS)]
    .filter((field) => isTicked(field) ? field.checked : field.value !== "")
    .map((field) => [field.name, field.value]);
  const keep = () => {
    if (!who) return;  // the form of the door
    const typed = [...document.querySelectorAll(FORMS)]
      .filter((form) => [...form.querySelectorAll(FIELDS)].some(isTyped))
      .map((form) => ({ action: form.getAttribute("action"), fields: value(form) }));
    if (!typed.length) { sessionStorage.removeItem(KEY); return; }
    sessionStorage.setItem(KEY, JSON.stringify({ who, typed, path: location.pathname, at: Date.now() }));
  };
  window.keepTyped = keep;

  document.addEventListener("submit", (event) => { if (event.target.matches(FORMS)) keep(); });
  document.addEventListener("click", (event) => { if (event.target.closest?.("#over a")) keep(); });

  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (!kept) return;
  if (isBetween) { sessionStorage.setItem(KEY, JSON.stringify({ ...kept, isLate: true })); return; }
  sessionStorage.removeItem(KEY);
  const isOurs = kept.who === who && kept.path === location.pathname && Date.now() - kept.at < LONGEST_MS;
  if (kept.isLate && isOurs) kept.typed.forEach(restore);

  function restore({ action, fields }) {
    const has = (form) => fields.some(([name]) => form.querySelector(`:is(textarea, select, input)[name="${CSS.escape(name)}"]:not([type=hidden])`));
    const form = [...document.forms].find((one) => one.getAttribute("action") === action && has(one));
    const settled = document.querySelector("#typed[hidden]");
    if (form) {
      fields.forEach(([name, text]) => fill(form, name, text));
      document.getElementById("kept").hidden = false;
    } else if (settled) {
      settled.hidden = false;
      settled.querySelector("q").textContent = fields[0][1];
    }
  }

  function fill(form, name, text) {
    const fields = [...form.querySelectorAll(FIELDS)].filter((field) => field.name === name);
    const field = isTicked(fields[0] ?? form) ? fields.find((one) => one.value === text) : fields[0];
    if (!field) return;
    if (isTicked(field)) field.checked = true; else field.value = text;
    field.closest("details")?.setAttribute("open", "");
    if (isTyped(field)) field.focus();
  }
})();
