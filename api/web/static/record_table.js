// A record, such as an event, as a list of fields and what they say.

import { h } from "./dom.js";
import { address } from "./place.js";
import { facts } from "./table.js";
import { fieldName } from "./terms.js";

const ENTITIES = new Set([
  "subject", "object", "publisher", "material", "materials", "jurisdiction", "operator", "supplier", "consumer", "by", "to", "parties",
  "applies_to", "exempt", "kept", "merged", "parent", "facility",
]);
const EVENTS = new Set(["target", "restates", "withdraws"]);

/** The fields of a record, the record within them too. What is not known is left out. */
export function recordTable(record, called) {
  return facts(Object.entries(record).filter(([, value]) => value !== null).map(([name, value]) => [fieldName(name), told(name, value, called)]));
}

function told(name, value, called) {
  if (Array.isArray(value)) {
    return value.some((one) => one && typeof one === "object")
      ? h("ul", {}, value.map((one) => h("li", {}, told(name, one, called))))
      : value.map((one, place) => [place ? ", " : "", told(name, one, called)]);
  }
  if (value && typeof value === "object") return recordTable(value, called);
  if (typeof value !== "string") return String(value);
  if (EVENTS.has(name)) return h("a", { href: address(`/log/${encodeURIComponent(value)}`) }, value);
  if (name === "figure_id") return h("a", { href: address(`/figures/${encodeURIComponent(value)}`) }, value);
  if (ENTITIES.has(name)) return [h("a", { href: address(`/things/entities/${encodeURIComponent(value)}`) }, called(value)), " ", h("code", { class: "soft" }, value)];
  if (name === "url" && /^https?:\/\//i.test(value)) return h("a", { href: value, rel: "noreferrer noopener", target: "_blank" }, value);
  return value;
}

/** The slugs that a record names, so that they can be called by their names. */
export function slugsOf(value, name = "") {
  if (Array.isArray(value)) return value.flatMap((one) => slugsOf(one, name));
  if (value && typeof value === "object") return Object.entries(value).flatMap(([key, part]) => slugsOf(part, key));
  return typeof value === "string" && ENTITIES.has(name) ? [value] : [];
}

/** The fields that two records say otherwise: `[name, before, after]`. */
export function differences(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.filter((name) => JSON.stringify(before[name] ?? null) !== JSON.stringify(after[name] ?? null)).map((name) => [name, before[name] ?? null, after[name] ?? null]);
}

/** One value of a record, as it stands in a cell. */
export function valueOf(name, value, called) {
  return value === null || value === undefined ? "" : told(name, value, called);
}
