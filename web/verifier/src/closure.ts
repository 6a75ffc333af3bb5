// The subjects that a bundle must show: the least set that contains what is asked for and what follows from it
// (docs/FORMAT.md 9.3).

import type { Bundle } from "./bundle.js";
import { hex } from "./bytes.js";
import type { Entries, Entry } from "./entry.js";
import { entryAsked, subjectsAsked } from "./query.js";
import { given, need } from "./refusal.js";
import { type Subject, nameOf } from "./subjects.js";

/** A subject that is shown, with the entries that are all that name it. */
export interface History {
  readonly subject: Subject;
  /** As of the seal it was named. */
  readonly present: boolean;
  readonly entries: readonly Entry[];
}

/** By `nameOf`, in the order of the file. */
export type Histories = ReadonlyMap<string, History>;

class Walk {
  private readonly members = new Set<string>();
  private readonly passed = new Set<number>();
  private readonly queue: Subject[] = [];

  constructor(private readonly histories: Histories) {}

  from(subjects: readonly Subject[]): void {
    this.queue.push(...subjects);
  }

  /** What follows from an entry, once: it is the same whichever history leads to it. */
  pass({ index, statement }: Entry, whole: boolean): void {
    if (this.passed.has(index)) return;
    this.passed.add(index);
    if (statement === undefined) return;
    this.queue.push({ kind: "key", text: hex(statement.envelope.keyId) });
    if (whole) this.queue.push(...statement.followed);
  }

  run(whole: boolean): void {
    for (let subject = this.queue.pop(); subject !== undefined; subject = this.queue.pop()) {
      const name = nameOf(subject);
      if (this.members.has(name)) continue;
      this.members.add(name);
      const history = given(this.histories.get(name), "closure", `${name} is not shown`, `未出示 ${name}`);
      for (const entry of history.entries) this.pass(entry, whole);
    }
  }

  get size(): number {
    return this.members.size;
  }
}

/** The subjects shown are those of the closure and no others; the entries those of their histories. */
export function checkClosure(bundle: Bundle, histories: Histories, entries: Entries): void {
  const index = entryAsked(bundle.query);
  const walk = new Walk(histories);
  walk.from(subjectsAsked(bundle.query) ?? []);
  if (index !== undefined) {
    const asked = entries.byIndex.get(index);
    // By itself an entry claims nothing but who signed it.
    walk.pass(given(asked, "closure", `entry ${index} is not shown`, `未出示条目 ${index}`), false);
  }
  walk.run(bundle.closure === "whole");
  walk.from([{ kind: "key", text: hex(bundle.extraction.key) }]);
  walk.run(false);
  need(walk.size === histories.size, "closure", "a subject is shown for nothing", "出示了无关对象");
  const named = new Set([...histories.values()].flatMap((history) => history.entries.map((entry) => entry.index)));
  const all = named.add(0).add(index ?? 0);
  need(all.size === entries.byIndex.size, "closure", "an entry is shown for nothing", "出示了无关条目");
  checkLinked(histories, entries);
}

/** An entry that names a subject and is not in its history: the ledger itself has left the link out. */
function checkLinked(histories: Histories, entries: Entries): void {
  const linking = new Map<string, Set<number>>();
  for (const [name, history] of histories) linking.set(name, new Set(history.entries.map((entry) => entry.index)));
  for (const entry of entries.byIndex.values()) {
    for (const subject of entries.mustLink(entry)) {
      const linked = linking.get(nameOf(subject))?.has(entry.index) ?? true;
      const english = `entry ${entry.index} names ${nameOf(subject)} and does not link it`;
      need(linked, "closure", english, `条目 ${entry.index} 未链接其所述对象 ${nameOf(subject)}`);
    }
  }
}
