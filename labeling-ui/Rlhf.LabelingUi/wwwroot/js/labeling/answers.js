// The answers to the questions of one task: plain values by the key of the question, never changed in place. A question without an
// entry is untouched.
import { completed, fromPairValue } from "./ranking.js";

export const isOrder = (question) => question.kind === "ranking" || question.kind === "pairwise";

export const isRequired = (question) => question.required ?? isOrder(question);

/** Whether a question is asked of each response, or of the task as a whole. */
export const isPerResponse = (question) => question.kind === "rating" || (question.kind === "labels" && question.perCompletion === true);

/** The key of a flag: that something is wrong with the task, beside the answers. */
export const flagKey = "flag";

/** Whether a task is flagged as a whole: where labels are asked for, they are the flags. */
export const allowsFlag = (questions) => questions.every((question) => question.kind !== "labels" && question.key !== flagKey);

/** Why the task is flagged; null where it is not. */
export const flagOf = (answers) => answers[flagKey]?.labels?.join("; ") || null;

export const allowsNone = (question) => isOrder(question) && question.noneAcceptable !== false;

const empty = { groups: [], none: false, strength: null, values: {}, labels: [], text: "", of: null, pasted: false, marks: [] };

/** The answer to a question, untouched or not. */
export const answerTo = (answers, question) => ({ ...empty, ...answers[question.key] });

/** The answers with one of them changed. */
export const change = (answers, question, part) => ({ ...answers, [question.key]: { ...answers[question.key], ...part } });

/** The numbers of a rating scale, or null where they are too many to show. */
export function scaleSteps(question) {
  const scale = question.scale;
  if (!scale) return null;
  const step = scale.step ?? 1;
  const count = Math.floor((scale.max - scale.min) / step + 1e-9) + 1;
  if (count > 11) return null;
  return Array.from({ length: count }, (_, i) => Number((scale.min + i * step).toFixed(9)));
}

/** The step of a scale that a digit means: the number itself where it is on the scale, else the step at that place. */
export function stepOfDigit(question, digit) {
  const steps = scaleSteps(question);
  if (!steps) return null;
  return steps.includes(digit) ? digit : (question.scale.min >= 0 && question.scale.max <= 9 ? null : steps[digit - 1] ?? null);
}

/**
 * What keeps the answers from being submitted: the first question at fault, why, and the response that it concerns. Null where
 * nothing does. `partial` is no fault but to be confirmed: some responses have no place.
 */
export function fault(questions, answers, ids) {
  for (const question of questions) {
    const found = faultOf(question, answerTo(answers, question), ids);
    if (found) return { question, ...found };
  }
  return null;
}

function faultOf(question, answer, ids) {
  const required = isRequired(question);
  switch (question.kind) {
    case "ranking":
    case "pairwise": {
      const groups = completed(answer.groups, ids);
      const ranked = groups.flat();
      if (ranked.length === 0) return required && !answer.none ? { reason: "orderMissing", id: ids[0] } : null;
      if (ranked.length === ids.length) return null;
      const id = ids.find((other) => !ranked.includes(other));
      if (question.rankAll || question.kind === "pairwise" || ranked.length < 2) return { reason: "placesMissing", id };
      return { reason: "partial", id };
    }
    case "rating": {
      const id = ids.find((other) => answer.values[other] === undefined);
      return required && id !== undefined ? { reason: "ratingMissing", id } : null;
    }
    case "labels": {
      if (!required) return null;
      if (!question.perCompletion) return answer.labels.length === 0 ? { reason: "labelMissing" } : null;
      const id = ids.find((other) => (answer.values[other] ?? []).length === 0);
      return id !== undefined ? { reason: "labelMissing", id } : null;
    }
    case "text":
    case "rewrite": {
      const length = answer.text.trim().length;
      if (length === 0) return required ? { reason: "textMissing" } : null;
      if (length < (question.minLength ?? 0)) return { reason: "textShort" };
      return question.maxLength && answer.text.length > question.maxLength ? { reason: "textLong" } : null;
    }
    case "marks": {
      const bare = question.reasonRequired && answer.marks.find((mark) => !mark.reason);
      if (bare) return { reason: "reasonMissing", id: bare.completion };
      return required && answer.marks.length === 0 ? { reason: "marksMissing", id: ids[0] } : null;
    }
    default:
      return null;
  }
}

/** The answers as the API takes them; untouched questions are left out. */
export function toApi(questions, answers, ids) {
  const all = {};
  for (const question of questions) {
    const part = partOf(question, answerTo(answers, question), ids);
    if (part) all[question.key] = part;
  }
  if (allowsFlag(questions) && flagOf(answers)) all[flagKey] = { flags: answers[flagKey].labels };
  return all;
}

function partOf(question, answer, ids) {
  switch (question.kind) {
    case "ranking":
    case "pairwise": {
      const groups = completed(answer.groups, ids);
      if (groups.length === 0 && !answer.none) return null;
      const strength = answer.strength !== null && groups.length > 0 ? { strength: answer.strength } : {};
      return { ...(groups.length > 0 ? { ranking: groups } : {}), ...strength, ...(answer.none ? { noneAcceptable: true } : {}) };
    }
    case "rating":
      return Object.keys(answer.values).length > 0 ? { ratings: answer.values } : null;
    case "labels":
      if (question.perCompletion) return Object.values(answer.values).some((l) => l.length > 0) ? { flags: answer.values } : null;
      return answer.labels.length > 0 ? { flags: answer.labels } : null;
    case "text":
      return answer.text.trim() ? { rationale: answer.text, ...(answer.pasted ? { pasted: true } : {}) } : null;
    case "rewrite":
      return answer.text.trim()
        ? { rewrite: answer.text, ...(answer.of ? { rewriteOf: answer.of } : {}), ...(answer.pasted ? { pasted: true } : {}) }
        : null;
    case "marks":
      return answer.marks.length > 0 ? { marks: answer.marks } : null;
    default:
      return null;
  }
}

/** Answers as the API gives them, for a draft or a correction. */
export function fromApi(questions, all, ids) {
  const answers = {};
  for (const question of questions) {
    const given = all?.[question.key];
    if (!given) continue;
    answers[question.key] = {
      ...(given.ranking ? { groups: given.ranking } : {}),
      ...(given.noneAcceptable ? { none: true } : {}),
      ...(given.strength !== undefined && given.strength !== null ? { strength: given.strength } : {}),
      ...(given.ratings ? { values: { ...given.ratings } } : {}),
      ...(Array.isArray(given.flags) ? { labels: given.flags } : given.flags ? { values: { ...given.flags } } : {}),
      ...(given.rationale || given.rewrite ? { text: given.rationale ?? given.rewrite } : {}),
      ...(given.rewriteOf ? { of: given.rewriteOf } : {}),
      ...(given.pasted ? { pasted: true } : {}),
      ...(given.marks ? { marks: given.marks } : {}),
    };
  }
  if (allowsFlag(questions) && all?.[flagKey]?.flags) answers[flagKey] = { labels: all[flagKey].flags };
  return answers;
}

/** The answer to a pairwise question at a place of its scale. */
export const pairAnswer = (question, value, ids) => fromPairValue(value, ids, question.maxStrength ?? 0);
