// Days: what a text such as `2025`, `2025-07`, `2025-Q3`, `late 2027` names on the axis of time.

export const DAY_MS = 86_400_000;

/** The first and the last day that a text names, in days since 1970; null where it names none. */
export function daysOf(text) {
  const match = /(\d{4})(?:-(\d{2}|Q[1-4]|H[12]))?(?:-(\d{2}))?/.exec(text ?? "");
  if (!match) return null;
  const year = Number(match[1]);
  const part = match[2] ?? /\b([QH][1-4])\b/.exec(text)?.[1];  // `H1 2027` as well as `2027-H1`
  let [first, count] = [1, 12];
  if (part?.startsWith("Q")) [first, count] = [3 * Number(part[1]) - 2, 3];
  else if (part?.startsWith("H")) [first, count] = [6 * Number(part[1]) - 5, 6];
  else if (part) [first, count] = [Number(part), 1];
  const third = { early: 0, mid: 1, late: 2 }[/(early|mid|late)/.exec(text)?.[1]];
  if (third !== undefined && !part) [first, count] = [1 + 4 * third, 4];
  const day = (month, number) => Date.UTC(year, month, number) / DAY_MS;
  if (match[3]) return [day(first - 1, Number(match[3])), day(first - 1, Number(match[3]))];
  return [day(first - 1, 1), day(first - 1 + count, 1) - 1];
}
