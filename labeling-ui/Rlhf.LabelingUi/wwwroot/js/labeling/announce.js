// Says what happened to those who do not see it. A region that is filled with the same text again is not read again, so two take turns.
let turn = 0;

export function announce(text) {
  const regions = document.querySelectorAll("[data-announce]");
  turn = (turn + 1) % regions.length;
  regions.forEach((region, i) => { region.textContent = i === turn ? text : ""; });
}
