// What a figure is called, and what is to be known of its answer at a glance.

import { h } from "./dom.js";
import { inWords } from "./ledger.js";
import { badge } from "./table.js";
import { term } from "./terms.js";
import { TEXTS } from "./texts.js";

/** What is measured: metric, material and dimensions in words. */
export function measure(item, called) {
  const parts = Object.values(item.dimensions ?? {}).map(inWords);
  return [inWords(item.metric), called(item.material), ...parts].filter(Boolean).join(", ");
}

/** The same to be shown: terms of the trade are explained on hover. */
export function measured(item, called) {
  const parts = [term(item.metric), called(item.material), ...Object.values(item.dimensions ?? {}).map(term)].filter(Boolean);
  return h("span", {}, parts.map((part, place) => [place ? ", " : "", part]));
}

/** Whether all of some figures measure the same: then it is said once, and not in every row. */
export function sameMeasure(items) {
  return new Set(items.map((item) => JSON.stringify([item.metric, item.material, item.dimensions]))).size === 1;
}

/** The whole figure in words. */
export function figureTitle(item, called) {
  return [called(item.subject), measure(item, called), item.period].filter(Boolean).join(", ");
}

/** What is to be known of an answer besides its value. */
export function badges(item) {
  const { badges: words, badgeHelp: help } = TEXTS.figures;
  return h("span", { class: "badges" },
    item.nature !== "observed" ? badge(words[item.nature] ?? inWords(item.nature), "nature") : null,
    item.status ? badge(inWords(item.status), "status") : null,
    item.revisions ? badge(words.revised, "revised", help.revised(item.revisions)) : null,
    item.disputed ? badge(words.disputed, "disputed", help.disputed) : null,
    item.corrected ? badge(words.corrected, "corrected", help.corrected) : null,
  );
}
