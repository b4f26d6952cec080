// After a qualification task: whether the answer was the expected one, why, and how the try ended.
import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";
import { renderMarkdown } from "./markdown.js";

const byId = (id) => document.getElementById(id);
const unread = [];

function outcome({ passed, right, tasks, passMark, triesLeft }, t) {
  const percent = Math.round(passMark * 100);
  if (passed) return t("FeedbackPassed", right, tasks);
  return triesLeft > 0 ? t("FeedbackAgain", right, tasks, percent, triesLeft) : t("FeedbackFailed", right, tasks, percent);
}

/** Shows what the server said of an answer, one after another; another dialog that is open is waited for. */
export function showFeedback(feedback, t) {
  unread.push(feedback);
  showNext(t);
}

function showNext(t) {
  if (unread.length === 0) return;
  const open = document.querySelector("dialog[open]");
  if (open) {
    open.addEventListener("close", () => showNext(t), { once: true });
    return;
  }
  const { correct, explanation, try: ended } = unread.shift();
  byId("feedback-title").textContent = t(correct ? "FeedbackRight" : "FeedbackWrong");
  byId("feedback-text").replaceChildren(
    ...(explanation ? [renderMarkdown(explanation, false)] : []), ...(ended ? [el("p", {}, outcome(ended, t))] : []));
  const dialog = openDialog("feedback-dialog");
  dialog.querySelector("button").focus();
  dialog.addEventListener("close", () => showNext(t), { once: true });
}
