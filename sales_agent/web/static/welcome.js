/** Who is on the line, and what to ask them before the first call. */

const MOST_FROM_DOCUMENTS = 2;

/** The names that `/about` gave; either may be empty. */
export function showNames({ company, agent }) {
  if (company) {
    document.getElementById("company").textContent = company;
    document.title = agent ? `${agent} at ${company}` : company;
  }
  document.querySelector(".agent-name").textContent = agent ? `${agent}, sales assistant` : "Sales assistant";
  if (agent) document.querySelector(".agent-or-us").textContent = agent;
}

/** Put subjects that the documents' names tell of among the questions. */
export function showExamples({ documents, company }) {
  const subjects = documents
    .map(({ name }) => subject(name, company))
    .filter(Boolean)
    .slice(0, MOST_FROM_DOCUMENTS);
  const buttons = [...document.querySelectorAll("#examples button")].reverse();
  subjects.reverse().forEach((words, index) => (buttons[index].textContent = `Tell me about ${words}.`));
}

// A name of two to four plain words is a subject; a single one may be anything.
function subject(name, company) {
  const stem = name.slice(name.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
  const words = stem.split(/[-_ ]+/);
  const plain = words.every((word) => /^\p{L}+$/u.test(word));
  if (!plain || words.length < 2 || words.length > 4) return "";
  // A file's name tells no capitals, the company's does: "Harbor care".
  const names = company.split(" ");
  const written = (word) => names.find((name) => name.toLowerCase() === word) ?? word;
  return words.map((word) => written(word.toLowerCase())).join(" ");
}
