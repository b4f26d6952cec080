// Lines above the task: no connection, signed out, answers that were not accepted.
import { announce } from "./announce.js";
import { notice } from "./dialogs.js";
import { el } from "./dom.js";
import { Blocked, Pending, Refused } from "./outbox.js";

export function createNotices({ page, t, store, outbox }) {
  const network = notice("warn");
  const session = notice("bad");
  const answers = notice("bad");
  let away = false;

  const signIn = () => el("a", {
    class: "notice-action", href: `${page.root}account/sign-in?returnUrl=${encodeURIComponent(location.pathname)}`,
  }, t("SignIn"));

  let said = null;
  let listed = "";

  function say(line, text, ...actions) {
    if (said === text) return;
    said = text;
    line.show(text, ...actions);
    announce(text);
  }

  async function update() {
    const kept = await store.all("outbox");
    const waiting = kept.filter((entry) => entry.state === Pending).length;
    const unsent = document.getElementById("unsent");
    unsent.textContent = waiting > 0 && away ? t("Unsent", waiting) : "";
    unsent.dataset.count = waiting;
    const stuck = kept.filter((entry) => entry.state !== Pending && entry.project === page.project);
    // Shown anew only where something has changed: the details may be open.
    const now = stuck.map((entry) => entry.key + entry.state).join();
    if (now === listed) return;
    listed = now;
    if (stuck.length === 0) answers.hide();
    else answers.show(t(stuck.some((entry) => entry.state === Blocked) ? "AnswersKept" : "AnswersRefused", stuck.length),
      el("details", {}, el("summary", {}, t("Details")), el("ul", {}, stuck.map(refusal))));
  }

  function refusal(entry) {
    const written = Object.values(entry.body.answers ?? {}).map((answer) => answer.rationale ?? answer.rewrite).filter((text) => text);
    const discard = () => outbox.remove(entry.key);
    return el("li", {}, el("p", {}, entry.reason), written.map((text) => el("pre", { dir: "auto" }, text)),
      entry.state === Refused ? el("button", { type: "button", class: "plain-button", onclick: discard }, t("Discard")) : null);
  }

  return {
    update,
    connected() {
      if (!away) return;
      network.hide();
      away = false;
      said = null;
    },
    happened({ type, reason }) {
      if (type === "unreachable" && !away) {
        away = true;
        say(network, t("NoConnection"));
      } else if (type === "signedOut") say(session, reason ? `${t("SignedOut")} ${reason}` : t("SignedOut"), signIn());
      else if (type === "otherUser") say(session, t("OtherUser", reason, page.account), signIn());
      else if (type === "signedIn") {
        session.hide();
        said = null;
      } else if (type === Refused || type === Blocked) announce(reason);
      update();
    },
  };
}
