// Sorting, filtering and printing, all in the page: nothing is sent anywhere.
"use strict";
(() => {
  const tables = [...document.querySelectorAll("table.people")];
  const rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
  const filters = [...document.querySelectorAll("[data-filter]")], find = document.getElementById("find");
  const plain = (text) => ` ${text.toLowerCase().replace(/[^\p{L}\p{N}&']+/gu, " ").trim()}`;
  const text = new Map(rows.map((row) => [row, plain([...row.querySelectorAll("h3, p, li")].map((part) => part.textContent).join(" "))]));
  const count = document.getElementById("count"), printed = document.getElementById("printed");

  function fits(row, filter) {
    return !filter.value || row.dataset[filter.dataset.filter].split("; ").includes(filter.value);
  }

  // Words are found from their beginning: "male" does not find "female".
  function show() {
    const words = plain(find.value);
    for (const row of rows) row.hidden = !(filters.every((filter) => fits(row, filter)) && (words === " " || text.get(row).includes(words)));
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = shown ? `${shown} of ${rows.length} people shown` : "Nobody on this list matches. Choose other filters, or clear the search box.";
    const chosen = filters.filter((filter) => filter.value).map((filter) => filter.selectedOptions[0].textContent.trim());
    printed.textContent = `Printed: ${[...chosen, find.value.trim()].filter(Boolean).join(", ")}: ${shown} of ${rows.length} people.`;
    printed.hidden = shown === rows.length;
  }

  function sortBy(heading, table) {
    const now = heading.getAttribute("aria-sort"), key = heading.dataset.sort;
    const next = now ? (now === "ascending" ? "descending" : "ascending") : heading.dataset.first;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", next);
    const body = table.tBodies[0], way = next === "ascending" ? 1 : -1;
    body.append(...[...body.rows].sort((a, b) => way * (a.dataset[key] - b.dataset[key])));
  }

  function button(text, click) {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.addEventListener("click", click);
    return made;
  }

  // On a phone a person is who they are and their risk, until opened.
  function collapsible(row) {
    const who = row.querySelector("h3").firstChild.textContent.trim().toLowerCase();
    const more = button(`Show more about ${who}`, () => {
      const closed = row.classList.toggle("closed");
      more.textContent = `Show ${closed ? "more" : "less"} about ${who}`;
      more.setAttribute("aria-expanded", String(!closed));
    });
    more.className = "more";
    more.setAttribute("aria-expanded", "false");
    row.classList.add("closed");
    row.querySelector(".risk").append(more);
  }

  for (const table of tables) for (const heading of table.tHead.rows[0].querySelectorAll("[data-sort]")) {
    heading.replaceChildren(button(heading.textContent, () => sortBy(heading, table)));
  }
  rows.forEach(collapsible);
  for (const control of [...filters, find]) control.addEventListener("input", show);
  document.getElementById("print").addEventListener("click", () => window.print());
  document.querySelector(".controls").hidden = false;
  outcomes.show();
})();
