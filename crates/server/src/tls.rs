//! Certificate and key: configured ones, or a development certificate made on the first run.
//!
//! There is no way to serve without TLS.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tonic::transport::{Identity, ServerTlsConfig};
use zeroize::Zeroizing;

use crate::config::TlsConfig;

#[cfg(test)]
mod tests;

/// File of the development certificate in the folder.
pub const DEVELOPMENT_CERT: &str = "cert.pem";
/// File of its private key, readable by its owner only.
pub const DEVELOPMENT_KEY: &str = "key.pem";

/// Names every development certificate bears.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// How long a development certificate is good for: browsers take no longer ones.
const LIFETIME: Duration = Duration::from_secs(397 * 86_400);
/// Remaining life at which it is made anew.
const RENEW: Duration = Duration::from_secs(30 * 86_400);
/// Most bytes of a certificate chain or key file.
const MAX_FILE: u64 = 1 << 20;

/// Why there is no TLS, and so no server.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Only one of two settings is there.
    #[error("tls.cert and tls.key go together: set both, or neither for a development certificate")]
    HalfConfigured,
    /// A file cannot be read or written.
    #[error("{}: {source}; check the path and its permissions", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {fault}", path.display())]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A development certificate cannot be made.
    #[error("tls.names: {0}")]
    Names(rcgen::Error),
}

/// Certificate and key in PEM.
pub struct ServerIdentity {
    /// Certificate chain, leaf first.
    pub cert: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    /// Where the certificate lies.
    pub cert_path: PathBuf,
    /// It was made here: clients must be given it to trust.
    pub development: bool,
}

impl ServerIdentity {
    /// Loads the configured certificate, or the development certificate, making it where there is none,
    /// where it has less than 30 days left or other names than asked for.
    ///
    /// # Errors
    /// A file that cannot be read, does not fit, or cannot be written.
    pub fn load(config: &TlsConfig) -> Result<Self, TlsError> {
        let this = match (&config.cert, &config.key) {
            (Some(cert), Some(key)) => Self::read(cert, key, false)?,
            (None, None) => Self::development(config)?,
            _ => return Err(TlsError::HalfConfigured),
        };
        Ok(this)
    }

    /// The configuration tonic wants.
    pub(crate) fn tonic(&self, handshake: Duration) -> ServerTlsConfig {
        ServerTlsConfig::new().identity(Identity::from_pem(&self.cert, &*self.key)).timeout(handshake)
    }

    fn development(config: &TlsConfig) -> Result<Self, TlsError> {
        let dir = &config.directory;
        let (cert, key) = (dir.join(DEVELOPMENT_CERT), dir.join(DEVELOPMENT_KEY));
        let names = all_names(&config.names);
        let now = SystemTime::now();
        let fresh = !cert.exists() && !key.exists();
        if !fresh && !is_ours(&cert) {
            // Whoever put files here means them: they are used, or found at fault, never replaced.
            return Self::read(&cert, &key, false);
        }
        if fresh || !(key.exists() && usable(&cert, &names, now)) {
            fs::create_dir_all(dir).map_err(file(dir))?;
            let made = make(&names, now).map_err(TlsError::Names)?;
            write_private(&key, made.key.as_bytes())?;
            fs::write(&cert, made.cert).map_err(file(&cert))?;
            tracing::warn!(path = %cert.display(), "made a development certificate: clients must be given it");
        }
        Self::read(&cert, &key, true)
    }

    fn read(cert: &Path, key: &Path, development: bool) -> Result<Self, TlsError> {
        let this = Self {
            cert: read_file(cert)?,
            key: Zeroizing::new(read_file(key)?),
            cert_path: cert.to_path_buf(),
            development,
        };
        warn_if_shared(key);
        this.check(cert, key)?;
        Ok(this)
    }

    /// Says now what the TLS library would say with fewer words later.
    fn check(&self, cert: &Path, key: &Path) -> Result<(), TlsError> {
        let content = |path: &Path, fault: String| TlsError::Content { path: path.to_path_buf(), fault };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<_, _>>()
            .map_err(|e| content(cert, format!("not a certificate chain in PEM: {e}")))?;
        if chain.is_empty() {
            return Err(content(cert, "holds no certificate in PEM".into()));
        }
        let secret = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|e| content(key, format!("holds no private key in PEM: {e}")))?;
        rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .and_then(|b| b.with_no_client_auth().with_single_cert(chain, secret))
            .map_err(|e| content(key, format!("does not go with {}: {e}", cert.display())))?;
        Ok(())
    }
}

/// First line of a certificate that was made here.
const NOTE: &str = "Yuanliu development certificate";

struct Made {
    cert: String,
    key: Zeroizing<String>,
}

fn all_names(more: &[String]) -> Vec<String> {
    let mut names: Vec<String> = LOCAL_NAMES.iter().map(ToString::to_string).collect();
    for name in more {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// A key and a certificate that it signed itself; what it is good for stands before it as text.
fn make(names: &[String], now: SystemTime) -> Result<Made, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    let end = now + LIFETIME;
    params.not_before = (now - Duration::from_secs(3_600)).into();
    params.not_after = end.into();
    params.distinguished_name.push(DnType::CommonName, "yuanliu development");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let cert = params.self_signed(&key)?;
    Ok(Made {
        cert: format!("{}{}", notes(names, end), cert.pem()),
        key: Zeroizing::new(key.serialize_pem()),
    })
}

/// Text before the certificate, which PEM readers skip: whether it still fits can be told without a
/// parser of certificates.
fn notes(names: &[String], end: SystemTime) -> String {
    format!("{NOTE}\n{}\nexpires: {}\n", names_line(names), seconds(end))
}

fn names_line(names: &[String]) -> String {
    format!("names: {}", names.join(" "))
}

fn seconds(t: SystemTime) -> u64 {
    t.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Whether a certificate was made here.
fn is_ours(cert: &Path) -> bool {
    read_file(cert).is_ok_and(|pem| pem.starts_with(NOTE.as_bytes()))
}

/// Whether the development certificate is there, bears these names and has life left.
fn usable(cert: &Path, names: &[String], now: SystemTime) -> bool {
    let Ok(bytes) = read_file(cert) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    let end = text.lines().find_map(|l| l.strip_prefix("expires: ")?.parse::<u64>().ok()).unwrap_or(0);
    text.lines().any(|l| l == names_line(names)) && end > seconds(now + RENEW)
}

fn file(path: &Path) -> impl FnOnce(io::Error) -> TlsError {
    let path = path.to_path_buf();
    move |source| TlsError::File { path, source }
}

fn read_file(path: &Path) -> Result<Vec<u8>, TlsError> {
    let length = fs::metadata(path).map_err(file(path))?.len();
    if length > MAX_FILE {
        let fault = format!("{length} bytes, more than a certificate or key has");
        return Err(TlsError::Content { path: path.to_path_buf(), fault });
    }
    fs::read(path).map_err(file(path))
}

#[cfg(unix)]
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};

    // A file that is there keeps its mode when it is opened, so it goes first.
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(file(path)(e)),
        _ => {}
    }
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut f| f.write_all(bytes))
        .map_err(file(path))
}

#[cfg(not(unix))]
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    fs::write(path, bytes).map_err(file(path))
}

#[cfg(unix)]
fn warn_if_shared(key: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    if fs::metadata(key).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
        tracing::warn!(path = %key.display(), "others on this machine may read the private key: chmod 600");
    }
}

#[cfg(not(unix))]
fn warn_if_shared(_key: &Path) {}
