//! Documents: `decl:NO`, `waybill:CARRIER/NO`, `bill:PARTY/NO`, `cert:ISSUER/NO`.

use std::borrow::Cow;

use super::face::canonical_text;
use super::party::{self, PartyId, PartyRef};
use super::{Offset, bounded, offset, split_at_first};
use crate::china::DeclarationNumber;
use crate::error::Error;
use crate::escape::{self, Escaped};
use crate::fault::{Fault, Form};
use crate::rule;

canonical_text! {
    /// A document, borrowed.
    DocumentRef,
    /// A document by its number.
    ///
    /// | text | is |
    /// | --- | --- |
    /// | `decl:DIGITS18` | a customs declaration 报关单 |
    /// | `waybill:CARRIER/NO` | a waybill 运单; carrier: a party, or a plain code such as `SF` |
    /// | `bill:PARTY/NO` | a bill of the party that wrote it 单据 |
    /// | `cert:ISSUER/NO` | a certificate 证书; issuer: a party, or a plain code such as `NMPA` |
    ///
    /// Party and number (1–80 bytes) are escaped. A plain code is 1–80 bytes without `:`, which
    /// every party has.
    Document,
    DocumentLayout,
    check
}

/// What sort of document it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// `decl:` customs declaration.
    Declaration,
    /// `waybill:` waybill of a carrier.
    Waybill,
    /// `bill:` bill of a party.
    Bill,
    /// `cert:` certificate of an issuer.
    Certificate,
}

/// Who numbered a waybill or certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// A party of the ledger.
    Party(PartyRef<'a>),
    /// Somebody known by a code alone.
    Code(&'a str),
}

/// Kind, and the place of the `/` (0 in a declaration, which has none).
#[derive(Debug, Clone, Copy)]
struct DocumentLayout {
    kind: DocumentKind,
    slash: Offset,
}

impl DocumentKind {
    /// Every kind, in the order of the table in [`Document`].
    pub const ALL: [Self; 4] = [Self::Declaration, Self::Waybill, Self::Bill, Self::Certificate];

    /// The text before the first colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declaration => "decl",
            Self::Waybill => "waybill",
            Self::Bill => "bill",
            Self::Certificate => "cert",
        }
    }
}

fn check(text: &str) -> Result<DocumentLayout, Error> {
    bounded("document", text)?;
    let named = text.split_once(':').and_then(|(prefix, rest)| {
        let mut kinds = DocumentKind::ALL.into_iter();
        Some((kinds.find(|kind| kind.as_str() == prefix)?, rest))
    });
    let Some((kind, rest)) = named else {
        let wanted =
            Fault::Expected(Form::of("decl:, waybill:, bill: or cert:", "decl:、waybill:、bill: 或 cert:"));
        return Err(Error::new("document", 0, wanted));
    };
    let base = kind.as_str().len() + 1;
    let slash = check_rest(kind, rest).map_err(|error| error.shifted(base))?;
    let slash = offset(slash.map_or(0, |slash| base + slash));
    Ok(DocumentLayout { kind, slash })
}

/// Checks what follows the kind and returns the place of its `/`.
fn check_rest(kind: DocumentKind, rest: &str) -> Result<Option<usize>, Error> {
    if kind == DocumentKind::Declaration {
        return DeclarationNumber::parse(rest).map(|_| None);
    }
    let slash = split_at_first("number", rest, '/', Form::of("a slash and the number", "斜杠和编号"))?;
    let source = &rest[..slash];
    if kind == DocumentKind::Bill || source.contains(':') {
        party::check_escaped(source)?;
    } else {
        rule::PLAIN_CODE.check_escaped(source)?;
    }
    rule::NUMBER.check_escaped(&rest[slash + 1..]).map_err(|error| error.shifted(slash + 1))?;
    Ok(Some(slash))
}

impl<'a> DocumentRef<'a> {
    /// What sort of document it is.
    pub const fn kind(self) -> DocumentKind {
        self.layout.kind
    }

    fn prefix(self) -> usize {
        self.layout.kind.as_str().len() + 1
    }

    /// The number of a customs declaration.
    pub fn declaration(self) -> Option<DeclarationNumber> {
        match self.layout.kind {
            DocumentKind::Declaration => DeclarationNumber::parse(&self.text[self.prefix()..]).ok(),
            _ => None,
        }
    }

    /// Who numbered it, as it stands in the text, escaped: a party or a plain code.
    pub fn escaped_source(self) -> Option<Escaped<'a>> {
        match self.layout.kind {
            DocumentKind::Declaration => None,
            _ => {
                let slash = usize::from(self.layout.slash);
                Some(Escaped::checked(&self.text[self.prefix()..slash]))
            }
        }
    }

    /// Who numbered it: the canonical text of a party, or a plain code.
    pub fn source(self) -> Option<Cow<'a, str>> {
        self.escaped_source().map(Escaped::unescape)
    }

    /// The party that numbered it, unless that is known by a plain code alone.
    pub fn party(self) -> Option<PartyId> {
        PartyId::parse(&self.source()?).ok()
    }

    /// The number, still escaped.
    pub fn escaped_number(self) -> Escaped<'a> {
        let start = match self.layout.kind {
            DocumentKind::Declaration => self.prefix(),
            _ => usize::from(self.layout.slash) + 1,
        };
        Escaped::checked(&self.text[start..])
    }

    /// The number as printed.
    pub fn number(self) -> Cow<'a, str> {
        self.escaped_number().unescape()
    }
}

impl Document {
    /// A customs declaration.
    pub fn declaration(number: &DeclarationNumber) -> Self {
        Self {
            text: format!("decl:{number}").into_boxed_str(),
            layout: DocumentLayout { kind: DocumentKind::Declaration, slash: 0 },
        }
    }

    /// A waybill, its number as printed.
    pub fn waybill(carrier: Source<'_>, number: &str) -> Result<Self, Error> {
        Self::numbered(DocumentKind::Waybill, carrier, number)
    }

    /// A bill of a party, its number as printed.
    pub fn bill(party: PartyRef<'_>, number: &str) -> Result<Self, Error> {
        Self::numbered(DocumentKind::Bill, Source::Party(party), number)
    }

    /// A certificate, its number as printed.
    pub fn certificate(issuer: Source<'_>, number: &str) -> Result<Self, Error> {
        Self::numbered(DocumentKind::Certificate, issuer, number)
    }

    /// What sort of document it is.
    pub const fn kind(&self) -> DocumentKind {
        self.layout.kind
    }

    /// Offsets in the error count from the start of the part it names, except where the whole
    /// text is too long.
    fn numbered(kind: DocumentKind, source: Source<'_>, number: &str) -> Result<Self, Error> {
        rule::NUMBER.check_raw(number)?;
        let mut text = format!("{}:", kind.as_str());
        match source {
            Source::Party(party) => party.push_escaped(&mut text),
            Source::Code(code) => {
                rule::PLAIN_CODE.check_raw(code)?;
                escape::push(&mut text, code);
            }
        }
        text.push('/');
        escape::push(&mut text, number);
        Self::assembled(text)
    }
}
