//! Time stamps (RFC 3161) in a bundle: over its checkpoint, or over an earlier one of which it is shown that the log
//! grew from there.
//!
//! What a token proves is for who knows about certificates: the reader's [`Authorities`].

use std::{fmt, sync::Arc};

use merkle::{Checkpoint, Hash, Note, VerifierKey, sha256, verify_consistency};
use statement::{Words, words};

use super::{Bundle, Defect, Part, verify::MAX_AHEAD};

/// An earlier checkpoint that was stamped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownStamped {
    /// Signed note.
    pub checkpoint: String,
    /// Proof that its tree is the beginning of that of the bundle's checkpoint.
    pub consistency: Vec<Hash>,
}

/// What a checked token proves: by `at`, give or take `accuracy`, its authority had been shown the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// µs since the Unix epoch, by the authority's clock.
    pub at: u64,
    /// How far that may be off, µs.
    pub accuracy: u64,
    /// Name of the authority, or empty.
    pub authority: String,
    /// SHA-256 of the certificate that signed.
    pub certificate: Hash,
    /// The policy it was made under, an object identifier.
    pub policy: String,
}

impl Stamp {
    /// Whatever was stamped existed before this, µs since the Unix epoch.
    #[must_use]
    pub const fn existed_before(&self) -> u64 {
        self.at.saturating_add(self.accuracy)
    }
}

/// Time-stamping authorities that the reader trusts.
pub trait Authorities: fmt::Debug + Send + Sync {
    /// Checks an RFC 3161 token over an imprint, the SHA-256 of what was stamped.
    ///
    /// # Errors
    /// Why it proves nothing.
    fn check(&self, token: &[u8], imprint: &Hash) -> Result<Stamp, Words>;
}

/// The stamps of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamps {
    /// Size of the checkpoint that was stamped.
    pub size: u64,
    /// One for each token; `None` where the reader trusts no authority: they are carried, not checked.
    pub checked: Option<Vec<Stamp>>,
    /// Tokens in the file.
    pub tokens: usize,
}

/// Checks the stamped checkpoint, and every token with the authorities that are trusted, if any are.
pub(super) fn check(
    bundle: &Bundle,
    (note, checkpoint): (&Note, &Checkpoint),
    log_key: &VerifierKey,
    authorities: Option<&Arc<dyn Authorities>>,
    now: u64,
) -> Result<Stamps, Defect> {
    let (text, size) = match &bundle.stamped {
        None => (note.text().to_owned(), checkpoint.size()),
        Some(shown) => earlier(shown, checkpoint, log_key)?,
    };
    let imprint = sha256(&[text.as_bytes()]);
    let check = |authorities: &Arc<dyn Authorities>| {
        let each = bundle.tokens.iter().map(|token| check_token(token, &imprint, &**authorities, now));
        each.collect::<Result<Vec<_>, _>>()
    };
    Ok(Stamps { size, checked: authorities.map(check).transpose()?, tokens: bundle.tokens.len() })
}

/// Text and size of a checkpoint that the bundle's has grown from.
fn earlier(
    shown: &ShownStamped,
    checkpoint: &Checkpoint,
    log_key: &VerifierKey,
) -> Result<(String, u64), Defect> {
    let fault = |e: merkle::CheckpointError| {
        Defect::new(Part::Stamp, words!("what was stamped: {e}", "盖时间戳的检查点不可信：{e}"))
    };
    let note = Note::parse(shown.checkpoint.as_bytes()).map_err(|e| fault(e.into()))?;
    let stamped = Checkpoint::open(&note, log_key).map_err(fault)?;
    let grown = stamped.size() < checkpoint.size()
        && verify_consistency(
            stamped.size(),
            stamped.root(),
            checkpoint.size(),
            checkpoint.root(),
            &shown.consistency,
        )
        .is_ok();
    if !grown {
        let words =
            Words::of("what was stamped is not the beginning of the log", "盖时间戳的检查点不是日志的开头");
        return Err(Defect::new(Part::Stamp, words));
    }
    Ok((note.text().to_owned(), stamped.size()))
}

fn check_token(
    token: &[u8],
    imprint: &Hash,
    authorities: &dyn Authorities,
    now: u64,
) -> Result<Stamp, Defect> {
    let refused = |why: Words| {
        let (english, chinese) = (why.english(), why.chinese());
        Defect::new(Part::Stamp, words!("a time stamp: {english}", "时间戳不成立：{chinese}"))
    };
    let stamp = authorities.check(token, imprint).map_err(refused)?;
    if stamp.at > now.saturating_add(MAX_AHEAD) {
        return Err(refused(Words::of("it lies ahead of the clock", "时间超前于本机时钟")));
    }
    Ok(stamp)
}
