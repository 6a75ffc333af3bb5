//! What can be wrong with a text.

use crate::dictionary::Ai;

/// What is wrong at the place an [`Error`](crate::Error) names.
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
    /// Fewer characters than the part must have.
    #[error("is shorter than {min} characters")]
    TooFewChars {
        /// The fewest it must have.
        min: usize,
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
    /// The check digit does not fit what it guards.
    #[error("has a wrong check digit")]
    CheckDigit,
    /// The pair of check characters does not fit what it guards.
    #[error("has a wrong pair of check characters")]
    CheckPair,
    /// Something particular must stand here.
    #[error("needs {0}")]
    Expected(&'static str),
    /// A code that its list does not have.
    #[error("is not {0}")]
    NotListed(&'static str),
    /// Zero where that makes no sense.
    #[error("is zero")]
    Zero,
    /// Something other than zeros.
    #[error("is not zero")]
    NotZero,
    /// A number that begins with 0.
    #[error("begins with zero")]
    LeadingZero,
    /// A number beyond the greatest that makes sense.
    #[error("is more than {max}")]
    TooGreat {
        /// The greatest.
        max: u64,
    },
    /// Piece 3 of 2.
    #[error("counts beyond the total")]
    BeyondTotal,
    /// Too short to begin with a GS1 Company Prefix, or not digits there.
    #[error("does not begin with a GS1 Company Prefix")]
    CompanyPrefix,
    /// A `%` that two hexadecimal digits do not follow.
    #[error("holds a % without two hexadecimal digits after it")]
    PercentSequence,
    /// A field of a coupon code is missing, cut short or not valid.
    #[error("has no valid {0}")]
    Coupon(&'static str),
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
    /// No hour of a day.
    #[error("has no such hour")]
    Hour,
    /// No minute of an hour.
    #[error("has no such minute")]
    Minute,
    /// No second of a minute.
    #[error("has no such second")]
    Second,
    /// An application identifier that does not exist.
    #[error("is no application identifier")]
    UnknownAi,
    /// An application identifier that came before: with another value, or at all where each may
    /// come once.
    #[error("comes twice")]
    Repeated,
    /// More elements than any carrier holds.
    #[error("is one element more than {max}")]
    TooManyElements {
        /// The most there may be.
        max: usize,
    },
    /// Two elements that contradict each other.
    #[error("may not stand beside ({0})")]
    Excluded(Ai),
    /// An element that says nothing without another.
    #[error("needs one of {0} beside it")]
    Requires(&'static str),
    /// A digital signature beside a key without its serial part.
    #[error("needs the serial part of ({0})")]
    Unserialised(Ai),
    /// An element that a Digital Link may not carry as an attribute.
    #[error("may not be an attribute of this Digital Link")]
    NotAnAttribute,
    /// The qualifiers of a Digital Link are not those of its key, or not in order.
    #[error("is not a qualifier that may stand here")]
    Qualifier,
    /// No key of a Digital Link among the elements, or in the path.
    #[error("holds no key of a Digital Link")]
    NoKey,
    /// A symbology identifier of a code that carries none of what is read here.
    #[error("is not one that is read here")]
    Symbology,
    /// A scan that is neither an element string nor a code known by its shape.
    #[error("is of no known form")]
    Unrecognised,
}
