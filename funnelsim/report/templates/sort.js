"use strict";
// Paper cannot be unfolded: what is folded is printed open, but long tables and where the numbers come from,
// which are left out unless the reader has opened them.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open], .screen-only)")) {
    if (fold.querySelectorAll("tr").length > 40) continue;
    fold.open = true;
    fold.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});
// Tables sort by their heads: first click high to low for numbers, a to z for words; third click: as it was.
for (const table of document.querySelectorAll("table[data-sortable]")) {
  const body = table.tBodies[0];
  const asItWas = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, place) => {
    const cell = row.cells[place];
    if (cell.dataset.sort !== undefined) return Number(cell.dataset.sort);
    return cell.textContent.trim();
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };
  heads.forEach((head, place) => {
    if (head.tagName !== "TH") return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const numbers = head.classList.contains("number");
    const order = numbers ? ["descending", "ascending"] : ["ascending", "descending"];
    button.addEventListener("click", () => {
      const next = order[order.indexOf(head.getAttribute("aria-sort")) + 1];
      for (const other of heads) other.removeAttribute("aria-sort");
      if (next === undefined) {
        body.append(...asItWas);
        return;
      }
      head.setAttribute("aria-sort", next);
      const empty = (row) => numbers && row.cells[place].dataset.sort === undefined;
      const known = asItWas.filter((row) => !empty(row));
      known.sort((a, b) => (next === "ascending" ? 1 : -1) * compare(value(a, place), value(b, place)));
      body.append(...known, ...asItWas.filter(empty));
    });
  });
}
