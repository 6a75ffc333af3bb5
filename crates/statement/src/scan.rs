//! The strict wire scanner (docs/FORMAT.md §1): protobuf bytes against the generated tables.
//!
//! A decoder forgives; a record must not. Two parties that read the same signed bytes must read the
//! same statement, so everything that decoders treat differently is refused here, before decoding.

use std::fmt;

use proto::schema::{Field, Kind, MESSAGES, Message};

/// Deepest nesting of messages, the outermost counted as 1.
pub const MAX_DEPTH: usize = 16;
/// Most elements of repeated texts, bytes and messages in one payload, all fields together. Validation
/// allows fewer of each; this one keeps half a megabyte of empty elements from being decoded first.
pub const MAX_ELEMENTS: usize = 16_384;

/// What is wrong with the bytes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanError {
    /// What is wrong.
    pub fault: ScanFault,
    /// Byte offset in the payload at which the faulty field or value starts.
    pub offset: usize,
    /// Path of field names, such as `ship.items[3]`; the number where the field is not known.
    pub path: String,
}

/// Faults of the wire form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanFault {
    /// The bytes end inside a field.
    Truncated,
    /// A varint is longer than its value needs, or longer than ten bytes.
    VarintTooLong,
    /// A number lies outside its field's range, or a bool above 1.
    OutOfRange,
    /// The wire type is not the declared one.
    WireType,
    /// The field is not declared.
    UnknownField,
    /// A singular field occurs twice.
    FieldTwice,
    /// A second member of a oneof.
    OneofTwice,
    /// An enum value that is not declared.
    UnknownEnumValue,
    /// Text that is not UTF-8.
    InvalidUtf8,
    /// Messages nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More than [`MAX_ELEMENTS`] repeated elements.
    TooMany,
}

impl fmt::Display for ScanFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the bytes end inside this field",
            Self::VarintTooLong => "number encoded in more bytes than it needs",
            Self::OutOfRange => "number outside the range of this field",
            Self::WireType => "wire type differs from the declared one",
            Self::UnknownField => "no such field",
            Self::FieldTwice => "field occurs twice",
            Self::OneofTwice => "only one member of this choice may be set",
            Self::UnknownEnumValue => "no such enum value",
            Self::InvalidUtf8 => "text is not UTF-8",
            Self::TooDeep => "messages nested too deep",
            Self::TooMany => "too many repeated elements",
        })
    }
}

impl ScanFault {
    /// In Chinese, as `Display` is in English.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Truncated => "内容在此字段中途结束",
            Self::VarintTooLong => "数字的编码长于所需",
            Self::OutOfRange => "数字超出此字段的范围",
            Self::WireType => "编码类型与定义不符",
            Self::UnknownField => "没有此字段",
            Self::FieldTwice => "字段重复出现",
            Self::OneofTwice => "同一选项只可设置一个成员",
            Self::UnknownEnumValue => "没有此枚举值",
            Self::InvalidUtf8 => "文本不是 UTF-8",
            Self::TooDeep => "消息嵌套过深",
            Self::TooMany => "重复元素过多",
        }
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (field {}, byte {})", self.fault, self.path, self.offset)
    }
}

impl std::error::Error for ScanError {}

/// Checks a serialized message; `message` is its index in [`MESSAGES`], one of the constants of
/// [`proto::schema`].
///
/// # Errors
/// The first fault in byte order. Linear in the length of `bytes`, no allocation unless it fails.
pub fn scan(bytes: &[u8], message: usize) -> Result<(), ScanError> {
    Scanner::new(bytes, MESSAGES).message(&MESSAGES[message], bytes.len(), 1)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    /// What [`Kind::Message`] points into.
    messages: &'static [Message],
    at: usize,
    /// Repeated elements so far.
    elements: usize,
    /// Bytes of numbers read so far, for the test that work is linear.
    #[cfg(test)]
    steps: usize,
}

/// What has been seen of one message. Messages have at most 64 fields and 32 oneofs (tested).
#[derive(Default)]
struct Seen {
    fields: u64,
    oneofs: u32,
}

impl<'a> Scanner<'a> {
    const fn new(bytes: &'a [u8], messages: &'static [Message]) -> Self {
        Self {
            bytes,
            messages,
            at: 0,
            elements: 0,
            #[cfg(test)]
            steps: 0,
        }
    }

    fn message(&mut self, message: &Message, end: usize, depth: usize) -> Result<(), ScanError> {
        let mut seen = Seen::default();
        let begin = self.at;
        while self.at < end {
            let start = self.at;
            let fail = |fault, path: String| ScanError { fault, offset: start, path };
            let tag = self.varint(end).map_err(|f| fail(f, String::new()))?;
            let (number, wire) = (tag >> 3, tag & 7);
            let position = message.fields.iter().position(|f| u64::from(f.number) == number);
            let Some(position) = position else {
                return Err(fail(ScanFault::UnknownField, number.to_string()));
            };
            let field = &message.fields[position];
            let result = match note(&mut seen, field, position) {
                None => self.value(field, wire, end, depth),
                Some(fault) => Err(fault.into()),
            };
            result.map_err(|e| {
                let here = self.path(field, begin, start);
                match e {
                    Nested::Here(fault) => fail(fault, here),
                    Nested::Inside(e) if e.path.is_empty() => ScanError { path: here, ..e },
                    Nested::Inside(e) => ScanError { path: format!("{here}.{}", e.path), ..e },
                }
            })?;
        }
        Ok(())
    }

    fn value(&mut self, field: &Field, wire: u64, end: usize, depth: usize) -> Result<(), Nested> {
        match field.kind {
            Kind::String | Kind::Bytes | Kind::Message(_) => {
                let stop = self.length(wire, end)?;
                self.elements += usize::from(field.repeated);
                if self.elements > MAX_ELEMENTS {
                    return Err(ScanFault::TooMany.into());
                }
                match field.kind {
                    Kind::String => {
                        std::str::from_utf8(&self.bytes[self.at..stop])
                            .map_err(|_| ScanFault::InvalidUtf8)?;
                    }
                    Kind::Message(inner) => {
                        if depth == MAX_DEPTH {
                            return Err(ScanFault::TooDeep.into());
                        }
                        self.message(&self.messages[inner], stop, depth + 1).map_err(Nested::Inside)?;
                    }
                    _ => {}
                }
                self.at = stop;
            }
            scalar if field.repeated => {
                let stop = self.length(wire, end)?;
                while self.at < stop {
                    let value = self.varint(stop)?;
                    in_range(scalar, value)?;
                }
            }
            scalar => {
                if wire != 0 {
                    return Err(ScanFault::WireType.into());
                }
                let value = self.varint(end)?;
                in_range(scalar, value)?;
            }
        }
        Ok(())
    }

    /// Reads a length and returns where the value ends.
    fn length(&mut self, wire: u64, end: usize) -> Result<usize, ScanFault> {
        if wire != 2 {
            return Err(ScanFault::WireType);
        }
        let length = self.varint(end)?;
        let left = (end - self.at) as u64;
        if length > left {
            return Err(ScanFault::Truncated);
        }
        // At most `left`, which is a usize.
        Ok(self.at + length as usize)
    }

    fn varint(&mut self, end: usize) -> Result<u64, ScanFault> {
        let mut value = 0u64;
        for i in 0..10 {
            if self.at == end {
                return Err(ScanFault::Truncated);
            }
            let byte = self.bytes[self.at];
            self.at += 1;
            #[cfg(test)]
            {
                self.steps += 1;
            }
            if i == 9 && byte > 1 {
                return Err(ScanFault::VarintTooLong);
            }
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                let padded = byte == 0 && i > 0;
                return if padded { Err(ScanFault::VarintTooLong) } else { Ok(value) };
            }
        }
        Err(ScanFault::VarintTooLong)
    }

    /// Name of the field at fault, which starts at `start` in a message that begins at `begin`; with
    /// its index where it is one of several.
    fn path(&self, field: &Field, begin: usize, start: usize) -> String {
        let many = field.repeated && matches!(field.kind, Kind::String | Kind::Bytes | Kind::Message(_));
        if many {
            format!("{}[{}]", field.name, self.count(field.number, begin, start))
        } else {
            field.name.to_string()
        }
    }

    /// How often a field occurs in bytes that have been found sound.
    fn count(&self, number: u32, begin: usize, end: usize) -> usize {
        let mut walk = Scanner { at: begin, ..Scanner::new(self.bytes, self.messages) };
        let mut count = 0;
        while walk.at < end {
            let Ok(tag) = walk.varint(end) else { break };
            count += usize::from(tag >> 3 == u64::from(number));
            match (tag & 7, walk.varint(end)) {
                (2, Ok(length)) => {
                    walk.at = usize::try_from(length).map_or(end, |l| walk.at.saturating_add(l))
                }
                (0, Ok(_)) => {}
                _ => break,
            }
        }
        count
    }
}

/// Visits every text of a serialized message with its path, in byte order, until `visit` returns false. Bytes
/// that [`scan`] refuses are visited as far as they can be read.
pub fn texts(bytes: &[u8], message: usize, visit: TextVisit<'_>) {
    let mut walk = Texts { visit, path: Vec::new() };
    walk.message(bytes, &MESSAGES[message]);
}

/// Receives path and text; false ends the visit.
pub type TextVisit<'v> = &'v mut dyn FnMut(&TextPath<'_>, &str) -> bool;

/// Where a text stands: displays as in `ship.items[3]`.
#[derive(Debug)]
pub struct TextPath<'a>(&'a [(&'static Field, usize)]);

impl TextPath<'_> {
    /// Names of the field and of the one it stands in; empty where there is none.
    pub(crate) fn last_two(&self) -> (&'static str, &'static str) {
        let mut names = self.0.iter().rev().map(|(field, _)| field.name);
        let last = names.next().unwrap_or_default();
        (names.next().unwrap_or_default(), last)
    }
}

impl fmt::Display for TextPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (field, place)) in self.0.iter().enumerate() {
            let dot = if i > 0 { "." } else { "" };
            write!(f, "{dot}{}", field.name)?;
            if field.repeated {
                write!(f, "[{place}]")?;
            }
        }
        Ok(())
    }
}

struct Texts<'v> {
    visit: TextVisit<'v>,
    path: Vec<(&'static Field, usize)>,
}

impl Texts<'_> {
    /// False ends it.
    fn message(&mut self, bytes: &[u8], message: &'static Message) -> bool {
        let mut walk = Scanner::new(bytes, MESSAGES);
        let mut counts = [0_usize; 64];
        while walk.at < bytes.len() {
            let Ok(tag) = walk.varint(bytes.len()) else { return true };
            if tag & 7 == 0 {
                if walk.varint(bytes.len()).is_err() {
                    return true;
                }
                continue;
            }
            let Ok(stop) = walk.length(tag & 7, bytes.len()) else { return true };
            let content = &bytes[walk.at..stop];
            walk.at = stop;
            let position = message.fields.iter().position(|f| u64::from(f.number) == tag >> 3);
            let Some((field, count)) = position.and_then(|p| Some((&message.fields[p], counts.get_mut(p)?)))
            else {
                continue;
            };
            self.path.push((field, *count));
            *count += 1;
            let more = match (field.kind, std::str::from_utf8(content)) {
                (Kind::String, Ok(text)) => (self.visit)(&TextPath(&self.path), text),
                (Kind::Message(inner), _) if self.path.len() < MAX_DEPTH => {
                    self.message(content, &MESSAGES[inner])
                }
                _ => true,
            };
            self.path.pop();
            if !more {
                return false;
            }
        }
        true
    }
}

enum Nested {
    Here(ScanFault),
    Inside(ScanError),
}

impl From<ScanFault> for Nested {
    fn from(fault: ScanFault) -> Self {
        Self::Here(fault)
    }
}

/// Notes that a field occurs; what is wrong with that, if anything.
fn note(seen: &mut Seen, field: &Field, position: usize) -> Option<ScanFault> {
    let bit = 1u64 << position;
    if seen.fields & bit != 0 && !field.repeated {
        return Some(ScanFault::FieldTwice);
    }
    seen.fields |= bit;
    let bit = 1u32 << field.oneof?;
    let taken = seen.oneofs & bit != 0;
    seen.oneofs |= bit;
    taken.then_some(ScanFault::OneofTwice)
}

fn in_range(kind: Kind, value: u64) -> Result<(), ScanFault> {
    // int32 and enums travel as 64-bit two's complement.
    let signed = value as i64;
    let ok = match kind {
        Kind::Bool => value <= 1,
        Kind::Int32 => i32::try_from(signed).is_ok(),
        Kind::Uint32 | Kind::Sint32 => u32::try_from(value).is_ok(),
        Kind::Enum(values) => {
            let known = i32::try_from(signed).is_ok_and(|v| values.binary_search(&v).is_ok());
            return if known { Ok(()) } else { Err(ScanFault::UnknownEnumValue) };
        }
        _ => true,
    };
    if ok { Ok(()) } else { Err(ScanFault::OutOfRange) }
}

#[cfg(test)]
mod tests;
