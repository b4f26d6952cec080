// What a key means. Keys mean the same everywhere: digits and letters are commands outside of text boxes, and text inside of them.
const letters = { u: "undo", s: "skip", f: "flag", n: "none", g: "guidelines", e: "fold", t: "asText", m: "marking" };

const nothing = { does: "nothing" };

const isTextBox = (target) => target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT"
  || (target.tagName === "INPUT" && !["radio", "checkbox", "button", "submit"].includes(target.type));

// A dialog that was just closed can keep the focus on its button until the next frame: Enter is not for that button any more.
const isActivated = (target) => ["BUTTON", "A", "SUMMARY"].includes(target.tagName) && !target.closest("dialog:not([open])");

/**
 * The command of a key event, or null where the key is the browser's own.
 * @param singleKeys Whether single characters are commands (WCAG 2.1.4).
 */
export function commandOf(event, singleKeys) {
  const { key, target } = event;
  if (event.isComposing || event.altKey) return null;
  const enter = key === "Enter";
  if (event.ctrlKey || event.metaKey) return enter && !event.repeat ? { does: "submit" } : null;
  if (isTextBox(target)) return key === "Escape" ? { does: "leave" } : null;
  // The number pad ranks whether or not Num Lock is on.
  if (singleKeys && /^Numpad[0-9]$/.test(event.code)) return event.repeat ? nothing : { does: "digit", digit: Number(event.code.slice(6)) };
  if (enter) return event.repeat ? nothing : isActivated(target) ? null : { does: "submit" };
  if (key === "Escape") return { does: "leave" };
  if (key.startsWith("Arrow")) return target.type === "radio" ? null : { does: "arrow", arrow: key.slice(5).toLowerCase() };
  if (!singleKeys) return null;
  const single = characterCommand(event);
  return single && event.repeat ? nothing : single;
}

function characterCommand({ key, code, shiftKey }) {
  if (key === "=") return { does: "tie" };
  if (key === "?") return { does: "keys" };
  const digit = digitOf(key, code, shiftKey);
  if (digit !== null) return { does: "digit", digit };
  // A keyboard of another script still has its keys in the same places.
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code?.startsWith("Key") && key.length === 1 ? code.slice(3).toLowerCase() : "";
  return letters[letter] ? { does: letters[letter] } : null;
}

/** Digits of the upper row, also where it needs Shift for them (French) or has others (Arabic). */
function digitOf(key, code, shiftKey) {
  if (/^[0-9]$/.test(key)) return Number(key);
  const place = /^Digit([0-9])$/.exec(code ?? "");
  return place && key.length === 1 && !shiftKey ? Number(place[1]) : null;
}
