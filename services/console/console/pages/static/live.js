// One connection for what is live: closed while nobody looks, made again when it is lost, over when the session is.
(() => {
  "use strict";
  const LOST_AFTER_MS = 4000;   // a short gap, such as a restart behind a balancer, is nobody's business
  const SILENT_MS = 40000;      // the console says something every fifteen seconds
  const lost = document.getElementById("lost");
  let timer = 0;

  const tell = (isLost) => {
    if (!lost) return;
    if (isLost) { timer ||= setTimeout(() => show(false), LOST_AFTER_MS); return; }
    clearTimeout(timer);
    timer = 0;
    show(true);
  };
  const show = (isLive) => {
    lost.hidden = isLive;
    document.documentElement.toggleAttribute("data-lost", !isLive);
  };

  // The door, once the session is over; whoever was typing goes there when what was typed is safe.
  const leave = () => {
    const door = `/sign-in?over=1&next=${encodeURIComponent(location.pathname + location.search)}`;
    const fields = document.querySelectorAll("main :is(textarea, input:not([type=hidden], [type=search], [type=radio], [type=checkbox]))");
    const over = document.getElementById("over");
    window.keepTyped?.();
    if (!over || ![...fields].some((field) => field.value !== field.defaultValue)) { location.href = door; return; }
    over.querySelector("a").href = door;
    over.hidden = false;
  };
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status === 401) { event.preventDefault(); leave(); }
  });

  // What htmx's extension takes for an EventSource. Browsers allow six connections to a host: a hidden tab gives its own back.
  class Source {
    constructor(url) {
      this.url = url;
      this.listeners = [];
      this.readyState = EventSource.CONNECTING;
      this.wait = 1000;
      document.addEventListener("visibilitychange", () => document.hidden ? this.drop() : this.open());
      addEventListener("pagehide", () => this.drop());
      addEventListener("pageshow", (event) => event.persisted && this.open());
      addEventListener("online", () => this.open());
      addEventListener("offline", () => { tell(true); this.drop(); });
      if (!document.hidden) this.open();
    }

    open() {
      if (this.inner) return;
      clearTimeout(this.again);
      const inner = this.inner = new EventSource(this.url);
      this.listeners.forEach(([name, listener]) => inner.addEventListener(name, listener));
      inner.addEventListener("over", () => { this.close(); leave(); });
      // A connection that died without a word is found by its silence.
      const beat = () => { clearTimeout(this.silence); this.silence = setTimeout(() => { tell(true); this.drop(); this.open(); }, SILENT_MS); };
      ["beat", "state", "feed"].forEach((name) => inner.addEventListener(name, beat));
      beat();
      inner.onopen = () => { this.wait = 1000; tell(false); this.onopen?.(new Event("open")); };
      inner.onerror = () => { tell(true); this.drop(); this.again = setTimeout(() => document.hidden || this.open(), this.wait); this.wait = Math.min(this.wait * 2, 15000); };
    }

    drop() {
      clearTimeout(this.again);
      clearTimeout(this.silence);
      this.inner?.close();
      this.inner = null;
    }

    addEventListener(name, listener) {
      this.listeners.push([name, listener]);
      this.inner?.addEventListener(name, listener);
    }

    removeEventListener(name, listener) {
      this.listeners = this.listeners.filter((one) => one[0] !== name || one[1] !== listener);
      this.inner?.removeEventListener(name, listener);
    }

    close() { this.drop(); this.listeners = []; }
  }

  if (window.htmx) htmx.createEventSource = (url) => new Source(url);
})();
