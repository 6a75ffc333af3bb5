//! The key that signs: from a key file, or in a PKCS#11 token that it never leaves.
//!
//! In a token the key pair is an Edwards curve pair (`CKK_EC_EDWARDS`, edwards25519) under one label, and
//! signs by `CKM_EDDSA` without parameters: pure Ed25519. Every signature of a token is checked before it
//! is used, so that a token which does something else is found out here and not by the ledger.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use client::{KeyFault, PrivateKey};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        eddsa::{EddsaParams, EddsaSignatureScheme},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::AuthPin,
};
use merkle::{PublicKey, SIGNATURE_LEN, SigningKey};
use zeroize::Zeroizing;

use crate::settings::TokenSettings;

/// Longest PIN file in bytes.
const MAX_PIN: usize = 256;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The library cannot be loaded.
    #[error("cannot load the PKCS#11 library {0}: {1}; check key.pkcs11.module")]
    Module(PathBuf, String),
    /// No token has this label.
    #[error("no token is labelled {0:?}; labels found: {1}")]
    NoToken(String, String),
    /// The token refused the PIN, or is locked.
    #[error("the token {0:?} does not open: {1}; check the PIN before trying again, tokens lock themselves")]
    Login(String, String),
    /// The token holds no such key pair.
    #[error("the token {0:?} holds no Ed25519 key pair labelled {1:?} (CKK_EC_EDWARDS): {2}")]
    NoKey(String, String, String),
    /// The public key cannot be enrolled.
    #[error("the token's public key is not acceptable: {0}")]
    Weak(#[from] merkle::KeyError),
    /// The PIN file cannot be used.
    #[error("the PIN file {0}: {1}")]
    PinFile(PathBuf, String),
    /// The token answers nonsense or not at all.
    #[error("the token does not answer: {0}")]
    Token(String),
}

/// The key that signs.
#[derive(Debug)]
pub enum Key {
    /// In memory, from a key file.
    File(SigningKey),
    /// In a token.
    Token(TokenKey),
}

impl PrivateKey for Key {
    fn public(&self) -> &PublicKey {
        match self {
            Self::File(key) => key.public(),
            Self::Token(key) => &key.public,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], KeyFault> {
        match self {
            Self::File(key) => PrivateKey::sign(key, message),
            Self::Token(key) => key.sign(message),
        }
    }
}

/// A key pair in a PKCS#11 token.
pub struct TokenKey {
    public: PublicKey,
    settings: TokenSettings,
    module: Pkcs11,
    pin: Zeroizing<String>,
    /// One session, opened again when the token has closed it. Held for as long as it takes to sign.
    session: Mutex<Option<(Session, ObjectHandle)>>,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TokenSettings { token, key, .. } = &self.settings;
        f.debug_struct("TokenKey").field("token", token).field("key", key).finish_non_exhaustive()
    }
}

impl TokenKey {
    /// Opens a token, finds the key pair, and makes and checks one signature.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn open(settings: TokenSettings, pin: Zeroizing<String>) -> Result<Self, KeyError> {
        let broken = |e: Error| KeyError::Module(settings.module.clone(), e.to_string());
        let module = Pkcs11::new(&settings.module).map_err(broken)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(e) => return Err(broken(e)),
        }
        let (session, private) = login(&module, &settings, &pin)?;
        let public = public_key(&session, &settings)?;
        let session = Mutex::new(Some((session, private)));
        let key = Self { public, settings, module, pin, session };
        key.sign(b"yuanliu gateway: is this Ed25519?").map_err(|e| KeyError::Token(e.0))?;
        Ok(key)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], KeyFault> {
        // A session is taken out while it signs, so one that broke is never used again.
        let mut slot = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let first = slot.take().and_then(|open| Some((try_sign(&open, message).ok()?, open)));
        let (signature, open) = match first {
            Some(done) => done,
            None => self.sign_again(message)?,
        };
        *slot = Some(open);
        let signature = <[u8; SIGNATURE_LEN]>::try_from(signature.as_slice())
            .map_err(|_| KeyFault(format!("a signature of {} bytes; 64 expected", signature.len())))?;
        self.public
            .verify(message, &signature)
            .map_err(|e| KeyFault(format!("its signature is not Ed25519's: {e}")))?;
        Ok(signature)
    }

    /// With a new session: tokens are unplugged, and their services restarted.
    fn sign_again(&self, message: &[u8]) -> Result<(Vec<u8>, (Session, ObjectHandle)), KeyFault> {
        let open = login(&self.module, &self.settings, &self.pin).map_err(|e| KeyFault(e.to_string()))?;
        let signature = try_sign(&open, message).map_err(|e| KeyFault(e.to_string()))?;
        Ok((signature, open))
    }
}

fn try_sign((session, key): &(Session, ObjectHandle), message: &[u8]) -> Result<Vec<u8>, Error> {
    let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
    session.sign(&mechanism, *key, message)
}

fn login(module: &Pkcs11, settings: &TokenSettings, pin: &str) -> Result<(Session, ObjectHandle), KeyError> {
    let token = |e: Error| KeyError::Token(e.to_string());
    let mut labels = Vec::new();
    for slot in module.get_slots_with_initialized_token().map_err(token)? {
        let info = module.get_token_info(slot).map_err(token)?;
        if info.label() != settings.token {
            labels.push(info.label().to_owned());
            continue;
        }
        let session = module.open_ro_session(slot).map_err(token)?;
        match session.login(UserType::User, Some(&AuthPin::new(pin.into()))) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(e) => return Err(KeyError::Login(settings.token.clone(), e.to_string())),
        }
        let private = find(&session, settings, ObjectClass::PRIVATE_KEY)?;
        return Ok((session, private));
    }
    Err(KeyError::NoToken(settings.token.clone(), labels.join(", ")))
}

fn find(session: &Session, settings: &TokenSettings, class: ObjectClass) -> Result<ObjectHandle, KeyError> {
    let template = [
        Attribute::Class(class),
        Attribute::KeyType(KeyType::EC_EDWARDS),
        Attribute::Label(settings.key.clone().into_bytes()),
    ];
    let none = |why: String| KeyError::NoKey(settings.token.clone(), settings.key.clone(), why);
    let found = session.find_objects(&template).map_err(|e| none(e.to_string()))?;
    match found[..] {
        [one] => Ok(one),
        [] => Err(none("there is none".into())),
        _ => Err(none("there are several; give each a label of its own".into())),
    }
}

/// `CKA_EC_POINT` is the 32 bytes in a DER octet string; older libraries give them bare.
fn public_key(session: &Session, settings: &TokenSettings) -> Result<PublicKey, KeyError> {
    let object = find(session, settings, ObjectClass::PUBLIC_KEY)?;
    let attributes = session
        .get_attributes(object, &[AttributeType::EcPoint])
        .map_err(|e| KeyError::Token(e.to_string()))?;
    let point = attributes.iter().find_map(|a| if let Attribute::EcPoint(p) = a { Some(p) } else { None });
    let point = point.map(Vec::as_slice).unwrap_or_default();
    let bare = point.strip_prefix(&[0x04, 0x20]).filter(|p| p.len() == 32).unwrap_or(point);
    let bytes = <&[u8; 32]>::try_from(bare).map_err(|_| {
        let why = format!("its public key has {} bytes: not edwards25519", bare.len());
        KeyError::NoKey(settings.token.clone(), settings.key.clone(), why)
    })?;
    Ok(PublicKey::enrol(bytes)?)
}

/// Reads a PIN from a file that only its owner can read.
///
/// # Errors
/// [`KeyError::PinFile`].
pub fn read_pin(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let fault = |why: String| KeyError::PinFile(path.to_path_buf(), why);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(|e| fault(e.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(fault("others can read it; chmod 600".into()));
        }
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|e| fault(e.to_string()))?);
    let pin = text.trim_end_matches(['\r', '\n']);
    if pin.is_empty() || pin.len() > MAX_PIN {
        return Err(fault(format!("a PIN has 1 to {MAX_PIN} bytes")));
    }
    Ok(Zeroizing::new(pin.to_owned()))
}
