// The controls of questions that are no order: numbers, labels, texts. Native elements; untouched ones have nothing chosen.
import { answerTo, isRequired, scaleSteps } from "./answers.js";
import { el } from "./dom.js";

let count = 0;

/** A field of a question, of one response or of the task as a whole: {element, update, focus, stop}. */
export function createField(question, id, number, context) {
  const field = { rating, labels, text: textField }[question.kind](question, id, number, context);
  field.element.dataset.stop = stopName(question, id);
  const error = el("p", { class: "field-error", id: `error-${++count}` });
  field.element.append(error);
  field.element.setAttribute("aria-describedby", error.id);
  return { ...field, question, id, fail: (message) => { error.textContent = message; } };
}

export const stopName = (question, id) => (id ? `${question.key}/${id}` : question.key);

function fieldset(question, number, { t }, ...content) {
  const required = isRequired(question) ? el("span", { class: "required" }, t("Required")) : null;
  const whose = number ? el("span", { class: "visually-hidden" }, ` ${t("Response", number)}`) : null;
  return el("fieldset", { class: `field field-${question.kind}` }, el("legend", {}, question.text, whose, " ", required), ...content);
}

function rating(question, id, number, context) {
  const { t, dispatch } = context;
  const rate = (value) => dispatch({ does: "rate", question, id, value });
  const steps = scaleSteps(question);
  if (!steps) return ratingBox(question, id, number, context, rate);
  const name = `rating-${++count}`;
  const { minText, maxText } = question.scale;
  const radios = steps.map((value) => el("input", { type: "radio", name, value, onchange: () => rate(value) }));
  const labels = radios.map((radio, i) => el("label", { class: "step" }, radio, el("span", {}, String(steps[i]))));
  const element = fieldset(question, number, context, el("span", { class: "rating-line" },
    minText ? el("span", { class: "end" }, minText) : null, el("span", { class: "steps" }, labels),
    maxText ? el("span", { class: "end" }, maxText) : null));
  return {
    element,
    focus: () => (radios.find((radio) => radio.checked) ?? radios[0]).focus(),
    update(state) {
      const value = answerTo(state.answers, question).values[id];
      radios.forEach((radio) => { radio.checked = Number(radio.value) === value; });
    },
    t,
  };
}

function ratingBox(question, id, number, context, rate) {
  const { min, max, step } = question.scale ?? {};
  const box = el("input", { type: "number", min, max, step: step ?? "any", "aria-label": question.text, oninput: () =>
    rate(box.value === "" || !box.validity.valid ? null : box.valueAsNumber) });
  return {
    element: fieldset(question, number, context, box),
    focus: () => box.focus(),
    update(state) {
      if (document.activeElement !== box) box.value = answerTo(state.answers, question).values[id] ?? "";
    },
  };
}

function labels(question, id, number, context) {
  const buttons = question.choices.map((choice, i) => el("button", {
    type: "button", class: "choice", "aria-pressed": "false",
    onclick: (event) => {
      context.dispatch({ does: "label", question, id, key: choice.key });
      // After a click of the mouse digits mean the order again.
      if (event.detail > 0) event.currentTarget.closest(".response")?.focus({ preventScroll: true });
    },
  }, i < 9 ? el("kbd", { "aria-hidden": "true" }, String(i + 1)) : null, choice.text || choice.key));
  return {
    element: fieldset(question, number, context, el("span", { class: "choices" }, buttons)),
    focus: () => buttons[0].focus(),
    update(state) {
      const answer = answerTo(state.answers, question);
      const chosen = question.perCompletion ? answer.values[id] ?? [] : answer.labels;
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(chosen.includes(question.choices[i].key))));
    },
  };
}

/** A text box; what is pasted into it is noted. */
function textBox(question, { dispatch }) {
  const box = el("textarea", {
    rows: 2, dir: "auto", "aria-label": question.text, maxlength: question.maxLength,
    oninput: () => dispatch({ does: "text", question, text: box.value }),
    onpaste: () => dispatch({ does: "text", question, text: box.value, pasted: true }),
  });
  return box;
}

function textField(question, id, number, context) {
  const box = textBox(question, context);
  const hint = question.minLength > 0 ? el("p", { class: "hint" }, context.t("AtLeast", question.minLength)) : null;
  return {
    element: fieldset(question, number, context, box, hint),
    focus: () => box.focus(),
    update(state) {
      const { text } = answerTo(state.answers, question);
      if (box.value !== text) box.value = text;
    },
  };
}

/** A better response: begun from one of those shown, or written anew. */
export function createRewrite(question, responses, context) {
  const { t, dispatch } = context;
  const box = textBox(question, context);
  box.rows = 5;
  const begin = (id, text) => {
    dispatch({ does: "rewriteOf", question, id, text });
    box.focus();
  };
  const starts = responses.map(({ id, text }, i) =>
    el("button", { type: "button", class: "choice", "aria-pressed": "false", onclick: () => begin(id, text) }, t("Response", i + 1)));
  const error = el("p", { class: "field-error", id: `error-${++count}` });
  const element = fieldset(question, null, context,
    el("span", { class: "choices" }, el("span", { class: "hint" }, t("BeginFrom")), starts), box, error);
  element.dataset.stop = stopName(question, null);
  return {
    element, question, id: null,
    focus: () => box.focus(),
    fail: (message) => { error.textContent = message; },
    update(state) {
      const { text, of } = answerTo(state.answers, question);
      if (box.value !== text) box.value = text;
      starts.forEach((button, i) => button.setAttribute("aria-pressed", String(responses[i].id === of)));
    },
  };
}
