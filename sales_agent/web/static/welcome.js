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
export function showExamples(documents) {
  const subjects = documents.map(({ name }) => subject(name)).filter(Boolean).slice(0, MOST_FROM_DOCUMENTS);
  const buttons = [...document.querySelectorAll("#examples button")].reverse();
  subjects.reverse().forEach((words, index) => (buttons[index].textContent = `Tell me about ${words}.`));
}

// A name of two to four plain words is a subject; a single one may be anything.
function subject(name) {
  const stem = name.slice(name.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
  const words = stem.split(/[-_ ]+/);
  const plain = words.every((word) => /^\p{L}+$/u.test(word));
  return plain && words.length > 1 && words.length < 5 ? words.join(" ").toLowerCase() : "";
}
