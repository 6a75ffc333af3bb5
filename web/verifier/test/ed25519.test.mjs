// Which keys and signatures count (docs/FORMAT.md 3.1, 3.2): points of small and of mixed order, second spellings of
// points and scalars, and signatures that hold only with the cofactor.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { concat, hex, unhex, utf8 } from "../dist/bytes.js";
import {
  L, NEUTRAL, P, add, checkPlatform, decode, encode, fromLittleEndian, isKey, isNeutral, multiply, toLittleEndian,
  verifySignature,
} from "../dist/ed25519.js";
import { shown } from "./sources.mjs";

// y = 4/5 (RFC 8032 section 5.1).
const BASE = decode(unhex("58" + "66".repeat(31), 32));
const MESSAGE = utf8("m");
const IDENTITY = encode(NEUTRAL);

/** The eight points whose order divides 8. */
function smallOrder() {
  for (let y = 2n; ; y++) {
    const point = decode(toLittleEndian(y));
    const torsion = point === undefined ? NEUTRAL : multiply(point, L);
    if (isNeutral(multiply(torsion, 4n))) continue;
    return Array.from({ length: 8 }, (_, i) => multiply(torsion, BigInt(i)));
  }
}

/** Every second spelling of a point: y from p on, and x = 0 with a sign. */
function secondSpellings() {
  const all = [];
  for (let y = P; y < 2n ** 255n; y++) all.push(toLittleEndian(y), toLittleEndian(y | (1n << 255n)));
  return [...all, toLittleEndian(1n | (1n << 255n)), toLittleEndian((P - 1n) | (1n << 255n))];
}

/** Somebody who knows a scalar and chooses everything else: S = s + k·a, right where R is [s]B. */
function forge(secret, r, s, message = MESSAGE) {
  const key = encode(multiply(BASE, secret));
  const digest = createHash("sha512").update(concat([r, key, message])).digest();
  const k = [...digest].reverse().reduce((n, byte) => (n << 8n) | BigInt(byte), 0n) % L;
  return { key, signature: concat([r, toLittleEndian((s + k * secret) % L)]) };
}

const holds = ({ key, signature }, message = MESSAGE) => verifySignature(key, message, signature);

test("the platform judges as the format demands", async () => {
  await checkPlatform();
});

test("signatures of RFC 8032 section 7.1 hold, and no changed one", async () => {
  const key = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", 32);
  const signature = unhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00", 64);
  const message = Uint8Array.of(0x72);
  assert.ok(isKey(key));
  assert.ok(await verifySignature(key, message, signature));
  for (let bit = 0; bit < 512; bit += 7) {
    const changed = Uint8Array.from(signature);
    changed[bit >> 3] ^= 1 << (bit & 7);
    assert.equal(await verifySignature(key, message, changed), false, `bit ${bit}`);
  }
  for (const length of [0, 63]) assert.equal(await verifySignature(key, message, signature.slice(0, length)), false);
  assert.equal(await verifySignature(key, message, concat([signature, Uint8Array.of(0)])), false);
});

test("points are read and written as they should be", () => {
  assert.equal(hex(encode(multiply(BASE, 7n))), hex(encode(add(multiply(BASE, 3n), multiply(BASE, 4n)))));
  assert.ok(isNeutral(multiply(BASE, L)));
  assert.equal(decode(toLittleEndian(2n)), undefined, "not on the curve");
  assert.equal(decode(new Uint8Array(31)), undefined);
  assert.equal(fromLittleEndian(toLittleEndian(L)), L);
  assert.ok(isKey(shown("key.public")));
});

test("keys of small and of mixed order, and second spellings, are no keys", () => {
  const small = smallOrder();
  assert.equal(new Set(small.map((point) => hex(encode(point)))).size, 8);
  for (const point of small) {
    assert.equal(isKey(encode(point)), false);
    const mixed = add(BASE, point);
    assert.equal(isKey(encode(mixed)), isNeutral(point));
  }
  const spellings = secondSpellings();
  assert.equal(spellings.length, 40);
  for (const bytes of spellings) assert.equal(isKey(bytes), false, hex(bytes));
});

test("a scalar from L on is refused, although the equation holds", async () => {
  const sound = forge(9n, encode(multiply(BASE, 5n)), 5n);
  assert.ok(await holds(sound));
  const s = fromLittleEndian(sound.signature.slice(32));
  for (let more = s + L; more < 2n ** 256n; more += L) {
    const signature = concat([sound.signature.slice(0, 32), toLittleEndian(more)]);
    assert.equal(await holds({ ...sound, signature }), false);
  }
});

test("R of small order is refused, the identity too", async () => {
  for (const point of smallOrder()) assert.equal(await holds(forge(9n, encode(point), 0n)), false);
  assert.equal(await holds(forge(9n, IDENTITY, 0n)), false);
});

test("R is compared as bytes", async () => {
  for (const r of secondSpellings()) assert.equal(await holds(forge(9n, r, 0n)), false, hex(r));
});

test("a signature that holds only with the cofactor is refused", async () => {
  for (const point of smallOrder()) {
    const r = encode(add(multiply(BASE, 5n), point));
    assert.equal(await holds(forge(9n, r, 5n)), isNeutral(point));
  }
});

test("a platform that knows no Ed25519, or judges it laxly, is not used", async () => {
  const { subtle } = globalThis.crypto;
  for (const lame of [undefined, { importKey: () => Promise.reject(new Error("no")) }, { importKey: async () => 0, verify: async () => true }]) {
    Object.defineProperty(globalThis.crypto, "subtle", { value: lame, configurable: true });
    try {
      const fresh = await import(`../dist/ed25519.js?${Math.random()}`);
      await assert.rejects(fresh.checkPlatform(), { name: "Unsupported" });
    } finally {
      Object.defineProperty(globalThis.crypto, "subtle", { value: subtle, configurable: true });
    }
  }
});
