//! Signed checkpoints, as texts.

use merkle::{Checkpoint, CheckpointError, Note, VerifierKey};

/// Why a text is not a checkpoint of the log. Ask again, and if it stays so, keep the text: signed by
/// the log's key, a malformed checkpoint is evidence against its operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint cannot be trusted: {0}")]
pub struct NoteFault(#[from] pub CheckpointError);

/// Opens a note and returns the checkpoint in it, if `log_key` signed it and it bears that key's name.
///
/// # Errors
/// The text is no note, the log's signature is missing or false, or what it signed is no checkpoint.
pub fn open_checkpoint(note: &str, log_key: &VerifierKey) -> Result<Checkpoint, NoteFault> {
    let note = Note::parse(note.as_bytes()).map_err(CheckpointError::from)?;
    Ok(Checkpoint::open(&note, log_key)?)
}

#[cfg(test)]
mod tests {
    use merkle::{EMPTY_ROOT, NoteError, SignerKey, SigningKey};

    use super::*;

    fn signer(name: &str, seed: u8) -> SignerKey {
        SignerKey::new(name, SigningKey::from_seed(&[seed; 32])).unwrap()
    }

    fn note(signer: &SignerKey) -> String {
        let origin = signer.verifier().name();
        Checkpoint::new(origin, 0, EMPTY_ROOT).unwrap().sign(signer).unwrap().to_string()
    }

    #[test]
    fn a_checkpoint_opens_with_the_key_that_signed_it() {
        let log = signer("log.example/a", 1);
        let checkpoint = open_checkpoint(&note(&log), log.verifier()).unwrap();
        assert_eq!(
            (checkpoint.origin(), checkpoint.size(), checkpoint.root()),
            ("log.example/a", 0, &EMPTY_ROOT)
        );
    }

    #[test]
    fn a_checkpoint_of_another_log_or_key_does_not_open() {
        let log = signer("log.example/a", 1);
        for other in [signer("log.example/b", 1), signer("log.example/a", 2)] {
            let fault = open_checkpoint(&note(&log), other.verifier()).unwrap_err();
            assert_eq!(fault, NoteFault(CheckpointError::Note(NoteError::Unsigned)));
        }
    }

    #[test]
    fn no_single_changed_byte_opens() {
        let log = signer("log.example/a", 1);
        let text = note(&log);
        for i in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[i] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(open_checkpoint(&changed, log.verifier()).is_err(), "byte {i}");
            }
        }
    }
}
