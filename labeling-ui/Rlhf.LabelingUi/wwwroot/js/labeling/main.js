// The labeling page: wires the task in view to keys, what is kept in the browser, and the server.
import { Activity } from "./activity.js";
import { announce } from "./announce.js";
import { Api } from "./api.js";
import { Controller } from "./controller.js";
import { askReason, isOpen, openDialog, singleKeys, welcome } from "./dialogs.js";
import { textsOf } from "./dom.js";
import { Drafts } from "./drafts.js";
import { showFeedback } from "./feedback.js";
import { commandOf } from "./keys.js";
import { createNotices } from "./notices.js";
import { Outbox, Refused } from "./outbox.js";
import { Queue } from "./queue.js";
import { orderStop } from "./state.js";
import { Store } from "./store.js";
import { versionsOf } from "./versions.js";
import { showWaiting } from "./waiting.js";

const renewal = 60000; // How often the lease of the task in view is looked at, milliseconds.
const renewBefore = 600000; // A lease that ends within this time is renewed while somebody works.

const page = JSON.parse(document.getElementById("labeling-data").textContent);
const t = textsOf(page.texts);
const byId = (id) => document.getElementById(id);
const api = new Api(page.root, page.antiforgery, page.account);
const activity = new Activity(page.idleSeconds);

async function start() {
  const store = await Store.open(page.annotator);
  const kept = await store.all("outbox");
  const ended = new Set(kept.filter((entry) => entry.state !== Refused).map((entry) => entry.assignment));
  const queue = new Queue(api, page.project, ended, happened);
  const outbox = new Outbox(store, api, page.annotator, happened);
  const drafts = await Drafts.open(store, api, happened);
  const notices = createNotices({ page, t, store, outbox });
  const controller = new Controller({
    t, announce, drafts, outbox, queue, activity, project: page.project, versions: versionsOf(page, api), asText: page.plainText,
    reopened: (key) => uncount(key), restored: showRestored,
  }, finished);
  // Answers that the server had not counted when it wrote the page, by key: one that is taken back or not accepted counts no longer.
  const counted = new Set(kept.filter((entry) => entry.state !== Refused && isFirst(entry)).map((entry) => entry.key));
  let closed = null; // Why the server gives no tasks.
  wireKeys(controller);
  wireButtons(controller);
  await welcome(page);
  notices.update();
  showMine();
  if (page.correct) {
    byId("work").hidden = false;
    byId("waiting").hidden = true;
    await controller.show(page.correct.task, { correction: page.correct });
    return;
  }
  queue.refill();
  setInterval(() => renew(queue, controller), renewal);

  /** What the queue, the drafts, the outbox and other tabs tell. */
  async function happened(message) {
    const { type, entry, elsewhere } = message;
    if (type === "tasks") {
      if (closed) outbox.unblock();
      closed = null;
      notices.connected();
      next();
    } else if (type === "closed") {
      closed = message.reason;
      notices.connected();
      next();
    } else if (type === "queued") {
      queue.end(message.assignment);
      if (controller.task?.assignmentId === message.assignment && !controller.correction) {
        controller.clear();
        announce(t("SaidElsewhere"));
        next();
      }
    } else if (type === "sent") {
      notices.connected();
      controller.arrived(entry, message.data);
      if (message.data?.qualification && entry.project === page.project && !elsewhere) showFeedback(message.data.qualification, t);
      if (page.correct && entry.assignment === page.correct.task.assignmentId) location.assign(page.history);
      else if (entry.project === page.project && !elsewhere) queue.refill();
    } else if (type === Refused) {
      // Where the task is still to be answered, it comes back with what was answered.
      ended.delete(entry.assignment);
      uncount(entry.key);
      await drafts.restore(entry);
      queue.refill();
    } else if (type === "signedOut") {
      outbox.signOut(message.reason);
    } else if (type === "signedIn") {
      outbox.signedOut = false;
      notices.connected();
      queue.refill();
    }
    notices.happened(message);
  }

  /** Shows the first task in hand where none is in view, or says why there is none. */
  function next() {
    byId("work").dataset.hand = queue.tasks.length;
    if (controller.correction) return;
    const [first] = queue.tasks;
    if (first && first !== controller.task) show(() => controller.show(first));
    else if (!first) {
      controller.clear();
      show(() => showWaiting({ t, page, api, closed, waiting: queue.waiting, again: () => queue.refill() }));
    }
  }

  function show(render) {
    byId("work").hidden = queue.tasks.length === 0;
    byId("waiting").hidden = queue.tasks.length > 0;
    render();
  }

  /** The number of the annotator's answers in this project. */
  function showMine() {
    byId("mine").textContent = t("Mine", page.mine + counted.size);
  }

  function uncount(key) {
    counted.delete(key);
    showMine();
  }

  function finished({ said, entry, corrected }) {
    if (page.correct) {
      byId("work").hidden = true;
      announce(t("SaidSubmitted"));
      return;
    }
    if (!corrected && isFirst(entry)) counted.add(entry.key);
    showMine();
    announce(said);
    if (queue.tasks.length === 0) queue.waiting = null;
    next();
  }
}

/** Says whether what is shown is an unfinished correction of before. */
function showRestored(isRestored) {
  const line = byId("restored");
  if (line) line.hidden = !isRestored;
}

/** Whether an entry of the outbox is an answer to a task of this project that had none; not a correction or a skip. */
function isFirst({ method, own, project }) {
  return method === "POST" && own !== undefined && project === page.project;
}

function renew(queue, controller) {
  const ends = controller.task && Date.parse(controller.task.leaseExpires);
  if (ends && !document.hidden && ends - Date.now() < renewBefore && Date.now() - activity.last < renewBefore) queue.refill();
}

function wireKeys(controller) {
  const single = singleKeys(page.account, page.singleKeys, () => document.body.classList.toggle("no-single-keys", !single()));
  document.body.classList.toggle("no-single-keys", !single());
  document.addEventListener("keydown", (event) => {
    activity.input();
    if (isOpen()) {
      // The key that opened a dialog closes it.
      const open = document.querySelector("dialog[open]");
      if (open.dataset.key && commandOf(event, single())?.does === open.dataset.key) open.close();
      return;
    }
    if (controller.screen?.markKey(event)) {
      event.preventDefault();
      return;
    }
    const command = commandOf(event, single());
    if (command && run(controller, command, event.target) !== false) event.preventDefault();
  });
  for (const type of ["pointerdown", "wheel", "touchmove"]) document.addEventListener(type, () => activity.input(), { passive: true });
  document.addEventListener("visibilitychange", () => activity.visibility(document.hidden));
  document.addEventListener("focusin", ({ target }) => {
    if (!controller.state) return;
    const stop = target.classList.contains("response") ? orderStop(controller.state) : controller.screen.stopOf(target, controller.state);
    if (stop >= 0 && stop !== controller.state.stop) controller.dispatch({ does: "stop", stop });
  });
}

/** Does what a key or a button asks for; false where it was not for this page. */
function run(controller, command, target) {
  switch (command.does) {
    case "nothing": return true;
    case "submit": return controller.submit();
    case "undo": return void controller.undo();
    case "discard": return void controller.discard();
    case "arrow": return controller.arrow(command.arrow);
    case "skip": return void skip(controller);
    case "flag": return void controller.flag();
    case "guidelines": return void openDialog("guidelines-dialog");
    case "keys": return void openDialog("keys-dialog");
    case "fold": return controller.screen?.fold(controller.state.current);
    case "asText": return controller.toggleText();
    case "marking": return controller.screen?.startMarking(controller.state.current) ?? false;
    case "leave": return leave(controller, target);
    default: return controller.dispatch(command);
  }
}

async function skip(controller) {
  if (!controller.task || controller.correction) return;
  const given = await askReason("skip");
  if (given) controller.skip(given);
}

/** Escape in a text box: keys are commands again. */
function leave(controller, target) {
  if (target === document.body || !controller.state) return false;
  controller.screen.focusCard(controller.state.current ?? controller.state.ids[0]);
  return true;
}

function wireButtons(controller) {
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-does]");
    if (button) run(controller, { does: button.dataset.does }, button);
  });
}

start();
