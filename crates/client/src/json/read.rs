//! From what people write to protobuf's JSON mapping, with every fault named by its path.
//!
//! A fault does not end the reading: what stands beside it is read all the same, so that all of them are told
//! at once. A field at fault is left out of the result; an item of a list leaves an empty one in its place.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{
    Timestamp,
    fmt::temporal::{Pieces, PiecesOffset},
};
use proto::schema::{ENUMS, Field, Kind, MESSAGES, Message};
use serde_json::{Map, Value};

use super::{JsonFault, MAX_FAULTS, camel, enum_prefix, is_instant};

/// Where a value stands: as people wrote it, and as the proto file calls it.
pub(super) struct Place<'a> {
    outer: Option<&'a Self>,
    step: Step<'a>,
}

enum Step<'a> {
    Root,
    Field { written: &'a str, name: &'a str },
    Item(usize),
}

impl<'a> Place<'a> {
    pub(super) const ROOT: Self = Self { outer: None, step: Step::Root };

    const fn field(&'a self, written: &'a str, name: &'a str) -> Self {
        Self { outer: Some(self), step: Step::Field { written, name } }
    }

    const fn item(&'a self, index: usize) -> Self {
        Self { outer: Some(self), step: Step::Item(index) }
    }

    /// Its path in the words of the text, or of the proto file.
    fn path(&self, as_written: bool) -> String {
        let mut path = self.outer.map(|outer| outer.path(as_written)).unwrap_or_default();
        match &self.step {
            Step::Root => {}
            Step::Item(index) => path.push_str(&format!("[{index}]")),
            Step::Field { written, name } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(if as_written { written } else { name });
            }
        }
        path
    }
}

/// A fault with the field of the proto file that it is about.
pub(super) struct Found {
    pub(super) fault: JsonFault,
    pub(super) field: String,
    /// No field has this name; it may be a misspelling of one that is missing now.
    pub(super) unknown: bool,
}

/// Reads, and collects what is wrong.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) found: Vec<Found>,
    /// There was more than is kept.
    pub(super) more: bool,
}

impl Reader {
    /// `words` gives English and Chinese.
    fn fault(&mut self, at: &Place<'_>, words: impl FnOnce() -> (String, String)) {
        if self.is_full() {
            return;
        }
        let (fault, chinese) = words();
        let fault = JsonFault { path: at.path(true), fault, chinese, reason: None };
        self.found.push(Found { fault, field: at.path(false), unknown: false });
    }

    /// Whether no more faults are kept: then nothing need be put into words.
    const fn is_full(&mut self) -> bool {
        self.more |= self.found.len() >= MAX_FAULTS;
        self.found.len() >= MAX_FAULTS
    }

    fn expected(&mut self, at: &Place<'_>, what: &str, chinese: &str, found: &Value) {
        self.fault(at, || {
            let mut shown = found.to_string();
            if shown.len() > 60 {
                shown = shown.chars().take(57).collect::<String>() + "…";
            }
            (format!("expected {what}, found {shown}"), format!("应为{chinese}，实为 {shown}"))
        });
    }

    fn no_such_field(&mut self, at: &Place<'_>, table: &Message) {
        let before = self.found.len();
        self.fault(at, || {
            let known: Vec<String> = table.fields.iter().map(|f| camel(f.name)).collect();
            let known = known.join(", ");
            (format!("no such field; expected one of {known}"), format!("无此字段；应为以下之一：{known}"))
        });
        if let Some(found) = self.found.get_mut(before) {
            found.unknown = true;
        }
    }

    /// Reads a message; nothing where it is none. The result spells every field as the proto file does.
    pub(super) fn message(&mut self, table: &Message, value: &Value, at: &Place<'_>) -> Option<Value> {
        let Value::Object(members) = value else {
            self.expected(at, "an object { … }", "对象 { … }", value);
            return None;
        };
        let mut out = Map::new();
        let mut set: Vec<(&Field, &str)> = Vec::new();
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let found = table.fields.iter().find(|f| f.name == name || camel(f.name) == *name);
            let at = at.field(name, found.map_or(name, |field| field.name));
            match found {
                None => self.no_such_field(&at, table),
                Some(field) if self.is_free(field, &set, &at) => {
                    set.push((field, name));
                    if let Some(value) = self.field(field, value, &at) {
                        out.insert(field.name.to_owned(), value);
                    }
                }
                Some(_) => {}
            }
        }
        if table.name == "Header" {
            self.local_offset(members, &mut out, at);
        }
        Some(Value::Object(out))
    }

    /// Whether a field was not set yet, nor another one of its choice.
    fn is_free(&mut self, field: &Field, set: &[(&Field, &str)], at: &Place<'_>) -> bool {
        if set.iter().any(|(other, _)| other.name == field.name) {
            let words = ("is set twice, in two spellings".to_owned(), "以两种写法重复填写".to_owned());
            self.fault(at, || words);
            return false;
        }
        let beside = set.iter().find(|(other, _)| other.oneof.is_some() && other.oneof == field.oneof);
        if let Some((_, other)) = beside {
            self.fault(at, || {
                let fault = format!("stands beside {other}; only one of them may be set");
                (fault, format!("与 {other} 不能同时填写"))
            });
        }
        beside.is_none()
    }

    fn field(&mut self, field: &Field, value: &Value, at: &Place<'_>) -> Option<Value> {
        if !field.repeated {
            return self.single(field, value, at);
        }
        let Value::Array(items) = value else {
            self.expected(at, "a list [ … ]", "列表 [ … ]", value);
            return None;
        };
        let items = items.iter().enumerate();
        let read =
            items.map(|(i, item)| self.single(field, item, &at.item(i)).unwrap_or_else(|| empty(field)));
        Some(read.collect())
    }

    fn single(&mut self, field: &Field, value: &Value, at: &Place<'_>) -> Option<Value> {
        let (low, high) = match field.kind {
            Kind::Message(index) => return self.message(&MESSAGES[index], value, at),
            Kind::Bytes => return self.bytes(field, value, at),
            Kind::Enum(_) => return self.enum_value(field, value, at),
            Kind::Bool if value.is_boolean() => return Some(value.clone()),
            Kind::Bool => {
                self.expected(at, "true or false", "true 或 false", value);
                return None;
            }
            Kind::String if value.is_string() => return Some(value.clone()),
            Kind::String => {
                self.expected(at, "a text in quotes", "带引号的文本", value);
                return None;
            }
            Kind::Int64 if is_instant(field) => return self.instant(value, at),
            Kind::Int32 | Kind::Sint32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
            Kind::Uint32 => (0, i128::from(u32::MAX)),
            Kind::Int64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
            Kind::Uint64 => (0, i128::from(u64::MAX)),
        };
        let number = integer(value).filter(|n| (low..=high).contains(n));
        if number.is_none() && !self.is_full() {
            let what = format!("a whole number from {low} to {high}");
            self.expected(at, &what, &format!("{low} 至 {high} 的整数"), value);
        }
        number.map(|n| n.to_string().into())
    }

    fn bytes(&mut self, field: &Field, value: &Value, at: &Place<'_>) -> Option<Value> {
        let bytes = value.as_str().and_then(|text| match uuid::Uuid::try_parse(text) {
            Ok(id) if field.name == "id" => Some(id.into_bytes().to_vec()),
            _ => hex::decode(text).ok(),
        });
        if bytes.is_none() {
            let (what, chinese) = if field.name == "id" {
                ("a UUID such as \"0190a5c8-…\"", "UUID，例如 \"0190a5c8-…\"")
            } else {
                ("hex digits in quotes, two to a byte", "带引号的十六进制数字，每字节两位")
            };
            self.expected(at, what, chinese, value);
        }
        Some(STANDARD.encode(bytes?).into())
    }

    fn enum_value(&mut self, field: &Field, value: &Value, at: &Place<'_>) -> Option<Value> {
        let values = values(field);
        let prefix = enum_prefix(field.type_name);
        let found = match value {
            Value::String(text) => {
                let name = text.to_uppercase().replace('-', "_");
                values.iter().find(|(n, _)| *n == name || n.strip_prefix(&prefix) == Some(&name))
            }
            _ => values.iter().find(|(_, number)| value.as_i64() == Some(i64::from(*number))),
        };
        if found.is_none() && !self.is_full() {
            let short = |n: &str| n.strip_prefix(&prefix).unwrap_or(n).to_lowercase().replace('_', "-");
            let all: Vec<String> = values.iter().filter(|(_, n)| *n != 0).map(|(n, _)| short(n)).collect();
            let all = all.join(", ");
            self.expected(at, &format!("one of {all}"), &format!("以下之一：{all}"), value);
        }
        found.map(|(name, _)| Value::from(*name))
    }

    fn instant(&mut self, value: &Value, at: &Place<'_>) -> Option<Value> {
        if let Some(micros) = integer(value).and_then(|n| i64::try_from(n).ok()) {
            return Some(micros.to_string().into());
        }
        let Some(instant) = value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) else {
            self.expected(at, INSTANT, INSTANT_CHINESE, value);
            return None;
        };
        if instant.subsec_nanosecond() % 1_000 != 0 {
            self.expected(at, "at most six digits of a second's fraction", "秒的小数最多六位", value);
            return None;
        }
        Some(instant.as_microsecond().to_string().into())
    }

    /// `occurredAt` written with an offset also says `offsetMinutes`; said twice, both must agree.
    fn local_offset(&mut self, members: &Map<String, Value>, out: &mut Map<String, Value>, at: &Place<'_>) {
        let written = members.get("occurredAt").or_else(|| members.get("occurred_at"));
        let Some(pieces) = written.and_then(Value::as_str).and_then(|t| Pieces::parse(t).ok()) else {
            return;
        };
        let Some(PiecesOffset::Numeric(offset)) = pieces.offset() else { return };
        let seconds = offset.offset().seconds();
        let at = &at.field("occurredAt", "occurred_at");
        if seconds % 60 != 0 {
            let words = ("expected an offset of whole minutes".to_owned(), "时区偏移须为整分钟".to_owned());
            return self.fault(at, || words);
        }
        let minutes = Value::from((seconds / 60).to_string());
        if let Some(other) = out.insert("offset_minutes".to_owned(), minutes.clone())
            && other != minutes
        {
            self.fault(at, || {
                let fault = format!("its offset is {minutes} minutes, offsetMinutes says {other}");
                (fault, format!("其时区偏移为 {minutes} 分钟，而 offsetMinutes 为 {other}"))
            });
        }
    }
}

fn values(field: &Field) -> &'static [(&'static str, i32)] {
    ENUMS.iter().find(|e| e.name == field.type_name).map_or(&[][..], |e| e.values)
}

/// What stands for an item at fault, so that those behind it keep their places.
fn empty(field: &Field) -> Value {
    match field.kind {
        Kind::Message(_) => Map::new().into(),
        Kind::String | Kind::Bytes => "".into(),
        Kind::Bool => false.into(),
        Kind::Enum(_) => values(field).first().map_or(Value::Null, |(name, _)| (*name).into()),
        _ => "0".into(),
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

const INSTANT: &str = "an instant such as \"2025-03-01T10:00:00+08:00\" or whole µs since 1970";
const INSTANT_CHINESE: &str = "时间，例如 \"2025-03-01T10:00:00+08:00\"，或自 1970 年起的微秒整数";
