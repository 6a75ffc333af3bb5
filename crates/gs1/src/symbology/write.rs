//! What a reader would send for a message.

use super::Symbology;
use crate::check::check_digit;
use crate::element::{ElementString, FNC1};
use crate::error::Error;
use crate::fault::{Fault, Form};
use crate::keys::Gtin;

impl Symbology {
    /// What a reader sends for a symbol with this message, in the notation of the GS1 Syntax Engine.
    ///
    /// | message | is |
    /// | --- | --- |
    /// | `^01…^10…` | an element string; `^` stands for FNC1 |
    /// | digits | the number of an EAN/UPC or DataBar symbol; one short, its check digit is added |
    /// | `…\|^99…` | the same with a composite above it: on symbols of bars alone |
    /// | other text | itself; `\^` at its beginning stands for `^` |
    ///
    /// ```
    /// use gs1::Symbology;
    ///
    /// assert_eq!(Symbology::QrCode.transmit("^010952123454321310A^21B")?, "]Q3010952123454321310A\u{1d}21B");
    /// assert_eq!(Symbology::Ean13.transmit("952123454321")?, "]E09521234543213");
    /// # Ok::<(), gs1::Error>(())
    /// ```
    pub fn transmit(self, message: &str) -> Result<String, Error> {
        match self {
            Self::QrCode => matrix(message, "]Q1", "]Q3"),
            Self::DataMatrix => matrix(message, "]d1", "]d2"),
            Self::DotCode => matrix(message, "]J0", "]J1"),
            Self::HanXin => matrix(message, "]h0", "]h1"),
            Self::Gs1128 => bars(message, "]C1"),
            Self::DataBarExpanded => bars(message, "]e0"),
            Self::DataBarOmni => databar(message, u64::MAX),
            Self::DataBarLimited => databar(message, 19_999_999_999_999),
            Self::Ean13 => retail(message, 13, "]E0"),
            Self::UpcA | Self::UpcE => retail(message, 12, "]E00"),
            Self::Ean8 => retail(message, 8, "]E4"),
            Self::Code128 => Ok(format!("]C0{}", plain(message))),
            Self::Code39 => Ok(format!("]A0{}", plain(message))),
            Self::Itf => Ok(format!("]I0{}", plain(message))),
            Self::Aztec => Ok(format!("]z0{}", plain(message))),
        }
    }
}

/// A symbol that can be in GS1 mode or not.
fn matrix(message: &str, plain_id: &str, gs1_id: &str) -> Result<String, Error> {
    match message.strip_prefix('^') {
        Some(body) => Ok(format!("{gs1_id}{}", sent(body, 1)?.0)),
        None => Ok(format!("{plain_id}{}", plain(message))),
    }
}

/// A plain text: of backslashes before `^` at its beginning the first is left out.
fn plain(message: &str) -> &str {
    match message.trim_start_matches('\\').starts_with('^') {
        true => message.strip_prefix('\\').unwrap_or(message),
        false => message,
    }
}

/// An element string in bars. With a composite both are sent as one, as DataBar does.
fn bars(message: &str, alone: &str) -> Result<String, Error> {
    let (linear, above) = parts(message);
    let body = linear.strip_prefix('^').ok_or(Error::new("message", 0, Fault::Expected(Form::same("^"))))?;
    let (mut text, open) = sent(body, 1)?;
    let Some(above) = above else {
        return Ok(format!("{alone}{text}"));
    };
    if open {
        text.push(FNC1);
    }
    Ok(format!("]e0{text}{}", composite(above, linear.len() + 1)?))
}

/// A GTIN in DataBar: sent as an element string.
fn databar(message: &str, max: u64) -> Result<String, Error> {
    let (linear, above) = parts(message);
    let skipped = if linear.starts_with("^01") { 3 } else { 0 };
    let number = digits(linear.get(skipped..).unwrap_or_default(), 14).map_err(|e| e.shifted(skipped))?;
    if number.parse::<u64>().is_ok_and(|number| number > max) {
        return Err(Error::new("gtin", skipped, Fault::TooGreat { max }));
    }
    let above = above.map(|above| composite(above, linear.len() + 1)).transpose()?;
    Ok(format!("]e001{number}{}", above.unwrap_or_default()))
}

/// A number at the till. A composite above it is a message of its own.
fn retail(message: &str, len: usize, id: &str) -> Result<String, Error> {
    let (linear, above) = parts(message);
    // A GTIN as an element: its zeros in front do not stand in the symbol.
    let zeros = 14 - len;
    let gtin = linear.strip_prefix("^01").filter(|gtin| gtin.bytes().take(zeros).all(|byte| byte == b'0'));
    let skipped = if gtin.is_some() { 3 + zeros } else { 0 };
    let number = digits(linear.get(skipped..).unwrap_or_default(), len).map_err(|e| e.shifted(skipped))?;
    let above = above.map(|above| composite(above, linear.len() + 1)).transpose()?;
    Ok(format!("{id}{number}{}", above.map_or_else(String::new, |above| format!("|]e0{above}"))))
}

/// Message and composite.
fn parts(message: &str) -> (&str, Option<&str>) {
    message.split_once('|').map_or((message, None), |(linear, above)| (linear, Some(above)))
}

fn composite(message: &str, base: usize) -> Result<String, Error> {
    let body =
        message.strip_prefix('^').ok_or(Error::new("composite", base, Fault::Expected(Form::same("^"))))?;
    Ok(sent(body, base + 1)?.0)
}

/// An element string as it is sent, and whether its last value needs a separator before more. The
/// separators of the message are kept, also one at its end.
fn sent(body: &str, base: usize) -> Result<(String, bool), Error> {
    let text: String = body.chars().map(|c| if c == '^' { FNC1 } else { c }).collect();
    // A separator is one byte, as `^` is: places stay.
    let elements = ElementString::parse_raw(&text).map_err(|error| error.shifted(base))?;
    let open = elements.is_open() && !text.ends_with(FNC1);
    Ok((text, open))
}

/// `len` digits with their check digit, which is added where it alone is missing.
fn digits(text: &str, len: usize) -> Result<String, Error> {
    let bare = (text.len() + 1 == len).then(|| check_digit(text.as_bytes())).flatten();
    if let Some(check) = bare {
        return Ok(format!("{text}{}", char::from(check)));
    }
    crate::ascii::all_digits("gtin", text)?;
    if text.len() != len {
        let allowed = Form::of(
            "the digits of its symbol, with or without the check digit",
            "该码制的位数，可含或不含校验位",
        );
        return Err(Error::new("gtin", text.len().min(len), Fault::Length { allowed }));
    }
    Gtin::parse(text).map(|_| text.to_owned())
}
