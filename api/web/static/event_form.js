// A form for a type of event, made from its JSON Schema.

import { h } from "./dom.js";
import { inWords } from "./ledger.js";
import { named } from "./suggestions.js";
import { fieldName } from "./terms.js";
import { TEXTS } from "./texts.js";

const words = TEXTS.append;
const LEFT_OUT = new Set(["type", "origin", "expected_version", "event_id"]);
const SLUG = /\[a-z0-9\]\[a-z0-9-\]/;

/** The schema without the alternative that it is nothing. */
function told(schema, root) {
  if (schema.$ref) return { ...told(root.$defs[schema.$ref.split("/").at(-1)], root), ...schema, $ref: undefined };
  const some = (schema.anyOf ?? []).filter((one) => one.type !== "null");
  return some.length ? { ...told(some[0], root), description: schema.description ?? some[0].description } : schema;
}

/** The fields of an event: those that are required, or given, at once, the others folded. */
export function eventForm(schema, given) {
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties).filter(([name]) => !LEFT_OUT.has(name));
  const plain = [];
  const more = [];
  for (const [name, part] of fields) {
    const shape = told(part, schema);
    const isSource = name === "source";
    const drawn = isSource ? sourceFields(shape, schema, given, required.has(name)) : field(name, shape, { required: required.has(name), value: given[name] });
    (required.has(name) || given[name] || ["value", "unit", "period", "published_at", "material", "effective_from"].includes(name) ? plain : more).push(drawn);
  }
  return [
    h("div", { class: "event-form" }, plain),
    more.length ? h("details", { id: "more-fields" }, h("summary", {}, words.more), h("div", { class: "event-form" }, more)) : null,
  ];
}

function sourceFields(shape, root, given, required) {
  return ["publisher", "title", "url", "edition", "locator"].map((name) =>
    field(`source.${name}`, told(shape.properties[name], root), { required: required && name === "publisher", value: given[`source.${name}`] }));
}

function field(name, shape, { required, value }) {
  const id = `field-${name.replaceAll(".", "-")}`;
  const [outer, inner] = name.split(".");
  const label = [inner ? `${fieldName(outer)}: ${fieldName(inner)}` : fieldName(name), required ? h("small", {}, ` (${words.required})`) : null];
  const about = { id, name, required, "aria-describedby": shape.description ? `${id}-help` : undefined };
  let input;
  if (shape.enum) {
    input = h("select", about, h("option", { value: "" }, ""), shape.enum.map((one) => h("option", { value: one, selected: one === value }, inWords(one))));
  } else if (shape.type === "boolean") {
    input = h("select", { ...about, "data-kind": "json" }, h("option", { value: "" }, ""), ["true", "false"].map((one) => h("option", { value: one, selected: one === value }, one)));
  } else if (shape.type === "object" || shape.type === "array" || (!shape.type && !shape.pattern)) {
    input = h("textarea", { ...about, rows: 2, spellcheck: "false", "data-kind": "json", placeholder: shape.type === "array" ? "[…]" : "{…}" });
    input.value = value ?? "";
  } else {
    input = h("input", { ...about, type: "text", value: value ?? "", autocomplete: "off", spellcheck: "false", "data-kind": shape.type === "integer" ? "json" : undefined, placeholder: shape.examples?.[0] });
    if (SLUG.test(shape.pattern ?? "")) input = named(input, "entity");
  }
  return h("label", {}, h("span", {}, label), input,
    shape.description ? h("small", { id: `${id}-help` }, shape.description) : null);
}

/** What a form says, as an event. Throws SyntaxError where a field should hold JSON and does not. */
export function eventOf(form, type) {
  const event = { type };
  for (const input of form.querySelectorAll("[name]")) {
    const text = input.value.trim();
    if (!text || input.name === "type") continue;
    const value = input.dataset.kind === "json" ? parsed(text, input) : text;
    const [outer, inner] = input.name.split(".");
    if (inner) event[outer] = { ...event[outer], [inner]: value };
    else event[outer] = value;
  }
  return event;
}

function parsed(text, input) {
  try {
    return JSON.parse(text);
  } catch {
    input.focus();
    throw new SyntaxError(words.writeJson(inWords(input.name)));
  }
}
