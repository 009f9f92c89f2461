// What a pressed key means to a page: its letter on any keyboard layout, and nothing while one types or has no keys.
(() => {
  "use strict";
  const OFF = "keys-off";
  const typing = (target) => target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  const isOn = () => localStorage.getItem(OFF) === null;
  // On a Ukrainian layout the place of `j` says `о`, and the places of `/` and `?` a full stop and a comma.
  const letter = ({ key, code }) => {
    if (/^[\x20-\x7e]$/.test(key) && code !== "Slash") return key;
    if (code === "Slash") return key === "." ? "/" : key === "," ? "?" : key;
    return key.length === 1 && code.startsWith("Key") ? code.slice(3).toLowerCase() : key;
  };

  window.pageKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return "";
    if (document.querySelector("dialog[open]") || !isOn()) return "";
    const key = letter(event);
    // A key held down goes through a list; it never answers the next question as well.
    return event.repeat && key !== "j" && key !== "k" ? "" : key;
  };

  // Single keys can be a nuisance to who speaks to the computer or presses one by chance: they can be turned off.
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-keys-on]");
    if (!box) return;
    box.checked = isOn();
    const show = () => document.documentElement.toggleAttribute("data-keyless", !isOn());
    box.addEventListener("change", () => { box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"); show(); });
    show();
  });
})();
