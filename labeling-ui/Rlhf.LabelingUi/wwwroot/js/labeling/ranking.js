// The order of the responses as groups of ids, best first; the members of a group are equal. All functions are pure: they return the
// new groups, and the event to announce.

/** Where an id stands: the index of its group, or -1. */
export const placeOf = (groups, id) => groups.findIndex((group) => group.includes(id));

/** The response that alone is left: it is shown, and submitted, as the last. Null where none or several are left. */
export function impliedLast(groups, ids) {
  const left = ids.filter((id) => placeOf(groups, id) < 0);
  return groups.length > 0 && left.length === 1 ? left[0] : null;
}

/** The groups with the response that alone is left as the last. */
export function completed(groups, ids) {
  const last = impliedLast(groups, ids);
  return last === null ? groups : [...groups, [last]];
}

const without = (groups, id) => groups.map((group) => group.filter((other) => other !== id)).filter((group) => group.length > 0);

/**
 * What a digit does: a response without a place gets the next one; the one that was picked last is tied with what is above it, or
 * separated again; one that got its place earlier is taken out.
 */
export function pick(groups, id, last, ties) {
  const at = placeOf(groups, id);
  if (at < 0) return { groups: [...groups, [id]], event: "placed" };
  if (id !== last) return { groups: without(groups, id), event: "removed" };
  return toggleTie(groups, id, ties);
}

/** Ties a response with the group above it, or separates it from the group that it is in. */
export function toggleTie(groups, id, ties) {
  if (!ties) return { groups, event: "noTies" };
  const at = placeOf(groups, id);
  if (at < 0) return { groups, event: "nothingAbove" };
  if (groups[at].length > 1) {
    const rest = groups[at].filter((other) => other !== id);
    return { groups: [...groups.slice(0, at), rest, [id], ...groups.slice(at + 1)], event: "placed" };
  }
  if (at === 0) return { groups, event: "nothingAbove" };
  return { groups: [...groups.slice(0, at - 1), [...groups[at - 1], id], ...groups.slice(at + 1)], event: "tied" };
}

/**
 * What `=` does: everything is equal where nothing has a place yet; otherwise the response that alone is left, or the one picked
 * last, is tied with what is above it.
 */
export function tie(groups, ids, last, ties) {
  if (!ties) return { groups, event: "noTies", id: last };
  if (groups.length === 0) return { groups: [[...ids]], event: "allEqual", id: null };
  const implied = impliedLast(groups, ids);
  const id = implied ?? (placeOf(groups, last) >= 0 ? last : groups.at(-1).at(-1));
  return { ...toggleTie(completed(groups, ids), id, ties), id };
}

/** The responses in the order shown, each better than the next. */
export const asShown = (ids) => ({ groups: ids.map((id) => [id]), event: "asShown" });

/** Moves a response up (-1) or down (+1). With ties it first joins the group that it meets, then passes it. */
export function move(groups, ids, id, direction, ties) {
  const all = completed(groups, ids);
  const at = placeOf(all, id);
  if (at < 0) return { groups: [...groups, [id]], event: "placed" };
  const group = all[at];
  if (group.length > 1) {
    const rest = group.filter((other) => other !== id);
    const parts = direction < 0 ? [[id], rest] : [rest, [id]];
    return { groups: [...all.slice(0, at), ...parts, ...all.slice(at + 1)], event: "placed" };
  }
  const to = at + direction;
  if (to < 0 || to >= all.length) return { groups, event: direction < 0 ? "isFirst" : "isLast" };
  const others = all.filter((_, i) => i !== at);
  const met = Math.min(at, to);
  if (ties) return { groups: others.map((other, i) => (i === met ? [...other, id] : other)), event: "tied" };
  others.splice(to, 0, [id]);
  return { groups: others, event: "placed" };
}

/** Puts a response into a group (`tied`), or between two groups; `index` counts the groups without the response. */
export function put(groups, id, index, tied) {
  const others = without(groups, id);
  if (tied && index < others.length) {
    return { groups: others.map((group, i) => (i === index ? [...group, id] : group)), event: "tied" };
  }
  others.splice(Math.min(index, others.length), 0, [id]);
  return { groups: others, event: "placed" };
}

/** Takes a response out of the order. */
export const remove = (groups, id) => ({ groups: without(groups, id), event: "removed" });

/** The place on a scale of two responses: below 0 the first is better, 0 is a tie, null is untouched. */
export function pairValue(groups, ids, strength) {
  if (groups.length === 0) return null;
  if (groups.length === 1) return groups[0].length === ids.length ? 0 : null;
  return (groups[0][0] === ids[0] ? -1 : 1) * (strength || 1);
}

/** The groups and the strength of a place on the scale of two responses. */
export function fromPairValue(value, ids, maxStrength) {
  const strength = maxStrength > 0 ? Math.abs(value) : null;
  const [a, b] = ids;
  return { groups: value === 0 ? [[...ids]] : value < 0 ? [[a], [b]] : [[b], [a]], strength };
}

/** The places of a pairwise scale from "the first is much better" to "the second is much better"; identical responses can only tie. */
export function pairScale(question, ids) {
  if (ids.length < 2) return [0];
  const most = Math.max(1, question.maxStrength ?? 0);
  const values = [];
  for (let value = -most; value <= most; value++) {
    if (value !== 0 || question.ties !== false) values.push(value);
  }
  return values;
}
