//! What is sent to an authority, and the frame of its answer.

use der::Tag;

use crate::{AnswerError, MAX_TOKEN, TokenFault, elements::Elements, elements::whole};

/// Media type of a request.
pub const REQUEST_TYPE: &str = "application/timestamp-query";
/// Media type of an answer.
pub const REPLY_TYPE: &str = "application/timestamp-reply";
/// Most characters of an authority's words that are passed on.
const EXCERPT: usize = 200;

/// Version 1, then MessageImprint up to its 32 bytes: SHA-256 with NULL parameters, as every authority knows it.
const HEAD: [u8; 22] = [
    0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
    0x01, 0x05, 0x00, 0x04, 0x20,
];
/// `certReq` TRUE: the token has to bring the signer's certificate.
const CERT_REQ: [u8; 3] = [0x01, 0x01, 0xff];

/// A TimeStampReq (RFC 3161 section 2.4.1) for an imprint, without a policy. The nonce is the caller's: random, and
/// kept to check the answer.
#[must_use]
pub fn request(imprint: &[u8; 32], nonce: u64) -> Vec<u8> {
    let bytes = nonce.to_be_bytes();
    let zeros = bytes.iter().take(7).take_while(|b| **b == 0).count();
    // A leading zero keeps a number positive whose first bit is set.
    let sign: &[u8] = if bytes[zeros] >= 0x80 { &[0] } else { &[] };
    let number = [sign, &bytes[zeros..]].concat();
    let number = [&[0x02, number.len() as u8], number.as_slice()].concat();
    let body = [&HEAD[..], imprint, &number, &CERT_REQ].concat();
    // At most 68 bytes: lengths take one.
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

/// The token of a TimeStampResp (RFC 3161 section 2.4.2) that grants one.
pub(crate) fn token(answer: &[u8]) -> Result<Vec<u8>, AnswerError> {
    const PART: &str = "answer";
    if answer.len() > MAX_TOKEN {
        return Err(TokenFault::TooLong.into());
    }
    let mut fields = Elements::within(answer, Tag::Sequence, PART)?;
    let mut info = fields.open(Tag::Sequence)?;
    let status = info.number(Tag::Integer)?.ok_or(info.fault())?;
    // Granted, or granted with modifications, which show in the token.
    if status > 1 {
        return Err(AnswerError::Refused { status, text: words(&mut info) });
    }
    let token = fields.due(Tag::Sequence)?;
    fields.end()?;
    Ok(whole(&token, PART)?)
}

/// What the authority says, made printable.
fn words(info: &mut Elements<'_>) -> String {
    let texts = info.open(Tag::Sequence).ok().into_iter().flatten().flatten();
    let texts: Vec<String> = texts.map(|t| String::from_utf8_lossy(t.value()).into_owned()).collect();
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    texts.join("; ").chars().map(plain).take(EXCERPT).collect()
}
