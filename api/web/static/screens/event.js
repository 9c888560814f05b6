// One event: its envelope, what it says, what was done with it later, and the proof of its place in the log.

import { h } from "../dom.js";
import { ask, names } from "../ledger.js";
import { address } from "../place.js";
import { proofOf } from "../proof.js";
import { differences, recordTable, slugsOf, valueOf } from "../record_table.js";
import { facts, table } from "../table.js";
import { fieldName } from "../terms.js";
import { TEXTS } from "../texts.js";

const words = TEXTS.event;
const ENVELOPE = ["type", "event_id", "position", "recorded_at", "recorded_by"];

export async function event({ names: [id], signal }) {
  const { items } = await ask(`/v1/events/${id}`, {}, { signal });
  const item = items[0];
  const recorded = Object.fromEntries(Object.entries(item).filter(([name]) => ![...ENVELOPE, "content", "acts", "erased"].includes(name)));
  const { figure_id: figure, ...sent } = recorded;  // the figure follows from what was sent
  const changed = item.content ? differences(sent, item.content) : [];
  const called = await names(slugsOf([recorded, item.content]), { signal });
  return h("article", { class: "event" },
    h("h1", {}, item.type),
    h("section", {}, h("h2", {}, words.envelope), facts(ENVELOPE.map((name) => [fieldName(name), h("code", {}, String(item[name]))]))),
    item.erased ? h("p", { class: "hint", id: "erased" }, words.erased(item.erased)) : null,
    item.target ? h("p", {}, `${words.target} `, h("a", { href: address(`/log/${item.target}`) }, item.target)) : null,
    changed.length ? h("section", {}, h("h2", {}, words.content), changesTable(changed, called)) : null,
    item.erased ? null : h("section", {}, h("h2", {}, words.recordedAs), recordTable(recorded, called),
      h("details", { id: "as-json" }, h("summary", {}, words.json), json(recorded), changed.length ? [h("p", {}, words.content), json(item.content)] : null)),
    h("section", {}, h("h2", {}, words.acts),
      item.acts?.length
        ? h("ul", {}, item.acts.map((act) => h("li", {}, h("a", { href: address(`/log/${act.event_id}`) }, words.act(act.type, act.position)), act.explanation ? `: ${act.explanation}` : null)))
        : h("p", { class: "soft" }, words.noActs)),
    item.erased || item.type.startsWith("Event") ? null : h("p", { class: "downloads" }, h("a", { href: address("/append", { type: "EventCorrected", target: item.event_id }) }, words.correct), " · ", h("a", { href: address("/append", { type: "EventRetracted", target: item.event_id }) }, words.retract)),
    h("section", { id: "proof" }, h("h2", {}, words.proof), await proofOf(item, signal)),
  );
}

/** What the event says otherwise now than it was recorded. */
function changesTable(changed, called) {
  return table([
    { title: words.field, cell: ([name]) => fieldName(name) },
    { title: words.recordedAs, cell: ([name, before]) => valueOf(name, before, called) },
    { title: words.content, cell: ([name, , after]) => valueOf(name, after, called) },
  ], changed, { caption: words.content, id: "changed-since" });
}

function json(value) {
  return h("pre", { tabindex: 0 }, JSON.stringify(value, null, 2));
}
