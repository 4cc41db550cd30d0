/** One turn of the conversation, as it stands on the page. */

import { fillQuote } from "./quote.js";

const PARTS = {
  end_of_turn: ["End of turn", "until it was clear that the caller had finished"],
  model: ["Model", "until the first sentence was thought"],
  voice: ["Voice", "until its first sound was there"],
  ours: ["Ours", "all the rest"],
};

let passages = 0;

/** Make the element of a turn; `agentName` is what its author is called. */
export function makeTurn(turn, agentName) {
  const element = copy("turn");
  element.dataset.who = turn.who;
  element.querySelector(".who").textContent = turn.who === "caller" ? "You" : agentName;
  updateTurn(element, turn);
  return element;
}

/** Bring the element up to date with its turn. */
export function updateTurn(element, turn) {
  element.dataset.final = String(turn.final);
  element.querySelector(".words").textContent = turn.interrupted ? cutOff(turn.words) : turn.words;
  if (turn.interrupted) {
    element.dataset.interrupted = "true";
    element.querySelector(".mark-interrupted").hidden = false;
  }
  const sources = element.querySelector(".sources");
  if (turn.sources?.length && sources.hidden) fillSources(sources, turn.sources);
  const latency = element.querySelector(".latency");
  if (turn.latency && latency.hidden) fillLatency(latency, turn.latency);
}

function cutOff(words) {
  return `${words.replace(/[\s,;:.…—–-]+$/u, "")}—`;
}

function fillSources(box, sources) {
  for (const source of sources) {
    const button = copy("source");
    const file = source.document.slice(source.document.lastIndexOf("/") + 1);
    button.querySelector("span").textContent = file + page(source);
    const passage = copy("passage");
    passage.id = `passage-${++passages}`;
    passage.querySelector("figcaption").textContent = [source.document + page(source), source.heading]
      .filter(Boolean)
      .join(" · ");
    fillQuote(passage.querySelector("blockquote"), source.quote);
    button.setAttribute("aria-controls", passage.id);
    button.addEventListener("click", () => open(box, button, passage));
    box.append(button, passage);
  }
  box.hidden = false;
}

// One passage at a time: the conversation stays a conversation.
function open(box, button, passage) {
  const opening = passage.hidden;
  for (const other of box.querySelectorAll(".source")) other.setAttribute("aria-expanded", "false");
  for (const other of box.querySelectorAll(".passage")) other.hidden = true;
  button.setAttribute("aria-expanded", String(opening));
  passage.hidden = !opening;
  if (opening) passage.scrollIntoView({ block: "nearest" });
}

function page(source) {
  return source.page === null || source.page === undefined ? "" : `, page ${source.page}`;
}

function fillLatency(box, latency) {
  box.dataset.total = latency.total;
  const bar = document.createElement("span");
  bar.className = "bar";
  bar.setAttribute("aria-hidden", "true");
  const total = document.createElement("strong");
  total.textContent = `${latency.total} ms to answer`;
  box.append(bar, total);
  for (const [part, [label, meaning]] of Object.entries(PARTS)) {
    const stretch = document.createElement("i");
    stretch.className = part;
    stretch.style.flexGrow = latency[part];
    stretch.hidden = !latency[part];
    bar.append(stretch);
    const figure = document.createElement("span");
    figure.dataset.part = part;
    figure.title = meaning;
    figure.textContent = `${label} ${latency[part]} ms`;
    box.append(figure);
  }
  box.hidden = false;
}

function copy(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}
