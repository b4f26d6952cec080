// Sends what was submitted, in order, each with its own idempotency key until the server has said what became of it. Of several tabs
// one sends (a Web Lock); the others tell it that there is something to send.
import { Refusal, Unreachable } from "./api.js";

const shortest = 1000;
const longest = 15000;

/** States of an entry: to be sent; kept until its project lets the annotator continue; or not accepted. */
export const Pending = "pending";
export const Blocked = "blocked";
export const Refused = "refused";

export class Outbox {
  /**
   * @param store What is kept.
   * @param api The REST API.
   * @param tell Called with what happened: {type, entry?, reason?, data?}.
   */
  constructor(store, api, annotator, tell) {
    this.store = store;
    this.api = api;
    this.tell = tell;
    this.channel = new BroadcastChannel(`rlhf-labeling-${annotator}`);
    this.channel.onmessage = ({ data }) => (data.type === "wake" ? this.wake() : this.tell({ ...data, elsewhere: true }));
    this.sending = null; // The key of the entry that is on its way.
    this.signedOut = false;
    this.wait = null;
    this.delay = shortest;
    addEventListener("online", () => this.wake());
    addEventListener("focus", () => this.wake());
    document.addEventListener("visibilitychange", () => this.wake());
    this.#lead(annotator);
  }

  /** Keeps an entry and sends it; resolves when it is kept. */
  async add(entry) {
    this.adding = this.store.submit({ ...entry, state: Pending, created: Date.now() });
    await this.adding;
    this.tell({ type: "kept", entry });
    this.#broadcast({ type: "queued", assignment: entry.assignment });
    this.wake();
  }

  /** Resolves when an entry is not on its way: it has arrived, was not accepted, or waits. */
  async settled(key) {
    await this.adding;
    if (this.sending === key) await this.current?.catch(() => null);
  }

  /** Takes back an entry that was not sent yet. False where it is on its way or has arrived. */
  async take(key) {
    if (this.sending === key || !this.leads) return false;
    const entry = await this.store.get("outbox", key);
    if (!entry || this.sending === key) return false;
    await this.store.delete("outbox", key);
    return true;
  }

  async remove(key) {
    await this.store.delete("outbox", key);
    this.#report({ type: "changed" });
  }

  /** Tries again at once. */
  wake() {
    if (this.leads) this.wait?.();
    else this.channel.postMessage({ type: "wake" });
  }

  #broadcast(message) {
    this.channel.postMessage(message);
  }

  #report(message) {
    this.tell(message);
    this.#broadcast(message);
  }

  #lead(annotator) {
    const work = async () => {
      this.leads = true;
      await this.unblock();
      await this.#loop();
    };
    if (navigator.locks) navigator.locks.request(`rlhf-labeling-${annotator}`, work);
    else work();
  }

  /** What a project did not let in may be welcome by now. */
  async unblock() {
    for (const entry of await this.store.all("outbox")) {
      if (entry.state === Blocked) await this.store.put("outbox", { ...entry, state: Pending });
    }
    this.wake();
  }

  async #loop() {
    for (;;) {
      let pause = null;
      try {
        pause = await this.#sendAll();
        this.delay = shortest;
      } catch (error) {
        if (!(error instanceof Unreachable)) console.error(error);
        pause = error.retryAfter ?? this.delay;
        this.delay = Math.min(this.delay * 2, longest);
        this.#report({ type: "unreachable" });
      }
      await new Promise((resolve) => {
        this.wait = resolve;
        if (pause !== null) setTimeout(resolve, pause);
      });
      this.wait = null;
    }
  }

  /** Sends everything; returns after how long to try again, null where nothing is left to send. */
  async #sendAll() {
    if (this.signedOut && !(await this.#signedInAgain())) return shortest * 3;
    for (;;) {
      const entries = (await this.store.all("outbox")).filter((entry) => entry.state === Pending);
      if (entries.length === 0) return null;
      entries.sort((a, b) => a.created - b.created);
      this.current = this.#send(entries[0]);
      if (!(await this.current)) return shortest * 3;
    }
  }

  /** False where nothing can be sent until somebody signs in. */
  async #send(entry) {
    this.sending = entry.key;
    try {
      // It may have been taken back since it was looked up.
      if (!(await this.store.get("outbox", entry.key))) return true;
      const { data } = await this.api.call(entry.method, entry.path, entry.body, { "Idempotency-Key": entry.key });
      await this.store.delete("outbox", entry.key);
      this.#report({ type: "sent", entry, data });
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 401) {
        this.signedOut = true;
        this.#report({ type: "signedOut", reason: error.problem?.detail });
        return false;
      }
      const state = error.status === 403 ? Blocked : Refused;
      await this.store.put("outbox", { ...entry, state, reason: error.message });
      this.#report({ type: state, entry, reason: error.message });
      return true;
    } finally {
      this.sending = null;
    }
  }

  /** Somebody found out that nobody is signed in any more. */
  signOut(reason) {
    if (this.signedOut) return;
    this.signedOut = true;
    this.#report({ type: "signedOut", reason });
    this.wake();
  }

  async #signedInAgain() {
    const session = await this.api.session();
    if (session === null) return false;
    if (session.name !== this.api.account) {
      this.#report({ type: "otherUser", reason: session.name });
      return false;
    }
    this.signedOut = false;
    this.#report({ type: "signedIn" });
    return true;
  }
}
