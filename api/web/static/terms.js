// Terms of the trade: what names such as `reo` or `hhi` mean, said where they are shown.

import { h } from "./dom.js";
import { inWords } from "./ledger.js";
import { TEXTS } from "./texts.js";

/** A text that came as a name, with what it means on hover where it is a term of the trade. */
export function term(name) {
  const meaning = TEXTS.glossary[name];
  return meaning ? h("abbr", { title: meaning }, inWords(name)) : inWords(name);
}

/** What a field is called: the same on all screens. */
export function fieldName(name) {
  return TEXTS.fields[name] ?? inWords(name);
}

/** The terms of the trade among names, explained in a line, for those who cannot hover; nothing where there are none. */
export function glossary(names) {
  const known = [...new Set(names)].filter((name) => TEXTS.glossary[name]).sort();
  if (!known.length) return null;
  return h("p", { class: "soft glossary" }, known.map((name, place) => [place ? " " : "", h("strong", {}, inWords(name)), ` ${TEXTS.glossary[name]}.`]));
}

/** The names in figures that may be terms of the trade. */
export function termsOf(items) {
  return items.flatMap((item) => [item.metric, item.material, item.unit, item.canonical_unit, ...Object.values(item.dimensions ?? {})]);
}
