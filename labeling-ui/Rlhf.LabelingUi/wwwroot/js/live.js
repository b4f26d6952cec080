"use strict";
// Keeps a page as the server has it. The page is fetched again when the change feed tells of something that concerns it, and its
// differences are put in place: what is open, focused, selected or scrolled stays as it is.
(function () {
  const shortest = 1000; // Milliseconds between two fetches, however much happens.
  const types = [
    "run.state", "run.metrics", "pipeline.state", "labeling.submission", "labeling.project", "labeling.quality", "feed.catchUp",
  ];
  const ticking = 10000; // While something is under way: durations count up, and the feed may be away.

  let source = null;
  let timer = null;
  let fetched = 0;

  const place = () => document.querySelector("#main [data-events]");

  function schedule(delay) {
    const due = Math.max(delay, fetched + shortest - performance.now());
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(refresh, due);
  }

  async function refresh() {
    timer = null;
    if (document.hidden || !place()) return;
    fetched = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      // A sign-in that has ended leads to another page, which is not this one's content.
      if (answer.ok && !answer.redirected) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
        if (fresh) morph(document.getElementById("main"), fresh);
        document.dispatchEvent(new Event("rlhf:refreshed"));
      }
    } catch {
      // The server is away for a moment: the next turn asks again.
    }
    if (timer === null && place()?.dataset.active === "yes") schedule(ticking);
  }

  // Makes one element like another, changing only what differs.
  function morph(from, to) {
    const drawn = from.dataset?.chart !== undefined;
    for (const { name, value } of [...to.attributes]) {
      if (name !== "open" && from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
    if (drawn) return;
    for (const { name } of [...from.attributes]) {
      if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
    }
    if (from.dataset?.keep !== undefined) return;
    const wanted = [...to.childNodes];
    wanted.forEach((node, i) => {
      const present = from.childNodes[i];
      if (!present) from.append(node.cloneNode(true));
      else if (!alike(present, node)) present.replaceWith(node.cloneNode(true));
      else if (node.nodeType === Node.ELEMENT_NODE) morph(present, node);
      else if (present.data !== node.data) present.data = node.data;
    });
    while (from.childNodes.length > wanted.length) from.lastChild.remove();
  }

  const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && (a.id ?? "") === (b.id ?? "");

  function showProgress(change) {
    const place = document.querySelector(`[data-progress="${change.runId}"]`);
    if (!place) return;
    const { phase, done, total } = change.payload;
    const count = (number) => Number(number).toLocaleString(document.documentElement.lang);
    const values = [phase, count(done), count(total)];
    place.textContent = total > 0 ? place.dataset.text.replace(/\{(\d)\}/g, (_, i) => values[i]) : phase ?? "";
  }

  function listen() {
    const address = place()?.dataset.events;
    if (!address || source) return;
    source = new EventSource(address);
    source.addEventListener("open", () => { document.documentElement.dataset.live = "on"; });
    source.addEventListener("run.progress", (event) => {
      showProgress(JSON.parse(event.data));
      // Numbers may have come with it; they are worth a look now and then.
      if (timer === null || performance.now() - fetched > ticking) schedule(ticking / 2);
    });
    for (const type of types) source.addEventListener(type, () => schedule(0));
    // The feed was away, or the server was started again.
    source.addEventListener("error", () => {
      document.documentElement.dataset.live = "off";
      schedule(shortest);
    });
  }

  // A browser keeps few connections to one server: a page that nobody sees gives its own back.
  function rest() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      rest();
    } else {
      listen();
      schedule(0);
    }
  });
  addEventListener("pagehide", rest);
  addEventListener("pageshow", () => { if (!document.hidden) listen(); });
  if (!document.hidden) listen();
  if (place()?.dataset.active === "yes") schedule(ticking);
})();
