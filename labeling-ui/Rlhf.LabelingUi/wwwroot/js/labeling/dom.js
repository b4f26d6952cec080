// Elements without a template language: text is always text.

/** An element with its properties, `data-…`, `aria-…` and children; null children are left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A text with {0}, {1} … replaced. */
export const format = (text, ...values) => text.replace(/\{(\d)\}/g, (_, i) => values[i] ?? "");

/** The texts of the page, by name; a name without a text is shown as it is. */
export const textsOf = (all) => (name, ...values) => format(all[name] ?? name, ...values);
