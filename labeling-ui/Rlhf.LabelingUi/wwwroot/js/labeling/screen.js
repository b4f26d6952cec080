// A task on the screen: prompt, responses, fields and the bar with the order. Built once for each task; every later state is shown in
// the same elements.
import { flagOf, isOrder, isPerResponse } from "./answers.js";
import { createCards } from "./cards.js";
import { createField, createRewrite, stopName } from "./fields.js";
import { createMarks } from "./marks.js";
import { createOrderRow } from "./order-row.js";
import { renderPrompt } from "./prompt.js";
import { responseText } from "./texts.js";

const byId = (id) => document.getElementById(id);

/** The button is pressed, and the reason stands beside it. */
function showFlag(reason, t) {
  document.querySelector("button[data-does=flag]").setAttribute("aria-pressed", String(reason !== null));
  byId("flagged").hidden = reason === null;
  byId("flagged").textContent = reason === null ? "" : t("Flagged", reason);
}

export function createScreen(task, questions, context) {
  const ids = task.completions.map((completion) => completion.id);
  const prompt = task.prompt ? renderPrompt(task, context) : null;
  const responses = createCards(task, questions, context);
  const rows = questions.filter(isOrder).map((question) => createOrderRow(question, ids, context));
  const marks = [];
  const fields = questions.filter((question) => !isOrder(question) && !isPerResponse(question)).map((question) => {
    if (question.kind === "marks") {
      const field = createMarks(question, responses.cards, context);
      marks.push(field);
      return field;
    }
    return question.kind === "rewrite"
      ? createRewrite(question, task.completions.map((completion) => ({ id: completion.id, text: responseText(completion) })), context)
      : createField(question, null, null, context);
  });
  const all = [...rows, ...fields, ...responses.cards.flatMap((card) => card.fields)];

  byId("task").replaceChildren(...(prompt ? [prompt.element] : []), responses.element);
  byId("fields").replaceChildren(...fields.map((field) => field.element));
  byId("fields").hidden = fields.length === 0;
  byId("orders").replaceChildren(...rows.map((row) => row.element));
  const promptFold = prompt?.fold() ?? null;
  responses.fold();

  const stopField = ({ question, id }) => all.find((field) => field.question === question && field.id === id);
  const card = (id) => responses.cards.find((other) => other.id === id);

  return {
    update(state) {
      const stop = state.stops[state.stop];
      responses.update(state);
      rows.forEach((row) => row.update(state, stop?.question === row.question && rows.length > 1));
      fields.forEach((field) => field.update(state));
      showFlag(flagOf(state.answers), context.t);
      for (const field of all) {
        field.element.classList.toggle("is-stop",
          state.stops.length > 1 && field.question === stop?.question && field.id === stop?.id);
      }
    },

    /** Puts the focus on what a stop asks for. */
    focusStop(stop) {
      const field = stopField(stop);
      if (field?.focus) field.focus();
      else if (isOrder(stop.question)) (card(stop.id) ?? responses.cards[0]).element.focus({ preventScroll: rows.length === 1 });
    },

    focusCard: (id) => card(id)?.element.focus(),

    /** The task is new on the screen: its first line is in view, and the focus is at its beginning. */
    focusStart() {
      scrollTo(0, 0);
      (prompt?.element ?? responses.cards[0].element).focus({ preventScroll: true });
    },

    /** Says beside a question what is wrong with its answer; null says of all that nothing is. */
    fail(question, id, message) {
      all.forEach((field) => field.fail(""));
      if (question) (stopField({ question, id }) ?? stopField({ question, id: null }))?.fail(message);
    },

    /** The stop that an element belongs to, as an index; -1 where it belongs to none. */
    stopOf(element, state) {
      const name = element?.closest?.("[data-stop]")?.dataset.stop;
      return name === undefined ? -1 : state.stops.findIndex((stop) => stopName(stop.question, stop.id) === name);
    },

    /** Opens or closes the text of a response, or all long texts. */
    fold(id) {
      const foldings = (id ? [card(id)?.folding] : [promptFold, ...responses.cards.map((other) => other.folding)]).filter((f) => f);
      const open = foldings.some((folding) => !folding.isOpen());
      foldings.forEach((folding) => folding.toggle(open));
      return foldings.length > 0;
    },

    startMarking: (id) => marks.length > 0 && marks[0].startKeys(card(id) ?? responses.cards[0]),
    markKey: (event) => marks.some((field) => field.key(event)),
    hasMarks: marks.length > 0,
    leave: () => marks.forEach((field) => field.leave()),
  };
}
