//! What the strict scanner knows about each message: generated tables, read-only.

/// A message and its fields in ascending order of number.
#[derive(Debug)]
pub struct Message {
    /// Its name without the package.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug)]
pub struct Field {
    /// Field number.
    pub number: u32,
    /// Name as in the proto file.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether it may occur more than once. Repeated scalars are packed.
    pub repeated: bool,
    /// The oneof it belongs to, by index in its message.
    pub oneof: Option<i32>,
    /// Name of its enum (one of [`ENUMS`]) or message; empty for other kinds.
    pub type_name: &'static str,
}

/// An enum.
#[derive(Debug)]
pub struct Enum {
    /// Name as in the proto file.
    pub name: &'static str,
    /// Names and numbers of its values, in the order of the proto file.
    pub values: &'static [(&'static str, i32)],
}

/// The types the format uses; floats, maps, groups and fixed-width integers are not among them.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `bool`
    Bool,
    /// `int32`
    Int32,
    /// `sint32`, zigzag
    Sint32,
    /// `uint32`
    Uint32,
    /// `int64`
    Int64,
    /// `uint64`
    Uint64,
    /// `enum`, with its declared values in ascending order
    Enum(&'static [i32]),
    /// `string`
    String,
    /// `bytes`
    Bytes,
    /// A message, by index in [`MESSAGES`]
    Message(usize),
}

include!(concat!(env!("OUT_DIR"), "/schema.rs"));
