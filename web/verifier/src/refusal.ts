// Why a file proves nothing, in the order in which it is checked (docs/FORMAT.md 9.4).

export const PARTS = [
  "format", "ledger", "checkpoint", "witness", "stamp", "seal", "entry", "subject", "key", "closure", "query", "exporter", "time",
  "record", "digest",
] as const;

export type Part = (typeof PARTS)[number];

/** The first part that does not hold. Then nothing in the file is to be believed. */
export class Refusal extends Error {
  readonly part: Part;
  readonly chinese: string;

  constructor(part: Part, english: string, chinese: string) {
    super(english);
    this.name = "Refusal";
    this.part = part;
    this.chinese = chinese;
  }
}

/** What the reader brought along cannot be used: a mistyped key, a ledger id that is none. Not the file's fault. */
export class TrustError extends Error {
  override name = "TrustError";
}

/** The place where this runs cannot check signatures as the format demands. Nothing is said of the file. */
export class Unsupported extends Error {
  override name = "Unsupported";
}

export function need(sound: boolean, part: Part, english: string, chinese: string): asserts sound {
  if (!sound) throw new Refusal(part, english, chinese);
}

/** What a fraud proof shows, all of it checked, must not be possible together. */
export function needContradiction(contradicts: boolean): void {
  need(contradicts, "query", "all of it can be true together", "所示内容并不矛盾");
}

/** Throws if a value is missing, else gives it. */
export function given<T>(value: T | undefined, part: Part, english: string, chinese: string): T {
  if (value === undefined) throw new Refusal(part, english, chinese);
  return value;
}

/** So many checks run side by side: WebCrypto answers late, but not one after the other. */
const AT_ONCE = 256;

/** Does work for each item, and throws the first failure in their order: what is told does not depend on timing. */
export async function forEachInOrder<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const values: U[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const settled = await Promise.allSettled(items.slice(from, from + AT_ONCE).map(work));
    for (const task of settled) {
      if (task.status === "rejected") throw task.reason;
      values.push(task.value);
    }
  }
  return values;
}
