//! Arbitrary valid statements of every kind: from the examples, changed field by field. A change stays where
//! the statement is still one that the ledger's own check takes.

use proptest::{prelude::*, test_runner::TestRunner};
use prost::Message as _;
use proto::{
    schema::{Field, Kind, MESSAGES, STATEMENT},
    v1,
};
use statement::{KINDS, Statement};

use super::examples::filled_examples;
use crate::{statement_from_json, statement_to_json};

/// A message as a tree over the tables of the format.
#[derive(Clone, Debug)]
struct Tree(Vec<(&'static Field, Value)>);

#[derive(Clone, Debug)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
    Packed(Vec<u64>),
    Message(Tree),
}

impl Tree {
    fn read(message: usize, mut bytes: &[u8]) -> Self {
        let mut tree = Vec::new();
        while !bytes.is_empty() {
            let tag = take(&mut bytes);
            let fields = MESSAGES[message].fields;
            let field = fields.iter().find(|f| u64::from(f.number) == tag >> 3).unwrap();
            if tag & 7 == 0 {
                tree.push((field, Value::Number(take(&mut bytes))));
                continue;
            }
            let length = take(&mut bytes) as usize;
            let (mut content, rest) = bytes.split_at(length);
            bytes = rest;
            let value = match field.kind {
                Kind::Message(inner) => Value::Message(Self::read(inner, content)),
                Kind::String | Kind::Bytes => Value::Bytes(content.to_vec()),
                _ => {
                    let mut numbers = Vec::new();
                    while !content.is_empty() {
                        numbers.push(take(&mut content));
                    }
                    Value::Packed(numbers)
                }
            };
            tree.push((field, value));
        }
        Self(tree)
    }

    /// As a protobuf library writes it: fields in order, packed numbers, no defaults.
    fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (field, value) in &self.0 {
            let content = match value {
                Value::Number(0) if !field.repeated && field.oneof.is_none() => continue,
                Value::Number(number) => {
                    put(&mut out, u64::from(field.number) << 3);
                    put(&mut out, *number);
                    continue;
                }
                Value::Bytes(bytes) if bytes.is_empty() && !field.repeated => continue,
                Value::Packed(numbers) if numbers.is_empty() => continue,
                Value::Bytes(bytes) => bytes.clone(),
                Value::Message(tree) => tree.write(),
                Value::Packed(numbers) => {
                    let mut packed = Vec::new();
                    numbers.iter().for_each(|n| put(&mut packed, *n));
                    packed
                }
            };
            put(&mut out, u64::from(field.number) << 3 | 2);
            put(&mut out, content.len() as u64);
            out.extend(content);
        }
        out
    }

    /// Nodes below, the tree's own last.
    fn nodes(&self) -> usize {
        self.0.iter().map(|(_, v)| if let Value::Message(t) = v { 1 + t.nodes() } else { 1 }).sum()
    }

    /// Changes the node of a number, counted as they stand.
    fn change(&mut self, mut at: usize, change: &Change) {
        for i in 0..self.0.len() {
            if at == 0 {
                return self.change_here(i, change);
            }
            at -= 1;
            if let Value::Message(tree) = &mut self.0[i].1 {
                let below = tree.nodes();
                if at < below {
                    return tree.change(at, change);
                }
                at -= below;
            }
        }
    }

    fn change_here(&mut self, i: usize, change: &Change) {
        let (field, value) = self.0[i].clone();
        match change.deed {
            Deed::Remove => _ = self.0.remove(i),
            Deed::Double if field.repeated => self.0.insert(i, (field, value)),
            _ => self.0[i].1 = changed(field, value, change),
        }
    }
}

fn take(bytes: &mut &[u8]) -> u64 {
    prost::encoding::decode_varint(bytes).unwrap()
}

fn put(out: &mut Vec<u8>, value: u64) {
    prost::encoding::encode_varint(value, out);
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    Remove,
    Double,
    Change,
}

/// What is to become of a node.
#[derive(Clone, Debug)]
struct Change {
    at: prop::sample::Index,
    deed: Deed,
    number: u64,
    text: String,
}

fn changes() -> impl Strategy<Value = Change> {
    let deed = prop_oneof![1 => Just(Deed::Remove), 2 => Just(Deed::Double), 5 => Just(Deed::Change)];
    // Numbers of all sizes.
    let number = (any::<u64>(), 0..64_u32).prop_map(|(n, shift)| n >> shift);
    let text =
        prop_oneof!["[A-Z0-9]{1,20}", "[ -~]{1,30}", "[一-龥（）％／．a-zA-Zé0-9 %./]{1,24}", "\\PC{1,20}"];
    (any::<prop::sample::Index>(), deed, number, text).prop_map(|(at, deed, number, text)| Change {
        at,
        deed,
        number,
        text,
    })
}

fn changed(field: &Field, value: Value, change: &Change) -> Value {
    match (field.kind, value) {
        (Kind::Bool, _) => Value::Number(change.number & 1),
        (Kind::Enum(values), Value::Packed(_)) => Value::Packed(
            values
                .iter()
                .filter(|v| (change.number >> (**v as u64 % 64)) & 1 == 1)
                .map(|v| *v as u64)
                .collect(),
        ),
        (Kind::Enum(values), _) => Value::Number(values[change.number as usize % values.len()] as u64),
        (Kind::Uint32 | Kind::Sint32, _) => Value::Number(change.number & u64::from(u32::MAX)),
        (Kind::Int32, _) => Value::Number(i64::from(change.number as i32) as u64),
        (_, Value::Number(_)) => Value::Number(change.number),
        (Kind::Bytes, Value::Bytes(bytes)) => {
            let mut bytes: Vec<u8> =
                bytes.iter().zip(0..).map(|(b, i)| b ^ (change.number.rotate_left(i) as u8)).collect();
            // It may be a UUIDv7.
            if bytes.len() == 16 {
                (bytes[6], bytes[8]) = (bytes[6] & 0x0f | 0x70, bytes[8] & 0x3f | 0x80);
            }
            Value::Bytes(bytes)
        }
        (Kind::String, Value::Bytes(bytes)) => {
            Value::Bytes(text(std::str::from_utf8(&bytes).unwrap(), change).into_bytes())
        }
        (_, value) => value,
    }
}

/// Another text of the same sort.
fn text(before: &str, change: &Change) -> String {
    let Change { number, text, .. } = change;
    let (gtin, gln) = (keyed(*number, 13), keyed(*number, 12));
    let party = ["org:".to_owned() + text, "gln:".to_owned() + &gln];
    let party = gs1::PartyRef::parse(&party[*number as usize % 2]).ok();
    let product = gs1::Product::gtin(&gs1::Gtin::parse(&gtin).unwrap());
    let sort = before.split_once(':').map_or("", |(sort, _)| sort);
    let other = match sort {
        "sgtin" => gs1::Item::sgtin(&gs1::Gtin::parse(&gtin).unwrap(), text).map(String::from).ok(),
        "lot" => gs1::Item::lot(&product, text).map(String::from).ok(),
        "gtin" => Some(product.into()),
        "sscc" => Some(format!("sscc:{}", keyed(*number, 17))),
        "cdtc" => Some(format!("cdtc:{number:020}")),
        "ahm" => Some(format!("ahm:{text}")),
        "uscc" | "gln" | "org" => party.map(|p| p.as_str().to_owned()),
        "site" => party.and_then(|p| gs1::Site::local(p, text).ok()).map(String::from),
        "bill" => party.and_then(|p| gs1::Document::bill(p, text).ok()).map(String::from),
        "waybill" => {
            party.and_then(|p| gs1::Document::waybill(gs1::Source::Party(p), text).ok()).map(String::from)
        }
        "cert" => {
            party.and_then(|p| gs1::Document::certificate(gs1::Source::Party(p), text).ok()).map(String::from)
        }
        _ if is_day(before) => {
            Some(format!("{}-{:02}-{:02}", 2000 + number % 90, 1 + number % 12, 1 + number % 28))
        }
        _ => None,
    };
    other.unwrap_or_else(|| text.clone())
}

fn is_day(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// Digits with a check digit.
fn keyed(number: u64, digits: usize) -> String {
    let text = format!("{:0digits$}", number % 10_u64.pow(digits as u32));
    let check = (0..10).find(|check| gs1::check_digit_ok(&format!("{text}{check}")));
    format!("{text}{}", check.unwrap())
}

/// The statement with those changes that leave it valid, and how many did.
fn apply(seed: &Tree, changes: &[Change]) -> (Tree, usize) {
    let (mut tree, mut taken) = (seed.clone(), 0);
    for change in changes {
        let mut next = tree.clone();
        next.change(change.at.index(tree.nodes().max(1)), change);
        let payload = next.write();
        if payload != tree.write() && Statement::parse(payload.into()).is_ok() {
            tree = next;
            taken += 1;
        }
    }
    (tree, taken)
}

/// Scanned, read as JSON for people and back: the same bytes.
fn check(payload: Vec<u8>) -> Result<(), TestCaseError> {
    let statement =
        Statement::parse(payload.clone().into()).map_err(|e| TestCaseError::fail(e.to_string()))?;
    let message = v1::Statement::decode(payload.as_slice()).unwrap();
    prop_assert_eq!(Some(statement.header()), message.header.as_ref());
    prop_assert_eq!(Some(statement.body()), message.body.as_ref());
    prop_assert_eq!(&message.encode_to_vec(), &payload, "a library writes the same bytes");
    let json = statement_to_json(&message).unwrap().to_string();
    let again = statement_from_json(&json).map_err(|e| TestCaseError::fail(format!("{json}: {e}")))?;
    prop_assert_eq!(again.encode_to_vec(), payload, "{}", json);
    Ok(())
}

#[test]
fn any_valid_statement_of_any_kind_comes_back_from_its_bytes_and_from_json() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) };
    let mut kinds = Vec::new();
    let (mut taken, mut distinct) = (0, std::collections::BTreeSet::new());
    for payload in filled_examples() {
        kinds.push(Statement::parse(payload.clone().into()).unwrap().kind());
        let seed = Tree::read(STATEMENT, &payload);
        assert_eq!(seed.write(), payload);
        let several = prop::collection::vec(changes(), 1..24);
        let seen = std::cell::RefCell::new((0, Vec::new()));
        TestRunner::new(config.clone())
            .run(&several, |changes| {
                let (tree, taken) = apply(&seed, &changes);
                let payload = tree.write();
                let mut seen = seen.borrow_mut();
                seen.0 += taken;
                seen.1.push(merkle::sha256(&[&payload]));
                drop(seen);
                check(payload)
            })
            .unwrap_or_else(|e| panic!("{:?}: {e}", kinds.last()));
        let (more, digests) = seen.into_inner();
        taken += more;
        distinct.extend(digests);
    }
    kinds.dedup();
    assert_eq!(kinds, KINDS.iter().map(|row| row.kind).collect::<Vec<_>>());
    assert!(distinct.len() > 40 * kinds.len() && taken > 4 * distinct.len(), "{taken} in {}", distinct.len());
}
