//! Linters: what a component of a value must be beyond its alphabet and length.
//!
//! Each is named as the GS1 Barcode Syntax Dictionary names it. None looks anything up outside this
//! crate: company prefixes are checked for their shape, not for who holds them.

mod codes;
mod coupon;
mod dates;
mod lists;
mod numbers;
mod text;

use core::fmt;

use crate::error::Error;
use crate::fault::Fault;

/// Defines the enum, its names and its dispatch from one table.
macro_rules! linters {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $run:expr;)*) => {
        /// A check that the GS1 Barcode Syntax Dictionary names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Linter {
            $($(#[$doc])* $name,)*
        }

        impl Linter {
            /// Every linter, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in the dictionary.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Checks a value. The error's offset and length mark what is at fault in it.
            pub fn lint(self, value: &str) -> Result<(), Error> {
                match self {
                    $(Self::$name => $run(value),)*
                }
            }
        }
    };
}

linters! {
    /// Digits.
    CsetNumeric = "csetnumeric", text::digits;
    /// GS1 AI-encodable character set 82.
    Cset82 = "cset82", text::set82;
    /// GS1 AI-encodable character set 39.
    Cset39 = "cset39", text::set39;
    /// File-safe, URI-safe base 64.
    Cset64 = "cset64", text::set64;
    /// A check digit at the end.
    Csum = "csum", numbers::check_digit;
    /// A pair of check characters at the end.
    CsumAlpha = "csumalpha", text::check_pair;
    /// Begins with a GS1 Company Prefix.
    GcpPos1 = "gcppos1", text::company_prefix;
    /// The same from the second character on.
    GcpPos2 = "gcppos2", text::company_prefix_second;
    /// Has a character other than a digit.
    HasNonDigit = "hasnondigit", text::has_non_digit;
    /// An hour, 00–23.
    Hh = "hh", dates::hour;
    /// A minute, 00–59.
    Mi = "mi", dates::minute;
    /// A second, 00–59.
    Ss = "ss", dates::second;
    /// An hour and a minute.
    Hhmi = "hhmi", dates::hour_minute;
    /// A date, YYMMDD.
    Yymmdd = "yymmdd", |value| dates::date(value, 2, false);
    /// A date, YYMMDD; day 00 stands for the month.
    Yymmd0 = "yymmd0", |value| dates::date(value, 2, true);
    /// A date, YYYYMMDD.
    Yyyymmdd = "yyyymmdd", |value| dates::date(value, 4, false);
    /// A hyphen, or nothing.
    Hyphen = "hyphen", text::hyphen;
    /// An International Bank Account Number.
    Iban = "iban", codes::iban;
    /// Index of an importer: one character of file-safe base 64.
    ImporterIdx = "importeridx", text::importer_index;
    /// Three digits of a country.
    Iso3166 = "iso3166", codes::country;
    /// Three digits of a country, or 999.
    Iso3166Or999 = "iso3166999", codes::country_or_999;
    /// Two letters of a country.
    Iso3166Alpha2 = "iso3166alpha2", codes::country_letters;
    /// Three digits of a currency.
    Iso4217 = "iso4217", codes::currency;
    /// A sex by ISO/IEC 5218: 0, 1, 2 or 9.
    Iso5218 = "iso5218", codes::sex;
    /// A latitude in ten-millionths of a degree, counted from the south pole.
    Latitude = "latitude", |value| numbers::angle(value, 1_800_000_000);
    /// A longitude in ten-millionths of a degree, counted from 0 eastward.
    Longitude = "longitude", |value| numbers::angle(value, 3_600_000_000);
    /// A kind of data carrier: 01–10, 80–99.
    MediaType = "mediatype", codes::media_type;
    /// A number other than zero.
    NonZero = "nonzero", numbers::not_zero;
    /// No zero first, unless it is all.
    NoZeroPrefix = "nozeroprefix", numbers::no_zero_first;
    /// A kind of package.
    PackageType = "packagetype", codes::package_type;
    /// Each `%` begins a `%XX`.
    PcEnc = "pcenc", text::percent_encoded;
    /// A piece of a total: `0203` is the second of three.
    PieceOfTotal = "pieceoftotal", numbers::piece_of_total;
    /// A position in a sequence: `2/3`.
    PosInSeqSlash = "posinseqslash", numbers::position_in_sequence;
    /// A winding direction: 0, 1 or 9.
    Winding = "winding", codes::winding;
    /// 0 for no, 1 for yes.
    YesNo = "yesno", codes::yes_no;
    /// Zeros alone.
    Zero = "zero", numbers::zero;
    /// A coupon code of North America, AI (8110).
    CouponCode = "couponcode", coupon::code;
    /// A coupon code of North America with positive offer file, AI (8112).
    CouponPosOffer = "couponposoffer", coupon::positive_offer;
}

impl Linter {
    /// The linter with this name in the dictionary.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|linter| linter.name() == name)
    }
}

impl fmt::Display for Linter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Refuses the whole value.
fn whole(value: &str, fault: Fault) -> Result<(), Error> {
    Err(Error::span(0, value.len(), fault))
}

/// Refuses the first character that does not belong.
fn each(value: &str, fault: Fault, belongs: impl Fn(u8) -> bool) -> Result<(), Error> {
    match value
        .char_indices()
        .find(|(_, c)| !u8::try_from(*c).is_ok_and(|byte| c.is_ascii() && belongs(byte)))
    {
        Some((at, c)) => Err(Error::span(at, c.len_utf8(), fault)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
