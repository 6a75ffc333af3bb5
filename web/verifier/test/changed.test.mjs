// Whatever is changed in a file that holds, it is refused; in time and memory that are bounded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { verify } from "../dist/index.js";
import { changed, numbers, otherLogKey, published, trust } from "./sources.mjs";

async function refusedAt(file, part, what) {
  const verdict = await verify(file, trust());
  assert.equal(verdict.verdict, "refused", what);
  if (part !== undefined) assert.equal(verdict.part, part, `${what}: ${verdict.why}`);
}

test("no single changed byte passes", async () => {
  const pick = numbers(7);
  const names = ["item", "withheld", "absent", "fraud-contradiction", "fraud-fork", "fraud-left-out", "fraud-undigested"];
  for (const name of names.map((one) => `${one}.json`)) {
    const file = published(name);
    for (let i = 0; i < 60; i++) {
      const damaged = Uint8Array.from(file);
      const at = pick(file.length);
      damaged[at] ^= 1 << pick(8);
      await refusedAt(damaged, undefined, `${name}: byte ${at} is ${damaged[at]}`);
    }
  }
});

test("no single changed byte of what is signed passes", async () => {
  const pick = numbers(11);
  const file = published("case.json");
  for (let i = 0; i < 100; i++) {
    const damaged = changed(file, (_, envelope) => {
      const payload = Buffer.from(envelope.payload, "base64");
      payload[pick(payload.length)] ^= 1 << pick(8);
      // Whole characters, so that the change reaches beyond the decoding of UTF-8 where it can.
      const text = new TextDecoder().decode(payload);
      try {
        return JSON.parse(text);
      } catch {
        return text;
      }
    });
    await refusedAt(damaged, undefined, `change ${i}`);
  }
});

test("cuts, doublings and other spellings are refused as no bundle", async () => {
  const file = published("absent.json");
  const text = new TextDecoder().decode(file);
  const spelled = [
    "", "null", "[]", "{}", '"x"', "{", text.slice(0, -1), text + "\n", " " + text, "\ufeff" + text, text + text,
    text.replace('{"payload"', '{"x":1,"payload"'), text.replace('"payloadType"', '"payloadtype"'), text.replace("keyid", "keyId"),
    text.replace('"signatures":[', '"signatures":[{"keyid":"","sig":""},'), text.replace(/"sig":"[^"]*"/, '"sig":null'),
    text.replace("application/", "application\\/"), text.replace("vnd", "\\u0076nd"),
  ];
  for (const one of spelled) await refusedAt(new TextEncoder().encode(one), "format", one.slice(0, 40));
  const inner = [
    (b) => ({ ...b, extra: 1 }), (b) => ({ ...b, version: 2 }), (b) => ({ version: 1, ...b, nodes: [...b.nodes, b.nodes[0]] }),
    (b) => ({ ...b, nodes: [...b.nodes].reverse() }), (b) => ({ ...b, ledger: b.ledger.toUpperCase() }),
    (b) => ({ ...b, withheld: 1 }), (b) => ({ ...b, withheld: -0.5 }), (b) => ({ ...b, tokens: null }),
    (b) => ({ ...b, query: { ...b.query, text: b.query.text + " " } }), (b) => ({ ...b, query: { ...b.query, as_of: 2 ** 53 } }),
    (b) => ({ ...b, query: { ...b.query, text: "\ud800" } }), (b) => ({ ...b, extraction: { ...b.extraction, purpose: "a\u0085" } }),
    (b) => ({ ...b, extraction: { ...b.extraction, purpose: "", case: "" } }), (b) => ({ ...b, entries: b.entries.slice(1) }),
    (b) => ({ ...b, extraction: { ...b.extraction, purpose: "x".repeat(513) } }), (b) => ({ ...b, entries: [] }),
    (b) => ({ ...b, subjects: [...b.subjects].reverse() }), (b) => ({ ...b, closure: "all" }),
  ];
  for (const change of inner) await refusedAt(changed(file, change), "format", change.toString());
});

/** The place of a subject that several entries name. */
function longChain(bundle) {
  return bundle.subjects.find((subject) => subject.kind === "item" && subject.links.length >= 3);
}

test("what was stamped is a checkpoint of this log before the bundle's", async () => {
  const file = published("stamped-earlier.json");
  const other = (b) => void (b.stamped.checkpoint = b.checkpoint);
  await refusedAt(changed(file, (b) => (other(b), b)), "stamp", "not before");
  await refusedAt(changed(file, (b) => (void (b.stamped.checkpoint += "x"), b)), "stamp", "no note");
  await refusedAt(changed(file, (b) => (void (b.stamped.consistency = []), onlyUsedNodes(b))), "stamp", "no proof");
  await refusedAt(changed(file, (b) => ({ ...b, tokens: [] })), "format", "without a token");
  await refusedAt(changed(file, (b) => ({ ...b, stamped: null })), "format", "null");
});

test("payloads left out, events dropped, swapped or taken from elsewhere are refused where they are missed", async () => {
  const file = published("item.json");
  const drop = (at) => (b) => void longChain(b).links.splice(at, 1);
  const cases = [
    ["a seal whose leaf is a statement's", (b) => void (b.seal.leaf = b.entries[1].leaf), "seal"],
    ["a leaf of another entry", (b) => void (b.entries[2].leaf = b.entries[1].leaf), "entry"],
    ["an envelope of another entry", (b) => void (b.entries[2].envelope = b.entries[1].envelope), "entry"],
    ["a payload of another entry", (b) => void (b.entries[2].payload = b.entries[1].payload), "entry"],
    ["an event dropped from the middle", drop(1), "subject"],
    ["an event dropped from the end", drop(-1), "subject"],
    ["the first event dropped", drop(0), "subject"],
    ["all events dropped", (b) => void (longChain(b).links = []), "subject"],
    ["two link proofs swapped", (b) => {
      const { links } = longChain(b);
      [links[0].at, links[1].at] = [links[1].at, links[0].at];
      [links[0].count, links[1].count] = [links[1].count, links[0].count];
    }, "subject"],
  ];
  for (const [what, change, part] of cases) {
    const damaged = changed(file, (bundle) => {
      change(bundle);
      return onlyUsedNodes(bundle);
    });
    await refusedAt(damaged, part, what);
  }
});

/** The bundle with the nodes that its proofs still name, numbered anew. */
function onlyUsedNodes(of) {
  const bundle = structuredClone(of);
  const proofs = [];
  const visit = (value, name) => {
    if (Array.isArray(value) && ["inclusion", "consistency", "proof"].includes(name)) proofs.push(value);
    else if (typeof value === "object" && value !== null) for (const [key, one] of Object.entries(value)) visit(one, key);
  };
  visit(bundle, "");
  const used = [...new Set(proofs.flat())].sort((a, b) => a - b);
  for (const proof of proofs) proof.forEach((place, i) => (proof[i] = used.indexOf(place)));
  bundle.nodes = used.map((place) => bundle.nodes[place]);
  return bundle;
}

test("a withheld entry is refused where its blind is missing, and shown entries where one is given", async () => {
  const blind = Buffer.alloc(32).toString("base64");
  const withBlind = changed(published("item.json"), (b) => {
    const { links } = longChain(b);
    const { entry, at, count, proof } = links[0];
    links[0] = { entry, at, count, blind, proof };
  });
  await refusedAt(withBlind, "subject", "blind of an entry that is shown");
  const without = changed(published("withheld.json"), (b) => {
    for (const { links } of b.subjects) for (const link of links) delete link.blind;
  });
  await refusedAt(without, "subject", "no blind");
});

test("what is out of bounds is refused before it is worked on", async () => {
  await refusedAt(new Uint8Array(32 * 1024 * 1024 + 1).fill(0x5b), "format", "longer than a file may be");
  await refusedAt(new TextEncoder().encode("[".repeat(4_000_000)), "format", "nested");
  await refusedAt(new TextEncoder().encode(`{"kind":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`), "format", "nested and closed");
  const long = changed(published("absent.json"), (b) => ({ ...b, seal: { ...b.seal, inclusion: Array(64).fill(0) } }));
  await refusedAt(long, "format", "a proof of 64 hashes");
  const runs = (b) => ({ ...b, subjects: b.subjects.map((s) => ({ ...s, runs: Array(65).fill(s.runs[0]) })) });
  await refusedAt(changed(published("absent.json"), runs), "format", "65 runs");
});

test("a fraud proof is none for another log, nor with its entries taken away", async () => {
  for (const name of ["fraud-fork.json", "fraud-contradiction.json", "fraud-left-out.json", "fraud-undigested.json"]) {
    const verdict = await verify(published(name), { logKey: otherLogKey() });
    assert.deepEqual([verdict.verdict, verdict.part], ["refused", "checkpoint"]);
  }
  const proof = JSON.parse(new TextDecoder().decode(published("fraud-contradiction.json")));
  const emptied = onlyUsedNodes({ ...proof, entries: [] });
  await refusedAt(new TextEncoder().encode(JSON.stringify(emptied)), "query", "no entry");
  const backwards = onlyUsedNodes({ ...proof, entries: [...proof.entries].reverse() });
  await refusedAt(new TextEncoder().encode(JSON.stringify(backwards)), "entry", "descending");
});

test("a fraud proof about an access record counts every record, leaf and payload that it shows", async () => {
  const leftOut = JSON.parse(new TextDecoder().decode(published("fraud-left-out.json")));
  const silent = JSON.parse(new TextDecoder().decode(published("fraud-undigested.json")));
  const row = (text, change) => {
    const bytes = Buffer.from(text, "base64");
    return Buffer.from(change(bytes)).toString("base64");
  };
  const cases = [
    [leftOut, (p) => (p.digest.records = row(p.digest.records, (b) => b.subarray(0, 33))), "format"],
    [leftOut, (p) => (p.digest.records = row(p.digest.records, (b) => Buffer.concat([b, b]))), "digest"],
    [leftOut, (p) => (p.record = row(p.record, (b) => Buffer.alloc(8_193, 1))), "format"],
    [leftOut, (p) => (p.record = row(p.record, (b) => b.subarray(0, 100))), "record"],
    [leftOut, (p) => (p.version = 2), "format"],
    [silent, (p) => (p.log.digests = []), "digest"],
    [silent, (p) => p.log.digests.push(p.log.digests[0]), "digest"],
    [silent, (p) => (p.log.leaves = row(p.log.leaves, (b) => b.subarray(0, 160))), "entry"],
    [silent, (p) => (p.log.leaves = row(p.log.leaves, (b) => b.subarray(1))), "format"],
  ];
  for (const [proof, change, part] of cases) {
    const changed = structuredClone(proof);
    change(changed);
    await refusedAt(new TextEncoder().encode(JSON.stringify(changed)), part, change.toString());
  }
});
