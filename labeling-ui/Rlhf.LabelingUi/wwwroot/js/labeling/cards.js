// The responses: each with its digit, its place and its text in one spot.
import { answerTo, isPerResponse } from "./answers.js";
import { el } from "./dom.js";
import { createField } from "./fields.js";
import { fold } from "./folding.js";
import { plain, renderMarkdown } from "./markdown.js";
import { completed, impliedLast, placeOf } from "./ranking.js";
import { orderInView } from "./state.js";
import { messageText, responseMessages, responseText } from "./texts.js";

/** The cards of a task; `update` shows another state in the same elements, so that the focus stays where it is. */
export function createCards(task, questions, { t, dispatch, asText }) {
  // Marks count characters of the text, so a text that is marked is shown as it is.
  const raw = asText || questions.some((question) => question.kind === "marks");
  const perResponse = questions.filter(isPerResponse);
  const cards = task.completions.map((completion, i) => createCard(completion, i + 1, perResponse, { t, dispatch, raw }));
  const element = el("section", { class: "responses", "aria-labelledby": "responses-name", "data-count": cards.length },
    el("h2", { id: "responses-name", class: "visually-hidden" }, t("Responses")), cards.map((card) => card.element));
  return {
    element, cards,
    update: (state) => cards.forEach((card) => card.update(state)),
    fold: () => cards.forEach((card) => card.fold()),
  };
}

function createCard(completion, number, perResponse, { t, dispatch, raw }) {
  const { id } = completion;
  const name = `response-${id}`;
  const tool = (label, sign, command) => el("button", {
    type: "button", class: "tool", "aria-label": `${t("Response", number)}: ${t(label)}`, title: t(label),
    onclick: () => dispatch({ ...command, id }),
  }, sign);
  const place = el("span", { class: "place" });
  const pick = el("button", { type: "button", class: "pick", "aria-pressed": "false", onclick: (event) => {
    dispatch({ does: "pick", id });
    // Enter after a click of the mouse submits; it does not click again.
    if (event.detail > 0) element.focus({ preventScroll: true });
  } }, el("kbd", {}, String(number)), el("span", { class: "response-name" }, t("Response", number)), place);
  const moves = el("span", { class: "moves" },
    tool("TieAbove", "=", { does: "tie" }), tool("MoveUp", "↑", { does: "move", by: -1 }),
    tool("MoveDown", "↓", { does: "move", by: 1 }), tool("TakeOut", "×", { does: "remove" }));
  const tools = el("div", { class: "response-tools" }, moves);
  const messages = responseMessages(completion);
  const body = el("div", { class: "response-body", id: `${name}-text`, "data-response": id },
    raw ? plain(responseText(completion)) : messages.map((message) => (messages.length > 1
      ? el("div", { class: "turn" }, el("p", { class: "turn-role" }, message.role), renderMarkdown(messageText(message)))
      : renderMarkdown(messageText(message)))));
  // A response may answer a prompt of its own.
  const context = (completion.context ?? []).map((message) => el("div", { class: "turn turn-context" },
    el("p", { class: "turn-role" }, t("Prompt")), renderMarkdown(messageText(message))));
  const fields = perResponse.map((question) => createField(question, id, number, { t, dispatch }));
  const element = el("article", {
    class: "response", tabindex: "-1", id: name, "data-id": id, "aria-label": t("Response", number),
    onfocusin: () => dispatch({ does: "current", id }),
  }, el("div", { class: "response-head" }, pick, tools), context, body,
    fields.length > 0 ? el("div", { class: "criteria" }, fields.map((field) => field.element)) : null);
  let folding = null;
  return {
    id, element, body, fields,
    fold: () => { folding = fold(body, tools, t); },
    get folding() { return folding; },
    update(state) {
      const question = orderInView(state);
      element.classList.toggle("is-current", state.current === id);
      pick.hidden = false;
      fields.forEach((field) => field.update(state));
      if (!question) {
        pick.disabled = true;
        moves.hidden = true;
        return;
      }
      showPlace(question, state);
    },
  };

  function showPlace(question, state) {
    const { groups } = answerTo(state.answers, question);
    const all = completed(groups, state.ids);
    const at = placeOf(all, id);
    const tied = at >= 0 && all[at].length > 1;
    const name = at < 0 ? "" : t(`Place${at + 1}`);
    const text = tied ? t("Tied", name) : name;
    // Short to see, so that nothing moves when it comes; whole to hear.
    place.replaceChildren(...(tied ? [el("span", { "aria-hidden": "true" }, `${name} =`), el("span", { class: "visually-hidden" }, text)]
      : [name]));
    pick.setAttribute("aria-pressed", String(at >= 0));
    element.classList.toggle("has-place", at >= 0);
    element.classList.toggle("is-implied", impliedLast(groups, state.ids) === id);
    element.setAttribute("aria-label", text ? `${t("Response", number)}, ${text}` : t("Response", number));
    if (at < 0 && moves.contains(document.activeElement)) pick.focus();
    const pair = question.kind === "pairwise";
    moves.classList.toggle("is-off", at < 0 || pair);
    moves.hidden = pair;
  }
}
