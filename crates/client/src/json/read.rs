//! From what people write to protobuf's JSON mapping, with every fault named by its path.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{
    Timestamp,
    fmt::temporal::{Pieces, PiecesOffset},
};
use proto::schema::{ENUMS, Field, Kind, MESSAGES, Message};
use serde_json::{Map, Value};

use super::{JsonError, camel, enum_prefix, is_instant};

/// Reads a message. The result spells every field as the proto file does.
pub(super) fn message(table: &Message, value: &Value, path: &str) -> Result<Value, JsonError> {
    let Value::Object(members) = value else {
        return Err(expected(path, "an object { … }", "对象 { … }", value));
    };
    let mut out = Map::new();
    let mut choices: Vec<(i32, &str)> = Vec::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        let path = join(path, name);
        let found = table.fields.iter().find(|f| f.name == name || camel(f.name) == *name);
        let field = found.ok_or_else(|| no_such_field(&path, table))?;
        if let Some(oneof) = field.oneof {
            if let Some((_, other)) = choices.iter().find(|(o, _)| *o == oneof) {
                let fault = format_args!("stands beside {other}; only one of them may be set");
                let chinese = format_args!("与 {other} 不能同时填写");
                return Err(JsonError::at(&path, fault, chinese));
            }
            choices.push((oneof, name));
        }
        if out.insert(field.name.to_owned(), field_value(field, value, &path)?).is_some() {
            return Err(JsonError::at(&path, "is set twice, in two spellings", "以两种写法重复填写"));
        }
    }
    if table.name == "Header" {
        local_offset(members, &mut out, path)?;
    }
    Ok(Value::Object(out))
}

fn field_value(field: &Field, value: &Value, path: &str) -> Result<Value, JsonError> {
    if !field.repeated {
        return single(field, value, path);
    }
    let Value::Array(items) = value else {
        return Err(expected(path, "a list [ … ]", "列表 [ … ]", value));
    };
    items.iter().enumerate().map(|(i, item)| single(field, item, &format!("{path}[{i}]"))).collect()
}

fn single(field: &Field, value: &Value, path: &str) -> Result<Value, JsonError> {
    let range = match field.kind {
        Kind::Message(index) => return message(&MESSAGES[index], value, path),
        Kind::Bytes => return bytes(field, value, path),
        Kind::Enum(_) => return enum_value(field, value, path),
        Kind::Bool if value.is_boolean() => return Ok(value.clone()),
        Kind::Bool => return Err(expected(path, "true or false", "true 或 false", value)),
        Kind::String if value.is_string() => return Ok(value.clone()),
        Kind::String => return Err(expected(path, "a text in quotes", "带引号的文本", value)),
        Kind::Int64 if is_instant(field) => return instant(value, path),
        Kind::Int32 | Kind::Sint32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Kind::Uint32 => (0, i128::from(u32::MAX)),
        Kind::Int64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        Kind::Uint64 => (0, i128::from(u64::MAX)),
    };
    match integer(value) {
        Some(n) if (range.0..=range.1).contains(&n) => Ok(n.to_string().into()),
        _ => {
            let (low, high) = range;
            let chinese = format!("{low} 至 {high} 的整数");
            Err(expected(path, &format!("a whole number from {low} to {high}"), &chinese, value))
        }
    }
}

/// A whole number, or a text of its digits.
fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(n) => n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn bytes(field: &Field, value: &Value, path: &str) -> Result<Value, JsonError> {
    let form = if field.name == "id" {
        ("a UUID such as \"0190a5c8-…\"", "UUID，例如 \"0190a5c8-…\"")
    } else {
        ("hex digits in quotes, two to a byte", "带引号的十六进制数字，每字节两位")
    };
    let text = value.as_str().ok_or_else(|| expected(path, form.0, form.1, value))?;
    let bytes = match uuid::Uuid::try_parse(text) {
        Ok(id) if field.name == "id" => id.into_bytes().to_vec(),
        _ => hex::decode(text).map_err(|_| expected(path, form.0, form.1, value))?,
    };
    Ok(STANDARD.encode(bytes).into())
}

fn enum_value(field: &Field, value: &Value, path: &str) -> Result<Value, JsonError> {
    let values = ENUMS.iter().find(|e| e.name == field.type_name).map_or(&[][..], |e| e.values);
    let prefix = enum_prefix(field.type_name);
    let found = match value {
        Value::String(text) => {
            let name = text.to_uppercase().replace('-', "_");
            values.iter().find(|(n, _)| *n == name || n.strip_prefix(&prefix) == Some(&name))
        }
        _ => values.iter().find(|(_, number)| value.as_i64() == Some(i64::from(*number))),
    };
    found.map(|(name, _)| Value::from(*name)).ok_or_else(|| {
        let short = |n: &str| n.strip_prefix(&prefix).unwrap_or(n).to_lowercase().replace('_', "-");
        let all: Vec<String> = values.iter().filter(|(_, n)| *n != 0).map(|(n, _)| short(n)).collect();
        let all = all.join(", ");
        expected(path, &format!("one of {all}"), &format!("以下之一：{all}"), value)
    })
}

const INSTANT: &str = "an instant such as \"2025-03-01T10:00:00+08:00\" or whole µs since 1970";
const INSTANT_CHINESE: &str = "时间，例如 \"2025-03-01T10:00:00+08:00\"，或自 1970 年起的微秒整数";

fn instant(value: &Value, path: &str) -> Result<Value, JsonError> {
    if let Some(micros) = integer(value).and_then(|n| i64::try_from(n).ok()) {
        return Ok(micros.to_string().into());
    }
    let instant: Timestamp = value
        .as_str()
        .and_then(|t| t.parse().ok())
        .ok_or_else(|| expected(path, INSTANT, INSTANT_CHINESE, value))?;
    if instant.subsec_nanosecond() % 1_000 != 0 {
        return Err(expected(path, "at most six digits of a second's fraction", "秒的小数最多六位", value));
    }
    Ok(instant.as_microsecond().to_string().into())
}

/// `occurredAt` written with an offset also says `offsetMinutes`; said twice, both must agree.
fn local_offset(
    members: &Map<String, Value>,
    out: &mut Map<String, Value>,
    path: &str,
) -> Result<(), JsonError> {
    let written = members.get("occurredAt").or_else(|| members.get("occurred_at"));
    let Some(pieces) = written.and_then(Value::as_str).and_then(|t| Pieces::parse(t).ok()) else {
        return Ok(());
    };
    let Some(PiecesOffset::Numeric(offset)) = pieces.offset() else { return Ok(()) };
    let seconds = offset.offset().seconds();
    let path = join(path, "occurredAt");
    if seconds % 60 != 0 {
        return Err(JsonError::at(&path, "expected an offset of whole minutes", "时区偏移须为整分钟"));
    }
    let minutes = Value::from((seconds / 60).to_string());
    match out.insert("offset_minutes".to_owned(), minutes.clone()) {
        Some(other) if other != minutes => Err(JsonError::at(
            &path,
            format_args!("its offset is {minutes} minutes, offsetMinutes says {other}"),
            format_args!("偏移为 {minutes} 分钟，而 offsetMinutes 为 {other}"),
        )),
        _ => Ok(()),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn no_such_field(path: &str, table: &Message) -> JsonError {
    let known: Vec<String> = table.fields.iter().map(|f| camel(f.name)).collect();
    let known = known.join(", ");
    let chinese = format_args!("无此字段；应为以下之一：{known}");
    JsonError::at(path, format_args!("no such field; expected one of {known}"), chinese)
}

fn expected(path: &str, what: &str, chinese: &str, found: &Value) -> JsonError {
    let mut shown = found.to_string();
    if shown.len() > 60 {
        shown = shown.chars().take(57).collect::<String>() + "…";
    }
    let chinese = format_args!("应为{chinese}，实为 {shown}");
    JsonError::at(path, format_args!("expected {what}, found {shown}"), chinese)
}
