// Append: an event from a form, or a file; what it would change is shown before anything is recorded.

import { h } from "../dom.js";
import { eventForm, eventOf } from "../event_form.js";
import { figureTitle } from "../figure_words.js";
import { Problem, ask, inWords, names, save, send } from "../ledger.js";
import { amount } from "../numbers.js";
import { address, set } from "../place.js";
import { differences, valueOf } from "../record_table.js";
import { empty, table } from "../table.js";
import { fieldName } from "../terms.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.append;
const USUAL = "ProductionReported";
const FILES = { csv: "text/csv", jsonl: "application/x-ndjson", parquet: "application/vnd.apache.parquet", xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", zip: "application/zip" };

export async function append({ params, signal }) {
  const type = params.get("type") ?? USUAL;
  const [types, chosen] = await Promise.all([
    ask("/v1/event-types", { limit: 1000 }, { signal, timeless: true }),
    ask(`/v1/event-types/${encodeURIComponent(type)}`, {}, { signal, timeless: true }),
  ]);
  const { schema, description } = chosen.items[0];
  const result = h("section", { id: "result", "aria-live": "polite" });
  const form = h("form", { id: "event", onsubmit: (event) => { event.preventDefault(); look(form, type, result); } },
    h("p", {}, description),
    eventForm(schema, Object.fromEntries(params)),
    h("p", {}, h("button", { id: "dry-run" }, words.dryRun)));
  return h("section", {},
    h("h1", {}, words.heading), h("p", { class: "lead" }, words.lead),
    h("p", {}, h("label", {}, `${words.type} `,
      h("select", { id: "append-type", onchange: (event) => set({ type: event.target.value }) },
        types.items.map((one) => h("option", { value: one.type, selected: one.type === type }, one.type))))),
    form, result,
    h("h2", {}, words.file), fileDrop());
}

/** Show what an event would change, and offer to record it: the same event, by the same id. */
async function look(form, type, result) {
  try {
    const event = { ...eventOf(form, type), event_id: crypto.randomUUID() };
    const plan = await send("/v1/events", JSON.stringify(event), { params: { dry_run: "true" } });
    const record = h("button", { type: "button", id: "record", onclick: async () => {
      record.disabled = true;
      try {
        const receipt = await send("/v1/events", JSON.stringify(event));
        result.replaceChildren(receiptOf(receipt.items[0]));
      } catch (error) {
        result.replaceChildren(faults(error));
      }
    } }, words.record);
    result.replaceChildren(h("h2", {}, words.effects), warnings(plan.items.flatMap((item) => item.warnings ?? [])), await effectsOf(plan.effects), h("p", {}, record));
  } catch (error) {
    result.replaceChildren(faults(error));
  }
}

function receiptOf(item) {
  return h("p", { class: "proven", role: "status" }, `${words.recorded(item.position)} `, h("a", { href: address(`/log/${item.event_id}`) }, words.see));
}

async function effectsOf(effects) {
  if (!effects?.length) return empty(words.noEffects);
  const sides = effects.map((one) => one.after ?? one.before);
  const called = await names(sides.flatMap((item) => [item.subject, item.material]));
  const side = (one) => (one ? [amount(one), one.unit ? ` ${one.unit}` : "", one.status && !one.figure_id ? inWords(one.status) : ""] : TEXTS.none);
  return table([
    { title: TEXTS.compare.columns.what, cell: (one) => { const item = one.after ?? one.before; return item.figure_id ? h("a", { href: address(`/figures/${item.figure_id}`) }, figureTitle(item, called)) : Object.values(item).find((value) => typeof value === "string"); } },
    { title: TEXTS.compare.columns.before, cell: (one) => side(one.before) },
    { title: TEXTS.compare.columns.after, cell: (one) => side(one.after) },
  ], effects, { caption: words.effects, id: "effects" });
}

function warnings(items) {
  if (!items.length) return null;
  return h("div", { class: "hint" }, h("p", {}, words.warnings), h("ul", {}, items.map((one) => h("li", {}, one.row ? words.row(one.row) : null, one.pointer ? [h("code", {}, one.pointer), " "] : null, one.detail))));
}

function faults(error) {
  if (!(error instanceof Problem) && !(error instanceof SyntaxError)) throw error;
  const list = error.errors ?? [];
  return h("div", { class: "faults", role: "alert" }, h("p", {}, `${words.bad}: ${error.status === 0 ? TEXTS.failure.offline : error.message}`),
    list.length ? h("ul", {}, list.map((one) => h("li", {}, one.pointer ? h("code", {}, one.pointer) : null, " ", one.detail))) : null);
}

// Files

function fileDrop() {
  const result = h("div", { id: "plan", "aria-live": "polite" });
  const choose = h("input", { type: "file", id: "file", accept: Object.keys(FILES).map((one) => `.${one}`).join(","), onchange: () => choose.files[0] && planOf(choose.files[0], result) });
  const zone = h("div", { class: "drop" }, h("label", { for: "file" }, words.fileHelp), " ", choose);
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) planOf(file, result);
  });
  const template = h("p", { class: "soft" }, words.template, " ", h("button", { type: "button", class: "plain", onclick: () => save("/v1/templates/figures.xlsx", {}, "figures.xlsx") }, "figures.xlsx"));
  return h("div", {}, zone, template, result);
}

async function planOf(file, result) {
  const type = FILES[file.name.split(".").at(-1).toLowerCase()] ?? file.type;
  try {
    const plan = await send("/v1/imports", file, { params: { dry_run: "true" }, type });
    const record = h("button", { type: "button", id: "record-file", onclick: async () => {
      record.disabled = true;
      try {
        result.replaceChildren(countsOf(await send("/v1/imports", file, { type })));
      } catch (error) {
        result.replaceChildren(faults(error));
      }
    } }, words.record_file);
    result.replaceChildren(h("h2", {}, `${words.plan}: ${file.name}`), countsOf(plan), await effectsOf(plan.effects), plan.rejected || !plan.recorded ? "" : h("p", {}, record));
  } catch (error) {
    result.replaceChildren(faults(error));
  }
}

/** How many rows are new, the same, changed, missing and rejected, and why. */
function countsOf(plan) {
  const said = plan.dry_run ? { new: plan.recorded, same: plan.duplicate + plan.repeated, changed: plan.changed.length, missing: plan.missing.length, rejected: plan.rejected } : { recorded: plan.recorded, same: plan.duplicate + plan.repeated, rejected: plan.rejected };
  return h("div", {},
    h("p", { class: "counts" }, Object.entries(said).map(([name, count], place) => [place ? " · " : "", h("strong", {}, count), ` ${words.counts[name]}`])),
    plan.faults?.length ? h("ul", { class: "faults" }, plan.faults.map((one) => h("li", {}, words.rows(one.rows), one.detail, one.cure ? h("span", { class: "soft" }, ` — ${one.cure}`) : null))) : null,
    warnings(plan.warnings ?? []), changedRows(plan.dry_run ? plan.changed : []));
}

/** What rows say otherwise than the log does: each with what was recorded, and what the file says. */
function changedRows(rows) {
  if (!rows.length) return null;
  const fields = (one) => differences(one.before ?? {}, one.after ?? {});
  const side = (one, place) => h("ul", {}, fields(one).map((field) => h("li", {}, `${fieldName(field[0])}: `, valueOf(field[0], field[place], (slug) => slug))));
  return table([
    { title: words.rowTitle, number: true, cell: (one) => one.row },
    { title: TEXTS.figure.event, cell: (one) => h("a", { href: address(`/log/${one.event_id}`) }, one.position) },
    { title: TEXTS.compare.columns.before, cell: (one) => side(one, 1) },
    { title: TEXTS.compare.columns.after, cell: (one) => side(one, 2) },
  ], rows, { caption: words.changedRows, id: "changed-rows" });
}
