// What is no figure: lists of policies, agreements, plants, links, commitments, risks, entities, and one of each.

import { h } from "../dom.js";
import { figureTitle } from "../figure_words.js";
import { ask, askOrNull, inWords, names } from "../ledger.js";
import { quantity } from "../numbers.js";
import { address } from "../place.js";
import { badge, empty, facts, table } from "../table.js";
import { fieldName } from "../terms.js";
import { TEXTS } from "../texts.js";
import { checked } from "./figure_sureness.js";
import { downloads } from "./figures.js";

const words = TEXTS.things;
const PAGE = 500;
export const SLUGS = {
  policies: "policy", agreements: "agreement", facilities: "facility", links: "link", commitments: "commitment",
  risks: "risk", relationships: "relationship", entities: "entity",
};
const COLUMNS = {
  policies: ["jurisdiction", "kind", "status", "effective_from", "effective_to", "publisher"],
  agreements: ["status", "effective_from", "effective_to", "publisher"],
  facilities: ["stage", "status", "operator", "effective_from", "publisher"],
  links: ["supplier", "consumer", "material", "status", "publisher"],
  commitments: ["kind", "by", "to", "status", "effective_from", "publisher"],
  risks: ["category", "subject", "severity", "status", "publisher"],
  relationships: ["subject", "relation", "object", "status", "effective_from", "publisher"],
  entities: ["kind", "parent"],
};
const OF_SLUGS = new Set(["jurisdiction", "publisher", "operator", "supplier", "consumer", "material", "by", "to", "subject", "object", "parent", "facility", "entity"]);
const HIDDEN = new Set(["event_id", "position", "publishers", "disputed", "foreseen", "relationships", "merged", "recorded_at"]);

/** Slugs that an item names, so that they can be called by their names. */
function slugsIn(items) {
  const found = [];
  const look = (value, name) => {
    if (Array.isArray(value)) value.forEach((one) => look(one, name));
    else if (value && typeof value === "object") Object.entries(value).forEach(([key, part]) => look(part, key));
    else if (typeof value === "string" && (OF_SLUGS.has(name) || name === "materials")) found.push(value);
  };
  items.forEach((item) => look(item, ""));
  return found;
}

/** What a thing is called. */
export function titleOf(resource, item, called) {
  const slug = item[SLUGS[resource]];
  if (resource === "entities") return item.name;
  if (resource === "relationships") return [called(item.subject), inWords(item.relation), called(item.object)].join(" ");
  if (resource === "facilities") return called(slug);
  return item.title ?? item.description ?? called(slug);
}

/** A value of an item, in words, with slugs called by their names. */
function told(name, value, called) {
  if (value === null || value === undefined || value === "") return "";
  if (name === "provisions") return h("ul", {}, value.map((one) => h("li", {}, `${one.provision}: `, marks(one), one.effective_from ? words.from(one.effective_from) : "")));
  if (Array.isArray(value)) return value.map((one, place) => [place ? "; " : "", told(name, one, called)]);
  if (typeof value === "object") {
    if (value.value !== undefined && value.unit) return quantity(value);
    return Object.entries(value).filter(([, part]) => part !== null).map(([key, part], place) => [place ? ", " : "", OF_SLUGS.has(key) ? "" : `${inWords(key)} `, told(key, part, called)]);
  }
  if (OF_SLUGS.has(name) || name === "materials") return h("a", { href: address(`/things/entities/${encodeURIComponent(value)}`) }, called(value));
  return typeof value === "boolean" ? (value ? words.yes : words.no) : /^[a-z]+(_[a-z]+)+$/.test(value) ? inWords(value) : String(value);
}

function marks(item) {
  return h("span", { class: "badges" },
    item.status ? badge(inWords(item.status), `status ${item.status}`, TEXTS.glossary[item.status]) : null,
    item.foreseen ? badge(words.foreseen, "foreseen", words.foreseenHelp) : null,
    item.interrupted_from ? h("small", { class: "soft" }, `${item.interrupted_from} – ${item.interrupted_to ?? ""}`) : null,
    item.disputed ? badge(TEXTS.figures.badges.disputed, "disputed", TEXTS.figures.badgeHelp.disputed) : null);
}

export async function things({ names: [resource], params, signal }) {
  if (!SLUGS[resource]) throw new Error(TEXTS.failure.unknown);
  const filters = Object.fromEntries([...params].filter(([name]) => !["as_of", "recorded_as_of", "effective_at"].includes(name)));
  const answer = await ask(`/v1/${resource}`, { limit: PAGE, ...filters }, { signal });
  const slips = resource === "facilities" ? await ask("/v1/slips", { limit: 200 }, { signal }) : null;
  const called = await names([...slugsIn(answer.items), ...answer.items.map((item) => item.facility)], { signal });
  const columns = [
    { title: fieldName(SLUGS[resource]), cell: (item) => h("a", { href: address(`/things/${resource}/${encodeURIComponent(item[SLUGS[resource]])}`) }, titleOf(resource, item, called), item.provision ? ` — ${item.provision}` : "") },
    ...COLUMNS[resource].map((name) => ({ title: fieldName(name), cell: (item) => (name === "status" ? marks(item) : told(name, item[name], called)) })),
  ];
  return h("section", {},
    h("h1", {}, words[resource]),
    h("p", { class: "kinds" }, Object.keys(SLUGS).map((name, place) => [place ? " · " : "", h("a", { href: address(`/things/${name}`), "aria-current": name === resource ? "page" : undefined }, words[name])])),
    Object.keys(filters).length ? h("p", { class: "soft" }, `${words.filterBy} ${Object.entries(filters).map(([name, value]) => `${fieldName(name)}: ${value}`).join(", ")} — `, h("a", { href: address(`/things/${resource}`) }, words.all)) : null,
    answer.items.length ? table(columns, answer.items, { caption: words[resource], id: resource }) : empty(words.none),
    slips ? slipsTable(slips.items, called) : null,
    answer.items.length ? downloads(`/v1/${resource}`, filters, resource) : null,
  );
}

function slipsTable(items, called) {
  if (!items.length) return null;
  const still = items.every((item) => !item.restated);
  const { columns } = words;
  const shown = [
    { title: columns.facility, cell: (item) => h("a", { href: address(`/things/facilities/${encodeURIComponent(item.facility)}`) }, called(item.facility)) },
    { title: columns.transition, cell: (item) => `${item.transition.replace("Facility", "").toLowerCase()} (${item.part})` },
    { title: columns.statedFirst, cell: (item) => item.first_effective_from ?? "" },
    { title: columns.statedLast, cell: (item) => item.effective_from ?? "" },
    { title: columns.moved, number: true, cell: (item) => item.shift_days ?? TEXTS.none },
    { title: columns.restated, number: true, cell: (item) => item.restated },
  ];
  return h("section", {}, h("h2", {}, words.slips), still ? h("p", {}, words.noSlips(items.length)) : null, table(shown, items, { caption: words.slips, id: "slips" }));
}

export async function thing({ names: [resource, slug], signal }) {
  if (!SLUGS[resource]) throw new Error(TEXTS.failure.unknown);
  if (resource === "entities") return entity(slug, signal);
  const { items } = await ask(`/v1/${resource}`, { [SLUGS[resource]]: slug, limit: PAGE }, { signal });
  const [history, looks] = await Promise.all([
    askOrNull(`/v1/${resource}/${encodeURIComponent(slug)}/history`, { limit: PAGE }, { signal }),
    ask("/v1/freshness", { resource, [SLUGS[resource]]: slug, limit: PAGE }, { signal }),
  ]);
  const called = await names(slugsIn([...items, ...(history?.items ?? []), ...looks.items]).concat(items.map((item) => item.facility)), { signal });
  const title = items.length ? titleOf(resource, items[0], called) : called(slug);
  return h("article", { class: "thing" },
    h("p", { class: "kind" }, h("a", { href: address(`/things/${resource}`) }, words[resource])),
    h("h1", {}, title),
    items.length ? items.map((item) => stateOf(item, called)) : empty(words.none),
    h("section", {}, h("h2", {}, words.history), historyTable(history?.items ?? [], called)),
    h("section", {}, h("h2", {}, words.looks), looksTable(looks.items, called)),
  );
}

/** Who speaks of it, and when somebody last looked at what they say. */
function looksTable(items, called) {
  if (!items.length) return empty(words.nothing);
  const { columns } = words;
  return table([
    { title: columns.publisher, cell: (item) => (item.publisher ? told("publisher", item.publisher, called) : TEXTS.none) },
    { title: columns.spoke, cell: (item) => item.last_published_on },
    { title: columns.looked, cell: (item) => checked(item) },
  ], items, { caption: words.looks, id: "looks" });
}

function stateOf(item, called) {
  const pairs = Object.entries(item).filter(([name, value]) => value !== null && !HIDDEN.has(name) && name !== "status");
  return h("section", { class: "answer" },
    h("p", {}, marks(item), " ", h("a", { href: address(`/log/${item.event_id}`) }, TEXTS.figure.event)),
    facts(pairs.map(([name, value]) => [fieldName(name), told(name, value, called)])));
}

function historyTable(items, called) {
  if (!items.length) return empty(words.nothing);
  const { columns } = words;
  const shown = [
    { title: columns.published, cell: (item) => (item.event_id ? h("a", { href: address(`/log/${item.event_id}`) }, item.published_at ?? "") : item.published_at ?? "") },
    { title: columns.publisher, cell: (item) => told("publisher", item.publisher, called) },
    { title: columns.says, cell: (item) => [apart(item.transition ?? item.cause), item.part].filter(Boolean).join(", ") },
    { title: columns.from, cell: (item) => item.effective_from ?? "" },
    { title: columns.to, cell: (item) => item.effective_to ?? "" },
    { title: columns.how, cell: (item) => badge(TEXTS.figure.causes[item.cause] ?? inWords(item.cause), item.cause) },
    { title: columns.moved, number: true, cell: (item) => item.shift_days ?? TEXTS.none },
  ];
  return table(shown, items, { caption: words.history, id: "history" });
}

/** `PolicyEnacted` in words. */
function apart(name) {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** What there is about an entity, beside its figures: resource, and the filters by which it is asked for. */
const ABOUT = [
  ["facilities", "facility"], ["facilities", "operator"], ["agreements", "party"], ["commitments", "by"], ["commitments", "to"],
  ["links", "supplier"], ["links", "consumer"], ["policies", "jurisdiction"], ["policies", "applies_to"], ["risks", "subject"],
];
const ABOUT_MAX = 50;

async function factsAbout(slug, signal) {
  const answers = await Promise.all(ABOUT.map(([resource, filter]) => ask(`/v1/${resource}`, { [filter]: slug, limit: ABOUT_MAX }, { signal })));
  const found = new Map();
  answers.forEach(({ items }, place) => {
    const [resource] = ABOUT[place];
    const before = found.get(resource) ?? [];
    found.set(resource, [...before, ...items.filter((item) => !before.some((one) => one[SLUGS[resource]] === item[SLUGS[resource]] && one.stage === item.stage))]);
  });
  return [...found].filter(([, items]) => items.length);
}

function factsTable(resource, items, called) {
  return h("section", {}, h("h2", {}, words[resource]), table([
    { title: fieldName(SLUGS[resource]), cell: (one) => h("a", { href: address(`/things/${resource}/${encodeURIComponent(one[SLUGS[resource]])}`) }, titleOf(resource, one, called)) },
    ...COLUMNS[resource].map((name) => ({ title: fieldName(name), cell: (one) => (name === "status" ? marks(one) : told(name, one[name], called)) })),
  ], items, { caption: words[resource], id: `about-${resource}` }));
}

/** An entity: what it is, how it stands to others, and what there is about it. */
async function entity(slug, signal) {
  const state = await ask("/v1/entities", { entity: slug, limit: 1 }, { signal });
  const item = state.items[0];
  if (!item) return h("article", {}, h("h1", {}, slug), empty(words.none));
  const [stands, under, figures, about] = await Promise.all([
    ask("/v1/relationships", { subject: item.entity, limit: 200 }, { signal }),
    ask("/v1/relationships", { object: item.entity, limit: 200 }, { signal }),
    ask("/v1/figures", { subject: item.entity, sort: "-period", limit: 50 }, { signal }),
    factsAbout(item.entity, signal),
  ]);
  const { columns } = words;
  const relations = [...stands.items, ...under.items];
  const called = await names([...slugsIn([item, ...relations, ...about.flatMap(([, items]) => items)]), ...about.flatMap(([, items]) => items.map((one) => one.facility)), ...figures.items.flatMap((one) => [one.subject, one.material, one.publisher])], { signal });
  const pairs = ["kind", "aliases", "former_names", "identifiers", "fiscal_year_end", "parent"].map((name) => [fieldName(name), told(name, item[name], called)]);
  return h("article", { class: "thing" },
    h("p", { class: "kind" }, h("a", { href: address("/things/entities") }, words.entities)),
    h("h1", {}, item.name),
    facts([[fieldName("slug"), h("code", {}, item.entity)], ...pairs.filter(([, value]) => value?.length !== 0)]),
    h("section", {}, h("h2", {}, words.relationshipsOf),
      relations.length
        ? table([
            { title: columns.who, cell: (one) => told("subject", one.subject, called) },
            { title: columns.how, cell: (one) => [inWords(one.relation), one.share ? ` ${one.share} %` : "", one.role ? ` (${one.role})` : ""].join("") },
            { title: columns.whom, cell: (one) => told("object", one.object, called) },
            { title: columns.status, cell: marks },
            { title: columns.from, cell: (one) => one.effective_from ?? "" },
            { title: columns.publisher, cell: (one) => told("publisher", one.publisher, called) },
          ], relations, { caption: words.relationshipsOf, id: "relations" })
        : empty(words.nothing)),
    h("p", {}, h("a", { href: address("/chain", { entity: item.entity }) }, TEXTS.screens.chain)),
    about.map(([resource, items]) => factsTable(resource, items, called)),
    h("section", {}, h("h2", {}, words.figuresOf),
      figures.items.length
        ? [table([
            { title: columns.figure, cell: (one) => h("a", { href: address(`/figures/${one.figure_id}`) }, figureTitle(one, called)) },
            { title: columns.value, number: true, cell: (one) => quantity(one) },
            { title: columns.says, cell: (one) => called(one.publisher) },
          ], figures.items, { caption: words.figuresOf, id: "about" }),
          h("p", {}, h("a", { href: address("/figures", { subject: item.entity }) }, words.all))]
        : empty(words.nothing)),
  );
}
