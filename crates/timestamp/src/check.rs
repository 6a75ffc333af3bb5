//! Checking a token against what was stamped and who is trusted.

use std::time::Duration;

use der::{Decode as _, asn1::ObjectIdentifier};
use ring::digest;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, Error as ChainError, KeyUsage, ring as algorithms};
use x509_cert::{
    Certificate,
    ext::pkix::{ExtendedKeyUsage, KeyUsage as Usages},
};

use crate::{
    AnswerError, Roots, TokenFault,
    info::Info,
    request,
    signed::{Signed, digest_algorithm},
};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// id-kp-timeStamping.
const TIME_STAMPING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.8");
const RSA: ObjectIdentifier = oid("1.2.840.113549.1.1.1");
const RSA_SHA_256: ObjectIdentifier = oid("1.2.840.113549.1.1.11");
const RSA_SHA_384: ObjectIdentifier = oid("1.2.840.113549.1.1.12");
const RSA_SHA_512: ObjectIdentifier = oid("1.2.840.113549.1.1.13");
const ECDSA_SHA_256: ObjectIdentifier = oid("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = oid("1.2.840.10045.4.3.3");

type Algorithm = &'static dyn SignatureVerificationAlgorithm;

/// What certificates may be signed with.
const CHAIN: [Algorithm; 8] = [
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
];

/// What a token proves: its authority had been shown the imprint by `at`, give or take `accuracy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// µs since the Unix epoch, by the authority's clock.
    pub at: u64,
    /// How far that may be off, µs; 0 where the authority does not say.
    pub accuracy: u64,
    /// The common name in the signer's certificate, printable; empty where there is none.
    pub authority: String,
    /// SHA-256 of the signer's certificate.
    pub certificate: [u8; 32],
    /// The policy it was made under, an object identifier.
    pub policy: String,
}

impl Roots {
    /// Checks a token that is kept with what it stamps.
    ///
    /// # Errors
    /// The first [`TokenFault`] found; then it proves nothing.
    pub fn check(&self, token: &[u8], imprint: &[u8; 32]) -> Result<Stamp, TokenFault> {
        let signed = Signed::read(token)?;
        let info = Info::read(signed.content)?;
        if info.imprint != *imprint {
            return Err(TokenFault::Imprint);
        }
        self.check_signed(&signed, info)
    }

    /// Checks an authority's answer to [`request`](crate::request), and takes the token out of it.
    ///
    /// # Errors
    /// See [`AnswerError`].
    pub fn check_answer(
        &self,
        answer: &[u8],
        imprint: &[u8; 32],
        nonce: u64,
    ) -> Result<(Vec<u8>, Stamp), AnswerError> {
        let token = request::token(answer)?;
        let signed = Signed::read(&token)?;
        let info = Info::read(signed.content)?;
        if info.imprint != *imprint {
            return Err(TokenFault::Imprint.into());
        }
        if !info.answers(nonce) {
            return Err(TokenFault::Nonce.into());
        }
        let stamp = self.check_signed(&signed, info)?;
        Ok((token, stamp))
    }

    fn check_signed(&self, signed: &Signed<'_>, info: Info) -> Result<Stamp, TokenFault> {
        let (der, signer) = find_signer(signed)?;
        let algorithm =
            digest_algorithm(&signed.digest).ok_or(TokenFault::Unsupported("digest algorithm"))?;
        signed.attributes.check(signed.content, algorithm, der)?;
        check_purpose(&signer)?;
        let certificate = CertificateDer::from(der);
        let end = EndEntityCert::try_from(&certificate).map_err(|e| TokenFault::Chain(e.to_string()))?;
        check_signature(&end, signed)?;
        self.check_chain(&end, signed, info.at / 1_000_000)?;
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
        Ok(Stamp {
            at: info.at,
            accuracy: info.accuracy,
            authority: common_name(&signer),
            certificate: fingerprint,
            policy: info.policy.to_string(),
        })
    }

    /// A path to a root, every certificate on it valid at a second of the Unix epoch.
    fn check_chain(&self, end: &EndEntityCert<'_>, signed: &Signed<'_>, at: u64) -> Result<(), TokenFault> {
        let others: Vec<CertificateDer<'_>> =
            signed.certificates.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let (roots, at) = (self.valid_at(at), UnixTime::since_unix_epoch(Duration::from_secs(at)));
        // That the signer's own certificate is for time stamping has been checked; those above it may say so.
        let usage = KeyUsage::required_if_present(&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08]);
        match end.verify_for_usage(&CHAIN, &roots, &others, at, usage, None, None) {
            Ok(_) => Ok(()),
            Err(ChainError::CertExpired { .. } | ChainError::CertNotValidYet { .. }) => {
                Err(TokenFault::NotValidThen)
            }
            Err(ChainError::UnknownIssuer) => Err(TokenFault::UnknownAuthority),
            Err(ChainError::RequiredEkuNotFoundContext(_)) => Err(TokenFault::Purpose),
            Err(error) => Err(TokenFault::Chain(error.to_string())),
        }
    }
}

/// The certificate that the signer names as its own.
fn find_signer<'s>(signed: &'s Signed<'_>) -> Result<(&'s [u8], Certificate), TokenFault> {
    for der in &signed.certificates {
        let parsed = CertificateDer::from(der.as_slice());
        let Ok(certificate) = EndEntityCert::try_from(&parsed) else { continue };
        if certificate.issuer() == signed.issuer && certificate.serial() == signed.serial {
            let read = Certificate::from_der(der).map_err(|_| TokenFault::Malformed("certificates"))?;
            return Ok((der, read));
        }
    }
    Err(TokenFault::NoCertificate)
}

/// Critical extended key usage, time stamping alone (RFC 3161 section 2.3); a key usage, if any, for signatures.
fn check_purpose(signer: &Certificate) -> Result<(), TokenFault> {
    let fault = |_| TokenFault::Purpose;
    let tbs = signer.tbs_certificate();
    let extended = tbs.get_extension::<ExtendedKeyUsage>().map_err(fault)?;
    let alone = extended.is_some_and(|(critical, usage)| critical && usage.0 == [TIME_STAMPING]);
    let usages = tbs.get_extension::<Usages>().map_err(fault)?;
    let signs = usages.is_none_or(|(_, usage)| usage.digital_signature() || usage.non_repudiation());
    if alone && signs { Ok(()) } else { Err(TokenFault::Purpose) }
}

fn check_signature(end: &EndEntityCert<'_>, signed: &Signed<'_>) -> Result<(), TokenFault> {
    let candidates = algorithms_for(&signed.signature_algorithm, &signed.digest)
        .ok_or(TokenFault::Unsupported("signature algorithm"))?;
    let verifies = |algorithm: &Algorithm| {
        end.verify_signature(*algorithm, &signed.to_be_signed, signed.signature).is_ok()
    };
    if candidates.iter().any(verifies) { Ok(()) } else { Err(TokenFault::Signature) }
}

/// By signature and digest algorithm, which must go together. Of the curves the certificate's key takes its own.
fn algorithms_for(signature: &ObjectIdentifier, digest: &ObjectIdentifier) -> Option<Vec<Algorithm>> {
    let digest = digest_algorithm(digest)?;
    let is = |other: &'static digest::Algorithm| *digest == *other;
    let rsa = |oid: ObjectIdentifier| *signature == RSA || *signature == oid;
    if is(&digest::SHA256) && rsa(RSA_SHA_256) {
        Some(vec![algorithms::RSA_PKCS1_2048_8192_SHA256])
    } else if is(&digest::SHA384) && rsa(RSA_SHA_384) {
        Some(vec![algorithms::RSA_PKCS1_2048_8192_SHA384])
    } else if is(&digest::SHA512) && rsa(RSA_SHA_512) {
        Some(vec![algorithms::RSA_PKCS1_2048_8192_SHA512])
    } else if is(&digest::SHA256) && *signature == ECDSA_SHA_256 {
        Some(vec![algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256])
    } else if is(&digest::SHA384) && *signature == ECDSA_SHA_384 {
        Some(vec![algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384])
    } else {
        None
    }
}

fn common_name(signer: &Certificate) -> String {
    let name = signer.tbs_certificate().subject().common_name();
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    name.ok().flatten().map(|name| name.value().chars().map(plain).collect()).unwrap_or_default()
}
