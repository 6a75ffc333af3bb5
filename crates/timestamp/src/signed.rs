//! CMS SignedData (RFC 5652) as RFC 3161 has it: one signer, signed attributes.

use der::{
    Tag,
    asn1::{AnyRef, ObjectIdentifier},
};
use ring::digest;

use crate::{
    MAX_TOKEN, TokenFault,
    elements::{Elements, context, malformed, whole},
    info::SHA_256,
};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

const SIGNED_DATA: ObjectIdentifier = oid("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = oid("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = oid("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = oid("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = oid("1.2.840.113549.1.9.16.2.47");
const SHA_384: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.2");
const SHA_512: ObjectIdentifier = oid("2.16.840.1.101.3.4.2.3");

/// Most certificates in a token.
const MAX_CERTIFICATES: usize = 16;

/// A digest algorithm for contents and certificates.
pub(crate) fn digest_algorithm(oid: &ObjectIdentifier) -> Option<&'static digest::Algorithm> {
    match *oid {
        SHA_256 => Some(&digest::SHA256),
        SHA_384 => Some(&digest::SHA384),
        SHA_512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// The parts of a token. Nothing in it has been checked.
#[derive(Debug)]
pub(crate) struct Signed<'a> {
    /// DER of TSTInfo.
    pub content: &'a [u8],
    /// DER of the certificates.
    pub certificates: Vec<Vec<u8>>,
    /// Content of the issuer's name.
    pub issuer: &'a [u8],
    /// Content of the serial number.
    pub serial: &'a [u8],
    pub digest: ObjectIdentifier,
    pub signature_algorithm: ObjectIdentifier,
    pub signature: &'a [u8],
    /// What the signature is over.
    pub to_be_signed: Vec<u8>,
    pub attributes: Attributes<'a>,
}

/// The signed attributes that count.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'a> {
    pub content_type: Option<ObjectIdentifier>,
    pub message_digest: Option<&'a [u8]>,
    /// SHA-1 of the signer's certificate.
    pub certificate_v1: Option<&'a [u8]>,
    /// Another digest of it.
    pub certificate_v2: Option<(ObjectIdentifier, &'a [u8])>,
}

impl<'a> Signed<'a> {
    pub(crate) fn read(token: &'a [u8]) -> Result<Self, TokenFault> {
        if token.len() > MAX_TOKEN {
            return Err(TokenFault::TooLong);
        }
        let mut info = Elements::within(token, Tag::Sequence, "ContentInfo")?;
        if info.oid()? != SIGNED_DATA {
            return Err(info.fault());
        }
        let explicit = info.due(context(0, true))?.value();
        info.end()?;
        Self::signed_data(Elements::within(explicit, Tag::Sequence, "SignedData")?)
    }

    fn signed_data(mut fields: Elements<'a>) -> Result<Self, TokenFault> {
        // Version 3, as the content is not mere data.
        if fields.number(Tag::Integer)? != Some(3) {
            return Err(fields.fault());
        }
        let mut digests = fields.open(Tag::Set)?;
        let digest = digests.algorithm()?;
        digests.end()?;
        let content = content(fields.open(Tag::Sequence)?)?;
        let certificates = match fields.optional(context(0, true))? {
            Some(set) => certificates(set.value())?,
            None => Vec::new(),
        };
        if fields.optional(context(1, true))?.is_some() {
            return Err(TokenFault::Unsupported("revocation lists in a token"));
        }
        let mut signers = fields.open(Tag::Set)?;
        let signer = signers.open(Tag::Sequence)?;
        if signers.end().is_err() {
            return Err(TokenFault::Unsupported("several signers"));
        }
        fields.end()?;
        Self::signer(signer, content, certificates, digest)
    }

    fn signer(
        mut fields: Elements<'a>,
        content: &'a [u8],
        certificates: Vec<Vec<u8>>,
        digest: ObjectIdentifier,
    ) -> Result<Self, TokenFault> {
        if fields.number(Tag::Integer)? != Some(1) {
            return Err(TokenFault::Unsupported("a signer named by key identifier"));
        }
        let mut named = fields.open(Tag::Sequence)?;
        let (issuer, serial) = (named.due(Tag::Sequence)?.value(), named.due(Tag::Integer)?.value());
        named.end()?;
        if fields.algorithm()? != digest {
            return Err(fields.fault());
        }
        let attributes = fields.due(context(0, true))?.value();
        let signature_algorithm = fields.algorithm()?;
        let signature = fields.due(Tag::OctetString)?.value();
        if fields.optional(context(1, true))?.is_some() {
            return Err(TokenFault::Unsupported("unsigned attributes"));
        }
        fields.end()?;
        // Signed as the SET OF that they are (RFC 5652 section 5.4).
        let set = AnyRef::new(Tag::Set, attributes).map_err(malformed("attributes"))?;
        Ok(Self {
            content,
            certificates,
            issuer,
            serial,
            digest,
            signature_algorithm,
            signature,
            to_be_signed: whole(&set, "attributes")?,
            attributes: Attributes::read(attributes)?,
        })
    }
}

fn content<'a>(mut fields: Elements<'a>) -> Result<&'a [u8], TokenFault> {
    if fields.oid()? != TST_INFO {
        return Err(fields.fault());
    }
    let explicit = fields.due(context(0, true))?.value();
    fields.end()?;
    let mut inner = Elements::of(explicit, "TSTInfo")?;
    let content = inner.due(Tag::OctetString)?.value();
    inner.end()?;
    Ok(content)
}

fn certificates(set: &[u8]) -> Result<Vec<Vec<u8>>, TokenFault> {
    const PART: &str = "certificates";
    let mut found = Vec::new();
    for certificate in Elements::of(set, PART)? {
        let certificate = certificate?;
        if certificate.header().tag() != Tag::Sequence || found.len() == MAX_CERTIFICATES {
            return Err(TokenFault::Malformed(PART));
        }
        found.push(whole(&certificate, PART)?);
    }
    Ok(found)
}

impl<'a> Attributes<'a> {
    fn read(set: &'a [u8]) -> Result<Self, TokenFault> {
        const PART: &str = "attributes";
        let mut this = Self::default();
        for attribute in Elements::of(set, PART)? {
            let attribute = attribute?;
            if attribute.header().tag() != Tag::Sequence {
                return Err(TokenFault::Malformed(PART));
            }
            let mut fields = Elements::of(attribute.value(), PART)?;
            let oid = fields.oid()?;
            let values = fields.open(Tag::Set)?;
            fields.end()?;
            let twice = match oid {
                CONTENT_TYPE => this.content_type.replace(one(values, |v| v.oid())?).is_some(),
                MESSAGE_DIGEST => this.message_digest.replace(one(values, octets)?).is_some(),
                SIGNING_CERTIFICATE => this.certificate_v1.replace(one(values, cert_id)?).is_some(),
                SIGNING_CERTIFICATE_V2 => this.certificate_v2.replace(one(values, cert_id_v2)?).is_some(),
                _ => false,
            };
            if twice {
                return Err(TokenFault::Malformed(PART));
            }
        }
        Ok(this)
    }

    /// Whether they are about this content and this certificate.
    pub(crate) fn check(
        &self,
        content: &[u8],
        algorithm: &'static digest::Algorithm,
        certificate: &[u8],
    ) -> Result<(), TokenFault> {
        if self.content_type != Some(TST_INFO) {
            return Err(TokenFault::Attribute("contentType"));
        }
        if self.message_digest != Some(digest::digest(algorithm, content).as_ref()) {
            return Err(TokenFault::Attribute("messageDigest"));
        }
        let named = self.certificate_v1.is_some() || self.certificate_v2.is_some();
        let v1 = self.certificate_v1.is_none_or(|named| {
            digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref() == named
        });
        let v2 = self.certificate_v2.as_ref().is_none_or(|(oid, named)| {
            digest_algorithm(oid).is_some_and(|a| digest::digest(a, certificate).as_ref() == *named)
        });
        if named && v1 && v2 { Ok(()) } else { Err(TokenFault::Attribute("signingCertificate")) }
    }
}

/// The one value of an attribute.
fn one<'a, T>(
    mut values: Elements<'a>,
    read: impl FnOnce(&mut Elements<'a>) -> Result<T, TokenFault>,
) -> Result<T, TokenFault> {
    let value = read(&mut values)?;
    values.end()?;
    Ok(value)
}

fn octets<'a>(values: &mut Elements<'a>) -> Result<&'a [u8], TokenFault> {
    Ok(values.due(Tag::OctetString)?.value())
}

/// The first of a SigningCertificate's ids, which is the signer's own (RFC 2634 section 5.4).
fn first_id<'a>(values: &mut Elements<'a>) -> Result<Elements<'a>, TokenFault> {
    values.open(Tag::Sequence)?.open(Tag::Sequence)?.open(Tag::Sequence)
}

fn cert_id<'a>(values: &mut Elements<'a>) -> Result<&'a [u8], TokenFault> {
    octets(&mut first_id(values)?)
}

fn cert_id_v2<'a>(values: &mut Elements<'a>) -> Result<(ObjectIdentifier, &'a [u8]), TokenFault> {
    let mut id = first_id(values)?;
    // SHA-256 unless it says another.
    let algorithm = match id.optional(Tag::Sequence)? {
        Some(named) => {
            let bytes = whole(&named, "attributes")?;
            Elements::of(&bytes, "attributes")?.algorithm()?
        }
        None => SHA_256,
    };
    Ok((algorithm, octets(&mut id)?))
}
