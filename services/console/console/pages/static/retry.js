// The page that could not be made: look every few seconds whether it can be made now, and only then load it anew.
(() => {
  "use strict";
  const EVERY_MS = 5000;
  const look = async () => {
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store", redirect: "manual" });
      if (answer.status !== 503) { location.reload(); return; }
    } catch { /* not there yet */ }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
})();
