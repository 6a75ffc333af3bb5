//! Statements about goods: what they name must be what they take it for.

use std::borrow::Cow;

use proto::v1::{Alias, Hold, Lift, statement::Body};
use statement::{GoodsAct, Kind, Reason, Words, words};

use super::{Admit, Ask, all, change, refuse_at};
use crate::{
    View,
    alias::{MAX_ALIASES, MAX_CODES, is_crowded, joins_too_many},
    control::{Effect, body_of, effect_of, find, recorded},
    naming::namings,
};

/// The body that counts once the statement does, if it is about goods; `None` too where a Correct does not
/// fit its target, which another check tells.
pub(super) fn resulting<'a, V: View + ?Sized>(ask: &Ask<'a, V>) -> Admit<Option<Cow<'a, Body>>> {
    let Body::Correct(correct) = ask.statement.body() else {
        return Ok(Some(Cow::Borrowed(ask.statement.body())));
    };
    let added = correct.replacement.as_ref().and_then(|r| r.body.as_ref());
    if !correct.by_line {
        return Ok(added.map(|body| Cow::Owned(body_of(body))));
    }
    let Some(before) = change::content_named(ask.view, ask.statement)? else { return Ok(None) };
    let act = GoodsAct::of(&before.body);
    let body = act.and_then(|act| act.amended(&correct.removed, added.map(GoodsAct::replacing)).ok());
    Ok(body.map(Cow::Owned))
}

/// What kinds ask of their content beyond its form.
pub(super) fn check_content<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let body = match ask.statement.kind() {
        Kind::Hold | Kind::Lift | Kind::Alias | Kind::Correct => resulting(ask)?,
        _ => return Ok(()),
    };
    let path = body.as_deref().and_then(GoodsAct::of).map(|a| a.path(ask.statement.kind() == Kind::Correct));
    match (body.as_deref(), path) {
        (Some(Body::Hold(b)), Some(path)) => check_hold(ask, b, path),
        (Some(Body::Lift(b)), Some(path)) => check_lift(ask, b, path),
        (Some(Body::Alias(b)), Some(path)) => check_alias(ask, b, path),
        _ => Ok(()),
    }
}

/// Codes of one thing are few, and so are the Aliases that join them.
fn check_alias<V: View + ?Sized>(ask: &Ask<'_, V>, alias: &Alias, path: &str) -> Admit {
    if joins_too_many(ask.view, &alias.codes)? {
        let text = words!(
            "with the codes they are one with, more than {MAX_CODES}",
            "连同已关联的码，超过 {MAX_CODES} 个"
        );
        return refuse_at(Reason::TooManySubjects, format!("{path}.codes"), text);
    }
    let before = change::content_named(ask.view, ask.statement)?;
    let named = |code: &String| match before.as_ref().map(|content| &content.body) {
        Some(Body::Alias(before)) => before.codes.contains(code),
        _ => false,
    };
    let mut answers = Vec::new();
    for (i, code) in alias.codes.iter().enumerate().filter(|(_, code)| !named(code)) {
        answers.push(if is_crowded(ask.view, code)? {
            let text = words!(
                "{code} stands in {MAX_ALIASES} Aliases already",
                "{code} 已见于 {MAX_ALIASES} 条关联声明"
            );
            refuse_at(Reason::TooManySubjects, format!("{path}.codes[{i}]"), text)
        } else {
            Ok(())
        });
    }
    all(answers)
}

/// An authority names its legal basis; anybody else holds its own goods and no products.
fn check_hold<V: View + ?Sized>(ask: &Ask<'_, V>, hold: &Hold, path: &str) -> Admit {
    if ask.is_authority() {
        let missing = hold.legal_basis.is_empty();
        let text = Words::of("an authority names its legal basis", "主管部门须写明法律依据");
        return if missing {
            refuse_at(Reason::MissingField, format!("{path}.legal_basis"), text)
        } else {
            Ok(())
        };
    }
    let own = hold.party == ask.statement.actor();
    let party = || {
        refuse_at(
            Reason::NotYours,
            format!("{path}.party"),
            Words::of("a holder holds its own goods: name itself", "持有方只可扣留自己的货物：请填自身"),
        )
    };
    let products = || {
        refuse_at(
            Reason::NotYours,
            format!("{path}.products"),
            Words::of("only an authority holds products", "仅主管部门可扣留产品"),
        )
    };
    all([if own { Ok(()) } else { party() }, if hold.products.is_empty() { Ok(()) } else { products() }])
}

/// Who ordered a hold lifts it, once, while it counts.
fn check_lift<V: View + ?Sized>(ask: &Ask<'_, V>, lift: &Lift, path: &str) -> Admit {
    let field = format!("{path}.hold");
    let index = lift.hold.as_ref().map_or(Ok(None), |named| find(ask.view, named))?;
    let Some(index) = index else {
        return refuse_at(
            Reason::TargetUnknown,
            field,
            Words::of("is not recorded here", "尚未记录于本账本"),
        );
    };
    let hold = recorded(ask.view, index)?;
    if hold.kind() != Kind::Hold {
        // The check of what is named tells.
        return Ok(());
    }
    let voided = effect_of(ask.view, index, Kind::Hold)? == Effect::Voided;
    let ours = change::is_signers(ask, &hold)?;
    all([
        if ours {
            Ok(())
        } else {
            refuse_at(
                Reason::NotYours,
                format!("{field}.party"),
                Words::of("who ordered the hold lifts it", "须由下令扣留者解除"),
            )
        },
        if voided {
            refuse_at(Reason::TargetVoided, field, Words::of("counts no longer", "已不再有效"))
        } else {
            Ok(())
        },
    ])
}

/// Statements named beside those corrected, voided and received: of the right kind and bytes, if they are
/// recorded.
pub(super) fn check_named<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let mut answers = Vec::new();
    for naming in namings(ask.statement) {
        let Some(index) = find(ask.view, naming.named)? else { continue };
        let named = recorded(ask.view, index)?;
        let wanted = || {
            let names: Vec<&str> = naming.kinds.iter().map(|k| k.as_str_name()).collect();
            words!("must be one of {}", "须为以下之一：{}", names.join(", "))
        };
        let digest = &naming.named.digest;
        answers.push(if !naming.kinds.contains(&named.kind()) {
            refuse_at(Reason::TargetKind, naming.path(), wanted())
        } else if !digest.is_empty() && digest != named.digest() {
            refuse_at(
                Reason::TargetDigest,
                format!("{}.digest", naming.path()),
                Words::of("differs from the record", "与记录不符"),
            )
        } else {
            Ok(())
        });
    }
    all(answers)
}
