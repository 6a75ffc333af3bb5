//! Application identifiers (AIs): the GS1 Barcode Syntax Dictionary.

mod row;
mod table;

pub(crate) use row::{Component, Row};

use core::fmt;
use core::str::FromStr;

use crate::error::Error;
use crate::fault::Fault;
use crate::linter::Linter;
use table::TABLE;

/// A GS1 application identifier of the dictionary, such as (01) or (3103).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ai {
    /// Its digits, and zeros after them.
    code: [u8; 4],
    row: u8,
}

const _: () = assert!(TABLE.len() <= u8::MAX as usize, "a row number fits a byte");

/// What an application identifier that the dictionary lacks may hold, where a caller lets it pass.
static UNKNOWN: Row = Row {
    first: "",
    last: "",
    predefined: false,
    attribute: true,
    components: &[Component { set: row::Set::Set82, min: 1, max: 90, optional: false, linters: &[] }],
    needs: "",
    excludes: "",
    key: None,
    title: "UNKNOWN",
};

/// The row number of [`UNKNOWN`].
const UNKNOWN_ROW: u8 = u8::MAX;

impl Ai {
    /// (00) Serial Shipping Container Code.
    pub const SSCC: Self = Self::named(b"00");
    /// (01) GTIN.
    pub const GTIN: Self = Self::named(b"01");
    /// (02) GTIN of what a logistic unit contains.
    pub const CONTENT: Self = Self::named(b"02");
    /// (10) batch or lot.
    pub const LOT: Self = Self::named(b"10");
    /// (11) production date.
    pub const PRODUCTION_DATE: Self = Self::named(b"11");
    /// (15) best before.
    pub const BEST_BEFORE: Self = Self::named(b"15");
    /// (17) expiry.
    pub const EXPIRY: Self = Self::named(b"17");
    /// (20) variant of a product.
    pub const VARIANT: Self = Self::named(b"20");
    /// (21) serial number.
    pub const SERIAL: Self = Self::named(b"21");
    /// (22) consumer product variant.
    pub const CPV: Self = Self::named(b"22");
    /// (235) serial number given by a third party.
    pub const TPX: Self = Self::named(b"235");
    /// (30) variable count of items.
    pub const VARIABLE_COUNT: Self = Self::named(b"30");
    /// (37) count of the units of (02).
    pub const COUNT: Self = Self::named(b"37");
    /// (254) extension of a location.
    pub const GLN_EXTENSION: Self = Self::named(b"254");
    /// (414) location.
    pub const LOCATION: Self = Self::named(b"414");
    /// (7003) expiry, to the minute.
    pub const EXPIRY_TIME: Self = Self::named(b"7003");
    /// (8014) master UDI-DI of a device, in the European Union.
    pub const MUDI: Self = Self::named(b"8014");
    /// (8030) digital signature.
    pub const SIGNATURE: Self = Self::named(b"8030");

    /// Finds an identifier of the dictionary while compiling.
    const fn named(code: &[u8]) -> Self {
        let mut row = 0;
        while row < TABLE.len() {
            let first = TABLE[row].first.as_bytes();
            let mut at = 0;
            while at < code.len() && first.len() == code.len() && first[at] == code[at] {
                at += 1;
            }
            if at == code.len() {
                let mut padded = [0; 4];
                while at > 0 {
                    at -= 1;
                    padded[at] = code[at];
                }
                return Self { code: padded, row: row as u8 };
            }
            row += 1;
        }
        panic!("not in the dictionary")
    }

    /// The application identifier with this code, if the dictionary has it.
    pub fn from_code(code: &str) -> Option<Self> {
        let bytes = code.as_bytes();
        let after = TABLE.partition_point(|row| row.first.as_bytes() <= bytes);
        let row = after.checked_sub(1)?;
        let (first, last) = (TABLE.get(row)?.first.as_bytes(), TABLE.get(row)?.last.as_bytes());
        let listed = bytes.len() == first.len() && bytes <= last && bytes.iter().all(u8::is_ascii_digit);
        let row = u8::try_from(row).ok().filter(|_| listed)?;
        Some(Self { code: padded(bytes), row })
    }

    /// An application identifier that the dictionary lacks: two to four digits that neither begin
    /// another identifier nor continue one, and whose length no table of prefixes predefines.
    pub(crate) fn unknown(code: &str) -> Option<Self> {
        let shaped = (2..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = code.get(..2).filter(|_| shaped)?;
        // Prefixes whose values have a predefined length (GS1 General Specifications, figure 7.8.5-2).
        let predefined = matches!(prefix, "00" | "01" | "02" | "03" | "04" | "20" | "41")
            || ("11"..="19").contains(&prefix)
            || ("31"..="36").contains(&prefix);
        let taken = TABLE.iter().any(|row| {
            let run = row.first.get(..2)..=row.last.get(..2);
            row.first.len() != code.len() && run.contains(&Some(prefix))
        });
        (!predefined && !taken).then(|| Self { code: padded(code.as_bytes()), row: UNKNOWN_ROW })
    }

    /// The application identifier that an element string begins with.
    pub(crate) fn leading(text: &str) -> Option<Self> {
        (2..=4).find_map(|len| Self::from_code(text.get(..len)?))
    }

    /// Every application identifier of the dictionary, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().flat_map(|row| {
            let number = |code: &str| code.parse::<u16>().unwrap_or_default();
            let codes = number(row.first)..=number(row.last);
            codes.filter_map(|code| Self::from_code(&format!("{code:0width$}", width = row.first.len())))
        })
    }

    /// Its digits, without brackets.
    pub fn as_str(&self) -> &str {
        let len = self.code.iter().position(|byte| *byte == 0).unwrap_or(self.code.len());
        // ASCII digits by construction, so this never falls back.
        core::str::from_utf8(&self.code[..len]).unwrap_or_default()
    }

    /// What GS1 prints beside its value: `USE BY or EXPIRY`.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Code and title for people: `(17) USE BY or EXPIRY`. Coupons have no title.
    pub(crate) fn label(self) -> String {
        match self.title() {
            "" => format!("({self})"),
            title => format!("({self}) {title}"),
        }
    }

    /// The length of its value if that is predefined, so that no separator need follow
    /// (GS1 General Specifications, figure 7.8.5-2).
    pub fn predefined_len(self) -> Option<usize> {
        self.row().predefined.then(|| self.row().max_len())
    }

    /// Whether its value begins with a date.
    pub fn is_date(self) -> bool {
        let linters = self.row().components.first().map(|component| component.linters);
        matches!(linters, Some([Linter::Yymmd0 | Linter::Yymmdd]))
    }

    /// Whether it can be the key of a Digital Link.
    pub fn is_key(self) -> bool {
        self.row().key.is_some()
    }

    /// Checks a value. Offsets in the error count from its start.
    pub fn check(self, value: &str) -> Result<(), Error> {
        self.row().check(value).map_err(|error| error.of(self))
    }

    pub(crate) fn row(self) -> &'static Row {
        TABLE.get(usize::from(self.row)).unwrap_or(&UNKNOWN)
    }

    /// Whether its code fits a pattern of the dictionary, in which `n` is any digit.
    pub(crate) fn fits(&self, pattern: &str) -> bool {
        let code = self.as_str().as_bytes();
        code.len() == pattern.len() && code.iter().zip(pattern.bytes()).all(|(c, p)| p == b'n' || p == *c)
    }
}

/// A code of at most four digits with zeros after it.
fn padded(code: &[u8]) -> [u8; 4] {
    let mut padded = [0; 4];
    for (to, from) in padded.iter_mut().zip(code) {
        *to = *from;
    }
    padded
}

impl fmt::Display for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Ai {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ai({})", self.as_str())
    }
}

impl FromStr for Ai {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self, Error> {
        Self::from_code(code).ok_or(Error::new("ai", 0, Fault::UnknownAi))
    }
}

#[cfg(test)]
mod tests;
