//! What a free part of a canonical text (serial, lot, code, name) may hold.

use crate::charset::{is_ai82, is_printable};
use crate::error::Error;
use crate::escape;
use crate::fault::Fault;

/// Bounds and alphabet of one part, counted on its unescaped value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    part: &'static str,
    max_chars: usize,
    max_bytes: usize,
    set: Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// GS1 AI-encodable character set 82.
    Ai82,
    /// What a person can see, without white space at either end.
    Printable,
    /// Anything; controls are then escaped.
    Any,
    /// As `Any`, but without `:`, which tells a plain code from a party id.
    Plain,
}

/// Serial number of a GTIN, AI (21).
pub(crate) const SERIAL: Rule = Rule::chars("serial", 20, Set::Ai82);
/// Batch or lot of a GTIN, AI (10).
pub(crate) const GTIN_LOT: Rule = Rule::chars("lot", 20, Set::Ai82);
/// Lot under a Chinese scheme: what the maker printed.
pub(crate) const FREE_LOT: Rule = Rule::chars("lot", 50, Set::Printable);
/// Registration or approval number that stands for a product.
pub(crate) const REGISTRATION: Rule = Rule::bytes("registration", 80, Set::Printable);
/// Code that a party gave to one of its places.
pub(crate) const SITE_CODE: Rule = Rule::bytes("code", 80, Set::Any);
/// Number of a waybill, bill or certificate.
pub(crate) const NUMBER: Rule = Rule::bytes("number", 80, Set::Any);
/// Code on an evidence bag.
pub(crate) const BAG: Rule = Rule::bytes("bag", 80, Set::Any);
/// Name of an organisation that has neither USCC nor GLN.
pub(crate) const NAME: Rule = Rule::bytes("name", 200, Set::Printable);
/// Carrier or issuer known by a code of its own.
pub(crate) const PLAIN_CODE: Rule = Rule::bytes("code", 80, Set::Plain);
/// AHM device identifier.
pub(crate) const AHM: Rule = Rule::chars("ahm", 64, Set::Printable);

impl Rule {
    const fn chars(part: &'static str, max_chars: usize, set: Set) -> Self {
        Self { part, max_chars, max_bytes: usize::MAX, set }
    }

    const fn bytes(part: &'static str, max_bytes: usize, set: Set) -> Self {
        Self { part, max_chars: usize::MAX, max_bytes, set }
    }

    /// Checks a value as it is, not escaped.
    pub(crate) fn check_raw(&self, value: &str) -> Result<(), Error> {
        self.check(value.len(), value.char_indices().map(|(at, c)| Ok((at, c, c.len_utf8()))))
    }

    /// Checks a value in its escaped form, which must be the canonical one.
    pub(crate) fn check_escaped(&self, text: &str) -> Result<(), Error> {
        self.check(text.len(), escape::decode(self.part, text))
    }

    /// The common walk over (place, character, bytes of the unescaped character).
    fn check(
        &self,
        end: usize,
        chars: impl Iterator<Item = Result<(usize, char, usize), Error>>,
    ) -> Result<(), Error> {
        let fail = |at, fault| Err(Error::new(self.part, at, fault));
        let (mut count, mut bytes, mut space) = (0, 0, None);
        for step in chars {
            let (at, c, len) = step?;
            if !self.set.holds(c) {
                return fail(at, Fault::Character);
            }
            count += 1;
            bytes += len;
            if count > self.max_chars {
                let max = self.max_chars;
                return fail(at, Fault::TooManyChars { max });
            }
            if bytes > self.max_bytes {
                let max = self.max_bytes;
                return fail(at, Fault::TooManyBytes { max });
            }
            space = c.is_whitespace().then_some(at);
            if count == 1 && space.is_some() && self.set == Set::Printable {
                return fail(at, Fault::Surrounded);
            }
        }
        match space {
            _ if count == 0 => fail(end, Fault::Empty),
            Some(at) if self.set == Set::Printable => fail(at, Fault::Surrounded),
            _ => Ok(()),
        }
    }
}

impl Set {
    fn holds(self, c: char) -> bool {
        match self {
            Self::Ai82 => is_ai82(c),
            Self::Printable => is_printable(c),
            Self::Any => true,
            Self::Plain => c != ':',
        }
    }
}
