//! JSON: one bill, fields by the English names of the columns, lines in a list; or a whole statement.
//!
//! ```json
//! {"number": "SO-1", "type": "sale", "time": "2026-11-20T08:30:00+08:00", "partner": "KH001",
//!  "lines": [{"code": "(01)09521234543213(21)A1"}, {"product": "P1", "lot": "C1", "quantity": 2, "unit": "box"}]}
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{
    Reading,
    encoding::{self, Declared},
    too_many_lines,
};
use crate::{
    bill::{Bill, Places, Row, Sheet, missing},
    columns::{COLUMNS, Column, Scope},
    fault::{Fault, Faults, Reason},
};

/// Whether bytes begin like JSON.
pub(super) fn looks_like(bytes: &[u8]) -> bool {
    super::first_byte(bytes).is_some_and(|first| matches!(first, b'{' | b'['))
}

pub(super) fn read(bytes: &[u8], reading: Reading<'_>) -> Result<Sheet, Vec<Fault>> {
    let text = encoding::text(bytes, Declared::Utf8).map_err(|fault| vec![fault])?;
    let parsed = serde_json::from_str::<Once>(&text).and_then(|_| serde_json::from_str(&text));
    let value: Value = parsed.map_err(|error| {
        let line = u32::try_from(error.line()).unwrap_or(0);
        let zh = format!("无法按 JSON 读取：第 {line} 行第 {} 列附近有误，或字段重复", error.column());
        vec![Fault::at(line, "", Reason::BrokenJson, format!("cannot be read as JSON: {error}"), zh)]
    })?;
    let Value::Object(mut bill) = value else {
        return Err(vec![Fault::whole(Reason::NotABill, "a bill is a JSON object", "单据应为 JSON 对象")]);
    };
    let mut faults = Faults::default();
    let lines = match bill.remove("lines") {
        None => vec![Value::Object(Map::new())],
        Some(Value::Array(lines)) if lines.is_empty() => vec![Value::Object(Map::new())],
        Some(Value::Array(lines)) => lines,
        Some(_) => {
            faults.push(Fault::at(0, "lines", Reason::BadValue, "is a list", "应为列表"));
            vec![Value::Object(Map::new())]
        }
    };
    if lines.len() > reading.limits.file_lines {
        return Err(too_many_lines(reading.limits.file_lines));
    }
    let mut head = cells(0, &bill, Scope::Bill, &mut faults);
    // The rest is read all the same, to tell what is wrong with it.
    head.entry(Column::Number).or_insert_with(|| {
        let name = Column::Number.row().name;
        if !faults.names(name) {
            faults.push(missing(1, name.to_owned()));
        }
        String::new()
    });
    let mut sheet = Sheet::default();
    for (i, line) in lines.iter().enumerate() {
        let at = u32::try_from(i + 1).unwrap_or(u32::MAX);
        let Value::Object(line) = line else {
            faults.push(Fault::at(at, "lines", Reason::BadValue, "a line is an object", "行应为对象"));
            if i == 0 {
                sheet.rows.push(Row { line: at, cells: head.clone() });
            }
            continue;
        };
        let mut row = Row { line: at, cells: cells(at, line, Scope::Line, &mut faults) };
        // Of the bill: on its first line, so that a fault is told once.
        if i == 0 {
            row.cells.extend(head.clone());
        } else if let Some(number) = head.get(&Column::Number) {
            row.cells.insert(Column::Number, number.clone());
        }
        sheet.rows.push(row);
    }
    sheet.faults = faults.into_sorted();
    Ok(sheet)
}

fn cells(
    line: u32,
    object: &Map<String, Value>,
    scope: Scope,
    faults: &mut Faults,
) -> BTreeMap<Column, String> {
    let mut cells = BTreeMap::new();
    for (name, value) in object {
        let column = Column::find(name).filter(|c| c.row().name == name && c.row().scope == scope);
        let Some(column) = column else {
            let known: Vec<&str> =
                COLUMNS.iter().filter(|row| row.scope == scope).map(|row| row.name).collect();
            let (of, of_zh, known) = match scope {
                Scope::Bill => ("bill", "单据", known.join(", ") + ", lines"),
                Scope::Line => ("line", "行", known.join(", ")),
            };
            let en = format!("is no field of a {of}; there are {known}");
            let zh = format!("不是{of_zh}字段；可用字段：{known}");
            faults.push(Fault::at(line, name.as_str(), Reason::ColumnUnknown, en, zh));
            continue;
        };
        let text = match text(column, value) {
            Ok(text) => text,
            Err((reason, en, zh)) => {
                faults.push(Fault::at(line, name.as_str(), reason, en, zh));
                continue;
            }
        };
        if !text.is_empty() {
            cells.insert(column, text);
        }
    }
    cells
}

/// A field's text, or why it has none.
fn text(column: Column, value: &Value) -> Result<String, (Reason, &'static str, &'static str)> {
    match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) => number_text(column, number).ok_or((
            Reason::CellUnreadable,
            "is a number that may have lost digits; put it in quotes",
            "是可能已丢失数位的数字；请加引号写成文本",
        )),
        Value::Bool(yes) => Ok(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => {
            Err((Reason::BadValue, "is a text or a number", "应为文本或数字"))
        }
    }
}

/// A number as it was written. Whole ones of 64 bits are held exactly; of others only a measure of up to
/// 15 digits is, for which zeros at the end say nothing.
fn number_text(column: Column, number: &Number) -> Option<String> {
    let measure =
        matches!(column, Column::Quantity | Column::UnitsPerCode | Column::Wasted | Column::Temperature);
    let whole = number.is_u64() || number.is_i64();
    let text = number.to_string();
    let exact = whole || measure && text.bytes().filter(u8::is_ascii_digit).count() <= 15;
    exact.then_some(text)
}

/// JSON in which no field stands twice in one object: of two values one would get lost.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

/// Values that are no object and no list.
macro_rules! plain {
    ($($visit:ident: $value:ty),*) => {
        $(fn $visit<E>(self, _: $value) -> Result<Self, E> {
            Ok(self)
        })*
    };
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    plain!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
        let mut names: BTreeSet<String> = BTreeSet::new();
        while let Some(name) = object.next_key::<String>()? {
            object.next_value::<Self>()?;
            if names.contains(&name) {
                return Err(A::Error::custom(format!("the field {name} stands twice")));
            }
            names.insert(name);
        }
        Ok(self)
    }
}

/// A statement of any kind in the JSON of `yuanliu sign`, for what bills cannot say. It needs a business
/// key, which makes it a bill of the gateway.
///
/// # Errors
/// Everything that is wrong with it.
pub fn statement_bill(text: &str) -> Result<Bill, Vec<Fault>> {
    let statement = client::statement_from_json(text).map_err(|error| of_json(&error))?;
    let number = statement.header.as_ref().map(|h| h.business_key.clone()).unwrap_or_default();
    if number.is_empty() {
        let en = "is needed: by it the gateway knows a statement again";
        let zh = "必填：网关据此识别同一单据";
        let mut faults = vec![Fault::at(0, "header.businessKey", Reason::Missing, en, zh)];
        faults.extend(client::field_faults(&statement).iter().map(|fault| of_field(0, fault)));
        return Err(faults);
    }
    Ok(Bill { number, bill_type: None, lines: 0, statement, day_alone: false, places: Places::default() })
}

fn of_json(error: &client::JsonError) -> Vec<Fault> {
    let line = u32::try_from(error.line).unwrap_or(0);
    let mut faults: Vec<Fault> = error.faults.iter().map(|fault| of_field(line, fault)).collect();
    if error.more {
        let most = faults.len();
        let en = format!("there are more faults than the {most} that are told; correct these first");
        faults.push(Fault::at(0, "", Reason::BadStatement, en, format!("仅列出前 {most} 处错误，请先更正")));
    }
    faults
}

/// With the ledger's reason where a field check says so.
fn of_field(line: u32, fault: &client::JsonFault) -> Fault {
    let (path, en, zh) = (fault.path.as_str(), fault.fault.as_str(), fault.chinese.as_str());
    match fault.reason {
        None => Fault::at(line, path, Reason::BadStatement, en, zh),
        Some(reason) => Fault::of_ledger(line, path, reason, en, zh),
    }
}
