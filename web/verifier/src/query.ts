// The question that a bundle answers (docs/FORMAT.md 9.2).

import { isDocument, isItem, isNfc, isParty } from "./canonical.js";
import type { Subject, SubjectKind } from "./subjects.js";

export const QUERY_KINDS = ["item", "lot", "party", "document", "entry", "absent"] as const;

export interface Query {
  readonly kind: (typeof QUERY_KINDS)[number];
  readonly text: string;
  readonly as_of: number;
}

/** The subjects asked for; nothing where the text is not the canonical one of its kind. */
export function subjectsAsked({ kind, text }: Query): Subject[] | undefined {
  if (!isNfc(text)) return undefined;
  if (kind === "entry") return entryAsked({ kind, text }) === undefined ? undefined : [];
  if (kind === "absent") return namesOf(text);
  const fits = {
    item: () => isItem(text) && !text.startsWith("lot:"),
    lot: () => isItem(text) && text.startsWith("lot:"),
    party: () => isParty(text),
    document: () => isDocument(text),
  };
  return fits[kind]() ? namesOf(text) : undefined;
}

/** What a canonical text can name. What is done with a bag is said of the exhibit, whatever is inside. */
function namesOf(text: string): Subject[] | undefined {
  const as = (...kinds: SubjectKind[]): Subject[] => kinds.map((kind) => ({ kind, text }));
  if (isItem(text)) return text.startsWith("bag:") ? as("exhibit", "item") : as("item");
  if (isDocument(text)) return as("document");
  return isParty(text) ? as("activity", "party") : undefined;
}

/** The index of the entry asked for. */
export function entryAsked({ kind, text }: Pick<Query, "kind" | "text">): number | undefined {
  if (kind !== "entry" || !/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const index = Number(text);
  return Number.isSafeInteger(index) ? index : undefined;
}
