// Why there is no task now, and when one may come.
import { el } from "./dom.js";
import { announce } from "./announce.js";

const pause = 15000; // Milliseconds until it is asked again.

const reasons = {
  empty: "WaitEmpty", complete: "WaitComplete", allDone: "WaitAllDone", seatsTaken: "WaitSeatsTaken", qualification: "WaitQualification",
};

let timer = null;
let told = null;

/** What a worker of another platform hands in there at the end. */
async function completionCode(t, page, api) {
  const { data } = await api.call("POST", `projects/${page.project}/completion-code`);
  document.getElementById("waiting").append(el("p", {}, t("CompletionCode"), " ", el("code", {}, data.code)));
}

/** Shows the reason and asks again in time. Without a reason the next task is on its way. */
export function showWaiting({ t, page, api, closed, waiting, again }) {
  clearTimeout(timer);
  const until = waiting?.until ? new Date(waiting.until) : null;
  const time = until?.toLocaleTimeString(page.language, { hour: "2-digit", minute: "2-digit" });
  const text = closed ?? (waiting?.reason ? t(reasons[waiting.reason] ?? "WaitAllDone", time) : t("Loading"));
  const links = closed || waiting?.reason ? el("p", { class: "waiting-links" },
    el("a", { href: page.root }, t("ToProjects")), el("a", { href: page.history }, t("ToHistory"))) : null;
  document.getElementById("waiting").replaceChildren(
    el("p", { class: "waiting-text" }, text), ...(links ? [links] : []));
  if (page.external && (waiting?.reason === "complete" || waiting?.reason === "allDone")) {
    completionCode(t, page, api).catch((error) => console.warn(error));
  }
  if (text !== told) announce(text);
  told = text;
  const delay = until ? Math.max(1000, Math.min(pause * 4, until - Date.now() + 500)) : pause;
  timer = setTimeout(again, delay);
}
