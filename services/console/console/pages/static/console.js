// Keys, the theme, the list of keys. Everything here is a convenience: each page works without it.
(() => {
  "use strict";
  const $ = (selector) => document.querySelector(selector);
  const help = $("#help");
  let before = "";

  document.addEventListener("keydown", (event) => {
    const key = pageKey(event);
    if (!key || event.key === "Shift") return;
    const place = before === "g" && $(`[data-go="${CSS.escape(key)}"]`);
    before = key === "g" ? "g" : "";
    if (place) { event.preventDefault(); place.click(); }
    else if (key === "?") { event.preventDefault(); help?.showModal(); }
    else if (key === "/") {
      event.preventDefault();
      const search = $("[data-search]");
      if (search) search.focus(); else location.href = "/records";
    } else {
      // A page gives its own keys: <button data-key="j">.
      const own = $(`[data-key="${CSS.escape(key)}"]`);
      if (own) { event.preventDefault(); own.click(); }
    }
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("[data-help], [data-theme-next]");
    if (target?.matches("[data-help]")) help?.showModal();
    if (target?.matches("[data-theme-next]")) nextTheme();
    if (event.target === help) help.close();
  });

  // On a phone the navigation is a strip: where one is must be in sight.
  const here = $(".nav [aria-current]");
  const strip = $(".nav");
  if (here && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = here.offsetLeft - strip.clientWidth / 2 + here.offsetWidth / 2;

  function nextTheme() {
    const root = document.documentElement;
    const isDark = root.dataset.theme === "dark" || (root.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = isDark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  }

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.matches("[hx-post], [data-many]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
})();
