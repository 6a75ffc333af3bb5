//! Parties: `uscc:CODE18`, `gln:GLN13`, `org:NAME`.

use super::bounded;
use super::face::canonical_text;
use crate::china::Uscc;
use crate::error::Error;
use crate::escape;
use crate::fault::{Fault, Form};
use crate::keys::Gln;
use crate::rule;
use crate::warning::{Caution, Warning};

canonical_text! {
    /// An organisation, borrowed.
    PartyRef,
    /// An organisation: by unified social credit code, by GLN, or by name for bodies with neither.
    ///
    /// A name is 1–200 bytes of printable characters without white space at either end. It stands
    /// as itself here, unescaped; inside a [`Site`](crate::Site) or a
    /// [`Document`](crate::Document) the whole party text is escaped. That it is in Unicode
    /// normal form NFC is for the caller to check.
    PartyId,
    PartyKind,
    check
}

/// By what a party is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartyKind {
    /// `uscc:` unified social credit code.
    Uscc,
    /// `gln:` Global Location Number.
    Gln,
    /// `org:` name.
    Org,
}

impl PartyKind {
    /// The text before the colon.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uscc => "uscc",
            Self::Gln => "gln",
            Self::Org => "org",
        }
    }

    /// The kind that a text's prefix names, and the length of the prefix with its colon.
    fn of(text: &str) -> Result<(Self, usize), Error> {
        for kind in [Self::Uscc, Self::Gln, Self::Org] {
            let rest = text.strip_prefix(kind.as_str());
            if rest.is_some_and(|rest| rest.starts_with(':')) {
                return Ok((kind, kind.as_str().len() + 1));
            }
        }
        Err(Error::new("party", 0, Fault::Expected(Form::of("uscc:, gln: or org:", "uscc:、gln: 或 org:"))))
    }
}

fn check(text: &str) -> Result<PartyKind, Error> {
    bounded("party", text)?;
    check_as(text, |name| rule::NAME.check_raw(name))
}

/// Checks a party as it stands inside a composite text: the same, with the name escaped.
pub(super) fn check_escaped(text: &str) -> Result<PartyKind, Error> {
    check_as(text, |name| rule::NAME.check_escaped(name))
}

fn check_as(text: &str, name: impl FnOnce(&str) -> Result<(), Error>) -> Result<PartyKind, Error> {
    let (kind, prefix) = PartyKind::of(text)?;
    let value = &text[prefix..];
    let checked = match kind {
        PartyKind::Uscc => Uscc::parse(value).map(drop),
        PartyKind::Gln => Gln::parse(value).map(drop),
        PartyKind::Org => name(value),
    };
    checked.map_err(|error| error.shifted(prefix))?;
    Ok(kind)
}

impl<'a> PartyRef<'a> {
    /// By what the party is known.
    pub const fn kind(self) -> PartyKind {
        self.layout
    }

    /// The text after the colon.
    pub fn value(self) -> &'a str {
        &self.text[self.layout.as_str().len() + 1..]
    }

    /// The unified social credit code. Whether its check character fits is for the caller to ask.
    pub fn uscc(self) -> Option<Uscc> {
        (self.layout == PartyKind::Uscc).then(|| Uscc::parse(self.value()).ok()).flatten()
    }

    /// What is odd about it: a unified social credit code whose check character does not fit.
    pub fn warning(self) -> Option<Warning> {
        let odd = self.uscc().is_some_and(|code| !code.check_ok());
        odd.then(|| Warning::new(Caution::UsccCheck, None, self.text.len().saturating_sub(1)))
    }

    /// The GLN.
    pub fn gln(self) -> Option<Gln> {
        (self.layout == PartyKind::Gln).then(|| Gln::parse(self.value()).ok()).flatten()
    }

    /// The name of a party that has neither code.
    pub fn org_name(self) -> Option<&'a str> {
        (self.layout == PartyKind::Org).then(|| self.value())
    }

    /// Appends the party as it stands inside a composite text.
    pub(super) fn push_escaped(self, into: &mut String) {
        escape::push(into, self.text);
    }
}

impl PartyId {
    /// The party with a unified social credit code.
    pub fn uscc(code: &Uscc) -> Self {
        Self::coded(PartyKind::Uscc, code.as_str())
    }

    /// The party with a GLN.
    pub fn gln(gln: &Gln) -> Self {
        Self::coded(PartyKind::Gln, gln.as_str())
    }

    /// A party by its name. Offsets in the error count from the start of `name`.
    pub fn org(name: &str) -> Result<Self, Error> {
        rule::NAME.check_raw(name)?;
        Ok(Self::coded(PartyKind::Org, name))
    }

    /// By what the party is known.
    pub const fn kind(&self) -> PartyKind {
        self.layout
    }

    fn coded(kind: PartyKind, value: &str) -> Self {
        Self { text: format!("{}:{value}", kind.as_str()).into_boxed_str(), layout: kind }
    }
}
