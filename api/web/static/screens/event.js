// One event: its envelope, what it says, what was done with it later, and the proof of its place in the log.

import { h } from "../dom.js";
import { ask } from "../ledger.js";
import { address } from "../place.js";
import { proofOf } from "../proof.js";
import { facts } from "../table.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.event;
const ENVELOPE = ["type", "event_id", "position", "recorded_at", "recorded_by"];

export async function event({ names: [id], signal }) {
  const { items } = await ask(`/v1/events/${id}`, {}, { signal });
  const item = items[0];
  const recorded = Object.fromEntries(Object.entries(item).filter(([name]) => ![...ENVELOPE, "content", "acts", "erased"].includes(name)));
  const changed = item.content && JSON.stringify(item.content) !== JSON.stringify(recorded);
  return h("article", { class: "event" },
    h("h1", {}, item.type),
    h("section", {}, h("h2", {}, words.envelope), facts(ENVELOPE.map((name) => [name, h("code", {}, String(item[name]))]))),
    item.erased ? h("p", { class: "hint", id: "erased" }, words.erased(item.erased)) : null,
    item.target ? h("p", {}, `${words.target} `, h("a", { href: address(`/log/${item.target}`) }, item.target)) : null,
    changed ? h("section", {}, h("h2", {}, words.content), json(item.content)) : null,
    item.erased ? null : h("section", {}, h("h2", {}, words.recordedAs), json(recorded)),
    h("section", {}, h("h2", {}, words.acts),
      item.acts?.length
        ? h("ul", {}, item.acts.map((act) => h("li", {}, h("a", { href: address(`/log/${act.event_id}`) }, `${act.type}, position ${act.position}`), act.explanation ? `: ${act.explanation}` : null)))
        : h("p", { class: "soft" }, words.noActs)),
    item.erased || item.type.startsWith("Event") ? null : h("p", { class: "downloads" }, h("a", { href: address("/append", { type: "EventCorrected", target: item.event_id }) }, words.correct), " · ", h("a", { href: address("/append", { type: "EventRetracted", target: item.event_id }) }, words.retract)),
    h("section", { id: "proof" }, h("h2", {}, words.proof), await proofOf(item, signal)),
  );
}

function json(value) {
  return h("pre", { tabindex: 0 }, JSON.stringify(value, null, 2));
}
