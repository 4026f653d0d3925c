// Sorting, filtering, printing and saving outcomes, all in the page: nothing is sent anywhere.
"use strict";
(() => {
  const tables = [...document.querySelectorAll("table.people")];
  const rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
  const filters = [...document.querySelectorAll("[data-filter]")], find = document.getElementById("find");
  const text = new Map(rows.map((row) => [row, [...row.cells].slice(0, 4).map((cell) => cell.textContent).join(" ").toLowerCase()]));

  function fits(row, filter) {
    return !filter.value || row.dataset[filter.dataset.filter].split("; ").includes(filter.value);
  }

  function show() {
    const words = find.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !(filters.every((filter) => fits(row, filter)) && text.get(row).includes(words));
    const shown = rows.filter((row) => !row.hidden).length;
    document.getElementById("count").textContent = `${shown} of ${rows.length} people shown`;
  }

  function sortBy(heading, table) {
    const up = heading.getAttribute("aria-sort") !== "ascending", key = heading.dataset.sort;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) * (a.dataset[key] - b.dataset[key])));
  }

  function cell(value) {
    return `"${value.replaceAll('"', '""').replace(/^([=+\-@\t\r\n])/, "'$1")}"`;
  }

  function save() {
    const filled = rows.filter((row) => row.querySelector("[data-outcome]").value);
    const date = (row) => row.querySelector("[data-date]").value, now = new Date();
    const today = new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    const undated = filled.filter((row) => !date(row)), wrong = filled.filter((row) => date(row) > today || (date(row) && date(row) < "2000-01-01"));
    const said = document.getElementById("unsaved");
    said.textContent = !filled.length ? "There is no outcome to save yet: choose one beside a person first."
      : undated.length ? `Nothing is saved yet: ${undated.length === 1 ? "one outcome has" : `${undated.length} outcomes have`} no date. Choose the date, then save again.`
      : wrong.length ? `Nothing is saved yet: the date of ${wrong.length === 1 ? "one outcome" : `${wrong.length} outcomes`} is in the future, or long past. Mend it, then save again.` : "";
    const first = [...undated, ...wrong][0];
    if (first) { first.hidden = false; first.querySelector("[data-date]").focus(); }
    if (said.textContent) return;
    const lines = filled.map((row) => [row.dataset.person, row.querySelector("[data-outcome]").value, date(row)]);
    const content = [["person_id", "outcome", "outcome_date"], ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
    link.download = "outcomes.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }

  for (const table of tables) for (const heading of table.tHead.rows[0].querySelectorAll("[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sortBy(heading, table));
    heading.replaceChildren(button);
  }
  for (const control of [...filters, find]) control.addEventListener("input", show);
  document.getElementById("print").addEventListener("click", () => window.print());
  document.getElementById("save").addEventListener("click", save);
  document.querySelector(".controls").hidden = false;
})();
