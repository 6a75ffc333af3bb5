// The published files get the verdicts published with them, which are those of the verifiers in Rust and Python.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { TrustError, toJson, verify } from "../dist/index.js";
import { EVIDENCE, INDEX, otherLogKey, published, trust } from "./sources.mjs";

const PROGRAM = fileURLToPath(new URL("../verify.mjs", import.meta.url));

test("every published file has its published verdict", async () => {
  assert.ok(INDEX.files.length >= 59, `${INDEX.files.length} files`);
  for (const { file, verdict } of INDEX.files) {
    const { why, why_zh, ...found } = JSON.parse(toJson(await verify(published(file), trust())));
    assert.deepEqual(found, verdict, `${file}: ${why}`);
    if (found.verdict === "refused") assert.ok(why !== "" && /\p{Script=Han}/u.test(why_zh), file);
  }
});

async function run(...args) {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRAM, ...args], { timeout: 60_000 });
    return { code: 0, stdout, stderr };
  } catch ({ code, stdout, stderr }) {
    return { code, stdout, stderr };
  }
}

test("the program says the same, by its exit status too", async () => {
  const t = INDEX.trust;
  const [witness, auditor] = t.witnesses.map((w) => w.key);
  const options = ["--ledger", t.ledger, "--log-key", t.log_key, "--witness-key", witness, "--auditor-key", auditor];
  const check = (name) => run(join(EVIDENCE, name), ...options, "--now", String(t.now), "--max-age", "3600");
  const good = await check("item.json");
  assert.deepEqual([good.code, good.stderr], [0, ""]);
  assert.deepEqual(JSON.parse(good.stdout), INDEX.files.find((f) => f.file === "item.json").verdict);
  const bad = await check("bad-leaf.json");
  assert.deepEqual([bad.code, JSON.parse(bad.stdout).part], [1, "entry"]);
  const fraud = await run(join(EVIDENCE, "fraud-fork.json"), "--log-key", t.log_key);
  assert.deepEqual([fraud.code, JSON.parse(fraud.stdout).verdict], [0, "fraud"]);
});

test("a wrong command line is no verdict", async () => {
  const item = join(EVIDENCE, "item.json");
  const wrong = [[], [item], [item, "--log-key", INDEX.trust.log_key], [item, "--nonsense"], ["/no/such/file", "--log-key", INDEX.trust.log_key]];
  for (const args of wrong) {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.notEqual(stderr, "");
  }
});

test("the comparison with an index tells a verdict that differs", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "yuanliu-verifier-"));
  t.after(() => rm(folder, { recursive: true }));
  const [first] = INDEX.files.filter((f) => f.file === "fraud-fork.json");
  await copyFile(join(EVIDENCE, first.file), join(folder, first.file));
  for (const [size, code] of [[first.verdict.size, 0], [first.verdict.size + 1, 1]]) {
    const files = [{ ...first, verdict: { ...first.verdict, size } }];
    await writeFile(join(folder, "index.json"), JSON.stringify({ ...INDEX, files }));
    const told = await run("--vectors", folder);
    assert.deepEqual([told.code, told.stdout.includes("expected {")], [code, code === 1]);
  }
});

test("what the reader trusts decides", async () => {
  const file = published("item.json");
  const cases = [
    [{ ledger: "00".repeat(32) }, "ledger"],
    [{ logKey: otherLogKey() }, "ledger"],
    [{ quorum: 3 }, "witness"],
    [{ maxAge: 60 }, "time"],
    [{ now: BigInt(INDEX.trust.now) - 3_600_000_000n }, "time"],
  ];
  for (const [change, part] of cases) {
    const verdict = await verify(file, trust(change));
    assert.deepEqual([verdict.verdict, verdict.part], ["refused", part], JSON.stringify(change, (_, v) => String(v)));
  }
  const alone = await verify(file, trust({ witnessKeys: [], auditorKeys: [], quorum: 0 }));
  assert.deepEqual([alone.verdict, alone.completeness, alone.vouchers], ["proven", "operator", []]);
});

test("a reader's mistyped key or ledger id is an error, not a verdict", async () => {
  const { log_key: logKey, witnesses } = INDEX.trust;
  const mistyped = [
    { logKey: "" }, { logKey: logKey.replace("evidence", "Evidence") }, { logKey: witnesses[0].key }, { ledger: "00" },
    { ledger: undefined }, { witnessKeys: [logKey] }, { quorum: -1 }, { quorum: 0.5 }, { maxAge: Number.NaN },
    { witnessKeys: [witnesses[0].key, witnesses[0].key] },
  ];
  for (const change of mistyped) await assert.rejects(verify(published("item.json"), trust(change)), TrustError);
});
