/** The conversation: who said what, what it rests on, and how long it took. */

import { makeTurn, updateTurn } from "./turn.js";

const list = document.getElementById("conversation");
const welcome = document.getElementById("welcome");
const scroller = document.querySelector(".scroll");
const end = document.getElementById("end");

const NEAR_END = 80; // pixels: three lines above the end still count as the end

export class Conversation {
  agentName = "Agent";
  #turns = [];
  #elements = new Map(); // turn -> its element
  #segments = new Map(); // segment id -> {turn, text, final}
  #latencies = new Map(); // answer id -> latency that came before its sources
  #following = true;
  #scrolled = 0;

  constructor() {
    // On narrow screens the page scrolls, on wide ones the conversation in it.
    document.addEventListener("scroll", () => this.#scroll(), { capture: true, passive: true });
  }

  /** Start with nothing, or with the turns that `saved()` gave. */
  start(turns = []) {
    this.#turns = [];
    for (const map of [this.#elements, this.#segments, this.#latencies]) map.clear();
    list.replaceChildren();
    welcome.hidden = true;
    this.#following = true;
    for (const turn of turns) this.#add({ ...turn, restored: true });
  }

  /** The call is over: nothing goes on, and what was not sent was not said. */
  close() {
    for (const turn of this.#turns.filter((turn) => turn.waiting)) this.drop(turn);
    for (const turn of this.#turns) if (!turn.final) this.#show(turn, { final: true });
  }

  /** The turns as plain data. What the agent was saying when the page went away was cut off there. */
  saved() {
    return this.#turns
      .filter((turn) => !turn.waiting)
      .map((turn) =>
        turn.final
          ? turn
          : { ...turn, final: true, interrupted: turn.who === "agent" || turn.interrupted },
      );
  }

  /** What the agent heard: the whole segment so far. Segments of one turn share a bubble. */
  heard(id, text, final) {
    const known = this.#segments.get(id);
    if (known?.final) return;
    const turn = known?.turn ?? this.#spokenTurn();
    this.#segments.set(id, { turn, text, final });
    const segments = [...this.#segments.values()].filter((segment) => segment.turn === turn);
    turn.words = segments.map((segment) => segment.text.trim()).filter(Boolean).join(" ");
    turn.final = segments.every((segment) => segment.final);
    this.#show(turn);
  }

  /** A piece of what the agent says. */
  said(id, piece) {
    let turn = this.#segments.get(id)?.turn;
    if (!turn) {
      if (!piece.trim()) return;
      turn = this.#add({ who: "agent", words: "", final: false });
      this.#segments.set(id, { turn });
    }
    turn.words = (turn.words + piece).trimStart();
    this.#show(turn);
  }

  /** The agent's segment is over. */
  saidAll(id) {
    const turn = this.#segments.get(id)?.turn;
    if (turn) this.#show(turn, { final: true });
  }

  /** What the caller typed; `waiting` where it can only be sent later: it stays last until `sent`. */
  typed(text, { waiting }) {
    this.#following = true; // who writes wants to see it
    return this.#add({ who: "caller", words: text, final: !waiting, typed: true, waiting });
  }

  sent(turn) {
    this.#show(turn, { final: true, waiting: false });
  }

  /** What was typed could not be sent: it was not said. */
  drop(turn) {
    this.#elements.get(turn).remove();
    this.#turns = this.#turns.filter((other) => other !== turn);
  }

  sources({ id, text, interrupted, sources }) {
    const turn = this.#spokenAs(text);
    if (!turn) return;
    const heard = plain(turn.words);
    const spoken = plain(text);
    // What was really spoken, where the live text stopped short of it or ran ahead.
    const words = heard.startsWith(spoken) || spoken.startsWith(heard) ? text.trim() : turn.words;
    const latency = this.#latencies.get(id) ?? null;
    this.#latencies.delete(id);
    this.#show(turn, { id, words, sources, latency, final: true, interrupted });
  }

  latency({ id, ...latency }) {
    const turn = this.#turns.find((turn) => turn.id === id);
    if (turn) this.#show(turn, { latency });
    else this.#latencies.set(id, latency);
  }

  /** A line between turns, as "Back in your call". */
  note(text) {
    const line = document.createElement("p");
    line.className = "note";
    line.textContent = text;
    list.append(line);
    this.#follow();
  }

  // The caller's turn that is still going on: nobody has spoken since.
  #spokenTurn() {
    const last = this.#turns.findLast((turn) => !turn.waiting);
    if (last?.who === "caller" && !last.typed && !last.restored) return last;
    return this.#add({ who: "caller", words: "", final: false });
  }

  #spokenAs(text) {
    const spoken = plain(text);
    if (!spoken) return null; // cut off before its first word
    const open = this.#turns.filter((turn) => turn.who === "agent" && !turn.sources).reverse();
    return (
      open.find((turn) => plain(turn.words) === spoken) ??
      open.find((turn) => spoken.startsWith(plain(turn.words)) || plain(turn.words).startsWith(spoken)) ??
      open[0]
    );
  }

  #add(turn) {
    const element = makeTurn(turn, this.agentName);
    const before = this.#turns.findIndex((other) => other.waiting);
    if (before < 0) {
      this.#turns.push(turn);
      list.append(element);
    } else {
      this.#elements.get(this.#turns[before]).before(element);
      this.#turns.splice(before, 0, turn);
    }
    this.#elements.set(turn, element);
    this.#follow();
    return turn;
  }

  #show(turn, news = {}) {
    Object.assign(turn, news);
    updateTurn(this.#elements.get(turn), turn);
    this.#follow();
  }

  // Only a reader who goes up stops us; an opened passage does not.
  #scroll() {
    const before = this.#scrolled;
    this.#scrolled = scroller.scrollTop + scrollY;
    const bottom = Math.min(scroller.getBoundingClientRect().bottom, innerHeight);
    if (end.getBoundingClientRect().top < bottom + NEAR_END) this.#following = true;
    else if (this.#scrolled < before) this.#following = false;
  }

  #follow() {
    if (this.#following) end.scrollIntoView({ block: "end" });
  }
}

function plain(text) {
  return text.replace(/[\s—]+/g, " ").trim();
}
