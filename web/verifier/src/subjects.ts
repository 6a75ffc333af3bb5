// Which subjects a statement names by itself, and in which relation (docs/FORMAT.md 5.2): its table, as a table.

import { billOf, isParty, isProduct, isSite, productOf } from "./canonical.js";
import { type Bytes, hex, utf8 } from "./bytes.js";
import { keyId } from "./dsse.js";
import { sha256 } from "./hash.js";
import type { Message } from "./scanner.js";

export const SUBJECT_KINDS = [
  "item", "document", "key", "party", "activity", "site", "product", "exhibit", "case",
] as const;

export type SubjectKind = (typeof SUBJECT_KINDS)[number];

export interface Subject {
  readonly kind: SubjectKind;
  readonly text: string;
}

const KIND_OF = {
  signer: "activity", principal: "activity", counterparty: "activity", party: "party", site: "site", product: "product",
  key: "key", item: "item", lot: "item", parent: "item", child: "item", paired: "item", input: "item",
  document: "document", case: "case", exhibit: "exhibit",
} as const satisfies Record<string, SubjectKind>;

export type Relation = keyof typeof KIND_OF;

export interface Named extends Subject {
  readonly relation: Relation;
}

// Relation and field, with a dot into the lines of a field. What is no text by itself: `registration` is a number
// that makes a product, `listed` a party, site or product, `keyOf` a public key, `keyId` the id of one.
const NAMES: Readonly<Record<string, string>> = {
  party: "party:party",
  site: "site:site party:party",
  licence: "site:site party:issuer",
  registration: "party:holder party:agent registration:number product:products",
  enrol_key: "party:party keyOf:public_key",
  revoke_key: "party:party keyId:key_id",
  mandate: "party:agent",
  succession: "party:predecessor party:successor site:sites",
  designation: "registration:registration party:wholesalers",
  named_list: "listed:entries.subject",
  commission: "item:items lot:lot",
  pack: "parent:parent child:children",
  unpack: "parent:parent child:children",
  ship: "item:items lot:lots.lot counterparty:addressee counterparty:owner counterparty:bill_to counterparty:carrier document:waybill",
  receive: "item:items lot:lots.lot item:exceptions.item lot:exceptions.lot.lot counterparty:shipment.party document:bill document:waybill",
  use: "item:lines.item paired:lines.paired",
  alias: "item:codes",
  transform: "input:inputs item:outputs lot:input_lots.lot lot:output_lots.lot lot:lot registration:registration",
  adjust: "item:lines.item lot:lines.lot.lot lot:lines.item_lot",
  service: "item:lines.item paired:lines.removed paired:lines.fitted",
  condition: "counterparty:shipment.party document:waybill item:items lot:lots",
  import_filing: "document:number counterparty:importer registration:registration lot:lots.lot",
  declare_import:
    "document:declaration document:waybill document:clearance document:permit counterparty:consignor " +
    "lot:lines.lot item:lines.items registration:lines.registration",
  customs_decision: "document:declaration lot:lines.lot item:lines.items",
  sample: "document:number document:declaration counterparty:holder counterparty:laboratory item:items lot:lots.lot",
  test_report: "document:number counterparty:sample.party counterparty:retest_of.party item:items lot:lots",
  recall: "document:number lot:lots item:items",
  recall_response: "counterparty:recall.party lot:stock.lot item:items",
  hold: "item:items lot:lots product:products counterparty:party",
  lift: "counterparty:hold.party item:items lot:lots",
  inspection: "document:number counterparty:party site:site item:shelf.item lot:shelf.lot.lot",
  adverse_event: "item:items lot:lots",
  listing: "counterparty:platform counterparty:seller product:products",
  activity_figure: "counterparty:party",
  postal_check: "document:waybill item:items",
  observation: "item:item counterparty:named",
  opinion: "document:number counterparty:request.party item:lines.goods.item lot:lines.goods.lot.lot case:case_id",
  authenticity_reply: "document:number counterparty:request.party item:lines.goods.item lot:lines.goods.lot.lot",
  assist_request: "document:number counterparty:addressee item:lines.item lot:lines.lot.lot case:case_id",
  assist_reply: "document:number counterparty:request.party item:lines.item lot:lines.lot.lot case:case_id",
  seize:
    "document:number document:waybill document:declaration counterparty:follows.party counterparty:holder site:site " +
    "exhibit:lines.bag item:lines.items lot:lines.lot.lot",
  keep: "document:number site:site exhibit:bags.bag",
  hand_over: "document:number counterparty:receiver exhibit:bags.bag item:items lot:lots.lot",
  evidence_return: "document:number counterparty:to exhibit:bags item:items lot:lots.lot",
  destroy: "document:number counterparty:holder site:site exhibit:bags item:items lot:lots.lot",
  lead: "case:case_id",
  lead_step: "case:case_id",
  case_open: "case:case_id",
  case_link: "case:case_id",
  case_transfer: "case:case_id",
  transfer_reply: "case:case_id",
  case_outcome: "case:case_id",
  case_close: "case:case_id",
  watch: "case:case_id",
};

// The relations in bold in the table of kinds (section 5.3), besides `document`, which is bold for every kind.
const FOLLOWED: Readonly<Record<string, readonly Relation[]>> = {
  enrol_key: ["key"], revoke_key: ["key"], commission: ["lot"], pack: ["parent"], unpack: ["parent"], alias: ["item"],
  transform: ["lot", "input"], adjust: ["lot"], seize: ["exhibit"], keep: ["exhibit"], hand_over: ["exhibit"],
  evidence_return: ["exhibit"], destroy: ["exhibit"],
};

/** The messages at a field, or the message itself where there is no dot. */
function within(body: Message, path: readonly string[]): Message[] {
  return path.reduce((found: Message[], label) => found.flatMap((message) => message.messages(label)), [body]);
}

async function namedByRule(body: Message, rule: string): Promise<Named[]> {
  const [what, field] = rule.split(":") as [string, string];
  const path = field.split(".");
  const label = path.pop() as string;
  const holders = within(body, path);
  const keys = holders.map((holder) => holder.bytes(label));
  const texts = holders.flatMap((holder) => holder.texts(label));
  switch (what) {
    case "keyOf":
      return Promise.all(keys.map(async (key) => named("key", hex(await keyId(key)))));
    case "keyId":
      return keys.map((id) => named("key", hex(id)));
    case "registration":
      return texts.flatMap((text) => productOf(text) ?? []).map((text) => named("product", text));
    case "listed":
      return texts.flatMap((text) => listed(text) ?? []);
    default:
      return texts.map((text) => named(what as Relation, text));
  }
}

function named(relation: Relation, text: string): Named {
  return { relation, kind: KIND_OF[relation], text };
}

/** What a list names; brands are no subjects. */
function listed(text: string): Named | undefined {
  if (isParty(text)) return named("party", text);
  if (isSite(text)) return named("site", text);
  return isProduct(text) ? named("product", text) : undefined;
}

/** The kind whose rules say what a statement names: of a Correct that of its replacement. */
function ruling(kind: string, body: Message): [string | undefined, Message] {
  if (kind !== "correct") return [kind, body];
  const replacement = body.message("replacement");
  return [replacement?.chosen, replacement?.body() ?? body];
}

/** Every subject that a statement names by itself; a text may come more than once, but never an empty one. */
export async function namedBy(header: Message, kind: string, body: Message): Promise<Named[]> {
  const [party, principal, key] = [header.text("party"), header.text("on_behalf_of"), header.text("business_key")];
  const found = [named("signer", party), named("principal", principal)];
  if (key !== "") found.push(named("document", billOf(principal || party, key) ?? ""));
  if (kind === "mandate") found.push(named("party", party));
  const [rules, content] = ruling(kind, body);
  for (const rule of (NAMES[rules ?? ""] ?? "").split(" ")) {
    if (rule !== "") found.push(...(await namedByRule(content, rule)));
  }
  // A confidential statement names its case alone (section 1.11).
  const hidden = header.number("confidential") === 1n;
  return found.filter((one) => one.text !== "" && (!hidden || one.relation === "case"));
}

/** Those of them that belong to the closure of a history. */
export function followed(kind: string, body: Message, all: readonly Named[]): Subject[] {
  const [rules] = ruling(kind, body);
  const bold: readonly Relation[] = ["document", ...(FOLLOWED[rules ?? ""] ?? [])];
  return all.filter((one) => bold.includes(one.relation));
}

/** The subjects that a genesis links: party and key of each root. */
export async function namedByGenesis(genesis: Message): Promise<Subject[]> {
  const roots = genesis.messages("roots");
  const keys = await Promise.all(roots.map(async (root) => named("key", hex(await keyId(root.bytes("public_key"))))));
  return [...roots.map((root) => named("party", root.text("party"))), ...keys];
}

/** S of section 5.1. */
export function subjectKey(subject: Subject): Promise<Bytes> {
  return sha256(utf8(`yuanliu/subject/v1\0${subject.kind}\0${subject.text}`));
}

/** A text to tell subjects apart by. */
export function nameOf(subject: Subject): string {
  return `${subject.kind} ${subject.text}`;
}
