"use strict";
// What the charts of the pages and those of the reports have in common: colors and fonts of the style sheet, and how numbers are written.
const chartStyle = {
  theme() {
    const style = getComputedStyle(document.documentElement);
    return { color: (name) => style.getPropertyValue("--" + name).trim(), font: getComputedStyle(document.body).fontFamily };
  },

  number(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const size = Math.abs(value);
    const text = size !== 0 && (size < 0.001 || size >= 1e6) ? value.toExponential(1)
      : size >= 1000 ? value.toLocaleString("en-US", { maximumFractionDigits: 0 })
      : String(Number(value.toPrecision(3)));
    const local = document.documentElement.lang === "de" ? text.replace(/[.,]/g, (mark) => (mark === "." ? "," : ".")) : text;
    return local.replace(/-/g, "\u2212");
  },
};
