// Numbers as they are printed: exact texts, never floats. Only what is shown gets its digits grouped.

import { h } from "./dom.js";
import { TEXTS } from "./texts.js";

/** The digits before the point in groups of three. */
export function grouped(text) {
  const match = /^([+-]?)(\d+)(\.\d+)?$/.exec(text);
  if (!match) return text;
  const [, sign, whole, rest = ""] = match;
  return (sign === "-" ? "−" : sign) + whole.replace(/\B(?=(\d{3})+$)/g, ",") + rest;
}

/** What an item amounts to, in words: a value, a range, or a symbol. */
export function amount(item, { canonical = false } = {}) {
  if (!item) return TEXTS.none;
  const [value, low, high] = ["value", "low", "high"].map((name) => item[canonical ? `canonical_${name}` : name]);
  if (item.withdrawn) return TEXTS.withdrawn;
  if (value !== null && value !== undefined) return (item.approximate ? "≈ " : "") + grouped(value);
  if (low && high) return `${grouped(low)} – ${grouped(high)}`;
  if (low) return `≥ ${grouped(low)}`;
  if (high) return `≤ ${grouped(high)}`;
  return item.symbol ? item.symbol.replaceAll("_", " ") : TEXTS.none;
}

/** The same as an element with its unit; the text as it was sent is told on hover. */
export function quantity(item, options = {}) {
  const unit = options.canonical ? item.canonical_unit : item.unit;
  const exact = [item.value, item.low, item.high].filter((one) => one !== null && one !== undefined).join(" – ");
  return h(
    "span",
    { class: "quantity", title: exact ? `${TEXTS.exact} ${exact} ${unit ?? ""}` : undefined },
    amount(item, options),
    unit ? h("span", { class: "unit" }, ` ${unit}`) : null,
  );
}

/** How far publishers differ, and in which unit: as printed where that is a power of ten of the canonical one. */
export function spread(item) {
  const [whole, rest = ""] = (item.value ?? "").split(".");
  const canonical = item.canonical_value ?? "";
  const power = canonical.length - whole.length;
  if (!/^\d+$/.test(item.spread) || !/^[1-9]/.test(whole) || power <= 0 || whole + rest + "0".repeat(Math.max(0, power - rest.length)) !== canonical) {
    return [grouped(item.spread), item.canonical_unit];
  }
  const digits = item.spread.padStart(power + 1, "0");
  const tail = digits.slice(-power).replace(/0+$/, "");
  return [grouped(digits.slice(0, -power) + (tail ? `.${tail}` : "")), item.unit];
}

/** A change with its sign. */
export function change(text) {
  if (text === null || text === undefined) return TEXTS.none;
  return (/^[-+]/.test(text) || /^0(\.0*)?$/.test(text) ? "" : "+") + grouped(text);
}

const PERCENT_DIGITS = 1;

/** A change in percent, rounded for the eye. */
export function percent(text) {
  if (text === null || text === undefined) return "";
  const rounded = Number(text).toFixed(PERCENT_DIGITS);
  return `${change(rounded)} %`;
}
