// Drafts: kept in the browser at each change, sent to the server a moment later. The newer of both is taken up again.
import { Refusal, Unreachable } from "./api.js";

const quiet = 800; // Milliseconds without a change after which a draft is sent.

/** What a draft is kept under: the assignment, or the annotation that is corrected. The browser alone keeps drafts of corrections. */
export const draftKey = (task, correction) => correction?.id ?? task.assignmentId;

export class Drafts {
  static async open(store, api, tell) {
    const drafts = new Drafts(store, api, tell);
    await drafts.#load();
    // Another tab may have written meanwhile.
    document.addEventListener("visibilitychange", () => { if (!document.hidden) drafts.#load(); });
    return drafts;
  }

  constructor(store, api, tell) {
    this.store = store;
    this.api = api;
    this.tell = tell;
    this.sequence = 0;
    this.timer = null;
    this.kept = new Map(); // What the browser keeps, in memory too: the next task waits for no storage.
  }

  async #load() {
    const all = await this.store.all("drafts").catch(() => []);
    this.kept = new Map(all.map((draft) => [draft.assignment, draft]));
  }

  /**
   * The newest draft of a task, or of its correction: {answers, own, activeSeconds}; `own` are answers in the form of this page. Null
   * where there is none.
   */
  find(task, correction = null) {
    const kept = this.kept.get(draftKey(task, correction));
    const sent = correction ? null : task.draft;
    if (kept && kept.version === task.version && (!sent || kept.sequence >= sent.sequence)) {
      return { own: kept.answers, activeSeconds: kept.activeSeconds };
    }
    return sent ? { answers: sent.answers, activeSeconds: sent.activeSeconds } : null;
  }

  /** Keeps answers. Resolves when the browser has them. */
  save(task, own, body, correction = null) {
    // Above all numbers of other tabs and earlier days.
    this.sequence = Math.max(this.sequence + 1, Date.now());
    const draft = {
      assignment: draftKey(task, correction), version: task.version, answers: own, sequence: this.sequence,
      activeSeconds: body.activeSeconds,
    };
    clearTimeout(this.timer);
    if (!correction) this.timer = setTimeout(() => this.#send(task.assignmentId, { ...body, sequence: draft.sequence }), quiet);
    this.kept.set(draft.assignment, draft);
    return this.store.put("drafts", draft).catch((error) => console.warn(error));
  }

  /** A submission was not accepted: its answers are a draft again. */
  async restore({ assignment, draft: key = assignment, version, own }) {
    if (!own) return;
    const draft = { assignment: key, version, answers: own, sequence: Date.now() };
    this.kept.set(key, draft);
    await this.store.put("drafts", draft);
  }

  /** Its author wants it no more. */
  discard(key) {
    this.end(key);
    return this.store.delete("drafts", key).catch((error) => console.warn(error));
  }

  /** The task is done: nothing of it is sent any more. (The outbox removes the draft.) */
  end(key) {
    clearTimeout(this.timer);
    this.kept.delete(key);
  }

  async #send(assignment, body) {
    try {
      await this.api.call("PUT", `assignments/${assignment}/draft`, body);
      this.tell({ type: "draftSaved" });
    } catch (error) {
      if (error instanceof Unreachable) this.tell({ type: "unreachable" });
      else if (error instanceof Refusal && error.status === 401) this.tell({ type: "signedOut", reason: error.problem?.detail });
      // Anything else: the draft is in the browser, and the submission will be told.
    }
  }
}
