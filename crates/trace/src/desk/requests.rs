//! Requests for assistance that are addressed to a party, and what answers them.

use custody::{
    Content, View,
    assistance::{answers_to, requests_to},
    content,
};
use proto::v1::{AssistRequest, statement::Body};

use crate::Error;

/// Requests looked at for one page, those that were answered or taken back included.
const MAX_READ: usize = 1_000;
/// Answers looked at for one request, and told.
const MAX_ANSWERS: (usize, usize) = (256, 16);

/// A request that counts.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its content.
    pub content: Content,
    /// Answers that count (entries of the originals), ascending, at most 16.
    pub answered_by: Vec<u64>,
}

impl Asked {
    /// What is asked.
    #[must_use]
    pub const fn request(&self) -> Option<&AssistRequest> {
        match &self.content.body {
            Body::AssistRequest(b) => Some(b),
            _ => None,
        }
    }
}

/// Requests to `party`, in order of recording from entry `start` on, only those without an answer where `open` is
/// set; and the entry to go on at, `None` at the end. A page may be short, or empty, and go on all the same: what
/// it looks at is bounded.
///
/// # Errors
/// The view failed.
pub fn requests<V: View + ?Sized>(
    view: &V,
    party: &str,
    open: bool,
    start: u64,
    limit: usize,
) -> Result<(Vec<Asked>, Option<u64>), Error> {
    let mut roots = Vec::new();
    requests_to(view, party, start, &mut |root| {
        roots.push(root);
        Ok(roots.len() <= MAX_READ)
    })?;
    let next = roots.get(MAX_READ).copied();
    let mut found = Vec::new();
    for root in roots.into_iter().take(MAX_READ) {
        if found.len() == limit {
            return Ok((found, Some(root)));
        }
        let Some(one) = asked(view, root)? else { continue };
        // A correction may have addressed it to somebody else.
        let ours = one.request().is_some_and(|request| request.addressee == party);
        let wanted = !open || one.answered_by.is_empty();
        if ours && wanted {
            found.push(one);
        }
    }
    Ok((found, next))
}

fn asked<V: View + ?Sized>(view: &V, root: u64) -> Result<Option<Asked>, Error> {
    let Some(content) = content(view, root)? else { return Ok(None) };
    let (most_read, most_told) = MAX_ANSWERS;
    let mut answers = Vec::new();
    answers_to(view, root, &mut |answer| {
        answers.push(answer);
        Ok(answers.len() < most_read)
    })?;
    let mut answered_by = Vec::new();
    for answer in answers {
        if answered_by.len() < most_told && custody::content(view, answer)?.is_some() {
            answered_by.push(answer);
        }
    }
    Ok(Some(Asked { content, answered_by }))
}
