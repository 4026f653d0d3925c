// Joins a list to a key file in this page. There is no request in it, and the page's policy forbids any.
"use strict";
(() => {
  const field = (id) => document.getElementById(id);

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
    const [names, ...rows] = lines.filter((line) => line.length > 1 || line[0] !== "");
    return rows.map((row) => Object.fromEntries(names.map((name, n) => [name.trim(), row[n] ?? ""])));
  }

  const bytes = (text) => new TextEncoder().encode(text);
  const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, "0")).join("");
  const sha256 = async (data) => hex(await crypto.subtle.digest("SHA-256", data));

  async function pseudonym(number, secret, method) {
    const value = bytes(number.replace(/\s/g, ""));
    if (method === "openpseudonymiser") return sha256(new Uint8Array([...value, ...secret]));
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return hex(await crypto.subtle.sign("HMAC", key, value));
  }

  function withoutLineEnd(data) {
    let end = data.length;
    while (end && (data[end - 1] === 10 || data[end - 1] === 13)) end--;
    return data.slice(0, end);
  }

  function plain(pseudonym) {
    const bare = pseudonym.replace(/^'(?=[=+\-@])/, "");
    return /^[0-9a-f]+$/i.test(bare) ? bare.toLowerCase() : bare;
  }

  async function register(rows) {
    if (!rows.length) throw new Error("The key file has no rows.");
    if (!("person_id" in rows[0])) {
      if (!("nhs_number" in rows[0])) throw new Error("The key file has no column person_id and no column nhs_number.");
      const file = field("secret").files[0];
      if (!file) throw new Error("The key file has no person_id: choose the file with the secret or salt as well.");
      const secret = withoutLineEnd(new Uint8Array(await file.arrayBuffer()));
      for (const row of rows) row.person_id = await pseudonym(row.nhs_number, secret, field("method").value);
    }
    const known = new Map(rows.map((row) => [plain(row.person_id), row]));
    if (known.size !== rows.length) throw new Error("A pseudonym stands in more than one row of the key file: one row a patient is wanted.");
    return known;
  }

  function ownPractice(rows) {
    const named = field("practice").value.trim(), codes = new Set(rows.map((row) => row.practice_code).filter(Boolean));
    if (named && codes.size && !codes.has(named)) throw new Error(`The key file has no patient of practice ${named}: choose that practice's own.`);
    if (named) return named;
    if (codes.size > 1) throw new Error("The key file has several practices: it must hold the patients of one.");
    return [...codes][0] ?? "";
  }

  // What stands together in a column of the page, as on the list itself.
  const numbered = (key, most) => Array.from({ length: most }, (_, n) => `${key}_${n + 1}`);
  const COLUMNS = [
    ["Rank", ["rank"]], ["Age and sex", ["age_band", "sex"]], ["Risk", ["chance", "band", "change"]],
    ["What raises the risk", numbered("reason", 3)], ["Strengths", numbered("strength", 3)], ["Ask", numbered("prompt", 2)],
    ["Near them", numbered("offer", 3)], ["Lists", ["lists"]], ["Pseudonym", ["person_id"]],
  ];

  // Several reasons stay apart, to be a list; an age and a sex are read as one.
  const together = (keys, texts) => (keys.some((key) => key.endsWith("_2")) ? texts : [texts.join(", ")]);

  function columnsOf(row) {
    const isOurs = COLUMNS.every(([, keys]) => keys.every((key) => key in row));
    return isOurs ? COLUMNS : Object.keys(row).map((key) => [heading(key), [key]]);
  }

  function heading(name) {
    const words = name.replace(/_/g, " ").replace(/\bnhs\b/, "NHS");
    return words[0].toUpperCase() + words.slice(1);
  }

  async function join() {
    const listData = await field("list").files[0].arrayBuffer();
    const list = parse(new TextDecoder().decode(listData)), keys = parse(await field("key").files[0].text());
    if (!list.length || !("person_id" in list[0])) throw new Error("The list has no column person_id: choose risk-list.csv.");
    const practice = ownPractice(keys), ours = keys.filter((row) => !practice || (row.practice_code || practice) === practice);
    const known = await register(ours);
    const mine = list.filter((row) => !practice || row.practice_code === practice);
    const shown = mine.filter((row) => known.has(plain(row.person_id)));
    const identity = Object.keys(keys[0]).filter((name) => !["person_id", "practice_code"].includes(name));
    const columns = columnsOf(list[0]);
    const names = [...identity.map(heading), ...columns.map(([name]) => name)];
    const rows = shown.map((row) => [
      ...identity.map((name) => [known.get(plain(row.person_id))[name]]),
      ...columns.map(([, keys]) => together(keys, keys.map((key) => row[key]).filter(Boolean))),
    ]);
    const counts = { shown: shown.length, unknown: mine.length - shown.length, elsewhere: list.length - mine.length };
    return { names, rows, counts, practice, list: await sha256(listData) };
  }

  function saveLog(found) {
    const entry = { action: "reidentified", at: new Date().toISOString(), who: field("who").value.trim(), why: field("why").value.trim(),
      facts: { list: found.list, practice: found.practice, ...found.counts } };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(entry) + "\n"], { type: "application/json" }));
    link.download = `reidentify-log-${entry.at.replace(/[:.]/g, "-")}.json`;
    link.click();
  }

  function show(found) {
    const made = (kind, ...content) => { const element = document.createElement(kind); element.append(...content); return element; };
    const said = (texts) => (texts.length > 1 ? [made("ul", ...texts.map((text) => made("li", text)))] : texts);
    const table = document.querySelector("#result table");
    table.tHead.replaceChildren(made("tr", ...found.names.map((name) => Object.assign(made("th", name), { scope: "col" }))));
    table.tBodies[0].replaceChildren(...found.rows.map((row) => made("tr", ...row.map((texts) => made("td", ...said(texts))))));
    const { shown, unknown, elsewhere } = found.counts;
    field("counts").textContent = `${shown} shown. ${unknown} refused: not in your key file. ${elsewhere} of other practices: not looked up.`;
    field("result").hidden = false;
    field("result").focus();
  }

  field("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    field("problem").textContent = "";
    field("result").hidden = true;
    try {
      if (!field("who").value.trim() || !field("why").value.trim()) throw new Error("Say who looks, and why.");
      const found = await join();
      saveLog(found);
      show(found);
    } catch (problem) {
      field("problem").textContent = problem.message;
    }
  });
})();
