//! TLS from files, for both sides.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

/// Most bytes of a file of certificates or of a key: the largest system bundles have less than 1 MiB.
const MAX_FILE: u64 = 4 << 20;

/// Why a file does not serve for TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsFileError {
    /// It cannot be read. Check path and permissions.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It does not hold what it should.
    #[error("{}: {fault}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
}

fn content(path: &Path, fault: impl ToString) -> TlsFileError {
    TlsFileError::Content { path: path.to_path_buf(), fault: fault.to_string() }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsFileError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut bytes))
        .map_err(|source| TlsFileError::Read { path: path.to_path_buf(), source })?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(content(path, "it is too large"));
    }
    Ok(bytes)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let bytes = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|e| content(path, format_args!("not certificates in PEM: {e}")))?;
    if found.is_empty() {
        return Err(content(path, "holds no certificate in PEM"));
    }
    Ok(found)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// For a server: a certificate chain and its key.
pub(crate) fn server(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsFileError> {
    let chain = certificates(cert)?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|e| content(key, format_args!("holds no private key in PEM: {e}")))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|e| content(key, format_args!("does not go with {}: {e}", cert.display())))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// For a client: whom to believe.
pub(crate) fn client(ca: &Path) -> Result<Arc<ClientConfig>, TlsFileError> {
    let mut roots = RootCertStore::empty();
    // A system's bundle may hold one that is too odd for the library; a file of which nothing is left is not.
    let (good, _) = roots.add_parsable_certificates(certificates(ca)?);
    if good == 0 {
        return Err(content(ca, "holds no certificate that can be believed"));
    }
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| content(ca, e))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
