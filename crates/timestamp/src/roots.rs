//! Authorities that are trusted.

use std::fmt;

use der::Decode as _;
use rustls_pki_types::{CertificateDer, TrustAnchor, pem::PemObject as _};
use x509_cert::Certificate;

use crate::RootsError;

/// Most roots.
const MAX_ROOTS: usize = 1_024;

/// Certificates of authorities that the caller trusts for time stamps.
#[derive(Clone)]
pub struct Roots(Vec<Root>);

#[derive(Clone)]
struct Root {
    anchor: TrustAnchor<'static>,
    /// Seconds since the Unix epoch, both included.
    valid: (u64, u64),
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roots").field("count", &self.0.len()).finish()
    }
}

impl Roots {
    /// From certificates in PEM. They are certificates of who issues to authorities, not those of the signers.
    ///
    /// # Errors
    /// See [`RootsError`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, RootsError> {
        let mut roots = Vec::new();
        for (at, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let certificate = certificate.map_err(|e| RootsError::Pem(e.to_string()))?;
            if at == MAX_ROOTS {
                return Err(RootsError::TooMany(MAX_ROOTS));
            }
            roots.push(Root::read(&certificate).ok_or(RootsError::Certificate(at + 1))?);
        }
        if roots.is_empty() { Err(RootsError::Empty) } else { Ok(Self(roots)) }
    }

    /// Those of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Those that are valid at a second of the Unix epoch.
    pub(crate) fn valid_at(&self, second: u64) -> Vec<TrustAnchor<'_>> {
        let valid = self.0.iter().filter(|root| root.valid.0 <= second && second <= root.valid.1);
        valid.map(|root| root.anchor.clone()).collect()
    }
}

impl Root {
    fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let anchor = webpki::anchor_from_trusted_cert(der).ok()?.to_owned();
        let certificate = Certificate::from_der(der).ok()?;
        let validity = certificate.tbs_certificate().validity();
        let (from, to) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
        Some(Self { anchor, valid: (from.as_secs(), to.as_secs()) })
    }
}
