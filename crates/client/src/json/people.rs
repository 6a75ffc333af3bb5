//! From protobuf's JSON mapping to what people read.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, tz::Offset};
use proto::schema::{self, Field, Kind, Message};
use serde_json::{Map, Value};

use super::{camel, enum_prefix, is_instant};

/// From here on not every integer has a number of its own in JavaScript.
const EXACT: u64 = 1 << 53;

/// Rewrites a message. A value of an unexpected shape stays as it is.
pub(super) fn message(table: &Message, value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let offset = (table.name == "Header").then(|| header_offset(&members)).flatten();
    let mut out = Map::new();
    for (name, value) in members {
        let Some(field) = table.fields.iter().find(|f| camel(f.name) == name) else {
            out.insert(name, value);
            continue;
        };
        if field.name == "offset_minutes" && offset.is_some() {
            continue;
        }
        let value = match value {
            Value::Array(items) if field.repeated => {
                items.into_iter().map(|item| scalar_or_message(field, item, offset)).collect()
            }
            single => scalar_or_message(field, single, offset),
        };
        out.insert(name, value);
    }
    Value::Object(out)
}

fn scalar_or_message(field: &Field, value: Value, offset: Option<Offset>) -> Value {
    let text = match (&field.kind, &value) {
        (Kind::Message(index), _) => return message(&schema::MESSAGES[*index], value),
        (_, Value::String(text)) => text,
        _ => return value,
    };
    let better = match field.kind {
        Kind::Bytes => bytes(field, text),
        Kind::Enum(_) => Some(short_enum(field, text).into()),
        Kind::Int64 if is_instant(field) => instant(text, offset).or_else(|| integer(text)),
        Kind::Int64 | Kind::Uint64 => integer(text),
        _ => None,
    };
    better.unwrap_or(value)
}

fn bytes(field: &Field, text: &str) -> Option<Value> {
    let bytes = STANDARD.decode(text).ok()?;
    let uuid = (field.name == "id").then(|| uuid::Uuid::from_slice(&bytes).ok()).flatten();
    Some(uuid.map_or_else(|| hex::encode(&bytes), |id| id.to_string()).into())
}

fn short_enum(field: &Field, text: &str) -> String {
    let short = text.strip_prefix(&enum_prefix(field.type_name)).unwrap_or(text);
    short.to_lowercase().replace('_', "-")
}

fn integer(text: &str) -> Option<Value> {
    let number: i128 = text.parse().ok()?;
    if number.unsigned_abs() >= u128::from(EXACT) {
        return None;
    }
    i64::try_from(number).ok().map(Value::from)
}

/// RFC 3339 with the offset given, else in UTC; nothing for instants that jiff cannot hold.
fn instant(text: &str, offset: Option<Offset>) -> Option<Value> {
    let instant = Timestamp::from_microsecond(text.parse().ok()?).ok()?;
    Some(match offset {
        Some(offset) => instant.display_with_offset(offset).to_string().into(),
        None => instant.to_string().into(),
    })
}

/// The local offset of a header, if it can be written as part of `occurredAt`.
fn header_offset(members: &Map<String, Value>) -> Option<Offset> {
    let minutes = members.get("offsetMinutes")?.as_i64()?;
    instant(members.get("occurredAt")?.as_str()?, None)?;
    Offset::from_seconds(i32::try_from(minutes.checked_mul(60)?).ok()?).ok()
}
