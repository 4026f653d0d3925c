// Sorting, filtering and printing of the list, all in the page: nothing is sent anywhere.
"use strict";
(() => {
  const table = document.getElementById("list"), body = table.tBodies[0], rows = [...body.rows];
  const filters = [...document.querySelectorAll("[data-filter]")], find = document.getElementById("find");
  const count = document.getElementById("count");

  function show() {
    const words = find.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = filters.every((f) => !f.value || row.dataset[f.dataset.filter] === f.value)
        && (!words || row.textContent.toLowerCase().includes(words));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  }

  function value(row, column) {
    const text = row.cells[column].textContent.trim();
    return row.cells[column].dataset.value ?? text;
  }

  function sortBy(heading, column) {
    const way = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", way === 1 ? "ascending" : "descending");
    const collator = new Intl.Collator("en-GB", { numeric: true });
    rows.sort((a, b) => way * collator.compare(value(a, column), value(b, column)) || a.dataset.rank - b.dataset.rank);
    body.append(...rows);
  }

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    if (!heading.dataset.sort) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sortBy(heading, column));
    heading.replaceChildren(button);
  });
  for (const control of [...filters, find]) control.addEventListener("input", show);
  document.getElementById("print").addEventListener("click", () => window.print());
  document.querySelector(".controls").hidden = false;
})();
