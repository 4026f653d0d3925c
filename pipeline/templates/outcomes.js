// Outcomes of people: chosen in the page, saved as a small CSV of pseudonyms, opened again. Nothing is sent anywhere.
"use strict";
const outcomes = (() => {
  const box = document.querySelector(".saving"), said = document.getElementById("unsaved"), problem = document.getElementById("problem-outcomes");
  const rows = () => [...document.querySelectorAll("tr[data-person]")];
  const today = () => { const now = new Date(); return new Date(now.getTime() - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10); };
  const outcome = (row) => row.querySelector("[data-outcome]"), date = (row) => row.querySelector("[data-date]");
  const state = (row) => `${outcome(row).value}|${outcome(row).value && date(row).value}`;
  const saved = new Map();
  const count = (n) => (n === 1 ? "1 outcome" : `${n} outcomes`);
  const unsaved = () => rows().filter((row) => state(row) !== (saved.get(row.dataset.person) ?? "|"));

  function tell(done = "") {
    const left = unsaved().length;
    said.textContent = left ? `${count(left)} not saved yet.` : done;
  }

  function cell(value) {
    return `"${value.replaceAll('"', '""').replace(/^([=+\-@\t\r\n])/, "'$1")}"`;
  }

  function wrong(filled) {
    const undated = filled.filter((row) => !date(row).value), far = filled.filter((row) => date(row).value && (date(row).value > today() || date(row).value < "2000-01-01"));
    const first = [...undated, ...far][0];
    if (first) { first.hidden = false; first.classList.remove("closed"); date(first).focus(); }
    if (!filled.length) return "There is no outcome to save yet: choose one next to a person first.";
    if (undated.length) return `Nothing is saved yet: ${undated.length === 1 ? "one outcome has" : `${undated.length} outcomes have`} no date. Choose the date, then save again.`;
    if (far.length) return `Nothing is saved yet: the date of ${far.length === 1 ? "one outcome" : `${far.length} outcomes`} is in the future, or long past. Fix it, then save again.`;
    return "";
  }

  function save() {
    const filled = rows().filter((row) => outcome(row).value);
    problem.textContent = wrong(filled);
    if (problem.textContent) return;
    const lines = filled.map((row) => [row.dataset.person, outcome(row).value, date(row).value]);
    const content = [["person_id", "outcome", "outcome_date"], ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
    link.download = `${box.dataset.file}-${today()}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
    for (const row of rows()) saved.set(row.dataset.person, state(row));
    tell(`Saved ${count(filled.length)} in ${link.download}. Send that file back.`);
  }

  // CSV with quoted cells (RFC 4180) to a list of objects.
  function parse(text) {
    const lines = [[""]];
    let quoted = false;
    text = text.replace(/^\uFEFF/, "");
    for (let i = 0; i < text.length; i++) {
      const c = text[i], line = lines[lines.length - 1];
      if (quoted) {
        if (c === '"' && text[i + 1] === '"') { line[line.length - 1] += '"'; i++; }
        else if (c === '"') quoted = false;
        else line[line.length - 1] += c;
      } else if (c === '"') quoted = true;
      else if (c === ",") line.push("");
      else if (c === "\n") lines.push([""]);
      else if (c !== "\r") line[line.length - 1] += c;
    }
    const [names, ...cells] = lines.filter((line) => line.length > 1 || line[0] !== "");
    return cells.map((row) => Object.fromEntries((names ?? []).map((name, n) => [name.trim(), row[n] ?? ""])));
  }

  const bare = (pseudonym) => pseudonym.replace(/^'(?=[=+\-@])/, "");

  async function open(file) {
    const found = parse(await file.text()), here = new Map(rows().map((row) => [row.dataset.person, row]));
    if (!found.length || !("outcome" in found[0])) { problem.textContent = "This file has no saved outcomes: choose a file that this page saved."; return; }
    let placed = 0;
    for (const line of found) {
      const row = here.get(bare(line.person_id));
      if (!row) continue;
      outcome(row).value = line.outcome;
      date(row).value = line.outcome_date;
      saved.set(row.dataset.person, state(row));
      placed++;
    }
    problem.textContent = "";
    tell(`Opened ${count(placed)}${placed < found.length ? `; ${found.length - placed} of people who are not on this list` : ""}.`);
  }

  document.addEventListener("change", (event) => {
    const row = event.target.closest("tr[data-person]");
    if (!row) return;
    if (event.target.matches("[data-outcome]") && event.target.value && !date(row).value) date(row).value = today();
    tell();
  });
  document.getElementById("save").addEventListener("click", save);
  document.getElementById("open").addEventListener("change", (event) => event.target.files[0] && open(event.target.files[0]));
  window.addEventListener("beforeunload", (event) => { if (unsaved().length) event.preventDefault(); });
  return { parse, bare, pending: () => unsaved().length > 0, show: () => { box.hidden = false; tell(); }, hide: () => { box.hidden = true; }, named: (name) => { box.dataset.file = name; } };
})();
