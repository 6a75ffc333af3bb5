//! JSON text to a value, in which no name comes twice.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value, error::Category};

use super::JsonError;

/// The text without the byte order mark that some editors and spreadsheets put before UTF-8.
pub(super) fn unmarked(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Parses `text`. Nesting is bounded by `serde_json` (128).
pub(super) fn parse(text: &str) -> Result<Value, JsonError> {
    // What is missing at the end is missing behind the last character, not on a line after it.
    let text = unmarked(text).trim_end();
    let strict: Strict = serde_json::from_str(text).map_err(|e| fault(&e))?;
    Ok(strict.0)
}

/// Parts the two languages of what this module says itself; in no text of JSON unescaped.
const BETWEEN: char = '\u{1f}';

/// The line stands in a field of its own and the column in brackets, not in the library's words.
fn fault(error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let whole = error.to_string();
    let what = whole.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&whole);
    let (english, chinese) = what.split_once(BETWEEN).unwrap_or((what, category(error)));
    let (fault, chinese) = (format!("{english} (column {column})"), format!("{chinese}（第 {column} 列）"));
    JsonError { line, ..JsonError::at("", fault, chinese) }
}

fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Eof => "JSON 不完整",
        Category::Syntax => "JSON 语法错误",
        Category::Data => "JSON 内容有误",
        Category::Io => "读取失败",
    }
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Build).map(Self)
    }
}

struct Build;

impl<'de> Visitor<'de> for Build {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v)
            .map(Value::Number)
            .ok_or_else(|| E::custom(format_args!("a number out of range{BETWEEN}数值超出范围")))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(v.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(de::Error::custom(format_args!(
                    "{name:?} comes twice{BETWEEN}{name:?} 重复出现"
                )));
            }
            let Strict(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}
