// What is kept in the browser: drafts of the tasks in hand, and what is to be sent. One database for each annotator, so that two
// people who use one browser never see each other's answers. Without IndexedDB (some private windows) memory has to do.
const version = 1;

const open = (name) => new Promise((resolve, reject) => {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("drafts", { keyPath: "assignment" });
    request.result.createObjectStore("outbox", { keyPath: "key" });
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export class Store {
  static async open(annotator) {
    try {
      return new Store(await open(`rlhf-labeling-${annotator}`));
    } catch {
      return new MemoryStore();
    }
  }

  constructor(db) {
    this.db = db;
  }

  #table(name, mode) {
    return this.db.transaction(name, mode).objectStore(name);
  }

  get(table, key) {
    return done(this.#table(table, "readonly").get(key));
  }

  all(table) {
    return done(this.#table(table, "readonly").getAll());
  }

  put(table, value) {
    const rows = this.#table(table, "readwrite");
    const request = rows.put(value);
    // At once, not when the browser finds nothing else to do: the page may be closed the next moment.
    rows.transaction.commit?.();
    return done(request);
  }

  delete(table, key) {
    return done(this.#table(table, "readwrite").delete(key));
  }

  /** Puts a submission into the outbox and removes the draft, both or neither. */
  submit(entry) {
    return new Promise((resolve, reject) => {
      const transaction = this.db.transaction(["drafts", "outbox"], "readwrite");
      transaction.objectStore("outbox").put(entry);
      transaction.objectStore("drafts").delete(entry.draft);
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
    });
  }
}

class MemoryStore {
  tables = { drafts: new Map(), outbox: new Map() };

  keyOf = (table, value) => (table === "drafts" ? value.assignment : value.key);

  async get(table, key) {
    return this.tables[table].get(key);
  }

  async all(table) {
    return [...this.tables[table].values()];
  }

  async put(table, value) {
    this.tables[table].set(this.keyOf(table, value), value);
  }

  async delete(table, key) {
    this.tables[table].delete(key);
  }

  async submit(entry) {
    await this.put("outbox", entry);
    await this.delete("drafts", entry.draft);
  }
}
