//! The one error of identifiers and canonical texts: which part, where, and why.

/// Why a text was refused, where, and in which part of it.
///
/// Small and `Copy`: refusing costs no allocation either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{part}: {fault} (byte {at})")]
pub struct Error {
    /// The part at fault, by its name in the field: `"gtin"`, `"serial"`, `"party"`.
    pub part: &'static str,
    /// Offset in bytes, from the start of the text that was passed in. It lies on a character
    /// boundary and equals the text's length where something is missing at the end.
    pub at: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong at the place an [`Error`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing where something must stand.
    #[error("is empty")]
    Empty,
    /// More characters than the part may have.
    #[error("is longer than {max} characters")]
    TooManyChars {
        /// The most it may have.
        max: usize,
    },
    /// More bytes than the part may have.
    #[error("is longer than {max} bytes")]
    TooManyBytes {
        /// The most it may have.
        max: usize,
    },
    /// A fixed-length part has another length.
    #[error("must have {allowed}")]
    Length {
        /// The lengths that exist, in words.
        allowed: &'static str,
    },
    /// Something other than an ASCII digit.
    #[error("holds something other than a digit")]
    NotADigit,
    /// A character outside the part's alphabet.
    #[error("holds a character that may not stand here")]
    Character,
    /// White space before the first or after the last character.
    #[error("begins or ends with white space")]
    Surrounded,
    /// The check digit or check pair does not fit what it guards.
    #[error("has a wrong check digit")]
    CheckDigit,
    /// Something particular must stand here.
    #[error("needs {0}")]
    Expected(&'static str),
    /// The text goes on where it must end.
    #[error("goes on where it must end")]
    Trailing,
    /// `%`, `.`, `/` or a control stands here as itself instead of as `%XX`.
    #[error("holds a character that must be written %XX")]
    Unescaped,
    /// `%` without two upper-case hexadecimal digits after it.
    #[error("holds a % without two upper-case hexadecimal digits")]
    BrokenEscape,
    /// `%XX` of a character that must stand as itself.
    #[error("escapes a character that must stand as itself")]
    NeedlessEscape,
    /// No month of the calendar.
    #[error("has no such month")]
    Month,
    /// No day of its month.
    #[error("has no such day")]
    Day,
    /// An application identifier that is not in the table of this crate, or is none.
    #[error("is unknown here")]
    UnknownAi,
    /// An application identifier that came before with another value.
    #[error("comes twice with different values")]
    Repeated,
    /// A symbology identifier of a code that carries none of what is read here.
    #[error("is not one that is read here")]
    Symbology,
    /// A scan that is neither an element string nor a code known by its shape.
    #[error("is of no known form")]
    Unrecognised,
}

impl Error {
    pub(crate) const fn new(part: &'static str, at: usize, fault: Fault) -> Self {
        Self { part, at, fault }
    }

    /// The same error seen from a text in which this one begins at `base`.
    pub(crate) const fn shifted(mut self, base: usize) -> Self {
        self.at += base;
        self
    }
}
