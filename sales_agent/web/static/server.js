/** The page's own server: what it tells about the agent, and tickets for calls. */

import { rememberSecret, secret } from "./remembered.js";

/** The server said no; the message is for the reader of the page. `status` is 0 where it did not answer at all. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export class Server {
  #askSecret;
  #asking = null;

  /** `askSecret(again)` gives the secret that somebody types; `again` where the one before was wrong. */
  constructor(askSecret) {
    this.#askSecret = askSecret;
  }

  about() {
    return this.#ask("/about", {});
  }

  /** A ticket for a new call, or back into the call of an earlier ticket's token. */
  ticket(earlierToken) {
    const body = earlierToken ? { participant_token: earlierToken } : {};
    return this.#ask("/token", {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    });
  }

  async #ask(path, request) {
    for (;;) {
      const used = secret();
      const response = await send(path, request, used);
      const answer = await response.json().catch(() => ({}));
      if (response.ok) return answer;
      if (response.status !== 401) throw refusal(response, answer);
      if (used === secret()) await this.#newSecret(used !== "");
    }
  }

  // One dialog, however many requests were refused.
  async #newSecret(again) {
    this.#asking ??= this.#askSecret(again).then(rememberSecret);
    try {
      await this.#asking;
    } finally {
      this.#asking = null;
    }
  }
}

async function send(path, request, withSecret) {
  const headers = { ...request.headers };
  if (withSecret) headers.Authorization = `Bearer ${withSecret}`;
  try {
    return await fetch(path, { ...request, headers, cache: "no-store" });
  } catch {
    throw new Refused("The server of this page does not answer. Is the agent still running?", 0);
  }
}

function refusal(response, answer) {
  const sentence = answer.error || `The server answered ${response.status}.`;
  const wait = response.headers.get("Retry-After");
  const told = /\bwait|\bagain in\b/i.test(sentence);
  return new Refused(wait && !told ? `${sentence} Try again in ${wait} s.` : sentence, response.status);
}
