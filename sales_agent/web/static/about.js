/** What `/about` tells of the agent and its documents, asked anew where an answer shows that it may have changed. */

import { showDocuments } from "./panel.js";

// Documents seldom change, and the server counts what an address asks.
const FRESH_MS = 60_000;

export class About {
  #server;
  #asked = 0;
  #listed = () => true; // whether the page has a document among those it shows

  constructor(server) {
    this.#server = server;
  }

  /** Show the documents as they are now; gives all that was told. */
  async show() {
    this.#asked = Date.now();
    const about = await this.#server.about();
    const names = new Set(about.documents.map(({ name }) => name));
    this.#listed = (name) => names.has(name) || names.size < about.document_count;
    showDocuments(about);
    return about;
  }

  /** An answer came, which rests on these sources. */
  answered(sources) {
    const known = sources.every(({ document }) => this.#listed(document));
    if (known && Date.now() - this.#asked < FRESH_MS) return;
    this.show().catch((error) => console.warn("the list of documents stays as it was:", error));
  }
}
