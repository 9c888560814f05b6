// Check: a document comes in, as text or as a file; what is still true of its numbers is shown beside them.

import { h } from "../dom.js";
import { Problem, send, sendForFile } from "../ledger.js";
import { address, clocks } from "../place.js";
import { badge, empty, table } from "../table.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.check;
const FILES = { txt: "text/plain", md: "text/markdown", html: "text/html", htm: "text/html", csv: "text/csv", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", json: "application/json" };
const SHOWN_MAX = 500;
let written = "";
let typed = "";

export async function check() {
  const result = h("section", { id: "result", "aria-live": "polite" });
  const text = h("textarea", { id: "text", rows: 8, maxlength: 1_000_000, placeholder: words.example, oninput: () => { typed = text.value; } }, typed);
  const day = h("input", { id: "written", placeholder: words.day, value: written, oninput: () => { written = day.value.trim(); } });
  const file = h("input", { type: "file", id: "file", accept: Object.keys(FILES).map((one) => `.${one}`).join(","), onchange: () => file.files[0] && look(file.files[0], typeOf(file.files[0]), file.files[0].name, result) });
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); look(text.value, "text/markdown", "checked.md", result); } },
    h("p", {}, h("label", { for: "text" }, words.text)), text,
    h("p", {}, h("label", { for: "written" }, `${words.written} `), day, " ", h("button", { id: "run-check" }, words.run)),
    h("p", {}, h("label", { for: "file" }, `${words.file} `), file));
  return h("section", {}, h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead), form, result);
}

function typeOf(file) {
  return FILES[file.name.split(".").at(-1).toLowerCase()] ?? "text/plain";
}

async function look(body, type, name, result) {
  const { as_of, recorded_as_of } = clocks();
  const params = Object.fromEntries(Object.entries({ as_of, recorded_as_of, written }).filter(([, value]) => value));
  try {
    const answer = await send("/v1/check", body, { params, type });
    result.replaceChildren(countsOf(answer), marked(body, type, answer), tableOf(answer), unreadOf(answer),
      h("p", {}, h("button", { type: "button", id: "save-marked", onclick: () => sendForFile("/v1/check", body, { params: { ...params, format: "document" }, type, name }) }, words.save)));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    result.replaceChildren(h("p", { class: "faults", role: "alert" }, error.status ? error.message : TEXTS.failure.offline));
  }
}

function countsOf(answer) {
  const counts = Object.entries(answer.counts);
  return h("p", { class: "counts" }, counts.map(([name, count], place) => [place ? " · " : "", h("strong", {}, count), ` ${words.verdicts[name]}`]));
}

/** A text with its numbers marked; their places are in characters, of which some are two units of a string here. */
function marked(body, type, answer) {
  if (typeof body !== "string") return null;
  const text = Array.from(body);
  const parts = [];
  let at = 0;
  for (const item of answer.items) {
    if (item.offset === null || item.offset < at) continue;
    const end = item.offset + item.length;
    parts.push(text.slice(at, item.offset).join(""), h("mark", { class: `checked ${item.verdict}`, title: item.said }, text.slice(item.offset, end).join("")));
    at = end;
  }
  return h("div", { class: "checked-text" }, parts, text.slice(at).join(""));
}

function tableOf(answer) {
  if (!answer.items.length) return empty(words.none);
  const columns = [
    { title: words.columns.quoted, cell: (item) => item.quoted },
    { title: words.columns.verdict, cell: (item) => badge(words.verdicts[item.verdict], item.verdict, words.help[item.verdict]) },
    ...(written ? [{ title: words.columns.written, cell: (item) => badge(words.verdicts[item.written_verdict], item.written_verdict, item.written_said) }] : []),
    { title: words.columns.said, cell: (item) => item.said },
    { title: words.columns.figure, cell: figureOf },
    { title: words.columns.place, cell: (item) => item.cell ?? (item.line ? words.line(item.line) : item.row ? words.row(item.row) : "") },
  ];
  const more = answer.items.length > SHOWN_MAX ? h("p", { class: "soft" }, words.more(answer.items.length - SHOWN_MAX)) : null;
  return h("div", {}, table(columns, answer.items.slice(0, SHOWN_MAX), { caption: words.caption, id: "checked" }), more);
}

function figureOf(item) {
  const ids = item.figure_id ? [item.figure_id] : item.candidates.map((one) => one.figure_id);
  return ids.map((id, place) => [place ? ", " : "", h("a", { href: address(`/figures/${encodeURIComponent(id)}`) }, ids.length > 1 ? words.candidate(place + 1) : words.see)]);
}

function unreadOf(answer) {
  if (!answer.unread.length) return null;
  return h("details", { id: "unread" }, h("summary", {}, words.unread(answer.counts.unread)),
    h("ul", {}, answer.unread.slice(0, SHOWN_MAX).map((one) => h("li", {}, one.quoted, " ", h("span", { class: "soft" }, words.reasons[one.reason]),
      one.said_of.map((figure) => ["; ", h("a", { href: address(`/figures/${encodeURIComponent(figure.figure_id)}`) },
        words.saidOf(figure))])))));
}
