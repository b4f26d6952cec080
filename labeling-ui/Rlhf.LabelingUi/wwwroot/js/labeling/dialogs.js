// The dialogs of the page are native ones, written by the server; here is what their controls do.
import { el } from "./dom.js";
import { renderMarkdown } from "./markdown.js";

const byId = (id) => document.getElementById(id);

export const isOpen = () => document.querySelector("dialog[open]") !== null;

/** Opens a dialog; afterwards the focus is back where it was, or at the beginning of the task that came meanwhile. */
export function openDialog(id) {
  const dialog = byId(id);
  if (isOpen() || !dialog) return null;
  const before = document.activeElement;
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener("close", () => {
    const back = before?.isConnected && before !== document.body ? before : document.querySelector("#task [tabindex]");
    back?.focus({ preventScroll: true });
  }, { once: true });
  return dialog;
}

/** Asks why a task is skipped or flagged ("skip", "flag"); null where it is not after all. */
export function askReason(what) {
  const dialog = openDialog(`${what}-dialog`);
  if (!dialog) return Promise.resolve(null);
  const radios = [...dialog.querySelectorAll("input[type=radio]")];
  const note = dialog.querySelector("input[type=text]");
  radios.forEach((radio) => { radio.checked = false; });
  note.value = "";
  radios[0].focus();
  const onKey = (event) => {
    const digit = event.target !== note && /^[1-9]$/.test(event.key) ? radios[Number(event.key) - 1] : null;
    if (!digit) return;
    digit.checked = true;
    digit.focus();
    event.preventDefault();
  };
  dialog.addEventListener("keydown", onKey);
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.removeEventListener("keydown", onKey);
    const chosen = radios.find((radio) => radio.checked)?.value ?? "";
    const text = note.value.trim();
    resolve(dialog.returnValue === "ok" ? [chosen, text].filter((part) => part).join(": ") || "other" : null);
  }, { once: true }));
}

/** Shows the guidelines of the version that the task was leased with. */
export function showGuidelines(guidelines, t) {
  byId("guidelines-text").replaceChildren(renderMarkdown(guidelines || t("NoGuidelines"), false));
}

/**
 * Before the first task: the content warning and the guidelines, once for each person and version of them. Resolves when they were
 * read, at once where there is nothing to show.
 */
export function welcome({ annotator, project, version, guidelines, warning }) {
  const dialog = byId("welcome-dialog");
  const key = `rlhf-welcome-${annotator}-${project}`;
  const now = `${version}/${warning ?? ""}`;
  if ((!guidelines && !warning) || localStorage.getItem(key) === now) return Promise.resolve();
  byId("welcome-text").replaceChildren(renderMarkdown(guidelines, false));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  dialog.querySelector("button").focus();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    localStorage.setItem(key, now);
    resolve();
  }, { once: true }));
}

/** Whether single keys are commands: on, unless switched off in this browser or for the account. */
export function singleKeys(account, preset, changed) {
  const key = `rlhf-single-keys-${account}`;
  const box = byId("single-keys");
  // The account's setting holds until it is changed here, and again when it is changed there.
  const [given, chosen] = (localStorage.getItem(key) ?? "").split("/");
  box.checked = given === String(preset) ? chosen === "true" : preset;
  box.addEventListener("change", () => {
    localStorage.setItem(key, `${preset}/${box.checked}`);
    changed();
  });
  return () => box.checked;
}

/** A line above the task that stays until it is over: {show, hide}. */
export function notice(kind) {
  const region = byId("notices");
  let shown = null;
  return {
    show(text, ...actions) {
      const line = el("div", { class: `notice notice-${kind}`, "data-notice": kind }, el("p", {}, text), ...actions);
      if (shown) shown.replaceWith(line);
      else region.append(line);
      shown = line;
    },
    hide() {
      shown?.remove();
      shown = null;
    },
  };
}
