// Joins a list to a key file in this page. There is no request in it, and the page's policy forbids any.
"use strict";
(() => {
  const field = (id) => document.getElementById(id);

  const parse = outcomes.parse;

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
    if (known.size !== rows.length) throw new Error("A pseudonym appears in more than one row of the key file: it must have one row per patient.");
    return known;
  }

  function ownPractice(rows) {
    const named = field("practice").value.trim(), codes = new Set(rows.map((row) => row.practice_code).filter(Boolean));
    if (named && codes.size && !codes.has(named)) throw new Error(`The key file has no patient of practice ${named}: choose that practice's own.`);
    if (named) return named;
    if (codes.size > 1) throw new Error("The key file has several practices: it must have the patients of one only.");
    return [...codes][0] ?? "";
  }

  function heading(name) {
    const words = name.replace(/_/g, " ").replace(/\bnhs\b/, "NHS");
    return words[0].toUpperCase() + words.slice(1);
  }

  async function lists() {
    const files = [...field("list").files], found = [];
    for (const file of files) {
      const data = await file.arrayBuffer(), rows = parse(new TextDecoder().decode(data));
      if (!rows.length || !("person_id" in rows[0])) throw new Error(`${file.name} has no column person_id: choose risk-list.csv or also-consider.csv.`);
      found.push({ rows, hash: await sha256(data), others: file.name.includes("also-consider") });
    }
    return found.sort((a, b) => a.others - b.others);
  }

  async function join() {
    const chosen = await lists(), keys = parse(await field("key").files[0].text());
    const list = chosen.flatMap(({ rows, others }) => rows.map((row) => ({ ...row, others })));
    const practice = ownPractice(keys), ours = keys.filter((row) => !practice || (row.practice_code || practice) === practice);
    const known = await register(ours);
    const mine = list.filter((row) => !practice || row.practice_code === practice);
    const shown = mine.filter((row) => known.has(plain(row.person_id)));
    const identity = Object.keys(keys[0]).filter((name) => !["person_id", "practice_code"].includes(name));
    const rows = shown.map((row) => ({ row, identity: identity.map((name) => [heading(name), known.get(plain(row.person_id))[name]]) }));
    const counts = { shown: shown.length, unknown: mine.length - shown.length, elsewhere: list.length - mine.length };
    return { rows, counts, practice, list: chosen[0].hash, also: chosen.slice(1).map((each) => each.hash) };
  }

  function saveLog(found) {
    const entry = { action: "reidentified", at: new Date().toISOString(), who: field("who").value.trim(), why: field("why").value.trim(),
      facts: { list: found.list, ...(found.also.length ? { also: found.also } : {}), practice: found.practice, ...found.counts } };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(entry) + "\n"], { type: "application/json" }));
    link.download = `reidentify-log-${entry.at.replace(/[:.]/g, "-")}.json`;
    link.click();
  }

  const made = (kind, given = {}, ...content) => { const element = Object.assign(document.createElement(kind), given); element.append(...content); return element; };
  const numbered = (row, key, most) => Array.from({ length: most }, (_, n) => row[`${key}_${n + 1}`]).filter(Boolean);
  const facts = (name, texts, className = "") => (texts.length ? [made("div", { className }, made("p", { className: "part" }, name), made("ul", {}, ...texts.map((text) => made("li", {}, text))))] : []);
  const online = (text) => made("span", { className: "online" }, text);
  const day = (iso) => new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

  // As on the list: its name in bold; what it is, and its addresses on the web, not on paper.
  function offer(text) {
    const at = text.indexOf(": "), named = at < 0 ? text : text.slice(0, at), [called, ...what] = named.split(" – ");
    const parts = at < 0 ? [] : text.slice(at + 2).split(", ").flatMap((part, n) => {
      const [address, ...rest] = /@|:\/\//.test(part) ? part.split("; ") : [];
      return address === undefined ? [`${n ? ", " : ""}${part}`] : [online(`, ${address}`), ...rest.map((each) => `; ${each}`)];
    });
    return made("li", {}, made("strong", {}, called), ...what.map((each) => online(` – ${each}`)), ...(parts.length ? [": ", ...parts] : []));
  }

  const near = (texts) => (texts.length ? [made("div", { className: "near" }, made("p", { className: "part" }, "Near them"), made("ul", {}, ...texts.map(offer)))] : []);
  const lines = (...texts) => texts.filter(Boolean).map((text) => made("p", {}, text));

  function choice(who) {
    const select = made("select", { ariaLabel: `Outcome, ${who}` }, made("option", { value: "" }), ...[...field("outcome-choices").options].map((option) => made("option", {}, option.value)));
    const date = made("input", { type: "date", ariaLabel: `Date of outcome, ${who}` });
    select.dataset.outcome = "";
    date.dataset.date = "";
    return made("td", { className: "after" }, made("label", {}, "Outcome ", select), made("label", {}, "Date ", date), made("p", { className: "by-hand" }, "What happened:"), made("p", { className: "by-hand" }, "Date:"));
  }

  // One person, as on the list itself, with who they are first.
  function person({ row, identity }) {
    const who = `${row.others ? "Also person" : "Person"} ${row.rank ?? ""}`.trim();
    const named = made("dl", {}, ...identity.flatMap(([name, value]) => [made("dt", {}, name), made("dd", {}, value)]));
    const about = lines([row.age_band, (row.sex ?? "").toLowerCase()].filter(Boolean).join(", "), row.group ?? "", [row.months, row.contact].filter(Boolean).join("; "), row.lists);
    const line = made("tr", {},
      made("th", { scope: "row", className: "who" }, made("h3", { className: "big" }, who), named, ...about, made("p", { className: "pseudonym" }, row.person_id)),
      made("td", { className: "risk" }, ...(row.chance ? [made("p", { className: "big" }, row.chance[0].toUpperCase() + row.chance.slice(1))] : []), ...lines(row.band, row.change)),
      made("td", { className: "why" }, ...facts("What raises the risk", numbered(row, "reason", 3)), ...facts("Strengths", numbered(row, "strength", 3), "strength")),
      made("td", { className: "ask" }, ...facts("Ask", numbered(row, "prompt", 2)), ...near(numbered(row, "offer", 3))),
      choice(who.toLowerCase()));
    line.dataset.person = outcomes.bare(row.person_id);
    return line;
  }

  function show(found) {
    const first = found.rows[0]?.row ?? {};
    document.querySelector("#result tbody").replaceChildren(...found.rows.map(person));
    const { shown, unknown, elsewhere } = found.counts;
    field("counts").textContent = `${first.edition ? `Edition ${first.edition}, as of ${day(first.as_of)}. ` : ""}${shown} shown. ${unknown} refused: not in your key file. ${elsewhere} of other practices: not looked up.`;
    outcomes.named(["outcomes", first.cluster_code, found.practice, first.as_of].filter(Boolean).join("-"));
    field("result").hidden = false;
    if (shown) outcomes.show();
    field("result").focus();
  }

  field("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    field("problem").textContent = "";
    try {
      if (outcomes.pending()) throw new Error("Some outcomes are not saved yet: save them before you open another list.");
      field("result").hidden = true;
      if (!field("who").value.trim() || !field("why").value.trim()) throw new Error("Say who you are, and why you look.");
      const found = await join();
      saveLog(found);
      show(found);
    } catch (problem) {
      field("problem").textContent = problem.message;
    }
  });
})();
