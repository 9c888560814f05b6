// What was stated of the dates of things, one statement after another: what a date was before it slipped, and the
// suspensions and standstills that are over.

import { daysOf } from "./days.js";

const STOPS = new Set(["PolicySuspended", "FacilityIdled"]);
const RESTARTS = new Set(["PolicyReinstated", "FacilityRestarted"]);

/** What tells the parts of things apart: a plant has stages, a policy provisions. */
export function keyOf(item, slug) {
  return JSON.stringify([item[slug], item.part ?? item.stage ?? item.provision ?? null]);
}

/** Stated dates by the part of the thing that they are of, in the order in which they were published. */
export function statedDates(vintages, slug) {
  const found = new Map();
  for (const one of vintages) {
    const key = keyOf(one, slug);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(one);
  }
  return found;
}

/** What stands beside the bar of an item: `ghosts`, dates as they were stated before, and `gaps`, when it stood still. */
export function besides(item, stated) {
  return { ghosts: ghostsOf(item, stated), gaps: gapsOf(item, stated) };
}

/** The earlier statements of the publisher and the transition that now give the dates of the item. */
function ghostsOf(item, stated) {
  const now = stated.findLast((one) => one.superseded_on === null && one.effective_from === item.effective_from && !STOPS.has(one.transition));
  if (!now) return [];
  return stated.filter((one) =>
    one.transition === now.transition && one.publisher === now.publisher && one !== now &&
    (one.effective_from !== now.effective_from || one.effective_to !== now.effective_to));
}

/** Suspensions and standstills, each until its own end or the restart that came before it. */
function gapsOf(item, stated) {
  const stands = stated.filter((one) => one.superseded_on === null);
  const restarts = stands.filter((one) => RESTARTS.has(one.transition) && one.effective_from);
  const gaps = stands.filter((one) => STOPS.has(one.transition) && one.effective_from).map((one) => {
    const start = daysOf(one.effective_from)[0];
    const restart = restarts.map((other) => other.effective_from).filter((text) => daysOf(text)?.[0] >= start).sort()[0];
    const ends = [one.effective_to, restart].filter(Boolean).sort((first, other) => daysOf(first)[0] - daysOf(other)[0]);
    return { from: one.effective_from, to: ends[0] ?? null };
  });
  const told = gaps.some((gap) => gap.from === item.interrupted_from);
  return item.interrupted_from && !told ? [...gaps, { from: item.interrupted_from, to: item.interrupted_to }] : gaps;
}
