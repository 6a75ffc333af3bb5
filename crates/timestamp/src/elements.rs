//! Reading DER, element by element.

use der::{
    Encode as _, Reader as _, SliceReader, Tag, TagNumber,
    asn1::{AnyRef, ObjectIdentifier},
};

use crate::TokenFault;

/// `[0]`, `[1]`… around or in place of another type.
pub(crate) const fn context(number: u8, constructed: bool) -> Tag {
    Tag::ContextSpecific { constructed, number: TagNumber(number as u32) }
}

/// Says which part could not be read.
pub(crate) fn malformed(part: &'static str) -> impl Fn(der::Error) -> TokenFault {
    move |_| TokenFault::Malformed(part)
}

/// The elements of a constructed value, in their order.
pub(crate) struct Elements<'a> {
    reader: SliceReader<'a>,
    next: Option<AnyRef<'a>>,
    part: &'static str,
}

impl<'a> Elements<'a> {
    /// Those of bytes that lie one after the other.
    pub(crate) fn of(bytes: &'a [u8], part: &'static str) -> Result<Self, TokenFault> {
        let mut this = Self { reader: SliceReader::new(bytes).map_err(malformed(part))?, next: None, part };
        this.step()?;
        Ok(this)
    }

    /// The one element that bytes are, opened.
    pub(crate) fn within(bytes: &'a [u8], tag: Tag, part: &'static str) -> Result<Self, TokenFault> {
        let mut outer = Self::of(bytes, part)?;
        let inner = outer.due(tag)?;
        outer.end()?;
        Self::of(inner.value(), part)
    }

    fn step(&mut self) -> Result<(), TokenFault> {
        let part = self.part;
        self.next = match self.reader.is_finished() {
            true => None,
            false => Some(self.reader.decode().map_err(malformed(part))?),
        };
        Ok(())
    }

    /// What could not be read, should the caller find more than this.
    pub(crate) const fn fault(&self) -> TokenFault {
        TokenFault::Malformed(self.part)
    }

    /// The next, whatever it is.
    pub(crate) fn any(&mut self) -> Result<AnyRef<'a>, TokenFault> {
        let next = self.next.take().ok_or(self.fault())?;
        self.step()?;
        Ok(next)
    }

    /// The next, if it has this tag.
    pub(crate) fn optional(&mut self, tag: Tag) -> Result<Option<AnyRef<'a>>, TokenFault> {
        match self.next {
            Some(next) if next.header().tag() == tag => self.any().map(Some),
            _ => Ok(None),
        }
    }

    /// The next, which must have this tag.
    pub(crate) fn due(&mut self, tag: Tag) -> Result<AnyRef<'a>, TokenFault> {
        self.optional(tag)?.ok_or(self.fault())
    }

    /// The next, which must have this tag, opened.
    pub(crate) fn open(&mut self, tag: Tag) -> Result<Self, TokenFault> {
        Self::of(self.due(tag)?.value(), self.part)
    }

    /// The next, an OBJECT IDENTIFIER.
    pub(crate) fn oid(&mut self) -> Result<ObjectIdentifier, TokenFault> {
        self.due(Tag::ObjectIdentifier)?.decode_as().map_err(malformed(self.part))
    }

    /// The next, an AlgorithmIdentifier without parameters, or with NULL.
    pub(crate) fn algorithm(&mut self) -> Result<ObjectIdentifier, TokenFault> {
        let mut fields = self.open(Tag::Sequence)?;
        let oid = fields.oid()?;
        if fields.optional(Tag::Null)?.is_some_and(|null| !null.value().is_empty()) {
            return Err(self.fault());
        }
        fields.end()?;
        Ok(oid)
    }

    /// The next, an INTEGER not below zero.
    pub(crate) fn number(&mut self, tag: Tag) -> Result<Option<u64>, TokenFault> {
        let Some(found) = self.optional(tag)? else { return Ok(None) };
        let number = AnyRef::new(Tag::Integer, found.value()).and_then(AnyRef::decode_as::<u64>);
        number.map(Some).map_err(malformed(self.part))
    }

    /// There are no more.
    pub(crate) fn end(&self) -> Result<(), TokenFault> {
        if self.next.is_none() { Ok(()) } else { Err(self.fault()) }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<AnyRef<'a>, TokenFault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next.is_some().then(|| self.any())
    }
}

/// An element with tag and length.
pub(crate) fn whole(element: &AnyRef<'_>, part: &'static str) -> Result<Vec<u8>, TokenFault> {
    element.to_der().map_err(malformed(part))
}
