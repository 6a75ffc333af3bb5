//! Statements about statements: Correct, Void, Endorse.

use proto::v1::{Correct, statement::Body};
use statement::{Kind, Reason, Statement, kind_row};

use super::{Admit, REPLACEMENT, check_receive, refuse_at};
use crate::{
    View,
    control::{Effect, body_of, control_of, effect_of, find, recorded, root_of, target_of},
    response::receive_in,
    tables::ControlRow,
};

/// Most Corrects of one original.
pub(super) const MAX_CORRECTIONS: u32 = 64;

/// Paths of the reference to the statement named.
struct TargetPath {
    target: &'static str,
    party: &'static str,
    digest: &'static str,
}

const fn path_of(kind: Kind) -> TargetPath {
    match kind {
        Kind::Correct => TargetPath {
            target: "correct.target",
            party: "correct.target.party",
            digest: "correct.target.digest",
        },
        Kind::Void => {
            TargetPath { target: "void.target", party: "void.target.party", digest: "void.target.digest" }
        }
        _ => TargetPath {
            target: "endorse.target",
            party: "endorse.target.party",
            digest: "endorse.target.digest",
        },
    }
}

/// The statement that a Correct, Void or Endorse names.
fn target<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit<(u64, Statement)> {
    let path = path_of(statement.kind());
    let named = target_of(statement);
    let Some((named, index)) = named.and_then(|n| find(view, n).transpose().map(|index| (n, index))) else {
        return refuse_at(Reason::TargetUnknown, path.target, "is not recorded here");
    };
    let index = index?;
    let target = recorded(view, index)?;
    if !named.digest.is_empty() && named.digest != target.digest() {
        return refuse_at(Reason::TargetDigest, path.digest, "differs from the record");
    }
    Ok((index, target))
}

/// Correct and Void: the target exists, is the signer's, and nothing newer or pending stands before it.
pub(super) fn check_change<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit {
    let (index, target) = target(view, statement)?;
    let path = path_of(statement.kind());
    let (ours, theirs) = (statement.header(), target.header());
    if (&theirs.party, &theirs.on_behalf_of) != (&ours.party, &ours.on_behalf_of) {
        let text = "signer and principal must be those of the statement named";
        return refuse_at(Reason::NotYours, path.party, text);
    }
    if control_of(view, index)?.needed > 0 {
        let withdraws = statement.kind() == Kind::Void;
        let text = "waits for signatures; a Void withdraws it";
        return if withdraws { Ok(()) } else { refuse_at(Reason::TargetBusy, path.target, text) };
    }
    let correctable = kind_row(target.kind()).is_some_and(|r| r.correctable);
    if target.kind() != Kind::Correct && !correctable {
        return refuse_at(Reason::TargetKind, path.target, "cannot be corrected or voided");
    }
    match effect_of(view, index, target.kind())? {
        Effect::Voided => return refuse_at(Reason::TargetVoided, path.target, "counts no longer"),
        Effect::Corrected => {
            return refuse_at(Reason::TargetNotNewest, path.target, "is not the newest of its chain");
        }
        Effect::Pending | Effect::Effective => {}
    }
    let root = root_of(view, index)?;
    let control = control_of(view, root)?;
    if let Some(waiting) = control.waiting {
        let text = format!("entry {waiting} waits for signatures");
        return refuse_at(Reason::TargetBusy, path.target, text);
    }
    match statement.body() {
        Body::Correct(b) => check_replacement(view, statement, b, root, &control),
        _ => Ok(()),
    }
}

fn check_replacement<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    correct: &Correct,
    root: u64,
    control: &ControlRow,
) -> Admit {
    if control.corrections >= MAX_CORRECTIONS {
        let text = format!("has been corrected {MAX_CORRECTIONS} times");
        return refuse_at(Reason::TooManyCorrections, "correct.target", text);
    }
    let root_kind = recorded(view, root)?.kind();
    let body = correct.replacement.as_ref().and_then(|r| r.body.as_ref()).map(body_of);
    if body.is_some_and(|body| statement::kind_of(&body) != root_kind) {
        let text = format!("must be a {}", root_kind.as_str_name());
        return refuse_at(Reason::TargetKind, "correct.replacement", text);
    }
    match receive_in(statement) {
        Some(receive) => check_receive(view, statement, receive, &REPLACEMENT),
        None => Ok(()),
    }
}

/// Endorse: the statement named waits for this party's signature.
pub(super) fn check_endorse<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit {
    let (index, _) = target(view, statement)?;
    let control = control_of(view, index)?;
    let signer = &statement.header().party;
    if control.needed == 0 || control.withdrawn {
        return refuse_at(Reason::NotPending, "endorse.target", "waits for no signature");
    }
    if control.signed.contains(signer) {
        return refuse_at(Reason::EndorsedAlready, "endorse.target", "has this party's signature");
    }
    if !control.asked.contains(signer) {
        let text = format!("waits for {}", control.asked.join(", "));
        return refuse_at(Reason::NotAsked, "header.party", text);
    }
    Ok(())
}
