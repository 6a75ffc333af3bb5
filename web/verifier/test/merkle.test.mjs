// RFC 6962: the roots published for its reference log, every proof of small trees, and a log that another
// implementation wrote.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hex, readU64, u64, unhex } from "../dist/bytes.js";
import { openCheckpoint } from "../dist/checkpoint.js";
import { Edge, MAX_TREE, emptyRoot, leafHash, rootFromInclusion, rootOf, verifyConsistency, verifyInclusion } from "../dist/merkle.js";
import { SIGNATURE_TYPE, SignedNote, trustedKey } from "../dist/signed-note.js";
import { conformance } from "./sources.mjs";

// Leaves and roots of the reference tests of certificate-transparency (Apache-2.0).
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/** The largest power of two below a number. */
function below(size) {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** PATH of RFC 6962 section 2.1.1. */
async function path(index, leaves) {
  if (leaves.length <= 1) return [];
  const k = below(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (index < k) return [...(await path(index, left)), await rootOf(right)];
  return [...(await path(index - k, right)), await rootOf(left)];
}

/** SUBPROOF of RFC 6962 section 2.1.2. */
async function subproof(size, leaves, whole) {
  if (size === leaves.length) return whole ? [] : [await rootOf(leaves)];
  const k = below(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  if (size <= k) return [...(await subproof(size, left, whole)), await rootOf(right)];
  return [...(await subproof(size - k, right, false)), await rootOf(left)];
}

const consistency = (size, leaves) => (size === 0 ? Promise.resolve([]) : subproof(size, leaves, true));
const referenceLeaves = () => Promise.all(LEAVES.map((leaf) => leafHash(unhex(leaf, leaf.length / 2))));

test("the reference log has its published roots", async () => {
  const leaves = await referenceLeaves();
  for (const [size, root] of ROOTS.entries()) assert.equal(hex(await rootOf(leaves.slice(0, size))), root, `size ${size}`);
  assert.equal(hex(await emptyRoot()), ROOTS[0]);
});

test("a proof of inclusion holds for its leaf, place and size alone", async () => {
  const leaves = await Promise.all(Array.from({ length: 20 }, (_, i) => leafHash(Uint8Array.of(i))));
  for (let size = 1; size <= leaves.length; size++) {
    const tree = leaves.slice(0, size);
    const root = await rootOf(tree);
    for (let index = 0; index < size; index++) {
      const proof = await path(index, tree);
      const holds = (leaf, at, of, hashes) => verifyInclusion(leaf, BigInt(at), BigInt(of), hashes, root);
      assert.ok(await holds(leaves[index], index, size, proof), `${index} of ${size}`);
      assert.equal(await holds(leaves[(index + 1) % 20], index, size, proof), false);
      assert.equal(await holds(leaves[index], index, size, [...proof, root]), false);
      if (proof.length > 0) assert.equal(await holds(leaves[index], index, size, proof.slice(1)), false);
      for (let other = 0; other < size; other++) assert.equal(await holds(leaves[index], other, size, proof), other === index);
    }
  }
});

test("a proof of consistency holds for its sizes and roots alone", async () => {
  const leaves = await Promise.all(Array.from({ length: 17 }, (_, i) => leafHash(Uint8Array.of(i))));
  const roots = await Promise.all(Array.from({ length: 18 }, (_, size) => rootOf(leaves.slice(0, size))));
  for (let size = 0; size <= 17; size++) {
    for (let old = 0; old <= size; old++) {
      const proof = await consistency(old, leaves.slice(0, size));
      const holds = (a, rootA, hashes) => verifyConsistency(BigInt(a), rootA, BigInt(size), roots[size], hashes);
      assert.ok(await holds(old, roots[old], proof), `${old} of ${size}`);
      assert.equal(await holds(old, roots[old], [...proof, roots[1]]), false);
      if (proof.length > 0) assert.equal(await holds(old, roots[old], proof.slice(1)), false);
      if (old !== size) assert.equal(await holds(old, roots[size], proof), false);
      for (let other = 1; other <= size; other++) if (other !== old) assert.equal(await holds(other, roots[old], proof), false);
    }
  }
});

test("places and sizes that cannot be are refused, and the largest are not", async () => {
  const leaf = await leafHash(new Uint8Array());
  assert.equal(await rootFromInclusion(leaf, 1n, 1n, []), undefined);
  assert.equal(await rootFromInclusion(leaf, 0n, 0n, []), undefined);
  assert.equal(await rootFromInclusion(leaf, 0n, MAX_TREE + 1n, Array(63).fill(leaf)), undefined);
  assert.notEqual(await rootFromInclusion(leaf, 0n, MAX_TREE, Array(63).fill(leaf)), undefined);
  assert.equal(await verifyConsistency(2n, leaf, 1n, leaf, []), false);
  assert.equal(readU64(u64(MAX_TREE), 0), MAX_TREE);
});

const EXAMPLE_LOG = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

/** Leaf hashes of a bundle of entries: each is preceded by its length as a u16 (C2SP tlog-tiles). */
function entriesOf(file) {
  const leaves = [];
  for (let at = 0; at < file.length; ) {
    const length = file.readUInt16BE(at);
    leaves.push(leafHash(new Uint8Array(file.subarray(at + 2, at + 2 + length))));
    at += 2 + length;
  }
  return Promise.all(leaves);
}

test("a log that another implementation wrote: every checkpoint, and how each grew from those before", async (t) => {
  const log = conformance(t, "tlog/example-log");
  if (log === undefined) return;
  const key = await trustedKey(EXAMPLE_LOG, SIGNATURE_TYPE.log, "log key");
  const names = readdirSync(log).filter((name) => name.startsWith("checkpoint"));
  const notes = names.map((name) => SignedNote.parse(readFileSync(join(log, name), "utf8")));
  const checkpoints = await Promise.all(notes.map((note) => openCheckpoint(note, key)));
  const most = checkpoints.reduce((size, one) => (one.size > size ? one.size : size), 0n);
  const leaves = await entriesOf(readFileSync(join(log, `tile/entries/000.p/${most}`)));
  assert.ok(checkpoints.length > 10 && BigInt(leaves.length) === most);
  for (const { size, root } of checkpoints) {
    const tree = leaves.slice(0, Number(size));
    assert.equal(hex(await rootOf(tree)), hex(root), `size ${size}`);
    for (const [index, leaf] of tree.entries()) {
      assert.ok(await verifyInclusion(leaf, BigInt(index), size, await path(index, tree), root));
    }
    for (const before of checkpoints.filter((one) => one.size <= size)) {
      const proof = await consistency(Number(before.size), tree);
      assert.ok(await verifyConsistency(before.size, before.root, size, root, proof), `${before.size} to ${size}`);
    }
  }
});

test("a tree that grows from its left edge has the roots of whole ones", async () => {
  const leaves = await Promise.all(Array.from({ length: 40 }, (_, i) => leafHash(Uint8Array.of(i))));
  // Roots of the full subtrees of the first so many leaves, from the left.
  const edgeOf = async (size) => {
    const roots = [];
    for (let at = 0, bit = 64; bit >= 1; bit /= 2) {
      if ((size & bit) === 0) continue;
      roots.push(await rootOf(leaves.slice(at, at + bit)));
      at += bit;
    }
    return roots;
  };
  for (let size = 0; size <= leaves.length; size++) {
    const edge = await edgeOf(size);
    const tree = Edge.of(BigInt(size), edge);
    for (let at = size; ; at++) {
      assert.deepEqual([tree.size, hex(await tree.root())], [BigInt(at), hex(await rootOf(leaves.slice(0, at)))]);
      if (at === leaves.length) break;
      await tree.append(leaves[at]);
    }
    assert.equal(Edge.of(BigInt(size), [...edge, leaves[0]]), undefined, `${size}: a root too many`);
  }
});
