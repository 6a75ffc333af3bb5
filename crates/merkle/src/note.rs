//! Signed notes (C2SP `signed-note`): a text, an empty line, and who signed it.
//!
//! ```text
//! any lines, each ended by a newline,            ┐ text: what is signed,
//! empty ones too                                 ┘ its last newline included
//!                                                  one empty line
//! — key.name base64(key hash 4 ‖ signature)        1 to 64 signature lines
//! ```
//!
//! UTF-8, no ASCII control other than the newline. The last empty line of the note separates, so
//! the text may hold lines that look like signatures.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::note_key::{KEY_HASH_LEN, SignerKey, VerifierKey, is_key_name};

#[cfg(test)]
mod tests;

/// Most signatures in a note. The standard asks for at least 16.
pub const MAX_SIGNATURES: usize = 64;

/// Longest note in bytes, signatures included.
pub const MAX_NOTE_LEN: usize = 512 * 1024;

// A post-quantum signature takes up to 5 kB, 6.8 kB in base64; with its name a line stays below
// 7 KiB. The most signatures at that length leave 64 KiB for the text.
const _: () = assert!(MAX_SIGNATURES * 7 * 1024 + 64 * 1024 <= MAX_NOTE_LEN);

/// What a signature line begins with: an em dash (U+2014) and a space.
const DASH: &str = "\u{2014} ";

/// Why bytes are no note, or a note is not to be believed. Never a reason to try again with the
/// same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`MAX_NOTE_LEN`] bytes.
    #[error("the note is too long")]
    TooLong,
    /// More than [`MAX_SIGNATURES`] signatures.
    #[error("the note has too many signatures")]
    TooManySignatures,
    /// Not UTF-8, or an ASCII control other than the newline.
    #[error("the note is not UTF-8 or has control characters")]
    Encoding,
    /// The text does not end with a newline, or no empty line follows it.
    #[error("the note's text and signatures are not separated by an empty line")]
    Text,
    /// A signature line is not of the form `— name base64`.
    #[error("a signature line of the note is malformed")]
    SignatureLine,
    /// No signature names the key asked for; any others are of no concern.
    #[error("the note is not signed by the key")]
    Unsigned,
    /// A signature names the key asked for and was not made by it: the note is forged or damaged.
    #[error("the note has a false signature under the key")]
    Forged,
}

/// One signature line of a note, by a key that may be unknown and of any algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_hash: [u8; KEY_HASH_LEN],
    signature: Vec<u8>,
}

impl NoteSignature {
    /// Reads a line without its newline.
    fn parse(line: &str) -> Result<Self, NoteError> {
        Self::parse_fields(line).ok_or(NoteError::SignatureLine)
    }

    fn parse_fields(line: &str) -> Option<Self> {
        let (name, data) = line.strip_prefix(DASH)?.split_once(' ')?;
        let data = STANDARD.decode(data).ok()?;
        let (key_hash, signature) = data.split_first_chunk()?;
        (is_key_name(name) && !signature.is_empty()).then(|| Self {
            name: name.to_owned(),
            key_hash: *key_hash,
            signature: signature.to_vec(),
        })
    }

    pub(crate) fn new(name: &str, key_hash: [u8; KEY_HASH_LEN], signature: Vec<u8>) -> Self {
        Self { name: name.to_owned(), key_hash, signature }
    }

    /// Reads lines, each ended by a newline; at least one.
    pub(crate) fn parse_lines(lines: &str) -> Result<Vec<Self>, NoteError> {
        let lines = lines.strip_suffix('\n').ok_or(NoteError::SignatureLine)?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        lines.split('\n').map(Self::parse).collect()
    }

    fn by(signer: &SignerKey, text: &str) -> Self {
        Self {
            name: signer.verifier().name().to_owned(),
            key_hash: signer.verifier().hash(),
            signature: signer.key().sign(text.as_bytes()).to_vec(),
        }
    }

    /// Name of the key that is said to have signed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Hash of the key that is said to have signed: a pointer, not a proof.
    #[must_use]
    pub const fn key_hash(&self) -> [u8; KEY_HASH_LEN] {
        self.key_hash
    }

    /// The bytes after the key hash, in the key's own algorithm; at least one.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Whether the line claims to be by `key`, which takes both name and hash.
    #[must_use]
    pub fn names(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.key_hash == key.hash()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = [&self.key_hash, self.signature.as_slice()].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(data))
    }
}

/// A text with at least one signature, none of them believed before [`verify`](Self::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note. Nothing is verified yet.
    ///
    /// # Errors
    ///
    /// All but [`NoteError::Unsigned`] and [`NoteError::Forged`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_LEN {
            return Err(NoteError::TooLong);
        }
        let note = str::from_utf8(bytes).map_err(|_| NoteError::Encoding)?;
        check_characters(note)?;
        let gap = note.rfind("\n\n").ok_or(NoteError::Text)?;
        let (text, lines) = (&note[..=gap], &note[gap + 2..]);
        Ok(Self { text: text.to_owned(), signatures: NoteSignature::parse_lines(lines)? })
    }

    /// Makes a note of `text` with one signature.
    ///
    /// # Errors
    ///
    /// If the text does not end with a newline, contains another control character, or makes the
    /// note too long.
    pub fn sign(text: &str, signer: &SignerKey) -> Result<Self, NoteError> {
        check_characters(text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        let signatures = vec![NoteSignature::by(signer, text)];
        Self::bounded(text.to_owned(), signatures)
    }

    /// The same note with one more signature; one that the key made before is replaced.
    ///
    /// # Errors
    ///
    /// If the note becomes too long or gets too many signatures.
    pub fn countersign(self, signer: &SignerKey) -> Result<Self, NoteError> {
        let Self { text, mut signatures } = self;
        signatures.retain(|signature| !signature.names(signer.verifier()));
        signatures.push(NoteSignature::by(signer, &text));
        Self::bounded(text, signatures)
    }

    /// The same note with one more signature line, not believed any more than the others; a line of the same
    /// name and key hash is replaced.
    ///
    /// # Errors
    ///
    /// If the note becomes too long or gets too many signatures.
    pub fn with(self, signature: NoteSignature) -> Result<Self, NoteError> {
        let Self { text, mut signatures } = self;
        signatures.retain(|s| s.name != signature.name || s.key_hash != signature.key_hash);
        signatures.push(signature);
        Self::bounded(text, signatures)
    }

    fn bounded(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let note = Self { text, signatures };
        if note.to_string().len() > MAX_NOTE_LEN {
            return Err(NoteError::TooLong);
        }
        Ok(note)
    }

    /// Checks every signature that names `key`, and no other.
    ///
    /// # Errors
    ///
    /// [`NoteError::Unsigned`] if there is none; [`NoteError::Forged`] if one is false.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut signed = false;
        for line in self.signatures.iter().filter(|line| line.names(key)) {
            key.public().verify(self.text.as_bytes(), &line.signature).map_err(|_| NoteError::Forged)?;
            signed = true;
        }
        signed.then_some(()).ok_or(NoteError::Unsigned)
    }

    /// The signed text, its last newline included. To be ignored until a trusted key verifies.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in order; at least one.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(NoteError::Encoding);
    }
    Ok(())
}
