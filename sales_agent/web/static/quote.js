/** The words of a document as they stand there: lines, and tables as tables. */

const CELLS = /\s\|\s/;

/** Fill a box with a passage. A table's rows come as lines with bars between the cells, its header first. */
export function fillQuote(box, quote) {
  const lines = quote.split("\n");
  for (let at = 0; at < lines.length; ) {
    let end = at;
    while (end < lines.length && CELLS.test(lines[end])) end += 1;
    if (end - at > 1) {
      box.append(table(lines.slice(at, end)));
    } else {
      const line = document.createElement("p");
      line.textContent = lines[at];
      box.append(line);
      end = at + 1;
    }
    at = end;
  }
}

function table(lines) {
  const element = document.createElement("table");
  lines.forEach((line, number) => {
    const row = element.insertRow();
    for (const text of line.split(CELLS)) {
      const cell = document.createElement(number ? "td" : "th");
      if (!number) cell.scope = "col";
      cell.textContent = text.replace(/^\|?\s*|\s*\|?$/g, "");
      row.append(cell);
    }
  });
  return element;
}
