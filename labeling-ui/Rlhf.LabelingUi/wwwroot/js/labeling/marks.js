// Marks on words: a range of a response that is liked or disliked, with a reason. Selected with the pointer, or word by word with keys.
// They are drawn as highlights, so the text in the page is never taken apart.
import { answerTo, isRequired } from "./answers.js";
import { el } from "./dom.js";
import { stopName } from "./fields.js";

let count = 0;

/** The field of a marks question: {element, update, focus, startKeys, key}. */
export function createMarks(question, cards, context) {
  const { t, dispatch } = context;
  const list = el("ul", { class: "mark-list" });
  const bar = el("div", { class: "mark-bar", popover: "manual", role: "group", "aria-label": t("Mark") },
    el("button", { type: "button", class: "choice", onclick: () => mark(true) }, el("kbd", {}, "+"), t("Liked")),
    el("button", { type: "button", class: "choice", onclick: () => mark(false) }, el("kbd", {}, "−"), t("Disliked")));
  const error = el("p", { class: "field-error", id: `marks-error-${++count}` });
  const element = el("fieldset", { class: "field field-marks", "data-stop": stopName(question, null), "aria-describedby": error.id },
    el("legend", {}, question.text, " ", isRequired(question) ? el("span", { class: "required" }, t("Required")) : null),
    el("p", { class: "hint" }, t("MarksHint")), list, error, bar);
  let words = null; // While words are chosen with keys: the card, its words, the first and the last that are chosen.

  const onSelection = () => (selected() ? show() : hide());
  document.addEventListener("selectionchange", onSelection);

  /** The selected range inside of one response, or null. */
  function selected() {
    const selection = getSelection();
    if (selection.rangeCount === 0 || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const card = cards.find(({ body }) => body.contains(range.startContainer) && body.contains(range.endContainer));
    const node = card && textNode(card);
    if (!node || range.startContainer !== node || range.endContainer !== node) return null;
    const { startOffset: start, endOffset: end } = range;
    return { completion: card.id, start, length: end - start, box: range.getBoundingClientRect() };
  }

  function show() {
    const { box } = selected();
    if (!bar.matches(":popover-open")) bar.showPopover();
    const { width, height } = bar.getBoundingClientRect();
    bar.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, box.left))}px`;
    bar.style.top = `${box.bottom + height + 12 < innerHeight ? box.bottom + 6 : Math.max(8, box.top - height - 6)}px`;
  }

  function hide() {
    if (bar.matches(":popover-open")) bar.hidePopover();
  }

  function mark(liked) {
    const range = selected();
    if (!range) return;
    const { completion, start, length } = range;
    getSelection().removeAllRanges();
    hide();
    const card = words?.card;
    words = null;
    dispatch({ does: "mark", question, mark: { completion, start, length, liked } });
    if (question.reasonRequired || question.choices?.length > 0) list.lastElementChild?.querySelector("select, input")?.focus();
    else card?.element.focus({ preventScroll: true });
  }

  function startKeys(card) {
    const node = textNode(card);
    if (!node) return false;
    const found = [...node.data.matchAll(/\S+/gu)].map((match) => [match.index, match.index + match[0].length]);
    if (found.length === 0) return false;
    words = { card, node, found, from: 0, to: 0 };
    select();
    return true;
  }

  function select() {
    const { node, found, from, to, card } = words;
    const [start, end] = [found[Math.min(from, to)][0], found[Math.max(from, to)][1]];
    getSelection().setBaseAndExtent(node, start, node, end);
    context.announce(t("Selected", card.element.getAttribute("aria-label"), node.data.slice(start, end)));
  }

  /** Takes the keys while words are chosen. False where the key is not for it. */
  function key(event) {
    if (!words) return false;
    const step = { ArrowLeft: -1, ArrowUp: -10, ArrowRight: 1, ArrowDown: 10 }[event.key];
    if (step) {
      words.to = Math.max(0, Math.min(words.found.length - 1, words.to + step));
      if (!event.shiftKey) words.from = words.to;
      select();
    } else if (event.key === "+" || event.key === "-") mark(event.key === "+");
    else if (event.key === "Escape" || event.key === "Enter") {
      getSelection().removeAllRanges();
      words.card.element.focus({ preventScroll: true });
      words = null;
    } else return false;
    return true;
  }

  function update(state) {
    const { marks } = answerTo(state.answers, question);
    draw(marks);
    if (list.contains(document.activeElement) && list.children.length === marks.length) return;
    list.replaceChildren(...marks.map(item));
  }

  function item({ completion, start, length, liked, reason }, index) {
    const card = cards.find(({ id }) => id === completion);
    const words = textNode(card)?.data.slice(start, start + length) ?? "";
    const number = cards.indexOf(card) + 1;
    const change = (event) => dispatch({ does: "markReason", question, index, reason: event.target.value || undefined });
    const choices = question.choices;
    const why = choices
      ? el("select", { "aria-label": t("Reason"), onchange: change }, el("option", { value: "" }, t("Reason")),
        choices.map((choice) => el("option", { value: choice.key, selected: choice.key === reason }, choice.text || choice.key)))
      : el("input", {
        type: "text", "aria-label": t("Reason"), placeholder: t("Reason"), value: reason ?? "", dir: "auto", onchange: change,
      });
    const unmark = () => dispatch({ does: "unmark", question, index });
    return el("li", {}, el("span", { class: liked ? "mark-liked" : "mark-disliked" }, t(liked ? "Liked" : "Disliked")),
      el("q", { dir: "auto" }, words.length > 80 ? `${words.slice(0, 80)}…` : words),
      el("span", { class: "hint" }, t("Response", number)), why,
      el("button", { type: "button", class: "tool", "aria-label": t("RemoveMark"), onclick: unmark }, "×"));
  }

  function draw(marks) {
    if (!CSS.highlights) return;
    for (const liked of [true, false]) {
      const ranges = marks.filter((m) => m.liked === liked).map((m) => rangeOf(m)).filter((range) => range);
      CSS.highlights.set(liked ? "liked" : "disliked", new Highlight(...ranges));
    }
  }

  function rangeOf({ completion, start, length }) {
    const node = textNode(cards.find(({ id }) => id === completion));
    if (!node || start + length > node.length) return null;
    const range = new Range();
    range.setStart(node, start);
    range.setEnd(node, start + length);
    return range;
  }

  return {
    element, question, id: null, update, startKeys, key,
    focus: () => cards[0].element.focus(),
    fail: (message) => { error.textContent = message; },
    leave: () => {
      document.removeEventListener("selectionchange", onSelection);
      hide();
    },
  };
}

const textNode = (card) => card?.body.querySelector(".plain")?.firstChild ?? null;
