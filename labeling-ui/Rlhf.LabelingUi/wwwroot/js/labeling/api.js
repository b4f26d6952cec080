// The REST API. A cookie signs the calls; the antiforgery token belongs to the user and is fetched again after a sign-in.

/** The server said no. */
export class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

/** The server could not be reached, or is not able to answer now. */
export class Unreachable extends Error {
  constructor(message, retryAfter = null) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

const patience = 20000; // Milliseconds after which a call counts as failed.

export class Api {
  /**
   * @param root The address of the first page, with a slash at its end.
   * @param antiforgery The token of whoever loaded the page.
   * @param account Their name: nothing is ever sent as somebody else.
   */
  constructor(root, antiforgery, account) {
    this.root = root;
    this.antiforgery = antiforgery;
    this.account = account;
  }

  /** The JSON of an answer and its headers. Throws {@link Refusal} or {@link Unreachable}. */
  async call(method, path, body, headers = {}) {
    const answer = await this.#send(method, path, body, headers);
    if (answer.status === 400 && method !== "GET" && (await isAntiforgery(answer.clone()))) {
      if ((await this.session())?.name !== this.account) throw new Refusal(401, null);
      return this.#read(await this.#send(method, path, body, headers));
    }
    return this.#read(answer);
  }

  /** Who is signed in; their antiforgery token is taken over where they are whoever loaded the page. Null where nobody is. */
  async session() {
    try {
      const { data } = await this.call("GET", "session");
      if (data.name === this.account) this.antiforgery = data.antiforgery;
      return data;
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return null;
      throw error;
    }
  }

  async #send(method, path, body, headers) {
    try {
      return await fetch(`${this.root}api/v1/${path}`, {
        method,
        headers: {
          accept: "application/json",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(method === "GET" ? {} : { RequestVerificationToken: this.antiforgery }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(patience),
      });
    } catch (error) {
      throw new Unreachable(String(error));
    }
  }

  async #read(answer) {
    const text = await answer.text().catch((error) => {
      throw new Unreachable(String(error));
    });
    const data = parse(text);
    if (answer.ok) return { data, headers: answer.headers };
    const after = Number(answer.headers.get("retry-after")) * 1000 || null;
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      throw new Unreachable(data?.detail ?? `HTTP ${answer.status}`, after);
    }
    throw new Refusal(answer.status, data, after);
  }
}

function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

const isAntiforgery = async (answer) => /antiforgery/i.test(await answer.text().catch(() => ""));
