// Active time: the time between two inputs counts, up to an allowance that grows with what there is to read. Time while the page is
// hidden does not count.
const wordsPerMinute = 200;

/** About how many words a text has, also where words are not separated. */
export function wordCount(text) {
  const joined = text.match(/[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]/g)?.length ?? 0;
  return (text.match(/[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+/g)?.length ?? 0) + Math.round(joined / 1.7);
}

/** How long without input still counts, milliseconds. */
export const allowance = (idleSeconds, words) => (idleSeconds + (words / wordsPerMinute) * 60) * 1000;

export class Activity {
  constructor(idleSeconds, now = () => Date.now()) {
    this.idleSeconds = idleSeconds;
    this.now = now;
    this.begin("", 0);
  }

  /** Another task is in view. */
  begin(text, seconds = 0) {
    this.allowed = allowance(this.idleSeconds, wordCount(text));
    this.started = this.last = this.now();
    this.active = seconds * 1000;
    this.hidden = false;
  }

  /** Something was pressed, moved or scrolled. */
  input() {
    const now = this.now();
    if (!this.hidden) this.active += Math.min(now - this.last, this.allowed);
    this.last = now;
    this.hidden = false;
  }

  /** The page was hidden or shown. */
  visibility(hidden) {
    this.input();
    this.hidden = hidden;
  }

  /** Seconds since the task came into view, and the active part of them. */
  times() {
    this.input();
    return { seconds: (this.now() - this.started) / 1000, activeSeconds: this.active / 1000 };
  }
}
