// The strict reader of protobuf (docs/FORMAT.md 1.2): what decoders treat differently is refused, and every number has
// one spelling. Two readers of the same signed bytes read the same statement.

import { type Bytes, unutf8 } from "./bytes.js";
import { ENUM_VALUES, type Field, SHAPES, type Shape } from "./schema.js";

const MAX_DEPTH = 16;
const MAX_ELEMENTS = 16_384;
const MAX_U64 = 2n ** 64n - 1n;

const VARINT = 0;
const DELIMITED = 2;

/** int64 and uint64 are bigints; the smaller numbers, bools and enums are numbers. */
export type Value = number | bigint | string | Bytes | Message;

/** What is wrong with the bytes, at which of them. */
export class ScanError extends Error {
  constructor(fault: string, at: number) {
    super(`${fault} (byte ${at})`);
    this.name = "ScanError";
  }
}

/** A message as it stands on the wire. A field that is not there reads as its default. */
export class Message {
  readonly name: string;
  /** The member of the oneof that is set. */
  chosen: string | undefined;
  private readonly values = new Map<string, Value[]>();

  constructor(name: string) {
    this.name = name;
  }

  has(label: string): boolean {
    return this.values.has(label);
  }

  append(label: string, values: readonly Value[]): void {
    const before = this.values.get(label);
    if (before === undefined) this.values.set(label, [...values]);
    else for (const value of values) before.push(value);
  }

  all(label: string): readonly Value[] {
    return this.values.get(label) ?? [];
  }

  text(label: string): string {
    const value = this.all(label)[0];
    return typeof value === "string" ? value : "";
  }

  bytes(label: string): Bytes {
    const value = this.all(label)[0];
    return value instanceof Uint8Array ? value : new Uint8Array();
  }

  number(label: string): bigint {
    const value = this.all(label)[0];
    return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : 0n;
  }

  message(label: string): Message | undefined {
    const value = this.all(label)[0];
    return value instanceof Message ? value : undefined;
  }

  messages(label: string): Message[] {
    return this.all(label).filter((value) => value instanceof Message);
  }

  texts(label: string): string[] {
    return this.all(label).filter((value) => typeof value === "string");
  }

  numbers(label: string): number[] {
    return this.all(label).filter((value) => typeof value === "number");
  }

  /** The message that `chosen` names. */
  body(): Message | undefined {
    return this.chosen === undefined ? undefined : this.message(this.chosen);
  }
}

/** Reads the bytes of a message; a ScanError says what is wrong with them. */
export function scan(bytes: Bytes, name: string): Message {
  return new Scanner(bytes).message(shapeOf(name), bytes.length, 1);
}

function shapeOf(name: string): Shape {
  const shape = SHAPES.get(name);
  if (shape === undefined) throw new Error(`no message ${name} is in the tables`);
  return shape;
}

function isInRange(type: string, value: bigint): boolean {
  if (type === "bool") return value <= 1n;
  if (type === "uint32" || type === "sint32") return value < 2n ** 32n;
  return ENUM_VALUES.get(type)?.has(Number(value)) === true;
}

class Scanner {
  private at = 0;
  private elements = 0;

  constructor(private readonly data: Bytes) {}

  message(shape: Shape, end: number, depth: number): Message {
    const found = new Message(shape.name);
    while (this.at < end) {
      const start = this.at;
      const tag = this.varint(end);
      const field = shape.fields.get(Number(tag >> 3n));
      if (field === undefined) throw new ScanError("no such field", start);
      if (found.has(field.label) && !field.repeated) throw new ScanError("field occurs twice", start);
      if (shape.oneof !== undefined && field.number >= shape.oneof[0] && field.number <= shape.oneof[1]) {
        if (found.chosen !== undefined) throw new ScanError("two members of one choice", start);
        found.chosen = field.label;
      }
      found.append(field.label, this.values(field, Number(tag & 7n), end, depth));
    }
    return found;
  }

  private values(field: Field, wire: number, end: number, depth: number): Value[] {
    const inner = SHAPES.get(field.type);
    const delimited = inner !== undefined || field.type === "string" || field.type === "bytes";
    if (wire !== (delimited || field.repeated ? DELIMITED : VARINT)) throw new ScanError("another wire type", this.at);
    if (wire === VARINT) return [this.scalar(field.type, end)];
    const stop = this.stop(end);
    if (!delimited) return this.packed(field.type, stop);
    if (field.repeated && ++this.elements > MAX_ELEMENTS) throw new ScanError("too many elements", this.at);
    return [inner === undefined ? this.content(field.type, stop) : this.nested(inner, stop, depth)];
  }

  private nested(shape: Shape, stop: number, depth: number): Message {
    if (depth === MAX_DEPTH) throw new ScanError("nested too deep", this.at);
    return this.message(shape, stop, depth + 1);
  }

  private content(type: string, stop: number): string | Bytes {
    const [start, bytes] = [this.at, this.data.slice(this.at, stop)];
    this.at = stop;
    if (type === "bytes") return bytes;
    const text = unutf8(bytes);
    if (text === undefined) throw new ScanError("text is not UTF-8", start);
    return text;
  }

  private packed(type: string, stop: number): Value[] {
    const values: Value[] = [];
    while (this.at < stop) values.push(this.scalar(type, stop));
    return values;
  }

  private scalar(type: string, end: number): number | bigint {
    const start = this.at;
    const value = this.varint(end);
    if (type === "uint64") return value;
    if (type === "int64") return BigInt.asIntN(64, value);
    if (!isInRange(type, value)) throw new ScanError("number outside the range of its field", start);
    return Number(type === "sint32" ? (value >> 1n) ^ -(value & 1n) : value);
  }

  /** Reads a length; where what is so long ends. */
  private stop(end: number): number {
    const start = this.at;
    const length = this.varint(end);
    if (length > BigInt(end - this.at)) throw new ScanError("ends within a value", start);
    return this.at + Number(length);
  }

  private varint(end: number): bigint {
    const start = this.at;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at === end) throw new ScanError("ends within a number", start);
      const byte = this.data[this.at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value > MAX_U64 || (byte === 0 && shift > 0n)) break;
      return value;
    }
    throw new ScanError("number longer than it need be", start);
  }
}
