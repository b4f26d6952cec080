// The prompt: one text, or a conversation with its system message and turns.
import { wordCount } from "./activity.js";
import { el } from "./dom.js";
import { fold } from "./folding.js";
import { plain, renderMarkdown } from "./markdown.js";
import { messageText, promptMessages } from "./texts.js";

const wordsToFold = 150; // Earlier turns of a longer conversation are folded.

const roles = { system: "System", user: "Person", assistant: "Assistant" };

export function renderPrompt(task, { t, asText }) {
  const messages = promptMessages(task.prompt);
  const render = (message) => (asText ? plain : renderMarkdown)(messageText(message));
  const turn = (message) => el("div", { class: `turn turn-${message.role}` },
    el("p", { class: "turn-role" }, roles[message.role] ? t(roles[message.role]) : message.role), render(message));
  if (messages.length === 1 && messages[0].role === "user") {
    return section(t, render(messages[0]));
  }
  const systems = messages.filter((message) => message.role === "system");
  const turns = messages.filter((message) => message.role !== "system");
  const earlier = turns.slice(0, -1);
  const words = earlier.reduce((sum, message) => sum + wordCount(messageText(message)), 0);
  const folded = earlier.length > 1 && words > wordsToFold
    ? [el("details", { class: "earlier" }, el("summary", {}, t("EarlierTurns", earlier.length)), earlier.map(turn))]
    : earlier.map(turn);
  return section(t, systems.map(turn), folded, turns.slice(-1).map(turn));
}

function section(t, ...content) {
  const body = el("div", { class: "prompt-body", id: "prompt-body" }, ...content);
  const tools = el("div", { class: "prompt-tools" });
  return {
    element: el("section", { class: "prompt", "aria-labelledby": "prompt-name", tabindex: "-1" },
      el("div", { class: "prompt-head" }, el("h2", { id: "prompt-name" }, t("Prompt")), tools), body),
    fold: () => fold(body, tools, t),
  };
}
