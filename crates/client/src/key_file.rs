//! Key files: one Ed25519 private key as PKCS#8 in PEM (RFC 8410, RFC 5958), the form `openssl pkey`
//! reads and writes.
//!
//! Encrypted files use PBES2 with scrypt (N = 2^14, r = 8, p = 5) and AES-256-CBC. OpenSSL allows
//! scrypt 32 MiB; these parameters take 16 MiB and cost an attacker as much as N = 2^17, p = 1 (OWASP
//! password storage list). Files made elsewhere may use PBKDF2.
//!
//! The file of a witness's key says so in a line before the PEM part, `Witness: NAME`, which readers of PEM
//! skip: such a key signs under one name and must be used for nothing else.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes};
use merkle::SigningKey;
use pkcs8::{
    EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument,
    pkcs5::{self, pbes2, scrypt},
};
use zeroize::{Zeroize as _, Zeroizing};

/// Largest key file that is read, in bytes. Real ones have less than 1 KiB.
const MAX_FILE: u64 = 64 * 1024;
/// Most memory a file may make scrypt use, in bytes.
const MAX_SCRYPT_MEMORY: u64 = 256 * 1024 * 1024;
/// Most PBKDF2 rounds a file may ask for.
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 5;
// What is written can be read again.
const _: () = assert!((128 * SCRYPT_R as u64) << SCRYPT_LOG_N <= MAX_SCRYPT_MEMORY);

/// What stands before the name in a witness's key file.
const WITNESS: &str = "Witness: ";

const PLAIN_LABEL: &str = "PRIVATE KEY";
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";

/// Why a key file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system refused. Check path and permissions.
    #[error("cannot {action} the key file {path}: {source}")]
    Io {
        /// "read", "create" or "write".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a file already. Keys are never overwritten: choose another path, or move the old file.
    #[error("{0} exists already; a key is never overwritten: choose another path or move the file away")]
    Exists(PathBuf),
    /// The file is no private key in PEM, or one of a scheme that is not supported.
    #[error("{path} is not an Ed25519 private key in PKCS#8 PEM form: {fault}")]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// The file is encrypted and no passphrase was given.
    #[error("{0} is encrypted: its passphrase is needed")]
    PassphraseNeeded(PathBuf),
    /// The passphrase does not open the file (or the file is damaged; the two look alike).
    #[error("the passphrase does not open {0}")]
    WrongPassphrase(PathBuf),
    /// A new key cannot have an empty passphrase; ask for [`Protection::Plain`] if that is meant.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The system has no randomness. Nothing was written.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// How a key lies on disk.
#[derive(Clone, Copy)]
pub enum Protection<'a> {
    /// Encrypted under a passphrase of at least one byte.
    Passphrase(&'a str),
    /// Readable by whoever can read the file. For machines that have nobody to type a passphrase.
    Plain,
}

/// A key file that has been read and not yet opened. Its text is overwritten when dropped.
pub struct KeyFile {
    path: PathBuf,
    der: SecretDocument,
    encrypted: bool,
    witness: Option<String>,
}

/// Draws a new key from the system's randomness.
///
/// # Errors
/// [`KeyFileError::Random`].
pub fn generate_key() -> Result<SigningKey, KeyFileError> {
    let mut seed = Zeroizing::new([0; merkle::SEED_LEN]);
    getrandom::fill(seed.as_mut()).map_err(KeyFileError::Random)?;
    Ok(SigningKey::from_seed(&seed))
}

impl KeyFile {
    /// Writes a key to a new file with permissions 0600, synced to disk.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`], [`KeyFileError::Io`], [`KeyFileError::EmptyPassphrase`],
    /// [`KeyFileError::Random`]. On an error no new file is left behind.
    pub fn create(path: &Path, key: &SigningKey, protection: Protection<'_>) -> Result<(), KeyFileError> {
        Self::write_new(path, &encode(path, key, protection)?)
    }

    /// The same for the key of a witness with this name, which has no line break in it.
    ///
    /// # Errors
    /// As [`create`](Self::create); [`KeyFileError::NotAKey`] for a name with a control character.
    pub fn create_witness(
        path: &Path,
        key: &SigningKey,
        name: &str,
        protection: Protection<'_>,
    ) -> Result<(), KeyFileError> {
        if name.contains(char::is_control) {
            return Err(not_a_key(path, "the witness's name has a control character in it"));
        }
        let pem = encode(path, key, protection)?;
        // Sized beforehand: growing would leave a copy of the key behind.
        let mut text = Zeroizing::new(String::with_capacity(WITNESS.len() + name.len() + 1 + pem.len()));
        for part in [WITNESS, name, "\n", &pem] {
            text.push_str(part);
        }
        Self::write_new(path, &text)
    }

    fn write_new(path: &Path, text: &str) -> Result<(), KeyFileError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|e| match e.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_path_buf()),
            _ => io_error("create", path, e),
        })?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| {
            // Made a moment ago by this function, so it holds nothing of value.
            let _ = fs::remove_file(path);
            io_error("write", path, e)
        })
    }

    /// Reads a file without opening it yet, so that a passphrase is asked for only where one is needed.
    ///
    /// # Errors
    /// [`KeyFileError::Io`], [`KeyFileError::NotAKey`].
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let mut pem = Zeroizing::new(String::new());
        let file = fs::File::open(path).map_err(|e| io_error("read", path, e))?;
        file.take(MAX_FILE + 1).read_to_string(&mut pem).map_err(|e| match e.kind() {
            io::ErrorKind::InvalidData => not_a_key(path, "it is not text"),
            _ => io_error("read", path, e),
        })?;
        if pem.len() as u64 > MAX_FILE {
            return Err(not_a_key(path, "it is too large"));
        }
        let (label, der) = SecretDocument::from_pem(&pem).map_err(|e| not_a_key(path, e))?;
        let encrypted = match label {
            ENCRYPTED_LABEL => true,
            PLAIN_LABEL => false,
            other => return Err(not_a_key(path, format_args!("it is a PEM file labelled {other}"))),
        };
        let before = pem.split("-----BEGIN").next().unwrap_or_default();
        let witness = before.lines().find_map(|line| line.strip_prefix(WITNESS)).map(str::to_owned);
        Ok(Self { path: path.to_path_buf(), der, encrypted, witness })
    }

    /// Name of the witness whose key this is; `None` for every other key.
    #[must_use]
    pub fn witness(&self) -> Option<&str> {
        self.witness.as_deref()
    }

    /// Whether a passphrase is needed.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Opens it; the passphrase is ignored where none is needed. Takes about 0.2 s if encrypted.
    ///
    /// # Errors
    /// [`KeyFileError::PassphraseNeeded`], [`KeyFileError::WrongPassphrase`],
    /// [`KeyFileError::NotAKey`].
    pub fn open(&self, passphrase: Option<&str>) -> Result<SigningKey, KeyFileError> {
        if !self.encrypted {
            return self.decode(self.der.as_bytes());
        }
        let passphrase = passphrase.ok_or_else(|| KeyFileError::PassphraseNeeded(self.path.clone()))?;
        let info = EncryptedPrivateKeyInfoRef::try_from(self.der.as_bytes())
            .map_err(|e| not_a_key(&self.path, e))?;
        self.check_cost(&info.encryption_algorithm)?;
        let der = info.decrypt(passphrase).map_err(|e| self.decryption_error(e))?;
        self.decode(der.as_bytes())
    }

    fn decode(&self, der: &[u8]) -> Result<SigningKey, KeyFileError> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|e| {
            // One wrong passphrase in 256 decrypts to valid padding, and then to nonsense.
            if self.encrypted {
                KeyFileError::WrongPassphrase(self.path.clone())
            } else {
                not_a_key(&self.path, e)
            }
        })?;
        let mut pair = KeypairBytes::try_from(info).map_err(|e| not_a_key(&self.path, e))?;
        let key = SigningKey::from_seed(&pair.secret_key);
        pair.secret_key.zeroize();
        match pair.public_key {
            Some(public) if public.0 != *key.public().as_bytes() => {
                Err(not_a_key(&self.path, "its public key is not that of its private key"))
            }
            _ => Ok(key),
        }
    }

    /// Bounds what deriving the key may cost before it is tried.
    fn check_cost(&self, scheme: &pkcs5::EncryptionScheme) -> Result<(), KeyFileError> {
        let kdf = scheme.pbes2().map(|p| &p.kdf);
        let fits = match kdf {
            Some(pbes2::Kdf::Scrypt(p)) => {
                let (n, r) = (p.cost_parameter, u64::from(p.block_size));
                let memory = n.checked_mul(128).and_then(|m| m.checked_mul(r));
                n.is_power_of_two()
                    && n > 1
                    && memory.is_some_and(|m| m <= MAX_SCRYPT_MEMORY)
                    && p.parallelization <= 64
            }
            Some(pbes2::Kdf::Pbkdf2(p)) => p.iteration_count <= MAX_PBKDF2_ROUNDS,
            _ => return Err(not_a_key(&self.path, "only PBES2 with scrypt or PBKDF2 is supported")),
        };
        if fits {
            Ok(())
        } else {
            Err(not_a_key(&self.path, "its key derivation costs more than is allowed"))
        }
    }

    fn decryption_error(&self, e: pkcs8::Error) -> KeyFileError {
        match e {
            pkcs8::Error::EncryptedPrivateKey(
                e @ (pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs5::Error::AlgorithmParametersInvalid { .. }
                | pkcs5::Error::NoPbes1CryptSupport),
            ) => not_a_key(&self.path, e),
            _ => KeyFileError::WrongPassphrase(self.path.clone()),
        }
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, encrypted, witness, der: _ } = self;
        f.debug_struct("KeyFile")
            .field("path", path)
            .field("encrypted", encrypted)
            .field("witness", witness)
            .finish_non_exhaustive()
    }
}

fn encode(
    path: &Path,
    key: &SigningKey,
    protection: Protection<'_>,
) -> Result<Zeroizing<String>, KeyFileError> {
    // Without the public key it is PKCS#8 version 1, which every reader knows.
    let mut pair = KeypairBytes { secret_key: *key.expose_seed(), public_key: None };
    let plain = pair.to_pkcs8_der();
    pair.secret_key.zeroize();
    let plain = plain.map_err(|e| not_a_key(path, e))?;
    let (label, der) = match protection {
        Protection::Plain => (PLAIN_LABEL, plain),
        Protection::Passphrase("") => return Err(KeyFileError::EmptyPassphrase),
        Protection::Passphrase(passphrase) => {
            let info = PrivateKeyInfoRef::try_from(plain.as_bytes()).map_err(|e| not_a_key(path, e))?;
            let sealed = info.encrypt_with_params(parameters(path)?, passphrase);
            (ENCRYPTED_LABEL, sealed.map_err(|e| not_a_key(path, e))?)
        }
    };
    der.to_pem(label, LineEnding::LF).map_err(|e| not_a_key(path, e))
}

fn parameters(path: &Path) -> Result<pbes2::Parameters, KeyFileError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt).and_then(|()| getrandom::fill(&mut iv)).map_err(KeyFileError::Random)?;
    let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(|e| not_a_key(path, e))?;
    pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(|e| not_a_key(path, e))
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> KeyFileError {
    KeyFileError::Io { action, path: path.to_path_buf(), source }
}

fn not_a_key(path: &Path, fault: impl std::fmt::Display) -> KeyFileError {
    KeyFileError::NotAKey { path: path.to_path_buf(), fault: fault.to_string() }
}

#[cfg(test)]
mod tests;
