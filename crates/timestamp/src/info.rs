//! TSTInfo (RFC 3161 section 2.4.2): what the authority signs.

use der::{DateTime, Tag, asn1::ObjectIdentifier};

use crate::{
    TokenFault,
    elements::{Elements, context},
};

/// SHA-256.
pub(crate) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

const PART: &str = "TSTInfo";

/// The fields that are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Info {
    pub policy: ObjectIdentifier,
    pub imprint: [u8; 32],
    /// µs since the Unix epoch.
    pub at: u64,
    /// µs.
    pub accuracy: u64,
    /// As it stands there, without leading zeros.
    pub nonce: Option<Vec<u8>>,
}

impl Info {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, TokenFault> {
        let mut fields = Elements::within(bytes, Tag::Sequence, PART)?;
        if fields.number(Tag::Integer)? != Some(1) {
            return Err(TokenFault::Unsupported("TSTInfo of another version"));
        }
        let policy = fields.oid()?;
        let mut imprint = fields.open(Tag::Sequence)?;
        // A digest that nothing here is named by.
        if imprint.algorithm()? != SHA_256 {
            return Err(TokenFault::Imprint);
        }
        let digest = imprint.due(Tag::OctetString)?.value();
        let digest = <[u8; 32]>::try_from(digest).map_err(|_| imprint.fault())?;
        imprint.end()?;
        let _serial_number = fields.due(Tag::Integer)?;
        let at = instant(fields.due(Tag::GeneralizedTime)?.value()).ok_or(fields.fault())?;
        let accuracy = match fields.optional(Tag::Sequence)? {
            Some(accuracy) => read_accuracy(Elements::of(accuracy.value(), PART)?)?,
            None => 0,
        };
        let _ordering = fields.optional(Tag::Boolean)?;
        let nonce = fields.optional(Tag::Integer)?.map(|nonce| without_zeros(nonce.value()));
        let _tsa = fields.optional(context(0, true))?;
        if let Some(extensions) = fields.optional(context(1, true))? {
            refuse_critical(Elements::of(extensions.value(), PART)?)?;
        }
        fields.end()?;
        Ok(Self { policy, imprint: digest, at, accuracy, nonce })
    }

    pub(crate) fn answers(&self, nonce: u64) -> bool {
        self.nonce.as_deref() == Some(&without_zeros(&nonce.to_be_bytes()))
    }
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|b| *b == 0).collect()
}

fn read_accuracy(mut fields: Elements<'_>) -> Result<u64, TokenFault> {
    let seconds = fields.number(Tag::Integer)?.unwrap_or(0);
    let millis = fields.number(context(0, false))?.unwrap_or(0);
    let micros = fields.number(context(1, false))?.unwrap_or(0);
    fields.end()?;
    if seconds > 1 << 32 || millis > 999 || micros > 999 {
        return Err(fields.fault());
    }
    Ok(seconds * 1_000_000 + millis * 1_000 + micros)
}

/// An extension that must be understood is not.
fn refuse_critical(extensions: Elements<'_>) -> Result<(), TokenFault> {
    for extension in extensions {
        let extension = extension?;
        if extension.header().tag() != Tag::Sequence {
            return Err(TokenFault::Malformed(PART));
        }
        let mut fields = Elements::of(extension.value(), PART)?;
        fields.oid()?;
        if fields.optional(Tag::Boolean)?.is_some_and(|critical| critical.value() != [0]) {
            return Err(TokenFault::Unsupported("a critical extension of TSTInfo"));
        }
    }
    Ok(())
}

/// `YYYYMMDDhhmmss[.f…]Z` in µs since the Unix epoch; what is finer is cut off.
pub(crate) fn instant(text: &[u8]) -> Option<u64> {
    let text = text.strip_suffix(b"Z")?;
    let (whole, fraction) = text.split_at_checked(14)?;
    let number = |digits: &[u8]| {
        let digit = |sum: u64, b: &u8| b.is_ascii_digit().then(|| sum * 10 + u64::from(b - b'0'));
        digits.iter().try_fold(0, digit)
    };
    let two = |at: usize| u8::try_from(number(whole.get(at..at + 2)?)?).ok();
    let year = u16::try_from(number(whole.get(..4)?)?).ok()?;
    let date = DateTime::new(year, two(4)?, two(6)?, two(8)?, two(10)?, two(12)?).ok()?;
    let micros = match fraction.split_first() {
        None => 0,
        // No stop without digits; no zero at the end in DER.
        Some((b'.', digits)) if digits.last().is_some_and(|last| *last != b'0') => {
            number(&digits[..digits.len().min(6)])? * 10_u64.pow(6 - digits.len().min(6) as u32)
        }
        Some(_) => return None,
    };
    // Beyond the sixth digit too, they are digits.
    fraction.iter().skip(1).all(u8::is_ascii_digit).then_some(())?;
    date.unix_duration().as_secs().checked_mul(1_000_000)?.checked_add(micros)
}
