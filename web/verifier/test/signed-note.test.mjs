// Signed notes, checkpoints and cosignatures, on the example of docs/FORMAT.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hex, unutf8, utf8 } from "../dist/bytes.js";
import { cosignedAt, openCheckpoint } from "../dist/checkpoint.js";
import { SIGNATURE_TYPE, SignedNote, parseNoteKey, trustedKey } from "../dist/signed-note.js";
import { INDEX, changed, otherLogKey, published, shown } from "./sources.mjs";

const NOTE = unutf8(shown("checkpoint"));
const logKey = () => trustedKey(otherLogKey(), SIGNATURE_TYPE.log, "log key");
const opened = async (note) => openCheckpoint(SignedNote.parse(note), await logKey());

test("the example's checkpoint opens, and has size and root of the example", async () => {
  const { size, root } = await opened(NOTE);
  assert.deepEqual([size, hex(root)], [4n, hex(shown("entry3.root"))]);
});

test("no changed character of it opens", async () => {
  for (let at = 0; at < NOTE.length; at++) {
    const damaged = NOTE.slice(0, at) + String.fromCharCode(NOTE.charCodeAt(at) ^ 1) + NOTE.slice(at + 1);
    await assert.rejects(opened(damaged), { part: "checkpoint" }, `character ${at}`);
  }
});

test("notes of another form are refused", async () => {
  const [text, line] = NOTE.split("\n\n");
  const faulty = [
    "", "\n", "\n\n", text, `${text}\n`, `${text}\n\n`, NOTE.slice(0, -1), `${NOTE}\n`, NOTE.replace("\u2014", "-"),
    NOTE.replaceAll("\n", "\r\n"), `${NOTE}\t`, NOTE.replace("=\n\n", "=\nextension\n\n"), `${text}\n\n${line.trim()} x\n`,
    `${text}\n\n\u2014 a+b AAAAAAA=\n${line}`, `${text}\n\n\u2014 name AAAAAA==\n${line}`, `${text}\n\n${line.repeat(65)}`,
    "x".repeat(512 * 1024) + NOTE,
  ];
  for (const note of faulty) await assert.rejects(opened(note), { part: "checkpoint" }, JSON.stringify(note.slice(0, 60)));
});

test("lines of others, of any algorithm, count for nothing", async () => {
  const more = NOTE + "\u2014 somebody.example/else AAAAAAA=\n";
  assert.equal((await opened(more)).size, 4n);
  // But one in the log's own name must hold.
  const [name, data] = NOTE.split("\u2014 ")[1].trim().split(" ");
  const bytes = Buffer.from(data, "base64");
  bytes[20] ^= 1;
  await assert.rejects(opened(`${NOTE}\u2014 ${name} ${bytes.toString("base64")}\n`), { part: "checkpoint" });
});

test("keys that are misspelt, of another hash, or that cannot be keys are none", async () => {
  const good = otherLogKey();
  const [name, hash, data] = [good.slice(0, good.indexOf("+")), good.split("+")[1], good.split("+").slice(2).join("+")];
  assert.equal((await parseNoteKey(good)).name, name);
  const bad = [
    "", "+", "++", name, `${name}+${hash}`, `${name}+${hash}+`, `${name} +${hash}+${data}`, `${name}x+${hash}+${data}`,
    `${name}+${hash.toUpperCase()}+${data}`, `${name}+00000000+${data}`, `${good} `, good.slice(0, -1), `${name}+${hash}+${data}AAAA`,
  ];
  for (const text of bad) assert.equal(await parseNoteKey(text), undefined, text);
});

test("cosignatures say when, the newest counts, and a false one is refused", async () => {
  const bundle = {};
  changed(published("item.json"), (b) => void Object.assign(bundle, b));
  const note = SignedNote.parse(bundle.checkpoint);
  for (const witness of INDEX.trust.witnesses) {
    const key = await trustedKey(witness.key, SIGNATURE_TYPE.cosignature, "witness key");
    assert.equal(await cosignedAt(note, key), 1_772_424_036n);
    const own = bundle.checkpoint.split("\n").find((line) => line.startsWith(`\u2014 ${key.name} `));
    const bytes = Buffer.from(own.split(" ")[2], "base64");
    bytes[11] ^= 1;
    const false_ = SignedNote.parse(`${bundle.checkpoint}\u2014 ${key.name} ${bytes.toString("base64")}\n`);
    await assert.rejects(cosignedAt(false_, key), { part: "witness" });
    const without = SignedNote.parse(bundle.checkpoint.replace(own + "\n", ""));
    assert.equal(await cosignedAt(without, key), undefined);
  }
  assert.ok(utf8(bundle.checkpoint).length > 0);
});
