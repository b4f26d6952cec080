// Long texts show their beginning until they are opened. The button stands above the text, so that it stays under the pointer.
import { wordCount } from "./activity.js";
import { el } from "./dom.js";

const tolerance = 1.35; // A text that is a little longer than the space is shown whole.

/**
 * Folds a body that is taller than its style's `--fold`. Call it when the body is in the page.
 * @returns What opens or closes it, or null where it is short.
 */
export function fold(body, tools, t) {
  const limit = parseFloat(getComputedStyle(body).getPropertyValue("--fold")) * parseFloat(getComputedStyle(body).fontSize);
  if (!(body.scrollHeight > limit * tolerance)) return null;
  const words = wordCount(body.textContent);
  const button = el("button", { type: "button", class: "fold", "aria-controls": body.id });
  const show = (open) => {
    body.classList.toggle("folded", !open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? t("ShowLess") : t("ShowAll", words);
  };
  const toggle = (open = body.classList.contains("folded")) => {
    const top = tools.getBoundingClientRect().top;
    show(open);
    // Closing from far below: the head of the text comes back into view instead of what happens to follow it.
    if (!open && top < 0) tools.scrollIntoView({ block: "nearest" });
  };
  button.addEventListener("click", () => toggle());
  tools.append(button);
  show(false);
  return { toggle, isOpen: () => !body.classList.contains("folded") };
}
