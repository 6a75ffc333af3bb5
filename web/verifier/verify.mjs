#!/usr/bin/env node
// Checks an evidence bundle or a fraud proof offline, and prints the verdict as JSON. Build first: npm run build.
//
//   verify.mjs FILE --log-key KEY --ledger HEX [--witness-key KEY]... [--auditor-key KEY]...
//              [--quorum N] [--max-age SECONDS] [--now MICROSECONDS]
//   verify.mjs --vectors DIRECTORY      compares verdicts with those of DIRECTORY/index.json
//
// Exit status 0: proven; 1: refused; 2: the command line is wrong, or this Node cannot check signatures.

import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { TrustError, Unsupported, toJson, verify } from "./dist/index.js";

const MAX_FILE = 32 * 1024 * 1024;
const USAGE = "usage: verify.mjs FILE --log-key KEY --ledger HEX [--witness-key KEY]... [--auditor-key KEY]... " +
  "[--quorum N] [--max-age SECONDS] [--now MICROSECONDS], or verify.mjs --vectors DIRECTORY";

// Ed25519 in WebCrypto is called experimental by Node up to 22; other warnings stay.
const { emitWarning } = process;
process.emitWarning = (warning, ...more) => {
  if (!String(warning).includes("Ed25519")) emitWarning.call(process, warning, ...more);
};

/** The file, as far as one may be long. */
async function readBounded(path) {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(Math.min((await file.stat()).size, MAX_FILE + 1));
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0) return new Uint8Array(buffer.subarray(0, length));
    }
  } finally {
    await file.close();
  }
}

function whole(text, name) {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,18}$/.test(text)) throw new TrustError(`--${name} must be a whole number`);
  return BigInt(text);
}

function trustOf(values) {
  const number = (name) => (values[name] === undefined ? undefined : Number(whole(values[name], name)));
  return {
    logKey: values["log-key"],
    ledger: values.ledger,
    witnessKeys: values["witness-key"],
    auditorKeys: values["auditor-key"],
    quorum: number("quorum"),
    maxAge: number("max-age"),
    now: whole(values.now, "now"),
  };
}

async function verifyOne(path, values) {
  const verdict = await verify(await readBounded(path), trustOf(values));
  console.log(toJson(verdict));
  return verdict.verdict === "refused" ? 1 : 0;
}

/** Verdicts on all files of a directory against those of its index. */
async function compare(folder) {
  const { trust, files } = JSON.parse(await readFile(join(folder, "index.json"), "utf8"));
  const keys = (auditing) => trust.witnesses.filter((w) => w.auditing === auditing).map((w) => w.key);
  const options = {
    logKey: trust.log_key,
    ledger: trust.ledger,
    witnessKeys: keys(false),
    auditorKeys: keys(true),
    quorum: trust.quorum,
    maxAge: trust.max_age / 1_000_000,
    now: BigInt(trust.now),
  };
  let differ = 0;
  for (const { file, verdict: expected } of files) {
    const { why, why_zh, ...found } = JSON.parse(toJson(await verify(await readBounded(join(folder, file)), options)));
    if (isDeepStrictEqual(found, expected)) continue;
    differ += 1;
    console.log(`${file}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)} ${why ?? ""}`);
  }
  console.log(`${files.length - differ} of ${files.length} files: the verdict expected`);
  return differ > 0 || files.length === 0 ? 1 : 0;
}

async function main() {
  const text = { type: "string" };
  const many = { type: "string", multiple: true };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "log-key": text, ledger: text, "witness-key": many, "auditor-key": many, quorum: text, "max-age": text, now: text,
      vectors: text,
    },
  });
  if (values.vectors !== undefined) return compare(values.vectors);
  if (positionals.length !== 1 || values["log-key"] === undefined) throw new TrustError(USAGE);
  return verifyOne(positionals[0], values);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof TrustError || error instanceof Unsupported ? error.message : error);
    process.exitCode = 2;
  },
);
