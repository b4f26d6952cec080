// The order of the responses in one line, always in view: chips that can be dragged, or the scale of a pairwise question.
import { allowsNone, answerTo, isRequired } from "./answers.js";
import { el } from "./dom.js";
import { makeDraggable } from "./drag.js";
import { stopName } from "./fields.js";
import { completed, impliedLast, pairScale, pairValue } from "./ranking.js";

let count = 0;

/** The row of a ranking or pairwise question: {element, update, focus, question}. */
export function createOrderRow(question, ids, context) {
  const { t, dispatch } = context;
  const control = question.kind === "pairwise" ? scale(question, ids, context) : strip(question, ids, context);
  const none = allowsNone(question) ? el("button", {
    type: "button", class: "choice none", "aria-pressed": "false", onclick: () => dispatch({ does: "none", question }),
  }, el("kbd", { "aria-hidden": "true" }, "N"), t("NoneAcceptable")) : null;
  const strengths = question.kind === "ranking" && question.maxStrength >= 1 ? strengthRow(question, context) : null;
  const error = el("p", { class: "field-error", id: `order-error-${++count}` });
  const label = el("p", { class: "order-question", id: `order-name-${count}` }, question.text, " ",
    isRequired(question) ? null : el("span", { class: "hint" }, t("Optional")));
  const element = el("div", {
    class: "order-row", role: "group", "aria-labelledby": label.id, "aria-describedby": error.id, "data-stop": stopName(question, null),
  }, label, el("div", { class: "order-control" }, control.element, strengths?.element ?? null, none), error);
  return {
    element, question, id: null,
    focus: control.focus,
    fail: (message) => { error.textContent = message; },
    update(state, isActive) {
      const answer = answerTo(state.answers, question);
      none?.setAttribute("aria-pressed", String(answer.none));
      control.update(answer, state);
      strengths?.update(answer);
      element.classList.toggle("is-active", isActive);
    },
  };
}

function strip(question, ids, context) {
  const { t } = context;
  const element = el("div", { class: "strip" });
  makeDraggable(element, question, context);
  const chip = (id, implied) => el("span", { class: implied ? "order-chip is-implied" : "order-chip", "data-chip": id },
    String(ids.indexOf(id) + 1));
  return {
    element,
    focus: null,
    update({ groups }) {
      const all = completed(groups, ids);
      const implied = impliedLast(groups, ids);
      const ranked = all.flat();
      const parts = [];
      all.forEach((group, i) => {
        if (i > 0) parts.push(el("span", { class: "sign", "aria-hidden": "true" }, "›"));
        parts.push(el("span", { class: "group", "data-group": i }, group.flatMap((id, place) =>
          [...(place > 0 ? [el("span", { class: "sign", "aria-hidden": "true" }, "=")] : []), chip(id, id === implied)])));
      });
      const left = ids.filter((id) => !ranked.includes(id));
      const rest = left.length > 0 ? el("span", { class: "left" }, left.map((id) => chip(id, false))) : null;
      element.replaceChildren(...parts, ...(rest ? [rest] : []));
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", describe(all, left, ids, t));
    },
  };
}

function describe(groups, left, ids, t) {
  const numbers = (group) => group.map((id) => ids.indexOf(id) + 1).join(" = ");
  const order = groups.length > 0 ? t("OrderIs", groups.map(numbers).join(" > ")) : t("Untouched");
  return left.length > 0 && groups.length > 0 ? `${order}; ${t("WithoutPlace", left.map((id) => ids.indexOf(id) + 1).join(", "))}` : order;
}

function scale(question, ids, { t, dispatch }) {
  const values = pairScale(question, ids);
  const name = `scale-${++count}`;
  const keys = values.length <= 9;
  const plainPair = !(question.maxStrength > 0);
  const label = (value) => (value === 0 ? t("Equal")
    : plainPair ? t("IsBetter", value < 0 ? 1 : 2)
      : question.strengthTexts ? t("IsBetterText", value < 0 ? 1 : 2, question.strengthTexts[Math.abs(value) - 1])
        : t("IsBetterBy", value < 0 ? 1 : 2, Math.abs(value), question.maxStrength));
  const keyOf = (value, i) => (plainPair ? (value === 0 ? "=" : value < 0 ? "1" : "2") : String(i + 1));
  const radios = values.map((value) => el("input", {
    type: "radio", name, value, "aria-label": label(value), onchange: () => dispatch({ does: "scale", question, value }),
  }));
  const steps = radios.map((radio, i) => el("label", { class: "step", title: label(values[i]) }, radio,
    el("span", { "aria-hidden": "true" }, keys ? el("kbd", {}, keyOf(values[i], i)) : null, el("b", {}, sign(values[i], plainPair)))));
  return {
    element: el("div", { class: "scale" }, el("span", { class: "end", "aria-hidden": "true" }, t("IsBetter", 1)),
      el("span", { class: "steps" }, steps), el("span", { class: "end", "aria-hidden": "true" }, t("IsBetter", 2))),
    focus: () => (radios.find((radio) => radio.checked) ?? radios[0]).focus({ preventScroll: true }),
    update({ groups, strength }) {
      const value = pairValue(groups, ids, strength);
      radios.forEach((radio) => { radio.checked = value !== null && Number(radio.value) === value; });
    },
  };
}

const sign = (value, plainPair) => (value === 0 ? "=" : plainPair ? "" : String(Math.abs(value)));

/** How much better, for an order of more than two. */
function strengthRow(question, { t, dispatch }) {
  const most = Math.min(9, Math.floor(question.maxStrength));
  const name = `strength-${++count}`;
  const radios = Array.from({ length: most }, (_, i) => el("input", {
    type: "radio", name, value: i + 1, onchange: () => dispatch({ does: "strength", question, value: i + 1 }),
  }));
  return {
    element: el("fieldset", { class: "strength" }, el("legend", {}, t("HowMuch")),
      el("span", { class: "steps" }, radios.map((radio, i) => el("label", { class: "step" }, radio, el("span", {}, String(i + 1)))))),
    update: ({ strength }) => radios.forEach((radio) => { radio.checked = Number(radio.value) === strength; }),
  };
}
