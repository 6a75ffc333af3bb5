// What checking a file gives, as data and as JSON (docs/FORMAT.md 9.5, 10). Times in µs and sizes are bigints: they
// may be beyond what a number holds exactly.

import type { Bundle } from "./bundle.js";
import { compareTexts, hex } from "./bytes.js";
import type { Checkpoint } from "./checkpoint.js";
import type { Histories } from "./closure.js";
import type { Entries, Entry } from "./entry.js";
import { type Keys, isDoubtful } from "./key-history.js";
import { type Query, entryAsked, subjectsAsked } from "./query.js";
import type { Part, Refusal } from "./refusal.js";
import type { Seal } from "./seal.js";
import { type Subject, nameOf } from "./subjects.js";

/** Most that a recorded time may lie behind a cosignature over it, µs. */
const COSIGNED_LATER = 5_000_000n;

export interface Voucher {
  readonly name: string;
  /** Seconds. */
  readonly at: bigint;
  readonly auditing: boolean;
}

export interface EntryFact {
  readonly index: number;
  readonly recorded_at: bigint;
  readonly kind?: string;
  readonly party?: string;
  readonly on_behalf_of?: string;
  readonly site?: string;
  readonly occurred_at?: bigint;
}

export interface Warning {
  readonly code: "recorded_after_cosignature" | "key_compromised";
  readonly entries: number[];
}

/** A bundle that proves what it says. */
export interface Proven {
  readonly verdict: "proven";
  readonly ledger: string;
  readonly query: Query;
  readonly closure: "whole" | "named";
  readonly withheld: number;
  readonly covered: number;
  readonly sealed_at: bigint;
  readonly checkpoint: { readonly size: bigint; readonly root: string };
  readonly answer: number[];
  readonly subjects: (Subject & { readonly entries: number[] })[];
  readonly entries: EntryFact[];
  readonly keys: { readonly key: string; readonly party: string; readonly enrolled: number; readonly revoked: number | null }[];
  readonly goods: { readonly item: string; readonly entries: number[] }[];
  readonly completeness: "audited" | "operator";
  readonly vouchers: Voucher[];
  readonly extraction: {
    readonly party: string; readonly key: string; readonly at: number; readonly purpose: string; readonly case: string;
  };
  readonly tokens_not_checked: number;
  readonly warnings: Warning[];
}

/** A fraud proof that holds: whoever has the log's key has to answer for it. */
export type Fraud =
  | { readonly verdict: "fraud"; readonly kind: "fork"; readonly size: bigint }
  | {
      readonly verdict: "fraud"; readonly kind: "contradiction"; readonly seal: number; readonly covered: number;
      readonly subject: Subject; readonly entries: number[];
    }
  | (AccessFact & { readonly verdict: "fraud"; readonly kind: "left_out"; readonly digest: number })
  | (AccessFact & { readonly verdict: "fraud"; readonly kind: "undigested"; readonly end: number });

/** An access record that the answer key has signed and the log does not commit to. */
export interface AccessFact {
  readonly minute: number;
  readonly party: string;
  readonly method: string;
  /** Leaf hash, hexadecimal. */
  readonly record: string;
}

/** Nothing in the file is to be believed. */
export interface Refused {
  readonly verdict: "refused";
  readonly part: Part;
  readonly why: string;
  readonly why_zh: string;
}

export type Verdict = Proven | Fraud | Refused;

export function refused({ part, message, chinese }: Refusal): Refused {
  return { verdict: "refused", part, why: message, why_zh: chinese };
}

/** Everything that has been checked. */
export interface Checked {
  readonly bundle: Bundle;
  readonly checkpoint: Checkpoint;
  readonly seal: Seal;
  readonly entries: Entries;
  readonly histories: Histories;
  readonly keys: Keys;
  readonly vouchers: Voucher[];
}

export function proven(checked: Checked): Proven {
  const { bundle, checkpoint, seal, entries, histories, keys, vouchers } = checked;
  const { extraction } = bundle;
  const answer = answerOf(checked);
  const byId = [...keys.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    verdict: "proven",
    ledger: hex(bundle.ledger),
    query: bundle.query,
    closure: bundle.closure,
    withheld: bundle.withheld,
    covered: seal.covered,
    sealed_at: seal.sealedAt,
    checkpoint: { size: checkpoint.size, root: hex(checkpoint.root) },
    answer,
    subjects: [...histories.values()].map(({ subject, entries: all }) => ({ ...subject, entries: all.map((e) => e.index) })),
    entries: [...entries.byIndex.values()].map(entryFact),
    keys: byId.map(({ id, party, enrolled, revoked }) => ({ key: id, party, enrolled, revoked: revoked ?? null })),
    goods: goodsOf(answer, entries),
    completeness: vouchers.some((voucher) => voucher.auditing) ? "audited" : "operator",
    vouchers,
    extraction: { ...extraction, key: hex(extraction.key) },
    tokens_not_checked: bundle.tokens.length,
    warnings: warningsOf(checked),
  };
}

function entryFact({ index, leaf, statement }: Entry): EntryFact {
  const place = { index, recorded_at: leaf.recordedAt };
  if (statement === undefined) return place;
  const { kind, header } = statement;
  const [party, on_behalf_of, site] = [header.text("party"), header.text("on_behalf_of"), header.text("site")];
  return { ...place, kind, party, on_behalf_of, site, occurred_at: header.number("occurred_at") };
}

/** The entries below `as_of` of the subjects asked for, or the entry asked for. */
function answerOf({ bundle: { query }, histories }: Checked): number[] {
  const asked = (subjectsAsked(query) ?? []).flatMap((subject) => histories.get(nameOf(subject))?.entries ?? []);
  const indices = new Set(asked.map((entry) => entry.index));
  const entry = entryAsked(query);
  if (entry !== undefined) indices.add(entry);
  return [...indices].filter((index) => index < query.as_of).sort((a, b) => a - b);
}

/** What the statements of the answer name as items by themselves. */
function goodsOf(answer: readonly number[], entries: Entries): { item: string; entries: number[] }[] {
  const goods = new Map<string, Set<number>>();
  for (const index of answer) {
    for (const { kind, text } of entries.byIndex.get(index)?.statement?.named ?? []) {
      if (kind === "item") goods.set(text, (goods.get(text) ?? new Set()).add(index));
    }
  }
  const items = [...goods.keys()].sort(compareTexts);
  return items.map((item) => ({ item, entries: [...(goods.get(item) ?? [])] }));
}

function warningsOf({ bundle, seal, entries, keys, vouchers }: Checked): Warning[] {
  const all = [...entries.byIndex.values()];
  const recorded: [number, bigint][] = all.map((entry) => [entry.index, entry.leaf.recordedAt]);
  recorded.push([bundle.seal.index, seal.sealedAt]);
  const isLate = (at: bigint): boolean => vouchers.some((voucher) => at > voucher.at * 1_000_000n + COSIGNED_LATER);
  const late = recorded.filter(([, at]) => isLate(at)).map(([index]) => index);
  const doubtful = all.filter(({ leaf, statement }) => {
    const key = statement === undefined ? undefined : keys.get(hex(statement.envelope.keyId));
    return key !== undefined && isDoubtful(key, leaf.recordedAt);
  });
  const warnings: Warning[] = [
    { code: "recorded_after_cosignature", entries: late },
    { code: "key_compromised", entries: doubtful.map((entry) => entry.index) },
  ];
  return warnings.filter((warning) => warning.entries.length > 0);
}

/** A verdict as JSON text, its bigints as whole numbers. */
export function toJson(value: unknown, indent = ""): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = indent + "  ";
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const members = Array.isArray(value)
    ? value.map((one) => toJson(one, inner))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${toJson(one, inner)}`);
  if (members.length === 0) return open + close;
  return `${open}\n${members.map((member) => inner + member).join(",\n")}\n${indent}${close}`;
}
