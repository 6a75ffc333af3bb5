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
//! Fields that are not set are left out; `null` counts as left out. A field that does not exist, comes
//! twice, or stands beside another of the same choice is an error, never dropped: what is signed has to
//! be what was written. The tables of [`proto::schema`] drive both directions.

mod people;
mod read;
mod strict;

use std::{fmt, io::BufRead};

use proto::{schema, v1};
use serde::Serialize;
use serde_json::Value;

/// Longest line of JSON Lines in bytes: a statement of 512 KiB fits with room for its spelling.
pub const MAX_LINE: usize = 4 * 1024 * 1024;

/// Why a text is not a statement. Correct the place named and try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Line, from 1; 0 where it is not known (a fault in the meaning of one statement's text).
    pub line: usize,
    /// Path of field names as they were written, such as `ship.items[3]`; empty = the whole.
    pub path: String,
    /// What was expected there, and what was found.
    pub fault: String,
}

impl JsonError {
    fn at(path: &str, fault: impl fmt::Display) -> Self {
        Self { line: 0, path: path.to_owned(), fault: fault.to_string() }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.fault)
    }
}

impl std::error::Error for JsonError {}

/// Reads one statement. Header fields that a [`Signer`](crate::Signer) fills may be missing, and so may
/// the header.
///
/// # Errors
/// The first place that is wrong.
pub fn statement_from_json(text: &str) -> Result<v1::Statement, JsonError> {
    let value = strict::parse(text)?;
    let machine = read::message(&schema::MESSAGES[schema::STATEMENT], &value, "")?;
    let statement: v1::Statement = serde_json::from_value(machine).map_err(|e| JsonError::at("", e))?;
    match statement.body {
        Some(_) => Ok(statement),
        None => {
            Err(JsonError::at("", "expected a body beside the header: party, site, …, commission, ship, …"))
        }
    }
}

/// Reads one signed statement, as [`message_to_json`] writes it.
///
/// # Errors
/// The first place that is wrong.
pub fn signed_from_json(text: &str) -> Result<v1::SignedStatement, JsonError> {
    let value = strict::parse(text)?;
    let table = schema::MESSAGES.iter().find(|m| m.name == "SignedStatement");
    let machine = table.map_or(Ok(value.clone()), |table| read::message(table, &value, ""))?;
    serde_json::from_value(machine).map_err(|e| JsonError::at("", e))
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
    let value = serde_json::to_value(message).map_err(|e| JsonError::at("", e))?;
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
        let read = bounded.read_until(b'\n', &mut bytes).map_err(|e| JsonError::at("", e))?;
        if read == 0 {
            return Ok(None);
        }
        if bytes.len() > MAX_LINE {
            return Err(JsonError::at("", format_args!("longer than {MAX_LINE} bytes")));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| JsonError::at("", "not UTF-8"))
    }

    fn advance(&mut self) -> Result<Option<v1::Statement>, JsonError> {
        while let Some(text) = self.read()? {
            if !text.trim().is_empty() {
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
