// The strict reading of protobuf (docs/FORMAT.md 1.2), base64, and canonical texts (section 2).

import assert from "node:assert/strict";
import { test } from "node:test";
import { hex, isWellFormed, unbase64, unhex } from "../dist/bytes.js";
import { billOf, escape, isDocument, isItem, isNfc, isParty, isProduct, isSite, productOf } from "../dist/canonical.js";
import { ScanError, scan } from "../dist/scanner.js";
import { numbers, shown } from "./sources.mjs";

const bytes = (text) => unhex(text.replaceAll(" ", ""), text.replaceAll(" ", "").length / 2);
const repeat = (text, times) => Array(times).fill(text).join("");

test("a statement of the example reads as the document spells it out", () => {
  const statement = scan(shown("entry3.payload"), "Statement");
  const header = statement.message("header");
  assert.equal(statement.chosen, "commission");
  assert.deepEqual([header.text("party"), header.number("occurred_at"), header.number("offset_minutes")],
    ["gln:9521234567011", 1_768_435_200_000_000n, 480n]);
  assert.deepEqual(statement.body().texts("items"), ["sgtin:09521234543213.A1"]);
  assert.deepEqual([header.text("site"), header.messages("attachments"), header.number("confidential")], ["", [], 0n]);
});

test("what protobuf leaves open stays open", () => {
  // Fields in another order, defaults spelled out, a packed field in pieces and empty, ten bytes of a negative number.
  assert.equal(scan(bytes("3200 0a00"), "Header").text("site"), "");
  assert.deepEqual(scan(bytes("2a0101 2a00 2a020203"), "EnrolKey").numbers("uses"), [1, 2, 3]);
  assert.equal(scan(bytes("38 ffffffffffffffffff01"), "Header").number("occurred_at"), -1n);
  assert.equal(scan(bytes("40 01"), "Header").number("offset_minutes"), -1n);
  assert.equal(scan(bytes("22 03 efbbbf"), "Header").text("party"), "\ufeff");
});

test("what decoders forgive is refused", () => {
  const faults = [
    ["Header", "7a00", "an unknown field"], ["Header", "0800", "another wire type"], ["Header", "2201 61 2201 62", "a field twice"],
    ["Statement", "0a00 0a00", "a message twice"], ["Statement", "ca0200 c20200", "two of a oneof"], ["Statement", "c20200 c20200", "one of a oneof twice"],
    ["Header", "388000", "a number longer than it need be"], ["Header", "a28000 00", "a tag longer than it need be"],
    ["Header", "2281 00 61", "a length longer than it need be"], ["Header", "38 ffffffffffffffffff02", "a number over 64 bits"],
    ["Header", "38 ffffffffffffffffffff01", "eleven bytes"], ["Header", "5002", "a bool above 1"], ["Header", "40 8080808010", "a sint32 over 32 bits"],
    ["Registration", "40 8080808010", "a uint32 over 32 bits"], ["RoleGrant", "080b", "an undeclared enum value"],
    ["RoleGrant", "08 ffffffffffffffffff01", "a negative enum value"], ["EnrolKey", "2801", "an enum element that is not packed"],
    ["EnrolKey", "2a0104", "an undeclared value in a packed field"], ["EnrolKey", "2a0180", "a packed field that ends in a number"],
    ["Header", "2201 ff", "no UTF-8"], ["Header", "2203 eda080", "a surrogate"], ["Header", "2202 c080", "an overlong character"],
    ["Header", "2202 61", "beyond the end"], ["Header", "38", "no value"], ["Header", "80", "half a tag"],
    ["Header", "22 ffffffffffffffffff01", "a length beyond all ends"], ["Statement", "0a03 2202 61", "beyond the end of its message"],
    ["Policy", repeat("1a00", 16_385), "too many elements"],
  ];
  for (const [name, text, what] of faults) assert.throws(() => scan(bytes(text), name), ScanError, what);
  assert.equal(scan(bytes(repeat("1a00", 16_384)), "Policy").messages("codes").length, 16_384);
});

test("random bytes and changed statements end in a message or a ScanError", () => {
  const pick = numbers(3);
  const payloads = [1, 2, 3].map((index) => shown(`entry${index}.payload`));
  for (let i = 0; i < 3_000; i++) {
    const payload = Uint8Array.from(payloads[i % 3]);
    for (let n = pick(4); n >= 0; n--) payload[pick(payload.length)] = pick(256);
    const data = i % 2 === 0 ? payload : payload.slice(pick(payload.length));
    try {
      scan(data, "Statement");
    } catch (error) {
      assert.ok(error instanceof ScanError, String(error));
    }
  }
});

test("base64 has one spelling", () => {
  for (const length of [0, 1, 2, 3, 4, 5, 31, 32, 33]) {
    const data = Uint8Array.from({ length }, (_, i) => 251 + 7 * i);
    assert.equal(hex(unbase64(Buffer.from(data).toString("base64"))), hex(data));
  }
  for (const text of ["A", "AA", "AAA", "AA=", "A===", "====", "AB==", "AAB=", "AA==AA==", "AA\n=", "AA-_", " AAAA", "AA=A", "\u0141AAA"]) {
    assert.equal(unbase64(text), undefined, JSON.stringify(text));
  }
});

test("canonical texts of the document are canonical", () => {
  const items = [
    "sgtin:09521234543213.A%2F7", "lot:gtin:09521234543213.7%2E1", "lot:ma:MA%2E156%2EM0%2E100221%2E10000019.X",
    "ma:MA.156.M0.100221.10000019.S5", "sscc:095212345000000018", "cdtc:81234567890123456789", "ahm:x", "bag:7", "lot:nhi:86900000000003.1",
    "lot:reg:国药准字SJ20171003.一", "sgtin:09521234543213.%25",
  ];
  for (const text of items) assert.ok(isItem(text), text);
  for (const text of ["uscc:91310104MAYL90023C", "gln:9521234567011", "org:A/B Ltd."]) assert.ok(isParty(text), text);
  for (const text of ["site:gln:9521234567059", "site:org:A%2FB Ltd%2E/W1"]) assert.ok(isSite(text), text);
  const documents = ["bill:gln:9521234567011/25%2F7", "decl:310120251016543210", "waybill:SF/1", "cert:org:x/1", "cert:NMPA/a"];
  for (const text of documents) assert.ok(isDocument(text), text);
  for (const text of ["gtin:09521234543213", "reg:国械注准20203140001"]) assert.ok(isProduct(text), text);
  assert.equal(billOf("gln:9521234567028", "25/7.1%"), "bill:gln:9521234567028/25%2F7%2E1%25");
  assert.equal(escape("\t\u0085"), "%09%C2%85");
  assert.equal(productOf("a/b"), "reg:a%2Fb");
  assert.ok(isNfc("é") && !isNfc("e\u0301"));
});

test("other spellings are not", () => {
  const items = [
    "", "sgtin:", "sgtin:09521234543213", "sgtin:09521234543213.", "sgtin:09521234543214.A1", "sgtin:9521234543213.A1",
    "SGTIN:09521234543213.A1", "sgtin:09521234543213.A/7", "sgtin:09521234543213.A%2f7", "sgtin:09521234543213.%41",
    "sgtin:09521234543213.A%2", "sgtin:09521234543213.A.7", `sgtin:09521234543213.${"x".repeat(21)}`, "sgtin:09521234543213.#",
    "lot:sgtin:09521234543213.1", "lot:gtin:09521234543213", "lot:ma:MA.156.M0.100221.10000019.X", "sscc:095212345000000019",
    "cdtc:8123456789012345678", "ma:MA.156.M0.100221.10000019.S", "ma:MA.156.M0.100221.10000019.S5.S6", "bag:",
    "ma:MA.156.M0.100221.1000001 9", "ma:MA.156.M0.100221.1000001", "ahm: x", "ahm:x\u200b", `ahm:${"x".repeat(65)}`, `bag:${"x".repeat(81)}`,
    "toString:x", "__proto__:x", `lot:reg:${"国".repeat(27)}.1`, `lot:reg:x.${"药".repeat(51)}`, "sgtin:09521234543213.A1\n",
  ];
  for (const text of items) assert.equal(isItem(text), false, JSON.stringify(text));
  const parties = [
    "org:", "org: x", "org:x ", "org:a\u00adb", "uscc:91310104MAYL90023", "uscc:9131010AMAYL90023C", "uscc:91310104MAYL9O023C",
    "gln:9521234567012", `org:${"x".repeat(201)}`,
  ];
  for (const text of parties) assert.equal(isParty(text), false, JSON.stringify(text));
  for (const text of ["site:gln:9521234567059/", "site:x/1", "gln:9521234567059", "site:org:A/B/C"]) assert.equal(isSite(text), false, text);
  const documents = [
    "bill:SF/1", "bill:gln:9521234567011", "decl:310121251016543210", "decl:310120252016543210", "waybill:/1", "waybill:SF/",
    "waybill:a:b/1",
  ];
  for (const text of documents) assert.equal(isDocument(text), false, text);
  assert.equal(productOf(" a"), undefined);
  assert.equal(billOf("nobody", "1"), undefined);
  assert.ok(isWellFormed("\u{1f600}") && !isWellFormed("\ud800") && !isWellFormed("a\udc00"));
});
