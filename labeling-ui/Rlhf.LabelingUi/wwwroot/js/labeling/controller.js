// The task in view: commands change its state, the state is shown, kept as a draft, and submitted.
import { allowsFlag, fault, flagOf, fromApi, isOrder, toApi } from "./answers.js";
import { askReason, isOpen, showGuidelines } from "./dialogs.js";
import { draftKey } from "./drafts.js";
import { createScreen } from "./screen.js";
import { sentence } from "./speech.js";
import { apply, begin, orderInView } from "./state.js";
import { pairScale, pairValue } from "./ranking.js";
import { taskText } from "./texts.js";

const remembered = 20; // Submitted tasks that undo can go back to.

/** A name that nobody else draws; `crypto.randomUUID` is missing on pages without HTTPS. */
const uniqueName = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Controller {
  /**
   * @param services {t, announce, drafts, outbox, queue, activity, versions, project, reopened, restored}
   * @param finished Called when the task in view is done and another is wanted.
   */
  constructor(services, finished) {
    Object.assign(this, services);
    this.finished = finished;
    this.recent = [];
    this.clear();
  }

  clear() {
    this.screen?.leave();
    this.task = this.state = this.screen = this.correction = null;
    this.confirmed = false;
  }

  /** Shows a task with its draft, or with answers that are to be corrected. */
  async show(task, { own = null, correction = null } = {}) {
    const turn = (this.turn = {});
    const version = await this.versions(task.version);
    const draft = own ? null : this.drafts.find(task, correction);
    if (this.turn !== turn) return;
    this.clear();
    this.task = task;
    this.correction = correction;
    const ids = task.completions.map((completion) => completion.id);
    const answers = own ?? draft?.own ?? fromApi(version.questions, draft?.answers ?? correction?.answers, ids);
    this.state = begin(version.questions, ids, answers);
    this.#build();
    showGuidelines(version.guidelines, this.t);
    this.activity.begin(taskText(task), draft?.activeSeconds ?? 0);
    this.restored(correction !== null && draft !== null);
    this.screen.focusStart();
  }

  /** The correction begins anew, with what was submitted. */
  discard() {
    const { task, correction } = this;
    if (!correction) return;
    this.drafts.discard(draftKey(task, correction));
    this.show(task, { correction });
    this.announce(this.t("SaidDiscarded"));
  }

  #build() {
    this.screen?.leave();
    this.screen = createScreen(this.task, this.state.questions, {
      t: this.t, announce: this.announce, asText: this.asText, dispatch: (command) => this.dispatch(command),
    });
    this.screen.update(this.state);
  }

  /** Does a command of the state, and keeps the result. */
  dispatch(command) {
    if (!this.state) return;
    const before = this.state;
    const { state, told } = apply(before, command);
    this.state = state;
    this.screen.update(state);
    const said = sentence(told, state, this.t);
    if (said) this.announce(said);
    if (state.answers !== before.answers) {
      this.confirmed = false;
      this.screen.fail(null);
      this.#keep();
    }
    if (command.does === "digit" && state.stop !== before.stop) this.screen.focusStop(state.stops[state.stop]);
  }

  #body() {
    return { answers: toApi(this.state.questions, this.state.answers, this.state.ids), ...this.activity.times() };
  }

  #keep() {
    const { answers, activeSeconds } = this.#body();
    this.drafts.save(this.task, this.state.answers, { answers, activeSeconds }, this.correction);
  }

  /** Arrows: along the scale of a pairwise question, else between the responses and up and down in the order. False: not used. */
  arrow(direction) {
    const question = this.state && orderInView(this.state);
    if (!question) return false;
    const by = direction === "left" || direction === "up" ? -1 : 1;
    const { ids, current } = this.state;
    if (question.kind === "pairwise") {
      if (direction === "up" || direction === "down") return false;
      const scale = pairScale(question, ids);
      const { groups = [], strength = null } = this.state.answers[question.key] ?? {};
      const value = pairValue(groups, ids, strength);
      const at = value === null ? scale.findIndex((v) => (by < 0 ? v === -1 : v === 1)) : scale.indexOf(value) + by;
      if (scale[at] !== undefined) this.dispatch({ does: "scale", question, value: scale[at] });
      return true;
    }
    if (direction === "left" || direction === "right") {
      const at = current === null ? (by < 0 ? ids.length - 1 : 0) : ids.indexOf(current) + by;
      if (ids[at]) this.screen.focusCard(ids[at]);
      return true;
    }
    if (current === null) return false;
    this.dispatch({ does: "move", question, id: current, by });
    return true;
  }

  /** Goes to the labels of the response in view, or of the task. Where the project asks for none, the task is flagged or no longer. */
  async flag() {
    if (!this.state) return;
    const labels = this.state.stops.filter((stop) => stop.question.kind === "labels");
    const stop = labels.find((other) => other.id === this.state.current) ?? labels[0];
    if (stop) this.screen.focusStop(stop);
    else if (flagOf(this.state.answers)) this.dispatch({ does: "flag", reason: null });
    else if (allowsFlag(this.state.questions)) {
      const { task } = this;
      const reason = await askReason("flag");
      if (reason && this.task === task) this.dispatch({ does: "flag", reason });
    }
  }

  toggleText() {
    this.asText = !this.asText;
    if (this.task) this.#build();
  }

  /** Takes back the last decision on this task; where there is none, the last submission is opened again. */
  undo() {
    if (!this.state) return this.reopen();
    if (this.state.history.length > 0 || this.recent.length === 0 || this.correction) return this.dispatch({ does: "undo" });
    return this.reopen();
  }

  async reopen() {
    const last = this.recent.pop();
    if (!last) return this.announce(this.t("SaidNothingToUndo"));
    await this.outbox.settled(last.key);
    if (await this.outbox.take(last.key)) {
      this.reopened(last.key);
      this.queue.reopen(last.task);
      await this.show(last.task, { own: last.answers });
    } else if (last.annotation) {
      await this.show(last.task, { own: last.answers, correction: last.annotation });
    } else {
      this.recent.push(last);
      return this.announce(this.t("SaidBeingSent"));
    }
    return this.announce(this.t("SaidReopened"));
  }

  /** The server has an annotation: from now on it can be corrected. */
  arrived({ key }, data) {
    const submission = this.recent.find((other) => other.key === key);
    if (submission && data?.id) submission.annotation = { id: data.id, revision: data.revision };
  }

  /** Submits, or goes to what is missing. */
  submit() {
    if (!this.state || isOpen()) return;
    const { questions, answers, ids } = this.state;
    const wrong = fault(questions, answers, ids);
    if (wrong && !(wrong.reason === "partial" && this.confirmed)) {
      this.#refuse(wrong);
      return;
    }
    const { task, correction } = this;
    const entry = {
      key: uniqueName(), assignment: task.assignmentId, project: this.project, version: task.version, own: answers, body: this.#body(),
      ...(correction
        ? { method: "PUT", path: `annotations/${correction.id}` }
        : { method: "POST", path: `assignments/${task.assignmentId}/annotation` }),
    };
    if (correction) entry.body.revision = correction.revision;
    this.recent = [...this.recent, { task, answers, key: entry.key }].slice(-remembered);
    this.#end(entry, "SaidSubmitted");
  }

  skip(reason) {
    if (!this.task || this.correction) return;
    const { task } = this;
    this.#end({
      key: uniqueName(), assignment: task.assignmentId, project: this.project, method: "POST",
      path: `assignments/${task.assignmentId}/skip`, body: { reason },
    }, "SaidSkipped");
  }

  #end(entry, said) {
    const corrected = this.correction !== null;
    entry.draft = draftKey(this.task, this.correction);
    this.drafts.end(entry.draft);
    this.queue.end(entry.assignment);
    this.clear();
    this.outbox.add(entry);
    this.finished({ said: this.t(said), entry, corrected });
  }

  #refuse({ question, reason, id }) {
    const number = id ? this.state.ids.indexOf(id) + 1 : "";
    const message = this.t(reason[0].toUpperCase() + reason.slice(1), number, question.minLength);
    this.confirmed = reason === "partial";
    this.screen.fail(question, isOrder(question) ? null : id ?? null, message);
    const stop = this.state.stops.findIndex((other) => other.question === question && (other.id === null || other.id === id));
    if (stop >= 0) this.dispatch({ does: "stop", stop });
    if (reason !== "partial") this.screen.focusStop({ question, id: id ?? null });
    this.announce(`${question.text}: ${message}`);
  }
}
