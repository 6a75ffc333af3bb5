//! JSON for people: statements as files that somebody can write and read, one to a file or one to a
//! line (JSON Lines).
//!
//! The base is protobuf's JSON mapping (field names in lowerCamelCase; the proto file's own spelling is
//! read too). What a person cannot read in it is spelled otherwise:
//!
//! | values | written | read too |
//! | --- | --- | --- |
//! | `id` | UUID text | 32 hex digits |
//! | other bytes (hashes, keys, salts, signatures) | lower-case hex | upper-case hex |
//! | instants (`…At`, `…Since`, `…By`) | RFC 3339; in a header with the offset of `offsetMinutes`, then left out | µs since 1970, a number |
//! | 64-bit integers | number; from 2^53 on a string | string of digits |
//! | enums | end of the name, lower-case: `ROLE_DOMESTIC_AGENT` → `"domestic-agent"` | any case, `_` for `-`, the full name, the number |
//!
//! A byte order mark before the text is skipped. Fields that are not set are left out; `null` counts as left out. A field that does not exist, comes
//! twice, or stands beside another of the same choice is an error, never dropped: what is signed has to
//! be what was written. All errors of a text are told at once, with what the field checks say of the rest. The tables of [`proto::schema`] drive both directions.

mod implied;
mod people;
mod read;
mod rest;
mod strict;

use std::{fmt, io::BufRead};

use proto::{schema, v1};
use serde::Serialize;
use serde_json::Value;
use statement::Reason;

use read::{Place, Reader};

/// Longest line of JSON Lines in bytes: a statement of 512 KiB fits with room for its spelling.
pub const MAX_LINE: usize = 4 * 1024 * 1024;

/// Most faults told of one text; the rest is found after these are mended.
pub const MAX_FAULTS: usize = 64;

/// Why a text is not a statement: everything that is wrong with it, at most [`MAX_FAULTS`]. Correct the places
/// named and try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Line, from 1; 0 where it is not known (a fault in the meaning of one statement's text).
    pub line: usize,
    /// What is wrong, at least one thing: first what does not fit the format, in order of the fields' names, then what
    /// the field checks say of the rest.
    pub faults: Vec<JsonFault>,
    /// There was more.
    pub more: bool,
}

/// One thing wrong with one place of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonFault {
    /// Path of field names as they were written, such as `ship.items[3]`; empty = the whole.
    pub path: String,
    /// What was expected there, and what was found.
    pub fault: String,
    /// The same in Chinese.
    pub chinese: String,
    /// The ledger's reason where it is a field check that says so; none where the text does not fit the
    /// format.
    pub reason: Option<Reason>,
}

impl JsonFault {
    fn at(path: &str, fault: impl fmt::Display, chinese: impl fmt::Display) -> Self {
        let (fault, chinese) = (fault.to_string(), chinese.to_string());
        Self { path: path.to_owned(), fault, chinese, reason: None }
    }

    /// Place, words and reason in a language.
    fn line(&self, between: &str, words: &str) -> String {
        let path = if self.path.is_empty() { String::new() } else { format!("{}{between}", self.path) };
        let reason = self.reason.map(|reason| format!(" [{reason}]")).unwrap_or_default();
        format!("{path}{words}{reason}")
    }
}

impl From<JsonFault> for JsonError {
    fn from(fault: JsonFault) -> Self {
        Self { line: 0, faults: vec![fault], more: false }
    }
}

impl JsonError {
    fn at(path: &str, fault: impl fmt::Display, chinese: impl fmt::Display) -> Self {
        JsonFault::at(path, fault, chinese).into()
    }

    /// A fault that a library words; it has only English.
    fn of(error: impl fmt::Display) -> Self {
        Self::at("", &error, format_args!("无法解读：{error}"))
    }

    /// In Chinese, as `Display` is in English.
    #[must_use]
    pub fn to_chinese(&self) -> String {
        let place = if self.line > 0 { format!("第 {} 行：", self.line) } else { String::new() };
        let lines = self.faults.iter().map(|f| f.line("：", &f.chinese)).collect();
        place + &list(lines, self.more, |count| format!("{count} 处问题："), "以及更多")
    }
}

/// One fault stands alone; several stand under their number, one to a line.
fn list(mut lines: Vec<String>, more: bool, head: impl Fn(usize) -> String, and_more: &str) -> String {
    if let ([line], false) = (lines.as_slice(), more) {
        return line.clone();
    }
    let head = head(lines.len());
    if more {
        lines.push(and_more.to_owned());
    }
    lines.iter().fold(head, |text, line| text + "\n  " + line)
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        let lines = self.faults.iter().map(|f| f.line(": ", &f.fault)).collect();
        f.write_str(&list(lines, self.more, |count| format!("{count} faults:"), "and more"))
    }
}

impl std::error::Error for JsonError {}

/// Reads one statement. Header fields that a [`Signer`](crate::Signer) fills may be missing, and so may
/// the header.
///
/// # Errors
/// Everything that does not fit the format, and with it what the field checks say of the rest. A text that fits
/// may still fail field checks: signing it tells, as does [`field_faults`].
pub fn statement_from_json(text: &str) -> Result<v1::Statement, JsonError> {
    let value = strict::parse(text)?;
    let mut reader = Reader::default();
    let machine = reader.message(&schema::MESSAGES[schema::STATEMENT], &value, &Place::ROOT);
    let statement = machine.clone().map(serde_json::from_value::<v1::Statement>).transpose();
    let statement = statement.map_err(JsonError::of);
    if reader.found.is_empty() {
        return match statement? {
            Some(statement) if statement.body.is_some() => Ok(statement),
            _ => Err(no_body().into()),
        };
    }
    let Reader { found, mut more } = reader;
    let mut further = match statement {
        Ok(Some(statement)) if statement.body.is_some() => rest::faults(&statement, &found, machine.as_ref()),
        Ok(Some(_)) if value.as_object().is_some_and(|v| v.keys().all(|name| name == "header")) => {
            vec![no_body()]
        }
        _ => Vec::new(),
    };
    let mut faults: Vec<JsonFault> = found.into_iter().map(|found| found.fault).collect();
    more |= faults.len() + further.len() > MAX_FAULTS;
    further.truncate(MAX_FAULTS.saturating_sub(faults.len()));
    faults.append(&mut further);
    Err(JsonError { line: 0, faults, more })
}

fn no_body() -> JsonFault {
    JsonFault::at(
        "",
        "expected a body beside the header: party, site, …, commission, ship, …",
        "缺少声明内容：除 header 外须有 party、site……commission、ship 等之一",
    )
}

/// What the field checks say of a statement, with paths as in JSON. Header fields that a
/// [`Signer`](crate::Signer) fills count as filled where they are empty.
#[must_use]
pub fn field_faults(statement: &v1::Statement) -> Vec<JsonFault> {
    rest::faults(statement, &[], None)
}

/// Reads one signed statement, as [`message_to_json`] writes it.
///
/// # Errors
/// Everything that does not fit the format.
pub fn signed_from_json(text: &str) -> Result<v1::SignedStatement, JsonError> {
    let value = strict::parse(text)?;
    let Some(table) = schema::MESSAGES.iter().find(|m| m.name == "SignedStatement") else {
        return serde_json::from_value(value).map_err(JsonError::of);
    };
    let mut reader = Reader::default();
    match reader.message(table, &value, &Place::ROOT) {
        Some(machine) if reader.found.is_empty() => serde_json::from_value(machine).map_err(JsonError::of),
        _ => {
            let faults = reader.found.into_iter().map(|found| found.fault).collect();
            Err(JsonError { line: 0, faults, more: reader.more })
        }
    }
}

/// A statement as JSON for people.
///
/// # Errors
/// An enum holds a number that is not declared.
pub fn statement_to_json(statement: &v1::Statement) -> Result<Value, JsonError> {
    message_to_json("Statement", statement)
}

/// Any message of the package, such as an answer of a service, as JSON for people. `name` is the
/// message's name in the proto file; one that is not declared gives protobuf's own mapping.
///
/// # Errors
/// An enum holds a number that is not declared.
pub fn message_to_json<M: Serialize>(name: &str, message: &M) -> Result<Value, JsonError> {
    let value = serde_json::to_value(message).map_err(JsonError::of)?;
    let table = schema::MESSAGES.iter().find(|m| m.name == name);
    Ok(table.map_or_else(|| value.clone(), |t| people::message(t, value.clone())))
}

/// Statements of JSON Lines, one to a line; empty lines are skipped. Ends at the first error.
#[derive(Debug)]
pub struct JsonLines<R> {
    reader: R,
    line: usize,
    ended: bool,
}

impl<R: BufRead> JsonLines<R> {
    /// Reads from the start of `reader`.
    pub const fn new(reader: R) -> Self {
        Self { reader, line: 0, ended: false }
    }

    /// Number of the line read last, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The next line; `None` at the end.
    fn read(&mut self) -> Result<Option<String>, JsonError> {
        self.line += 1;
        let mut bytes = Vec::new();
        let mut bounded = std::io::Read::take(&mut self.reader, MAX_LINE as u64 + 1);
        let read = bounded.read_until(b'\n', &mut bytes).map_err(JsonError::of)?;
        if read == 0 {
            return Ok(None);
        }
        if bytes.len() > MAX_LINE {
            let chinese = format_args!("超过 {MAX_LINE} 字节");
            return Err(JsonError::at("", format_args!("longer than {MAX_LINE} bytes"), chinese));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| JsonError::at("", "not UTF-8", "不是 UTF-8 编码"))
    }

    fn advance(&mut self) -> Result<Option<v1::Statement>, JsonError> {
        while let Some(text) = self.read()? {
            if !strict::unmarked(&text).trim().is_empty() {
                return statement_from_json(&text).map(Some);
            }
        }
        Ok(None)
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = Result<v1::Statement, JsonError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.advance().map_err(|e| JsonError { line: self.line, ..e }).transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Name of a field in JSON: `on_behalf_of` → `onBehalfOf`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (head, tail) = word.split_at(word.len().min(1));
        text.push_str(&head.to_uppercase());
        text.push_str(tail);
    }
    text
}

/// Whether an integer field is an instant in µs since the Unix epoch.
fn is_instant(field: &schema::Field) -> bool {
    matches!(field.kind, schema::Kind::Int64)
        && ["_at", "_since", "_by"].iter().any(|end| field.name.ends_with(end))
}

/// What the names of an enum's values begin with: `AuthorityField` → `AUTHORITY_FIELD_`.
fn enum_prefix(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(c.to_uppercase());
    }
    text + "_"
}

#[cfg(test)]
mod tests;
