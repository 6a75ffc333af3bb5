// JSON in the one byte form of docs/FORMAT.md 9.1, and readers for its values. What is read must, written again, be the
// same bytes: so there is nothing in a file that is not read.

import { type Bytes, isWellFormed, unbase64, unhex, unutf8, utf8 } from "./bytes.js";
import { given, need } from "./refusal.js";

export const MAX_FILE = 32 * 1024 * 1024;

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export type Fields = Readonly<Record<string, Json | undefined>>;

function fault(sound: boolean, field: string, english: string, chinese: string): asserts sound {
  need(sound, "format", `${field}: ${english}`, `${field}：${chinese}`);
}

/** Reads bytes that are the one form of what they say. JSON.stringify escapes as section 9.1 demands. */
export function readExact(bytes: Uint8Array, what: string): Json {
  fault(bytes.length <= MAX_FILE, what, "too large", "过大");
  const text = given(unutf8(bytes), "format", `${what}: not UTF-8`, `${what}：不是 UTF-8`);
  let value: Json | undefined;
  let again: string | undefined;
  try {
    value = JSON.parse(text) as Json;
    again = JSON.stringify(value);
  } catch {
    // Not JSON, or nested so deep that it cannot be written again.
    value = undefined;
  }
  fault(value !== undefined && again === text, what, "not JSON in its one byte form", "不是唯一规定的字节形式");
  return value;
}

/** The fields of an object that has these and no others, in this order; a name that ends in `?` may be left out. */
export function fields(value: Json | undefined, what: string, names: readonly string[]): Fields {
  fault(typeof value === "object" && value !== null && !Array.isArray(value), what, "not an object", "不是对象");
  const present = Object.keys(value);
  const expected = names.filter((name) => !name.endsWith("?") || Object.hasOwn(value, name.slice(0, -1)));
  const sound = present.length === expected.length && expected.every((name, i) => name.replace("?", "") === present[i]);
  fault(sound, what, `must have the fields ${names.join(", ")}`, `字段须为 ${names.join("、")}`);
  return value;
}

export function readList(value: Json | undefined, what: string, most: number): Json[] {
  fault(Array.isArray(value), what, "not a list", "不是列表");
  fault(value.length <= most, what, `more than ${most}`, `多于 ${most}`);
  return value;
}

export function readNumber(value: Json | undefined, what: string, most = Number.MAX_SAFE_INTEGER): number {
  const sound = typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
  fault(sound, what, "not a whole number in its range", "不是范围内的整数");
  return value;
}

export function readVersion(value: Json | undefined): void {
  fault(value === 1, "version", "not 1", "不是 1");
}

/** A text of at most so many bytes. */
export function readText(value: Json | undefined, what: string, most: number): string {
  fault(typeof value === "string" && isWellFormed(value), what, "not a text", "不是文本");
  fault(utf8(value).length <= most, what, `more than ${most} bytes`, `多于 ${most} 字节`);
  return value;
}

export function readChoice<T extends string>(value: Json | undefined, what: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  return given(choice, "format", `${what}: unknown`, `${what}：未知`);
}

/** Base64 of at most so many bytes, or of exactly so many. */
export function readBytes(value: Json | undefined, what: string, length: { most: number } | { exactly: number }): Bytes {
  fault(typeof value === "string", what, "not base64", "不是 base64");
  const bytes = given(unbase64(value), "format", `${what}: faulty base64`, `${what}：base64 有误`);
  const sound = "exactly" in length ? bytes.length === length.exactly : bytes.length <= length.most;
  fault(sound, what, `another length, ${bytes.length} bytes`, `长度不符（${bytes.length} 字节）`);
  return bytes;
}

/** 32 bytes in hexadecimal. */
export function readHex(value: Json | undefined, what: string): Bytes {
  fault(typeof value === "string", what, "not a text", "不是文本");
  return given(unhex(value, 32), "format", `${what}: not 64 hexadecimal digits`, `${what}：不是 64 位十六进制数`);
}

export function isAscending<T>(values: readonly T[], compare: (a: T, b: T) => number): boolean {
  return values.every((value, i) => i === 0 || compare(values[i - 1] as T, value) < 0);
}
