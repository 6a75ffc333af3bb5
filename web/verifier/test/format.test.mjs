// The tables of this package against those of docs/FORMAT.md, and its code against the example ledger there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, hex, sameBytes, unhex } from "../dist/bytes.js";
import { POSSESSION_TYPE, STATEMENT_TYPE, keyId, possessionPayload, preAuthentication, signed } from "../dist/dsse.js";
import { readGenesis } from "../dist/genesis.js";
import { ZEROS, contentHash, tagged } from "../dist/hash.js";
import { blindOf, headOf, linksHash, readEnvelope, readLeaf, secretOf } from "../dist/leaf.js";
import { leafHash, rootOf } from "../dist/merkle.js";
import { scan } from "../dist/scanner.js";
import { ENUM_VALUES, SHAPES } from "../dist/schema.js";
import { followed, namedBy, namedByGenesis, subjectKey } from "../dist/subjects.js";
import { KIND_NAMES } from "../dist/words.js";
import { FORMAT, shown, tableAfter } from "./sources.mjs";

const FIELDS = FORMAT.slice(FORMAT.indexOf("\n## Fields"));

test("every message and field is that of the tables at the end of the document", () => {
  const names = [...FIELDS.matchAll(/^#### `(\w+)`$/gm)].map(([, name]) => name);
  assert.deepEqual([...SHAPES.keys()], names);
  for (const name of names) {
    const rows = tableAfter(`\n#### \`${name}\`\n`).map(([number, label, type]) => {
      const plain = type.replaceAll("`", "");
      const repeated = plain.startsWith("repeated ");
      return { number: Number(number), label: label.replaceAll("`", ""), type: plain.replace("repeated ", ""), repeated };
    });
    assert.deepEqual([...SHAPES.get(name).fields.values()], rows, name);
    const bodies = tableAfter(`\n#### \`${name}\`\n`).filter((row) => row[3].startsWith("body")).map((row) => Number(row[0]));
    const { oneof, fields } = SHAPES.get(name);
    const chosen = [...fields.keys()].filter((number) => oneof !== undefined && number >= oneof[0] && number <= oneof[1]);
    assert.deepEqual(chosen, bodies, name);
  }
});

test("every enum value is that of the tables at the end of the document", () => {
  const rows = tableAfter("\n### Enums\n").map(([name, values]) => [name.replaceAll("`", ""), [...values.matchAll(/(\d+) `/g)].map((m) => Number(m[1]))]);
  assert.deepEqual([...ENUM_VALUES].map(([name, values]) => [name, [...values]]), rows);
  assert.ok(rows.length >= 10);
});

const KINDS = tableAfter("\n### 5.3 Kinds\n").map((row) => {
  const [, label, chinese] = row[1].match(/^`(\w+)` (.+)$/);
  const bold = [...row[6].matchAll(/\*\*(\w+)\*\*/g)].map((m) => m[1]);
  return { number: Number(row[0]), label, chinese, bold, relations: row[6].replaceAll("*", "").split(", ") };
});

test("kinds have the names and numbers of the document", () => {
  assert.deepEqual(KIND_NAMES, Object.fromEntries(KINDS.map((kind) => [kind.label, kind.chinese])));
  const bodies = [...SHAPES.get("Statement").fields.values()].slice(1);
  assert.deepEqual(bodies.map((f) => [f.number, f.label]), KINDS.map((kind) => [kind.number, kind.label]));
});

/** A message in which every field of a kind is set, its texts those that `text` makes. */
function filled(name, text, depth = 0) {
  const parts = [];
  for (const field of SHAPES.get(name).fields.values()) {
    const inner = SHAPES.get(field.type);
    if (inner?.oneof !== undefined || depth > 3) continue;
    const content = inner ? filled(field.type, text, depth + 1) : field.type === "string" ? Buffer.from(text(field.label)) : undefined;
    const bytes = content ?? (field.type === "bytes" ? Buffer.alloc(32, 7) : undefined);
    if (bytes !== undefined) parts.push(delimited(field.number, bytes));
  }
  return Buffer.concat(parts);
}

function delimited(number, bytes) {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(number) {
  const bytes = [];
  for (let left = number; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}

/** All kinds but those of statements about statements. */
const OWN = KINDS.filter(({ number }) => number < 80 || number > 83);

/** Statements of cases: always confidential, they name nothing else. */
function isOfCase({ relations }) {
  return relations.length === 1 && relations[0] === "case";
}

test("each kind names subjects in the relations that the document lists, and follows those in bold", async () => {
  const about = { signer: "activity", principal: "activity", document: "document" };
  assert.equal(OWN.filter(isOfCase).length, 9);
  for (const { number, label, bold, relations } of OWN.filter((kind) => !isOfCase(kind))) {
    const body = filled(SHAPES.get("Statement").fields.get(number).type, (field) => (field === "subject" ? "org:x" : "x"));
    const header = [delimited(4, Buffer.from("org:a")), delimited(5, Buffer.from("org:b")), delimited(9, Buffer.from("1"))];
    const statement = scan(new Uint8Array(Buffer.concat([delimited(1, Buffer.concat(header)), delimited(number, body)])), "Statement");
    const named = await namedBy(statement.message("header"), label, statement.body());
    const found = new Set(named.map((one) => one.relation));
    const expected = new Set([...relations.filter((one) => one !== "target"), "principal"]);
    // A list names sites and products too, where the text is one.
    if (label === "named_list") for (const one of ["site", "product"]) found.add(one);
    assert.deepEqual([...found].sort(), [...expected].sort(), label);
    const follows = new Set(followed(label, statement.body(), named).map((one) => one.relation));
    assert.deepEqual([...follows].sort(), [...bold].sort(), label);
    for (const one of named) assert.equal(one.kind, about[one.relation] ?? one.kind);
  }
});

test("a confidential statement names its case alone", async () => {
  for (const kind of OWN.filter(({ relations }) => relations.includes("case"))) {
    const { number, label, relations } = kind;
    const body = filled(SHAPES.get("Statement").fields.get(number).type, () => "x");
    const header = [delimited(4, Buffer.from("org:a")), delimited(9, Buffer.from("1")), varint(10 << 3), varint(1)];
    const statement = scan(new Uint8Array(Buffer.concat([delimited(1, Buffer.concat(header)), delimited(number, body)])), "Statement");
    const named = await namedBy(statement.message("header"), label, statement.body());
    assert.deepEqual(named.map(({ kind, text }) => [kind, text]), [["case", "x"]], label);
    assert.ok(isOfCase(kind) || relations.length > 5, label);
    assert.deepEqual(followed(label, statement.body(), named), [], label);
  }
});

test("subjects have the keys of the document", async () => {
  const texts = {
    item: "sgtin:09521234543213.A1", document: "bill:gln:9521234567011/B-1", key: hex(shown("key.id")), party: "gln:9521234567011",
    activity: "gln:9521234567011", site: "site:gln:9521234567059", product: "gtin:09521234543213", exhibit: "bag:7",
    case: "00112233445566778899aabbccddeeff",
  };
  for (const [kind, text] of Object.entries(texts)) {
    assert.equal(hex(await subjectKey({ kind, text })), hex(shown(`subject.${kind}`)), kind);
  }
});

test("keys, encodings and possession are those of the document", async () => {
  const [key, id] = [shown("key.public"), shown("key.id")];
  assert.equal(hex(await keyId(key)), hex(id));
  assert.equal(hex(preAuthentication(STATEMENT_TYPE, shown("entry3.payload"))), hex(shown("pae")));
  const payload = possessionPayload(shown("ledger-id"), id, "gln:9521234567011");
  assert.equal(hex(payload), hex(shown("possession.payload")));
  assert.ok(await signed(key, POSSESSION_TYPE, payload, shown("possession.signature")));
  assert.equal(hex(await tagged(0x19, new Uint8Array(32).fill(0x66), Buffer.from("a document"))), hex(shown("attachment")));
});

test("the genesis of the document is one, and none with anything in it that keys speak for changed", async () => {
  const payload = shown("entry0.payload");
  const genesis = await readGenesis(payload);
  const [root] = genesis.messages("roots");
  const parts = {
    origin: genesis.text("origin"), random: genesis.bytes("random"), log_key: genesis.text("log_key"), answer_key: genesis.text("answer_key"),
    witness_key: genesis.texts("witness_keys")[0], party: root.text("party"), public_key: root.bytes("public_key"),
    possession: root.bytes("possession"),
  };
  for (const [what, content] of Object.entries(parts)) {
    const part = Buffer.from(content);
    const at = Buffer.from(payload).indexOf(part);
    assert.ok(at > 0 && part.length >= 19, what);
    for (const place of [0, part.length >> 1, part.length - 1]) {
      const changed = Uint8Array.from(payload);
      changed[at + place] ^= 1;
      assert.equal(await readGenesis(changed), undefined, `${what}: byte ${place}`);
    }
  }
  const more = (text) => concat([payload, Buffer.from(text, "hex")]);
  for (const text of ["3801", "0a00", "7a00", "4202 0801".replace(" ", "")]) assert.equal(await readGenesis(more(text)), undefined, text);
  assert.equal(await readGenesis(new Uint8Array()), undefined);
});

/** The subjects of an entry of the example, ascending by key. */
async function subjectsOf(index) {
  const payload = shown(`entry${index}.payload`);
  const statement = index > 0 ? scan(payload, "Statement") : undefined;
  const named = statement
    ? await namedBy(statement.message("header"), statement.chosen, statement.body())
    : await namedByGenesis(await readGenesis(payload));
  const keys = await Promise.all(named.map(subjectKey));
  return [...new Set(keys.map(hex))].sort().map((key) => unhex(key, 32));
}

test("leaves, links and heads of the example ledger come out as they stand in the document", async () => {
  const heads = new Map();
  const hashes = [];
  for (let index = 0; index < 4; index++) {
    const name = (what) => `entry${index}.${what}`;
    const bytes = shown(name("leaf"));
    const leaf = await readLeaf(bytes);
    const committed = index === 0 ? shown(name("payload")) : shown(name("envelope"));
    assert.deepEqual([leaf.type, leaf.recordedAt], [index === 0 ? 0 : 1, 1_768_435_201_000_000n + 1_000_000n * BigInt(index)]);
    assert.ok(sameBytes(leaf.content, await contentHash(committed)) && sameBytes(leaf.hash, shown(name("leaf-hash"))));
    const secret = await secretOf(committed);
    assert.equal(hex(secret), hex(shown(name("secret"))));
    const leaves = [];
    for (const [place, subject] of (await subjectsOf(index)).entries()) {
      const link = { subject, previous: heads.get(hex(subject)) ?? ZEROS, blind: await blindOf(secret, subject) };
      const written = concat([link.subject, link.previous, link.blind]);
      assert.equal(hex(written), hex(shown(name(`link${place}`))));
      leaves.push(await leafHash(written));
      const head = await headOf(link, index, leaf);
      assert.equal(hex(head), hex(shown(name(`head${place}`))));
      heads.set(hex(subject), head);
    }
    assert.equal(hex(await linksHash(leaves.length, await rootOf(leaves))), hex(leaf.links));
    hashes.push(leaf.hash);
    assert.equal(hex(await rootOf(hashes)), hex(shown(name("root"))));
  }
  assert.equal(hex(hashes[0]), hex(shown("ledger-id")));
});

test("leaves and envelopes of another form are refused", async () => {
  const leaf = shown("entry3.leaf");
  for (const at of [0, 1, 2, 3, 12, 13, 14, 15]) {
    const changed = Uint8Array.from(leaf);
    changed[at] |= 0x40;
    assert.equal(await readLeaf(changed), undefined, `byte ${at}`);
  }
  const envelope = shown("entry3.envelope");
  assert.equal(hex(readEnvelope(envelope).keyId), hex(shown("key.id")));
  for (const at of [0, 1, 2, 3]) {
    const changed = Uint8Array.from(envelope);
    changed[at] ^= 1;
    assert.equal(readEnvelope(changed), undefined, `byte ${at}`);
  }
});
