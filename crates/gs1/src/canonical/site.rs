//! Sites: `site:gln:GLN13`, or `site:PARTY/CODE`.

use std::borrow::Cow;

use super::face::canonical_text;
use super::party::{self, PartyId, PartyRef};
use super::{Offset, bounded, offset};
use crate::error::Error;
use crate::escape::{self, Escaped};
use crate::fault::{Fault, Form};
use crate::keys::Gln;
use crate::rule;

canonical_text! {
    /// A place of a party, borrowed.
    SiteRef,
    /// A place of a party: by its own GLN, or by the party and the code the party gave it.
    ///
    /// In `site:PARTY/CODE` the party's whole canonical text and the code (1–80 bytes) are both
    /// escaped, so exactly one `/` stands between them: `site:org:A%2FB Ltd/W1`.
    Site,
    SiteLayout,
    check
}

/// Where the parts of a site's text lie.
#[derive(Debug, Clone, Copy)]
enum SiteLayout {
    Gln,
    /// Place of the `/` between party and code.
    Local(Offset),
}

const PREFIX: &str = "site:";

fn check(text: &str) -> Result<SiteLayout, Error> {
    bounded("site", text)?;
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return Err(Error::new("site", 0, Fault::Expected(Form::same("site:"))));
    };
    check_rest(rest).map_err(|error| error.shifted(PREFIX.len()))
}

fn check_rest(rest: &str) -> Result<SiteLayout, Error> {
    let Some(slash) = rest.find('/') else {
        let Some(gln) = rest.strip_prefix("gln:") else {
            let wanted = Fault::Expected(Form::of(
                "gln: and a GLN, or a party, a slash and a code",
                "gln: 加 GLN，或主体加斜杠和代码",
            ));
            return Err(Error::new("site", 0, wanted));
        };
        Gln::parse(gln).map_err(|error| error.shifted("gln:".len()))?;
        return Ok(SiteLayout::Gln);
    };
    party::check_escaped(&rest[..slash])?;
    rule::SITE_CODE.check_escaped(&rest[slash + 1..]).map_err(|error| error.shifted(slash + 1))?;
    Ok(SiteLayout::Local(offset(PREFIX.len() + slash)))
}

impl<'a> SiteRef<'a> {
    /// The GLN of a site that has its own.
    pub fn gln(self) -> Option<Gln> {
        match self.layout {
            SiteLayout::Gln => Gln::parse(&self.text[PREFIX.len() + 4..]).ok(),
            SiteLayout::Local(_) => None,
        }
    }

    /// The party, as it stands in the text, escaped. A GLN names a site without naming its party.
    pub fn escaped_party(self) -> Option<Escaped<'a>> {
        match self.layout {
            SiteLayout::Gln => None,
            SiteLayout::Local(slash) => {
                let text = &self.text[PREFIX.len()..usize::from(slash)];
                Some(Escaped::checked(text))
            }
        }
    }

    /// The party that gave the code.
    pub fn party(self) -> Option<PartyId> {
        PartyId::parse(&self.escaped_party()?.unescape()).ok()
    }

    /// The code, still escaped.
    pub fn escaped_code(self) -> Option<Escaped<'a>> {
        match self.layout {
            SiteLayout::Gln => None,
            SiteLayout::Local(slash) => Some(Escaped::checked(&self.text[usize::from(slash) + 1..])),
        }
    }

    /// The code the party gave to the place.
    pub fn code(self) -> Option<Cow<'a, str>> {
        self.escaped_code().map(Escaped::unescape)
    }
}

impl Site {
    /// The site with a GLN of its own.
    pub fn gln(gln: &Gln) -> Self {
        Self { text: format!("{PREFIX}gln:{gln}").into_boxed_str(), layout: SiteLayout::Gln }
    }

    /// The place a party calls `code`. Offsets in the error count from the start of `code`,
    /// except where the whole text is too long.
    pub fn local(party: PartyRef<'_>, code: &str) -> Result<Self, Error> {
        rule::SITE_CODE.check_raw(code)?;
        let mut text = String::from(PREFIX);
        party.push_escaped(&mut text);
        text.push('/');
        escape::push(&mut text, code);
        Self::assembled(text)
    }
}
