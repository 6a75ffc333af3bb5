// The page: its one script is whole, and all that people read stands there in Chinese and English.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";
import { toJson } from "../dist/verdict.js";
import { examine } from "../dist/verify.js";
import { actWords, headline, instant, sentences } from "../dist/words.js";
import { INDEX, published, trust } from "./sources.mjs";

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the script for the page runs as one, without modules, and looks for the elements of the page", () => {
  const script = new vm.Script(read("dist/page-bundle.js"));
  const asked = [];
  class HTMLElement {
    addEventListener() {}
  }
  const document = { getElementById: (id) => (asked.push(id), new HTMLElement()) };
  const kinds = Object.fromEntries(["HTMLInputElement", "HTMLTextAreaElement", "HTMLButtonElement"].map((name) => [name, HTMLElement]));
  script.runInNewContext({ document, HTMLElement, ...kinds, TextEncoder, TextDecoder });
  assert.deepEqual(asked, ["drop", "file", "again"]);
  const page = read("index.html");
  for (const [, id] of read("dist/page.js").matchAll(/(?:find|value|lines)\("([a-z-]+)"/g)) assert.ok(page.includes(`id="${id}"`), id);
});

test("the page loads nothing but its script", () => {
  const page = read("index.html");
  assert.deepEqual([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map((m) => m[1]), ["dist/page-bundle.js"]);
  assert.match(page, /default-src 'none'/);
  assert.doesNotMatch(read("dist/page-bundle.js"), /innerHTML|fetch\(|XMLHttpRequest|eval\(/);
});

test("every verdict is told in both languages", async () => {
  for (const { file } of INDEX.files) {
    const { verdict, acts } = await examine(published(file), trust());
    for (const [chinese, english] of [headline(verdict), ...sentences(verdict), ...acts.map(actWords)]) {
      assert.match(chinese, /\p{Script=Han}/u, file);
      assert.match(english, /[a-z]/, file);
      assert.doesNotMatch(chinese + english, /undefined|\[object|NaN/, file);
    }
  }
});

test("the custody path tells who did what to whom, in order", async () => {
  const { acts } = await examine(published("item.json"), trust());
  const told = acts.map((act) => `${act.kind} ${act.actor}${act.to && ` > ${act.to}`}`);
  assert.deepEqual(told, [
    "commission org:maker", "pack org:maker", "ship org:maker > org:importer", "declare_import org:importer", "receive org:importer",
    "ship org:importer > org:distributor", "receive org:distributor", "unpack org:distributor", "ship org:distributor > org:clinic",
  ]);
  assert.deepEqual([acts[0].about.length, acts[2].about, acts[2].changed], [7, ["sscc:095212345000000018"], false]);
  assert.deepEqual((await examine(published("bad-leaf.json"), trust())).acts, []);
});

test("numbers beyond what JavaScript holds exactly are told exactly", () => {
  assert.equal(toJson({ a: [2n ** 63n - 1n], b: {}, c: [] }), '{\n  "a": [\n    9223372036854775807\n  ],\n  "b": {},\n  "c": []\n}');
  assert.equal(instant(1_772_424_036_000_000n), "2026-03-02T04:00:36Z");
  assert.equal(instant(2n ** 64n - 1n), "18446744073709551615 µs");
  assert.equal(instant(-1n), "-1 µs");
});
