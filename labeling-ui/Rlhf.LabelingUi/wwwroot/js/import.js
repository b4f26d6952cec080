// The form that imports a file: first a preview of its first rows, then the import. Everything of the file is shown as text.
const form = document.getElementById("import-form");
const result = document.getElementById("import-result");
const texts = result.dataset;
const importButton = form.querySelector("button[value=false]");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const preview = event.submitter?.value !== "false";
  show([paragraph(texts.working)]);
  setBusy(true);
  try {
    const answer = await send(preview);
    const content = await answer.json();
    if (answer.status === 401) show([paragraph(texts.signIn, "bad")]);
    else if (!answer.ok) show([paragraph(content.detail ?? content.title, "bad")]);
    else if (preview) show(previewOf(content));
    else show(reportOf(content));
    importButton.hidden = !(answer.ok && preview && content.rows.length > 0);
  } catch {
    show([paragraph(texts.failed, "bad")]);
  } finally {
    setBusy(false);
    result.focus();
  }
});

// What was shown is of another file, or of another way to read it.
form.addEventListener("input", () => {
  importButton.hidden = true;
});

async function send(preview) {
  const body = new FormData();
  body.append("preview", preview);
  body.append("format", form.elements.format.value);
  for (const line of form.elements.map.value.split("\n")) {
    if (line.trim()) body.append("map", line.trim());
  }
  body.append("file", form.elements.file.files[0]);
  const session = await fetch(form.dataset.session, { headers: { accept: "application/json" } });
  if (!session.ok) return session;
  const { antiforgery } = await session.json();
  return fetch(form.dataset.address, { method: "POST", body, headers: antiforgery ? { RequestVerificationToken: antiforgery } : {} });
}

function previewOf(preview) {
  const rows = preview.rows.map((row) => item([
    [texts.line, String(row.line)],
    [texts.prompt, row.prompt],
    ...row.completions.map((text, index) => [`${texts.completion} ${index + 1}`, text]),
    [texts.answers, row.answers.length > 0 ? row.answers.join("\n") : texts.none],
  ]));
  return [paragraph(fill(texts.readAs, preview.format)), list("preview", rows), ...badLines(preview.badLines.length, preview.badLines)];
}

function reportOf(report) {
  const added = report.tasks + report.annotations > 0;
  return [
    paragraph(added ? fill(texts.imported, report.tasks, report.annotations, report.known) : texts.nothing),
    ...report.notes.map((note) => paragraph(note)),
    ...badLines(report.badLineCount, report.badLines),
  ];
}

function badLines(count, lines) {
  if (count === 0) return [];
  return [
    paragraph(fill(texts.bad, count), "bad"),
    list("bad-lines", lines.slice(0, 20).map((bad) => {
      const entry = document.createElement("li");
      entry.textContent = `${texts.line} ${bad.line}: ${bad.reason}`;
      return entry;
    })),
  ];
}

function item(pairs) {
  const terms = document.createElement("dl");
  for (const [name, value] of pairs) {
    const term = document.createElement("dt");
    term.textContent = name;
    const description = document.createElement("dd");
    description.textContent = value;
    description.dir = "auto";
    description.tabIndex = 0;
    terms.append(term, description);
  }
  const entry = document.createElement("li");
  entry.append(terms);
  return entry;
}

function list(name, entries) {
  const element = document.createElement("ul");
  element.className = name;
  element.append(...entries);
  return element;
}

function paragraph(text, name = "") {
  const element = document.createElement("p");
  element.textContent = text;
  element.className = name;
  return element;
}

const fill = (text, ...values) => text.replace(/\{(\d)\}/g, (_, index) => String(values[index]));

const show = (elements) => result.replaceChildren(...elements);

function setBusy(busy) {
  result.setAttribute("aria-busy", String(busy));
  for (const button of form.querySelectorAll("button")) button.disabled = busy;
}
