//! Statements about statements: Correct, Void, Endorse, Erase.

use proto::v1::{Correct, Erase, Role, statement::Body};
use statement::{Day, GoodsAct, Kind, Reason, Statement, Words, kind_row, words};

use super::{Admit, Ask, REPLACEMENT, all, check_receive, refuse_at};
use crate::{
    Content, View, ViewError,
    control::{
        Effect, MAX_CORRECTIONS, body_of, content, control_of, effect_of, find, recorded, root_of, target_of,
    },
    registry::{mandate_covers, mandates, roles_on, succeeds},
    response::receive_in,
    tables::{ControlRow, MandateRow},
};

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
        Kind::Erase => {
            TargetPath { target: "erase.target", party: "erase.target.party", digest: "erase.target.digest" }
        }
        _ => TargetPath {
            target: "endorse.target",
            party: "endorse.target.party",
            digest: "endorse.target.digest",
        },
    }
}

/// Whether what a Correct, Void, Endorse or Erase names is recorded; true for all other statements.
pub(super) fn target_is_recorded<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
) -> Result<bool, ViewError> {
    target_of(statement).map_or(Ok(true), |named| Ok(find(view, named)?.is_some()))
}

/// What counts of the original that a Correct is about; `None` where it names nothing that counts.
pub(super) fn content_named<V: View + ?Sized>(
    view: &V,
    correct: &Statement,
) -> Result<Option<Content>, ViewError> {
    let index = target_of(correct).map_or(Ok(None), |named| find(view, named))?;
    let Some(index) = index else { return Ok(None) };
    let root = root_of(view, index)?;
    // A Void or a registry statement has no content that could be corrected.
    if GoodsAct::of(recorded(view, root)?.body()).is_some() { content(view, root) } else { Ok(None) }
}

/// Whether the signer of `target`, acting for whom it acted for, is the signer now or has been succeeded by
/// it: who takes a party's place may correct and take back what that party said.
pub(super) fn is_signers<V: View + ?Sized>(ask: &Ask<'_, V>, target: &Statement) -> Result<bool, ViewError> {
    let (ours, theirs) = (ask.statement.header(), target.header());
    let stands_for = |party: &str, predecessor: &str| {
        if party == predecessor {
            return Ok(true);
        }
        if party.is_empty() || predecessor.is_empty() {
            return Ok(false);
        }
        succeeds(ask.view, party, predecessor, &theirs.site, ask.day())
    };
    Ok(stands_for(&ours.party, &theirs.party)? && stands_for(&ours.on_behalf_of, &theirs.on_behalf_of)?)
}

/// The statement that a Correct, Void, Endorse or Erase names.
fn target<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit<(u64, Statement)> {
    let path = path_of(statement.kind());
    let named = target_of(statement);
    let Some((named, index)) = named.and_then(|n| find(view, n).transpose().map(|index| (n, index))) else {
        return refuse_at(
            Reason::TargetUnknown,
            path.target,
            Words::of("is not recorded here", "尚未记录于本账本"),
        );
    };
    let index = index?;
    let target = recorded(view, index)?;
    if !named.digest.is_empty() && named.digest != target.digest() {
        return refuse_at(
            Reason::TargetDigest,
            path.digest,
            Words::of("differs from the record", "与记录不符"),
        );
    }
    Ok((index, target))
}

/// Correct and Void: the target exists, is the signer's, and nothing newer or pending stands before it.
pub(super) fn check_change<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let Ask { view, statement, .. } = *ask;
    let (index, target) = target(view, statement)?;
    let path = path_of(statement.kind());
    if !is_signers(ask, &target)? {
        let text = Words::of(
            "signer and principal must be those of the statement named, or their successors",
            "签署方与委托人须与所引用声明相同，或为其承继者",
        );
        return refuse_at(Reason::NotYours, path.party, text);
    }
    let root = root_of(view, index)?;
    check_key_site(ask, path.target, root)?;
    if control_of(view, index)?.needed > 0 {
        let withdraws = statement.kind() == Kind::Void;
        let text = Words::of("waits for signatures; a Void withdraws it", "待会签；可用作废声明撤回");
        return if withdraws { Ok(()) } else { refuse_at(Reason::TargetBusy, path.target, text) };
    }
    let correctable = kind_row(target.kind()).is_some_and(|r| r.correctable);
    if target.kind() != Kind::Correct && !correctable {
        return refuse_at(
            Reason::TargetKind,
            path.target,
            Words::of("cannot be corrected or voided", "不能更正或作废"),
        );
    }
    match effect_of(view, index, target.kind())? {
        Effect::Voided => {
            return refuse_at(Reason::TargetVoided, path.target, Words::of("counts no longer", "已不再有效"));
        }
        Effect::Corrected => {
            return refuse_at(
                Reason::TargetNotNewest,
                path.target,
                Words::of("is not the newest of its chain", "不是其更正链中最新的一条"),
            );
        }
        Effect::Pending | Effect::Effective => {}
    }
    let control = control_of(view, root)?;
    if let Some(waiting) = control.waiting {
        let text = words!("entry {waiting} waits for signatures", "条目 {waiting} 待会签");
        return refuse_at(Reason::TargetBusy, path.target, text);
    }
    match statement.body() {
        Body::Correct(b) => {
            check_mandate(ask, b, root)?;
            check_replacement(view, statement, b, root, &control)
        }
        _ => Ok(()),
    }
}

/// A key that is limited to a site stays so in statements about statements: what it is about was said there,
/// and a Correct moves it nowhere else.
fn check_key_site<V: View + ?Sized>(ask: &Ask<'_, V>, field: &'static str, root: u64) -> Admit {
    let Some(key) = ask.key.as_ref().filter(|key| !key.site.is_empty()) else { return Ok(()) };
    let mut sites = vec![recorded(ask.view, root)?.header().site.clone()];
    sites.extend(content(ask.view, root)?.map(|now| now.site));
    if let Body::Correct(b) = ask.statement.body() {
        sites.extend(b.replacement.as_ref().map(|r| r.site.clone()).filter(|site| !site.is_empty()));
    }
    if sites.iter().all(|site| *site == key.site) {
        return Ok(());
    }
    let text = words!("the key is for {} only", "该密钥仅限 {}", key.site);
    refuse_at(Reason::KeyNotForThis, field, text)
}

/// Who corrects in a principal's name needs no mandate for that; for the site and instant that the Correct
/// moves the act to, it does.
fn check_mandate<V: View + ?Sized>(ask: &Ask<'_, V>, correct: &Correct, root: u64) -> Admit {
    let header = ask.statement.header();
    let moved = correct.replacement.as_ref().filter(|r| !r.site.is_empty() || r.occurred_at != 0);
    let Some(moved) = moved.filter(|_| !header.on_behalf_of.is_empty()) else { return Ok(()) };
    let original = recorded(ask.view, root)?;
    let first = original.header();
    let before = if correct.by_line { content(ask.view, root)? } else { None };
    let (site, at) =
        before.map_or_else(|| (first.site.clone(), first.occurred_at), |now| (now.site, now.occurred_at));
    let site = if moved.site.is_empty() { site } else { moved.site.clone() };
    let day = Day::of_instant(if moved.occurred_at == 0 { at } else { moved.occurred_at });
    for principal in [&header.on_behalf_of, &first.on_behalf_of] {
        let agents = [&header.party, &first.party];
        let covers = |m: &MandateRow| {
            agents.iter().any(|agent| mandate_covers(&m.mandate, agent, original.kind(), &site, day))
        };
        if mandates(ask.view, principal)?.iter().any(covers) {
            return Ok(());
        }
    }
    let text = Words::of("no mandate covers kind, site and day", "没有授权覆盖此类型、场所与日期");
    refuse_at(Reason::NoMandate, "correct.replacement", text)
}

fn check_replacement<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    correct: &Correct,
    root: u64,
    control: &ControlRow,
) -> Admit {
    if control.corrections >= MAX_CORRECTIONS {
        let text = words!("has been corrected {MAX_CORRECTIONS} times", "已更正 {MAX_CORRECTIONS} 次");
        return refuse_at(Reason::TooManyCorrections, "correct.target", text);
    }
    let root_kind = recorded(view, root)?.kind();
    let body = correct.replacement.as_ref().and_then(|r| r.body.as_ref()).map(body_of);
    if body.is_some_and(|body| statement::kind_of(&body) != root_kind) {
        let text = words!("must be a {}", "须为 {}", root_kind.as_str_name());
        return refuse_at(Reason::TargetKind, "correct.replacement", text);
    }
    if correct.by_line {
        return check_lines(view, correct, root);
    }
    match receive_in(statement) {
        Some(receive) => check_receive(view, statement, receive, &REPLACEMENT),
        None => Ok(()),
    }
}

/// By line, the content that results must hold what its kind may hold as a whole.
fn check_lines<V: View + ?Sized>(view: &V, correct: &Correct, root: u64) -> Admit {
    let Some(before) = content(view, root)? else { return Ok(()) };
    let added = correct.replacement.as_ref().and_then(|r| r.body.as_ref()).map(GoodsAct::replacing);
    match GoodsAct::of(&before.body) {
        Some(act) => Ok(act.amended_checked(&correct.removed, added).map(drop)?),
        None => refuse_at(
            Reason::TargetKind,
            "correct.by_line",
            Words::of("this kind has no lines", "此类声明没有行"),
        ),
    }
}

/// Erase: the statement is recorded with these attachments, and the signer's; or an authority, which names
/// its legal basis and is one on the day of recording too, as what is erased does not come back.
pub(super) fn check_erase<V: View + ?Sized>(ask: &Ask<'_, V>, erase: &Erase) -> Admit {
    let (index, target) = target(ask.view, ask.statement)?;
    let signer = &ask.statement.header().party;
    let theirs = target.header();
    // Whose act it was may erase by itself, too.
    let own = ask.statement.header().on_behalf_of.is_empty()
        && (signer == target.actor() || succeeds(ask.view, signer, target.actor(), &theirs.site, ask.day())?);
    let ours = own || is_signers(ask, &target)?;
    let today = Day::of_instant(ask.now);
    let now = ask.signer.as_ref().is_some_and(|s| roles_on(s, today).iter().any(|r| r.0 == Role::Authority));
    let mut answers = vec![match (ours, ask.is_authority() && now) {
        (true, _) => check_key_site(ask, "erase.target", index),
        (false, true) if !ask.statement.header().on_behalf_of.is_empty() => refuse_at(
            Reason::NoMandate,
            "header.on_behalf_of",
            Words::of("an authority erases in its own name", "主管部门须以自身名义抹除"),
        ),
        (false, true) if erase.legal_basis.is_empty() => refuse_at(
            Reason::MissingField,
            "erase.legal_basis",
            Words::of("an authority names its legal basis", "主管部门须写明法律依据"),
        ),
        (false, true) => Ok(()),
        (false, false) => refuse_at(
            Reason::NotYours,
            "erase.target.party",
            Words::of("its signer or an authority erases", "仅其签署方或主管部门可抹除"),
        ),
    }];
    if theirs.attachments.is_empty() {
        answers.push(refuse_at(
            Reason::TargetKind,
            "erase.target",
            Words::of("has no attachments", "没有附件"),
        ));
    }
    for (i, digest) in erase.digests.iter().enumerate() {
        if !theirs.attachments.iter().any(|a| a.digest == *digest) {
            let text = Words::of("is no attachment of the statement named", "不是所引用声明的附件");
            answers.push(refuse_at(Reason::InvalidField, format!("erase.digests[{i}]"), text));
        }
    }
    all(answers)
}

/// Endorse: the statement named waits for this party's signature.
pub(super) fn check_endorse<V: View + ?Sized>(view: &V, statement: &Statement) -> Admit {
    let (index, _) = target(view, statement)?;
    let control = control_of(view, index)?;
    let signer = &statement.header().party;
    if control.needed == 0 || control.withdrawn {
        return refuse_at(
            Reason::NotPending,
            "endorse.target",
            Words::of("waits for no signature", "不待会签"),
        );
    }
    if control.signed.contains(signer) {
        return refuse_at(
            Reason::EndorsedAlready,
            "endorse.target",
            Words::of("has this party's signature", "本主体已会签"),
        );
    }
    if !control.asked.contains(signer) {
        let text = words!("waits for {}", "待 {} 会签", control.asked.join(", "));
        return refuse_at(Reason::NotAsked, "header.party", text);
    }
    Ok(())
}
