// Markdown as elements. Texts come from models and strangers: nothing of them ever becomes markup, because elements are created here
// one by one and every text is put in as text. Pictures are shown as their description. Headings are bold lines: a text cannot add
// to the outline of the page.
import { el } from "./dom.js";

const longest = 60000; // Characters; a longer text is shown as plain text.
const mostColumns = 12; // A table of more fits no screen and stays text.

/** @param breaks Whether a line break in the text is one on the page, as people write in chats; otherwise it is a space. */
export function renderMarkdown(text, breaks = true) {
  const root = el("div", { class: "markdown" });
  if (text.length > longest) {
    root.append(plain(text));
    return root;
  }
  root.append(...blocks(text.replace(/\r\n?/g, "\n").split("\n"), 0, breaks));
  return root;
}

/** A text as it is. */
export const plain = (text) => el("div", { class: "plain", dir: "auto" }, text);

const fence = /^\s{0,3}(```+|~~~+)/;
const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^\s{0,3}([-*_])(?:\s*\1){2,}\s*$/;
const bullet = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const quote = /^\s{0,3}>\s?/;

function blocks(lines, depth, breaks) {
  const out = [];
  for (let i = 0; i < lines.length;) {
    const line = lines[i];
    if (!line.trim()) i++;
    else if (fence.test(line)) i = code(lines, i, out);
    else if (heading.test(line)) {
      const [, marks, text] = heading.exec(line);
      out.push(el("p", { class: `md-heading md-h${marks.length}`, dir: "auto" }, ...inline(text)));
      i++;
    } else if (rule.test(line)) {
      out.push(el("hr"));
      i++;
    } else if (depth < 6 && quote.test(line)) i = quoted(lines, i, out, depth, breaks);
    else if (depth < 6 && bullet.test(line)) i = list(lines, i, out, depth, breaks);
    else if (isTable(lines, i)) i = table(lines, i, out);
    else i = paragraph(lines, i, out, depth, breaks);
  }
  return out;
}

function code(lines, start, out) {
  const [, marks] = fence.exec(lines[start]);
  let end = start + 1;
  while (end < lines.length && !lines[end].trim().startsWith(marks)) end++;
  out.push(el("pre", { dir: "ltr" }, el("code", {}, lines.slice(start + 1, end).join("\n"))));
  return end + 1;
}

function quoted(lines, start, out, depth, breaks) {
  let end = start;
  while (end < lines.length && quote.test(lines[end])) end++;
  out.push(el("blockquote", {}, ...blocks(lines.slice(start, end).map((line) => line.replace(quote, "")), depth + 1, breaks)));
  return end;
}

function list(lines, start, out, depth, breaks) {
  const [, indent, mark] = bullet.exec(lines[start]);
  const ordered = /\d/.test(mark);
  const items = [];
  let i = start;
  while (i < lines.length) {
    const found = bullet.exec(lines[i]);
    if (found && found[1].length <= indent.length + 1 && /\d/.test(found[2]) === ordered) items.push([found[3]]);
    else if (found && found[1].length <= indent.length + 1) break;
    else if (!lines[i].trim() && !(lines[i + 1] ?? "").startsWith(`${indent}  `) && !bullet.test(lines[i + 1] ?? "")) break;
    else if (items.length > 0 && (found || !lines[i].trim() || lines[i].startsWith(`${indent}  `))) {
      items.at(-1).push(lines[i].slice(Math.min(indent.length + 2, lines[i].length - lines[i].trimStart().length)));
    } else if (items.length > 0 && lines[i - 1].trim() && !fence.test(lines[i]) && !heading.test(lines[i])) items.at(-1).push(lines[i]);
    else break;
    i++;
  }
  const start1 = ordered ? parseInt(mark, 10) : null;
  out.push(el(ordered ? "ol" : "ul", { start: start1 !== null && start1 !== 1 ? start1 : null, dir: "auto" },
    items.map((item) => el("li", { dir: "auto" }, ...tight(blocks(item, depth + 1, breaks))))));
  return i;
}

/** An item of one paragraph needs no paragraph. */
const tight = (children) => (children[0]?.tagName === "P" && !children[0].className ? [...children[0].childNodes, ...children.slice(1)]
  : children);

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

const underHeader = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$/;

const isTable = (lines, i) => lines[i].includes("|") && underHeader.test(lines[i + 1] ?? "") && cells(lines[i]).length <= mostColumns;

function table(lines, start, out) {
  const columns = cells(lines[start]).length;
  const row = (line, name) => el("tr", {}, cells(line).slice(0, columns).map((cell) => el(name, { dir: "auto" }, ...inline(cell))));
  let end = start + 2;
  while (end < lines.length && lines[end].includes("|")) end++;
  out.push(el("table", {}, el("thead", {}, row(lines[start], "th")),
    el("tbody", {}, lines.slice(start + 2, end).map((line) => row(line, "td")))));
  return end;
}

function paragraph(lines, start, out, depth, breaks) {
  let end = start + 1;
  const ends = (line) => !line.trim() || fence.test(line) || heading.test(line)
    || (depth < 6 && (quote.test(line) || bullet.test(line)));
  while (end < lines.length && !ends(lines[end])) end++;
  const p = el("p", { dir: "auto" });
  lines.slice(start, end).forEach((line, i) => p.append(...(i > 0 ? [breaks ? el("br") : " "] : []), ...inline(line.trim())));
  out.push(p);
  return end;
}

const pairs = [["**", "strong"], ["__", "strong"], ["~~", "s"], ["*", "em"], ["_", "em"]];

/** The pieces of a line. What opens and never closes is text; each kind of mark is searched for once without success at most. */
function inline(text, depth = 0) {
  const out = [];
  const missing = new Set();
  let plainFrom = 0;
  const flush = (to) => {
    if (to > plainFrom) out.push(text.slice(plainFrom, to).replace(/\\([!-/:-@[-`{-~])/g, "$1"));
  };
  for (let i = 0; i < text.length;) {
    if (text[i] === "\\") {
      i += 2;
      continue;
    }
    const found = depth < 8 ? piece(text, i, missing, depth) : null;
    if (!found) {
      i++;
      continue;
    }
    flush(i);
    out.push(found.node);
    i = plainFrom = found.end;
  }
  flush(text.length);
  return out;
}

function piece(text, i, missing, depth) {
  const find = (mark, from) => {
    if (missing.has(mark)) return -1;
    const at = text.indexOf(mark, from);
    if (at < 0) missing.add(mark);
    return at;
  };
  if (text[i] === "`") {
    const ticks = /^`+/.exec(text.slice(i, i + 8))[0];
    const end = find(ticks, i + ticks.length);
    return end < 0 ? null : { node: el("code", {}, text.slice(i + ticks.length, end).trim()), end: end + ticks.length };
  }
  if (text[i] === "[" || (text[i] === "!" && text[i + 1] === "[")) return link(text, i, find, depth);
  for (const [mark, name] of pairs) {
    if (!text.startsWith(mark, i)) continue;
    const inner = i + mark.length;
    if (!/\S/.test(text[inner] ?? " ") || (mark[0] === "_" && /\w/.test(text[i - 1] ?? ""))) return null;
    const end = find(mark, inner + 1);
    if (end < 0 || /\s/.test(text[end - 1]) || (mark[0] === "_" && /\w/.test(text[end + mark.length] ?? ""))) return null;
    return { node: el(name, {}, ...inline(text.slice(inner, end), depth + 1)), end: end + mark.length };
  }
  return null;
}

function link(text, i, find, depth) {
  const picture = text[i] === "!";
  const from = i + (picture ? 2 : 1);
  const middle = find("](", from);
  const end = middle < 0 ? -1 : find(")", middle);
  if (end < 0) return null;
  const label = text.slice(from, middle);
  const address = text.slice(middle + 2, end).trim().split(/\s/)[0];
  if (picture) return { node: el("em", { class: "picture" }, label || address), end: end + 1 };
  if (!/^(?:https?:\/\/|mailto:)/i.test(address)) {
    return { node: el("span", {}, ...inline(label, depth + 1), ` (${address})`), end: end + 1 };
  }
  return {
    node: el("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank", title: address }, ...inline(label, depth + 1)),
    end: end + 1,
  };
}
