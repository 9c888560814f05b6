// One figure: its answer, what was said of it over time, what this ledger answered, and how to cite it.

import { chart } from "../chart.js";
import { h, later } from "../dom.js";
import { badges, figureTitle, measured } from "../figure_words.js";
import { ask, askOrNull, inWords, names, question, save } from "../ledger.js";
import { change, grouped, percent, quantity, spread } from "../numbers.js";
import { address } from "../place.js";
import { empty, erasedNote, facts, table } from "../table.js";
import { glossary, termsOf } from "../terms.js";
import { TEXTS } from "../texts.js";
import { influence } from "./figure_influence.js";
import { sureness } from "./figure_sureness.js";
import { statistics } from "./figure_statistics.js";

const words = TEXTS.figure;
const BAND = "80";

export async function figure({ names: [id], params, signal }) {
  const [answers, history, ledger, disputes, log] = await Promise.all([
    ask("/v1/figures", { figure_id: id, limit: 1 }, { signal }),
    ask(`/v1/figures/${id}/history`, { limit: 1000 }, { signal }),
    ask(`/v1/figures/${id}/history`, { clock: "ledger", limit: 1000 }, { signal }),
    ask("/v1/disputes", { figure_id: id, status: "all", limit: 20 }, { signal }),
    ask("/v1/events", { figure_id: id, limit: 1000 }, { signal }),
  ]);
  const drawable = history.items.length > 1 && history.items.some((item) => item.value ?? item.low ?? item.high);
  const spec = drawable ? await askOrNull("/v1/charts/vintages", { figure_id: id, band: params.get("band") ?? "" }, { signal }) : null;
  const answer = answers.items[0];
  const key = answer ?? (await anyVersion(id, signal));
  const slugs = [key?.subject, key?.material, ...[...history.items, ...ledger.items].map((item) => item.publisher), answer?.publisher];
  const called = await names(slugs, { signal });
  const title = key ? figureTitle(key, called) : id;
  return h("article", { class: "figure" },
    h("h1", {}, key ? called(key.subject) : title),
    key ? h("p", { class: "lead" }, measured(key, called), ", ", key.period) : null,
    key ? glossary(termsOf([key])) : null,
    erasedNote(answers.basis),
    answer ? answerOf(answer, called, answers.preferences ?? []) : empty(words.none),
    h("section", {}, h("h2", {}, words.chart),
      spec
        ? [await chart(spec, { label: `${words.chart}: ${title}` }), chartLinks(id, params.get("band"))]
        : empty(words.noChart)),
    h("section", {}, h("h2", {}, words.world), worldTable(history.items, called)),
    history.items.length
      ? h("section", {}, h("h2", {}, TEXTS.statistics.heading),
          later(empty(TEXTS.loading), () => statistics(id, called, signal), (error) => empty(error.message)))
      : null,
    history.items.length
      ? h("section", {}, h("h2", {}, TEXTS.sureness.heading),
          later(empty(TEXTS.loading), () => sureness(id, called, signal), (error) => empty(error.message)))
      : null,
    answer
      ? h("section", {}, h("h2", {}, TEXTS.influence.heading),
          later(empty(TEXTS.loading), () => influence(id, called, signal), (error) => empty(error.message)))
      : null,
    h("section", {}, h("h2", {}, words.disputes), disputesOf(disputes.items, called)),
    h("section", {}, h("h2", {}, words.ledger), ledgerTable(ledger.items, called)),
    mistakes(log.items.filter((item) => item.target)),
    answer ? citation(answer, answers.basis, title, called) : null,
  );
}

/** What a figure is, though nothing is said of it at the viewpoint. */
async function anyVersion(id, signal) {
  const { items } = await ask("/v1/figures", { figure_id: id, limit: 1 }, { signal, timeless: true });
  return items[0] ?? null;
}

function answerOf(item, called, preferences) {
  return h("section", { class: "answer", "aria-label": words.answer },
    h("p", { class: "value" }, quantity(item)),
    h("p", {}, badges(item)),
    h("p", {},
      h("strong", {}, called(item.publisher)), `, ${item.published_at}`,
      item.via ? h("span", { class: "soft" }, words.via(item.via)) : null, ". ",
      item.spread ? words.differ(...spread(item)) : null,
      h("a", { href: address(`/log/${item.event_id}`) }, words.event)),
    preferences.map((one) => h("p", { class: "hint", id: "preferred" },
      h("a", { href: address(`/log/${one.event_id}`) }, words.preferred), one.reason ? `: ${one.reason}` : ".")),
  );
}

/** The band is asked for: to make it takes the publisher's whole record. */
function bandLink(id, band) {
  const to = band ? address(`/figures/${id}`) : address(`/figures/${id}`, { band: BAND });
  return h("p", { class: "soft" }, band ? `${words.banded(band)} ` : null, h("a", { id: "band", href: to }, band ? words.withoutBand : words.withBand));
}

function chartLinks(id, band) {
  const of = (format) => h("button", { type: "button", class: "plain", onclick: () => save("/v1/charts/vintages", { figure_id: id, band: band ?? "", format }, `chart.${format}`) }, format.toUpperCase());
  const data = (format) => h("button", { type: "button", class: "plain", onclick: () => save(`/v1/figures/${id}/history`, { format }, `history.${format}`) }, format.toUpperCase());
  return h("div", {}, bandLink(id, band), h("p", { class: "downloads" }, `${words.chartAs} `, of("png"), " · ", of("svg"), ` — ${words.dataAs} `, data("csv"), " · ", data("xlsx")));
}

function cause(item) {
  return h("span", { class: `badge ${item.cause}` }, words.causes[item.cause] ?? inWords(item.cause));
}

function changed(item) {
  if (item.change === null || item.change === undefined || /^-?0(\.0*)?$/.test(item.change)) return TEXTS.none;
  return h("span", { title: item.change_percent ? `${item.change_percent} %` : undefined }, change(item.change), " ", h("span", { class: "soft" }, percent(item.change_percent)));
}

function worldTable(items, called) {
  const columns = [
    { title: words.columns.published, cell: (item) => h("a", { href: address(`/log/${item.event_id}`) }, item.published_at) },
    { title: words.columns.publisher, cell: (item) => called(item.publisher) },
    { title: words.columns.value, number: true, cell: (item) => quantity(item) },
    { title: words.columns.cause, cell: cause },
    { title: words.columns.change, number: true, cell: changed },
    { title: words.columns.note, cell: (item) => [item.edition, item.via, item.note].filter(Boolean).join("; ") },
  ];
  return items.length ? table(columns, items, { caption: words.world, id: "world" }) : empty(TEXTS.things.nothing);
}

function ledgerTable(items, called) {
  const columns = [
    { title: words.columns.position, cell: (item) => h("a", { href: address(`/log/${item.event_id}`) }, item.position) },
    { title: words.columns.recorded, cell: (item) => item.recorded_at.slice(0, 10) },
    { title: words.columns.value, number: true, cell: (item) => quantity(item) },
    { title: words.columns.cause, cell: cause },
    { title: words.columns.change, number: true, cell: changed },
    { title: words.columns.publisher, cell: (item) => called(item.publisher) },
  ];
  return items.length ? table(columns, items, { caption: words.ledger, id: "answered" }) : empty(TEXTS.things.nothing);
}

/** What this ledger did to its own record of the figure: corrections, retractions. */
function mistakes(items) {
  if (!items.length) return null;
  return h("section", { id: "mistakes" }, h("h2", {}, words.mistakes), table([
    { title: words.columns.position, cell: (item) => h("a", { href: address(`/log/${item.event_id}`) }, item.position) },
    { title: TEXTS.log.columns.type, cell: (item) => inWords(item.reason ?? item.type) },
    { title: words.columns.of, cell: (item) => h("a", { href: address(`/log/${item.target}`) }, TEXTS.log.target) },
    { title: words.columns.now, cell: (item) => Object.entries(item.changes ?? {}).map(([name, value]) => `${inWords(name)}: ${grouped(String(value))}`).join(", ") },
    { title: words.columns.why, cell: (item) => item.explanation },
  ], items, { caption: words.mistakes }));
}

function disputesOf(items, called) {
  if (!items.length) return empty(words.noDisputes);
  return h("ul", { class: "disputes" }, items.map((item) =>
    h("li", {}, words.dispute(item.status, item.since, item.until),
      item.publishers.map((one, place) => [place ? words.against : "", `${called(one.publisher)} `, quantity(one)]),
      item.spread ? h("span", { class: "soft" }, words.theyDiffer(...spread(item))) : null)));
}

/** How to cite the answer, and to ask for it again: by its receipt, so that it is the same for ever. */
function citation(item, basis, title, called) {
  const pinned = { as_of: basis.as_of, recorded_as_of: basis.recorded_as_of };
  const url = new URL(question("/v1/figures", { figure_id: item.figure_id, ...pinned }, { timeless: true }), location.href);
  const page = new URL(address(`/figures/${item.figure_id}`, pinned), location.href);
  const value = `${item.value ?? item.symbol ?? ""} ${item.unit ?? ""}`.trim();
  const rows = {
    [words.citation]: words.cited({ publisher: called(item.publisher), published: item.published_at, title, value, basis, url: page.href }),
    [words.apiCall]: `curl '${url.href}'`,
    [words.python]: pythonCall(item, pinned),
    [words.command]: `supply-ledger figures --figure-id ${item.figure_id} --as-of ${basis.as_of} --recorded-as-of ${basis.recorded_as_of}`,
  };
  return h("section", { class: "again" }, h("h2", {}, words.cite),
    facts(Object.entries(rows).map(([term, text]) => [term, [h("code", { class: "lines" }, text), " ", copyButton(text)]])),
    h("p", {}, h("button", { type: "button", class: "plain", onclick: () => save("/v1/report", { figure_id: item.figure_id, format: "html" }, "report.html") }, words.report)));
}

/** The same question from Python. */
function pythonCall(item, { as_of: asOf, recorded_as_of: recorded }) {
  return [
    "import supply_ledger as sl",
    `sl.open("${location.origin}").as_of("${asOf}", recorded_as_of="${recorded}").figures(figure_id="${item.figure_id}").df()`,
  ].join("\n");
}

function copyButton(text) {
  const button = h("button", { type: "button", class: "plain", onclick: async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 2_000);
  } }, words.copy);
  return button;
}
