// The tasks in hand: the one in view and those fetched ahead. What was submitted in this browser is never shown again, although the
// server may hold it until the submission arrives.
import { Refusal, Unreachable } from "./api.js";

export const ahead = 2;

export class Queue {
  constructor(api, project, ended, tell) {
    this.api = api;
    this.project = project;
    this.ended = ended; // Ids of assignments that were submitted or skipped here.
    this.tell = tell;
    this.tasks = [];
    this.waiting = null; // Why there is no further task, and until when.
    this.busy = null;
    this.again = false;
  }

  /** The assignment is done: it leaves the queue. */
  end(assignment) {
    this.ended.add(assignment);
    this.tasks = this.tasks.filter((task) => task.assignmentId !== assignment);
  }

  /** The assignment is to be answered after all. */
  reopen(task) {
    this.ended.delete(task.assignmentId);
    this.tasks = [task, ...this.tasks.filter((other) => other.assignmentId !== task.assignmentId)];
  }

  /** Asks for as many tasks as may be in hand; asked again meanwhile, it asks once more. */
  refill() {
    if (this.busy) {
      this.again = true;
      return this.busy;
    }
    this.busy = this.#fetch().finally(() => {
      this.busy = null;
      if (this.again) {
        this.again = false;
        this.refill();
      }
    });
    return this.busy;
  }

  async #fetch() {
    try {
      const { data, headers } = await this.api.call("POST", `projects/${this.project}/next`, { count: 1 + ahead });
      const tasks = data ?? [];
      this.waiting = { reason: headers.get("rlhf-waiting"), until: headers.get("rlhf-waiting-until") };
      this.#take(tasks);
      this.tell({ type: "tasks" });
    } catch (error) {
      if (error instanceof Unreachable) this.tell({ type: "unreachable" });
      else if (error instanceof Refusal) this.#refused(error);
      else throw error;
    }
  }

  #refused(error) {
    if (error.status === 401) this.tell({ type: "signedOut", reason: error.message });
    else this.tell({ type: "closed", reason: error.message });
  }

  /**
   * Tasks stay the objects that they are; new ones come after them. The one in view stays although its lease has expired: its answer is
   * still taken while the seat is free. One that was leased again under newer questions is another.
   */
  #take(tasks) {
    const fresh = new Map(tasks.filter((task) => !this.ended.has(task.assignmentId)).map((task) => [task.assignmentId, task]));
    this.tasks = this.tasks.filter((task, i) => i === 0 || fresh.has(task.assignmentId)).map((task) => {
      const again = fresh.get(task.assignmentId);
      fresh.delete(task.assignmentId);
      if (again && again.version !== task.version) return again;
      if (again) task.leaseExpires = again.leaseExpires;
      return task;
    });
    this.tasks.push(...fresh.values());
  }
}
