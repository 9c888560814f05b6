// Names suggested while somebody types: from the catalogue, or of entities.

import { h } from "./dom.js";
import { ask, inWords } from "./ledger.js";

const WAIT_MS = 150;
const NAMES_MAX = 12;

/** The field, with a list of names that the letters in it may mean. Without a kind, nothing is suggested. */
export function named(input, kind) {
  if (!kind) return input;
  const list = h("datalist", { id: `${input.id}-names` });
  input.setAttribute("list", list.id);
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    const text = input.value.split(",").at(-1).trim();
    if (text.length < 2) return;
    waiting = setTimeout(async () => list.replaceChildren(...(await found(kind, text))), WAIT_MS);
  });
  return h("span", { class: "named" }, input, list);
}

async function found(kind, text) {
  if (kind === "entity") {
    const { items } = await ask("/v1/entities", { q: text, limit: NAMES_MAX }, { timeless: true });
    return items.map((item) => h("option", { value: item.entity }, item.name));
  }
  const { items } = await ask("/v1/catalogue", { kind, q: text.replaceAll(" ", "_"), limit: NAMES_MAX }, { timeless: true });
  return items.map((item) => h("option", { value: item.name }, item.title ?? inWords(item.name)));
}
