// What an annotator has decided on one task, and what each command changes about it. Pure: no page, no network.
import { answerTo, change, flagKey, isOrder, isPerResponse, isRequired, pairAnswer, scaleSteps, stepOfDigit } from "./answers.js";
import * as order from "./ranking.js";

const historyLength = 200;

/** The state of a task without answers, or with those of a draft. */
export function begin(questions, ids, answers = {}) {
  return { questions, ids, answers, history: [], last: {}, current: null, stops: stopsOf(questions, ids), stop: 0 };
}

/**
 * Where keys go, in the order of the questions: each order, field, and for questions that are asked of each response, one after
 * the other for the first response, then for the second.
 */
export function stopsOf(questions, ids) {
  const stops = [];
  for (let i = 0; i < questions.length;) {
    if (!isPerResponse(questions[i])) {
      stops.push({ question: questions[i++], id: null });
      continue;
    }
    const together = [];
    while (i < questions.length && isPerResponse(questions[i])) together.push(questions[i++]);
    for (const id of ids) stops.push(...together.map((question) => ({ question, id })));
  }
  return stops;
}

/**
 * Where digits go from the stop when the focus is on a response as a whole: the numbers or the order that are being given, else the
 * first order. -1 where there is none.
 */
export function orderStop({ stops, stop }) {
  const kind = stops[stop]?.question.kind;
  return kind === "rating" || kind === "ranking" || kind === "pairwise" ? stop : stops.findIndex((other) => isOrder(other.question));
}

/** The question whose order the responses show: that of the stop, else the one before it. */
export function orderInView(state) {
  const at = state.stops[state.stop]?.question;
  return at && isOrder(at) ? at : state.questions.find(isOrder) ?? null;
}

/** Does a command; returns the next state and what to announce: {event, id, question}. */
export function apply(state, command) {
  const { does } = command;
  if (does === "undo") return undo(state);
  if (does === "digit") return digit(state, command.digit);
  if (does === "stop") return { state: { ...state, stop: command.stop } };
  if (does === "current") return { state: { ...state, current: command.id } };
  if (does === "flag") return flag(state, command.reason);
  const question = command.question ?? orderInView(state);
  if (!question) return { state };
  const answer = answerTo(state.answers, question);
  const changed = edit(state, command, question, answer);
  if (!changed) return { state };
  const { part, event, id = command.id ?? null, last = id } = changed;
  const told = { event, id, question, value: changed.value };
  if (!part) return { state, told };
  const next = {
    ...state,
    answers: change(state.answers, question, part),
    history: does === "text" ? state.history : remember(state, id),
    last: isOrder(question) ? { ...state.last, [question.key]: last } : state.last,
    current: id ?? state.current,
    stop: isOrder(question) ? Math.max(0, state.stops.findIndex((stop) => stop.question === question)) : state.stop,
  };
  return { state: does === "rate" && changed.advance ? advance(next, question, id) : next, told };
}

const remember = (state, id) =>
  [...state.history, { answers: state.answers, last: state.last, stop: state.stop, current: state.current, id }].slice(-historyLength);

function edit(state, command, question, answer) {
  const { ids } = state;
  const ties = question.ties !== false;
  const last = state.last[question.key] ?? null;
  const ordered = ({ groups, event, id }) =>
    (groups === answer.groups ? { event, id } : { part: { groups, strength: strengthOf(question, groups, answer) }, event, id });
  switch (command.does) {
    case "pick": return ordered({ ...order.pick(answer.groups, command.id, last, ties), id: command.id });
    case "tie": return command.id
      ? ordered({ ...order.toggleTie(order.completed(answer.groups, ids), command.id, ties), id: command.id })
      : ordered(order.tie(answer.groups, ids, last, ties));
    case "move": return ordered({ ...order.move(answer.groups, ids, command.id, command.by, ties), id: command.id });
    case "put": return command.tied && !ties ? { event: "noTies" }
      : ordered({ ...order.put(order.completed(answer.groups, ids), command.id, command.index, command.tied), id: command.id });
    case "remove": return ordered({ ...order.remove(answer.groups, command.id), id: command.id, last: null });
    case "asShown": return ordered({ ...order.asShown(ids), id: null });
    case "scale": return { part: pairAnswer(question, command.value, ids), event: "scale", value: command.value };
    case "strength": return { part: { strength: command.value }, event: "strength", value: command.value };
    case "none": return question.noneAcceptable === false ? null
      : { part: { none: !answer.none }, event: answer.none ? "noneOff" : "noneOn" };
    case "rate": return {
      part: { values: command.value === null ? omit(answer.values, command.id) : { ...answer.values, [command.id]: command.value } },
      event: "rated", id: command.id, value: command.value, advance: command.advance,
    };
    case "label": return label(question, answer, command);
    case "text": return { part: { text: command.text, ...(command.pasted ? { pasted: true } : {}) } };
    case "rewriteOf": return { part: { of: command.id, text: command.text }, event: "rewriteOf", id: command.id };
    case "mark": return { part: { marks: [...answer.marks, command.mark] }, event: command.mark.liked ? "liked" : "disliked" };
    case "markReason": return { part: { marks: answer.marks.map((m, i) => (i === command.index ? { ...m, reason: command.reason } : m)) } };
    case "unmark": return { part: { marks: answer.marks.filter((_, i) => i !== command.index) }, event: "unmarked" };
    default: return null;
  }
}

const omit = (values, id) => Object.fromEntries(Object.entries(values).filter(([key]) => key !== id));

/** A strength that was given stays, where there is still a preference. */
const strengthOf = (question, groups, answer) =>
  (question.kind === "pairwise" && question.maxStrength > 0 ? (groups.length > 1 ? answer.strength || 1 : 0) : answer.strength);

function label(question, answer, { id, key }) {
  const before = question.perCompletion ? answer.values[id] ?? [] : answer.labels;
  const has = before.includes(key);
  const after = has ? before.filter((other) => other !== key) : question.multiple ? [...before, key] : [key];
  return {
    part: question.perCompletion ? { values: { ...answer.values, [id]: after } } : { labels: after },
    event: has ? "labelOff" : "labelOn", id: id ?? null, value: key,
  };
}

/** Flags the task for a reason; null takes the flag back. */
function flag(state, reason) {
  const { [flagKey]: before, ...others } = state.answers;
  return {
    state: {
      ...state, answers: reason ? { ...others, [flagKey]: { labels: [reason] } } : others, history: remember(state, state.current),
    },
    told: { event: reason ? "flagged" : before ? "unflagged" : null, value: reason },
  };
}

/** Takes back the last decision; texts stay, for text boxes have an undo of their own. */
function undo(state) {
  const before = state.history.at(-1);
  if (!before) return { state, told: { event: "nothingToUndo" } };
  const answers = { ...before.answers };
  for (const question of state.questions) {
    const now = state.answers[question.key];
    if (now?.text !== undefined && question.kind === "text") answers[question.key] = now;
  }
  const { last, stop, current, id } = before;
  return { state: { ...state, answers, last, stop, current, history: state.history.slice(0, -1) }, told: { event: "undone", id } };
}

/** A digit means what the stop asks for. */
function digit(state, number) {
  const here = state.stops[state.stop];
  const { question, id } = here?.question.kind === "labels" ? here : state.stops[orderStop(state)] ?? here ?? {};
  if (!question) return { state };
  switch (question.kind) {
    case "pairwise": {
      if (number === 0) return { state };
      const scale = order.pairScale(question, state.ids);
      if (!(question.maxStrength > 0)) return pickOfTwo(state, question, number);
      return number > scale.length ? { state } : apply(state, { does: "scale", question, value: scale[number - 1] });
    }
    case "ranking":
      if (number === 0) return apply(state, { does: "asShown", question });
      return number > state.ids.length ? { state } : apply(state, { does: "pick", question, id: state.ids[number - 1] });
    case "rating": {
      const value = stepOfDigit(question, number);
      return value === null ? { state } : apply(state, { does: "rate", question, id, value, advance: true });
    }
    case "labels": {
      const choice = question.choices?.[number - 1];
      return choice ? apply(state, { does: "label", question, id, key: choice.key }) : { state };
    }
    default:
      return { state };
  }
}

const pickOfTwo = (state, question, number) =>
  (number > 2 ? { state } : apply(state, { does: "scale", question, value: number === 1 ? -1 : 1 }));

/** The stop after this one that still asks for something: optional labels and texts are passed over. */
function advance(state, question, id) {
  const here = state.stops.findIndex((stop) => stop.question === question && stop.id === id);
  const next = state.stops.findIndex((stop, i) => i > here && isOpen(state, stop));
  return next < 0 ? { ...state, stop: here } : { ...state, stop: next };
}

function isOpen(state, { question, id }) {
  const answer = answerTo(state.answers, question);
  if (question.kind === "rating") return answer.values[id] === undefined && scaleSteps(question) !== null;
  if (isOrder(question)) return answer.groups.length === 0 && !answer.none;
  return question.kind === "labels" && isRequired(question)
    && (question.perCompletion ? (answer.values[id] ?? []).length === 0 : answer.labels.length === 0);
}
