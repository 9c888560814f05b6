// What to look at: the answers that somebody relies on and that would be others now, and the sources that are overdue.

import { h } from "../dom.js";
import { figureTitle } from "../figure_words.js";
import { ask, inWords, names } from "../ledger.js";
import { quantity } from "../numbers.js";
import { address } from "../place.js";
import { empty, table } from "../table.js";
import { TEXTS } from "../texts.js";
import { SLUGS, titleOf } from "./things.js";

const words = TEXTS.watch;
const PAGE = 200;
const TO_LOOK_AT = "overdue,late,changed,gone,due";

export async function watch({ params, signal }) {
  const state = params.get("state") ?? TO_LOOK_AT;
  const [relied, fresh] = await Promise.all([
    ask("/v1/reliance", { limit: PAGE }, { signal }),
    ask("/v1/freshness", { state: state === "all" ? "" : state, limit: PAGE }, { signal }),
  ]);
  const sides = relied.items.flatMap((item) => item.changes).flatMap((change) => [change.before, change.after]).filter(Boolean);
  const slugs = [...sides.flatMap((one) => [one.subject, one.material, one.facility]), ...fresh.items.map((item) => item.publisher)];
  const called = await names(slugs, { signal });
  const order = [true, null, false];
  const items = [...relied.items].sort((one, other) => order.indexOf(one.changed) - order.indexOf(other.changed));
  return h("section", {},
    h("h1", {}, words.heading),
    h("section", {}, h("h2", {}, words.relied), h("p", { class: "lead" }, words.reliedLead),
      items.length ? table(ofReliance(called), items, { caption: words.relied, id: "relied" }) : empty(words.nobody),
      relied.next ? h("p", { class: "soft" }, words.cut(PAGE)) : null,
      h("p", {}, h("a", { href: address("/append", { type: "RelianceRegistered" }) }, words.register))),
    h("section", {}, h("h2", {}, words.fresh), h("p", { class: "lead" }, words.freshLead),
      fresh.items.length ? table(ofFreshness(called), fresh.items, { caption: words.fresh, id: "fresh" }) : empty(words.current),
      h("p", {},
        state === "all"
          ? h("a", { href: address("/watch") }, words.due)
          : h("a", { href: address("/watch", { state: "all" }) }, words.all(fresh.summary.current, fresh.summary.irregular)),
        " ", h("a", { href: address("/append", { type: "SourceChecked" }) }, words.check))));
}

function ofReliance(called) {
  const { columns } = words;
  return [
    { title: columns.use, cell: (item) => [item.title ?? item.reliance, item.by ? h("span", { class: "soft" }, ` ${item.by}`) : null] },
    { title: columns.since, cell: (item) => h("time", { datetime: item.as_of }, item.as_of.slice(0, 10)) },
    { title: columns.stands, cell: (item) => [(item.error ? h("span", { class: "soft" }, item.error) : h("span", { class: `badge ${item.changed ? "changed" : "current"}` }, item.changed ? words.changed : words.same)), ...item.hints.map((hint) => h("span", { class: "soft" }, ` ${words.unknown(hint.value)}`))] },
    { title: columns.now, cell: (item) => [...item.changes.map((change) => h("div", {}, changeOf(item, change, called))), item.more ? words.more : null] },
  ];
}

function changeOf(item, change, called) {
  const resource = item.question.slice("/v1/".length).split("?")[0];
  const one = change.after ?? change.before;
  const said = (side) => (side ? (resource === "figures" ? quantity(side) : inWords(side.status ?? "")) : TEXTS.none);
  const to = resource === "figures" ? `/figures/${change.figure_id}` : `/things/${resource}/${encodeURIComponent(one[SLUGS[resource]])}`;
  const title = resource === "figures" ? figureTitle(one, called) : titleOf(resource, one, called);
  return [h("a", { href: address(to) }, title), ": ", said(change.before), " → ", said(change.after), " ",
    (change.causes ?? []).slice(0, 3).map((cause) => [h("a", { href: address(`/log/${cause.event_id}`) }, inWords(cause.cause)), " "])];
}

function ofFreshness(called) {
  const { columns } = words;
  return [
    { title: columns.publisher, cell: (item) => called(item.publisher) },
    { title: columns.metric, cell: (item) => inWords(item.metric) },
    { title: columns.state, cell: (item) => h("span", { class: `badge ${item.state}` }, words.states[item.state]) },
    { title: columns.last, cell: (item) => item.last_published_on },
    { title: columns.every, number: true, cell: (item) => item.every_days ?? TEXTS.none },
    { title: columns.expected, cell: (item) => item.expected_on ?? TEXTS.none },
    { title: columns.checked, cell: (item) => (item.last_checked_at ? TEXTS.sureness.checked(item.last_checked_at, TEXTS.sureness.found[item.last_found]) : item.last_retrieved_on ? TEXTS.sureness.retrieved(item.last_retrieved_on) : TEXTS.sureness.nobody) },
  ];
}
