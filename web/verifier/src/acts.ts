// The custody path: acts about goods in the order in which they are said to have happened.

import type { Entries, Entry } from "./entry.js";
import { KIND_NUMBERS } from "./schema.js";
import type { Proven } from "./verdict.js";

/** Kinds from here on are about goods and about other statements. */
const FIRST_ABOUT_GOODS = 40;

export interface Act {
  readonly index: number;
  readonly kind: string;
  /** Who acts: the principal where there is one, else the signer. */
  readonly actor: string;
  /** Of a Ship its addressee, else empty. */
  readonly to: string;
  readonly site: string;
  /** µs, by the signer's word. */
  readonly occurredAt: bigint;
  /** What it names by itself: items, else documents; each once. */
  readonly about: readonly string[];
  /** The entry that it corrects, voids, endorses or erases attachments of, if that is shown. */
  readonly target: number | undefined;
  /** Corrected or voided by a later entry. */
  readonly changed: boolean;
}

/** Of the answer, and of the items and containers that the closure leads to. */
export function actsOf(verdict: Proven, entries: Entries): Act[] {
  const items = verdict.subjects.filter(({ kind, text }) => kind === "item" && !text.startsWith("lot:"));
  const wanted = new Set([...verdict.answer, ...items.flatMap((subject) => subject.entries)]);
  const shown = [...entries.byIndex.values()];
  const changing = shown.filter(({ statement }) => statement?.kind === "correct" || statement?.kind === "void");
  const changed = new Set(changing.map((entry) => entries.target(entry)?.index));
  const asked = shown.filter(({ index }) => wanted.has(index) && index < verdict.query.as_of);
  const acts = asked.flatMap((entry) => act(entry, entries, changed.has(entry.index)) ?? []);
  return acts.sort((a, b) => compare(a.occurredAt, b.occurredAt) || a.index - b.index);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function act(entry: Entry, entries: Entries, changed: boolean): Act | undefined {
  const { index, statement } = entry;
  if (statement === undefined || (KIND_NUMBERS.get(statement.kind) ?? 0) < FIRST_ABOUT_GOODS) return undefined;
  const { kind, header, body, named } = statement;
  const ofKind = (wanted: string): string[] => named.filter((one) => one.kind === wanted).map((one) => one.text);
  const items = ofKind("item");
  return {
    index,
    kind,
    actor: header.text("on_behalf_of") || header.text("party"),
    to: kind === "ship" ? body.text("addressee") : "",
    site: header.text("site"),
    occurredAt: header.number("occurred_at"),
    about: [...new Set(items.length > 0 ? items : ofKind("document"))],
    target: entries.target(entry)?.index,
    changed,
  };
}
