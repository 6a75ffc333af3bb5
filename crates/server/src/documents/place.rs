//! Where the documents of a ledger lie. The server may be told another place than the ledger's directory;
//! it leaves a note there, so that commands on the directory of a stopped ledger (`backup`, `attach rewrap`)
//! find them without being told again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{AttachmentSettings, DocumentsError};

/// The note, in the ledger's directory; there only while documents lie elsewhere.
const NOTE: &str = "attachments-place.json";
/// Most bytes of a note.
const MAX_NOTE: u64 = 64 << 10;

/// Directory and master key of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentsPlace {
    /// The documents.
    pub directory: PathBuf,
    /// The key.
    pub key: PathBuf,
}

impl AttachmentsPlace {
    /// Where they lie unless told otherwise.
    fn usual(ledger: &Path) -> Self {
        Self { directory: ledger.join("attachments"), key: ledger.join("keys").join("attachments.key") }
    }

    /// As a server with these settings has it.
    pub(super) fn of(ledger: &Path, settings: &AttachmentSettings) -> Self {
        let usual = Self::usual(ledger);
        Self {
            directory: settings.directory.clone().unwrap_or(usual.directory),
            key: settings.key.clone().unwrap_or(usual.key),
        }
    }
}

/// Where the documents of the ledger in `ledger` lie, as the server that had it open last was told.
///
/// # Errors
/// [`DocumentsError::Place`]: there is a note that cannot be read.
pub fn attachments_place(ledger: &Path) -> Result<AttachmentsPlace, DocumentsError> {
    let path = ledger.join(NOTE);
    let fault = |source| DocumentsError::Place { path: path.clone(), source };
    let length = match fs::metadata(&path) {
        Ok(meta) => meta.len(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(AttachmentsPlace::usual(ledger)),
        Err(e) => return Err(fault(e)),
    };
    if length > MAX_NOTE {
        return Err(fault(io::Error::other("is too long")));
    }
    let text = fs::read(&path).map_err(fault)?;
    serde_json::from_slice(&text).map_err(|e| fault(e.into()))
}

/// Leaves the note, or takes it away where documents lie in the usual place.
pub(super) fn keep(ledger: &Path, settings: &AttachmentSettings) -> Result<(), DocumentsError> {
    let path = ledger.join(NOTE);
    let fault = |source| DocumentsError::Place { path: path.clone(), source };
    if settings.directory.is_none() && settings.key.is_none() {
        return match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(fault(e)),
            _ => Ok(()),
        };
    }
    let place = AttachmentsPlace::of(ledger, settings);
    let place = AttachmentsPlace {
        directory: std::path::absolute(place.directory).map_err(fault)?,
        key: std::path::absolute(place.key).map_err(fault)?,
    };
    let text = serde_json::to_vec_pretty(&place).map_err(|e| fault(e.into()))?;
    let part = path.with_extension("part");
    fs::write(&part, text).and_then(|()| fs::rename(&part, &path)).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_place_is_found_again_until_the_usual_one_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let ledger = dir.path();
        assert_eq!(attachments_place(ledger).unwrap().directory, ledger.join("attachments"));
        let elsewhere = AttachmentSettings {
            directory: Some("/elsewhere/papers".into()),
            ..AttachmentSettings::default()
        };
        keep(ledger, &elsewhere).unwrap();
        let place = attachments_place(ledger).unwrap();
        assert_eq!(place.directory, Path::new("/elsewhere/papers"));
        assert!(place.key.is_absolute() && place.key.ends_with("keys/attachments.key"));
        keep(ledger, &AttachmentSettings::default()).unwrap();
        assert_eq!(attachments_place(ledger).unwrap(), AttachmentsPlace::usual(ledger));
    }

    #[test]
    fn a_note_that_cannot_be_read_is_not_taken_for_none() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(NOTE), "{\"directory\":").unwrap();
        assert!(attachments_place(dir.path()).unwrap_err().to_string().contains(NOTE));
    }
}
