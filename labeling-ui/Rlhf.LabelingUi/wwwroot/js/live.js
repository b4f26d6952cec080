"use strict";
// While a run is at work, the list is fetched again every few seconds and put in place, unless someone is inside it.
(function () {
  const period = 3000;

  async function refresh() {
    const main = document.getElementById("main");
    const list = main && main.querySelector("[data-live=on]");
    if (!list) return;
    if (!document.hidden && !main.contains(document.activeElement) && String(getSelection()) === "") {
      try {
        const answer = await fetch(location.href, { headers: { accept: "text/html" } });
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
          if (fresh && fresh.innerHTML !== main.innerHTML) main.replaceChildren(...fresh.childNodes);
        }
      } catch {
        // The server is away for a moment: the next turn asks again.
      }
    }
    setTimeout(refresh, period);
  }

  setTimeout(refresh, period);
})();
