/** The side panel: what is known about this call, and the documents the agent answers from. */

const facts = document.getElementById("call-facts");
const documents = document.getElementById("documents");
const count = document.getElementById("document-count");
const more = document.getElementById("more-documents");
const leftOut = document.getElementById("left-out");

const UNKNOWN_YET = { name: "", need: "", stage: "", next_step: "" };

/** Show what the agent has noted, and always the keys above; one that we have never heard of gets a label as well. */
export function showFacts(known = UNKNOWN_YET) {
  facts.replaceChildren(
    ...Object.entries(known).flatMap(([key, value]) => {
      const text = String(value ?? "").trim();
      if (!text && !(key in UNKNOWN_YET)) return [];
      const row = document.createElement("div");
      row.append(element("dt", label(key)), element("dd", text || "–"));
      row.classList.toggle("empty", text === "");
      return row;
    }),
  );
}

export function showDocuments(about) {
  const total = about.document_count;
  count.textContent = total === 1 ? "1 document" : `${total} documents`;
  documents.replaceChildren(...about.documents.map(documentItem));
  const unlisted = total - about.documents.length;
  more.hidden = unlisted <= 0;
  more.textContent = `and ${unlisted} more`;
  leftOut.hidden = about.left_out.length === 0;
  leftOut.querySelector("summary span").textContent = `${about.left_out.length} left out, and why`;
  leftOut.querySelector("ul").replaceChildren(
    ...about.left_out.map(({ name, reason }) => {
      const item = document.createElement("li");
      item.append(element("span", name), element("small", reason));
      return item;
    }),
  );
}

function documentItem({ name, pages }) {
  const item = document.createElement("li");
  item.className = "document";
  const slash = name.lastIndexOf("/") + 1;
  const title = element("span", "");
  if (slash) title.append(element("small", name.slice(0, slash)));
  title.append(name.slice(slash));
  item.append(title);
  if (pages) item.append(element("em", pages === 1 ? "1 page" : `${pages} pages`));
  item.title = name;
  return item;
}

function label(key) {
  const words = key.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
