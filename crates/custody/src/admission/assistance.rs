//! Requests for assistance and their answers; statements that only their two sides read.

use std::borrow::Cow;

use proto::v1::{Role, statement::Body};
use statement::{GoodsAct, Kind, Reason, Statement, Words, id_bytes};

use super::{Admit, Ask, all, goods::resulting, refuse_at};
use crate::{
    Content, Table, View, ViewError,
    assistance::{act_of, request_of},
    confidential::has_signed,
    control::{content, find, recorded, root_of, target_of},
    registry::{party, roles_on, succeeds},
    tables::confidential_key,
};

/// Requests and answers.
const ASSISTANCE: [Kind; 4] =
    [Kind::AssistRequest, Kind::AssistReply, Kind::AuthenticityReply, Kind::Opinion];

/// Confidential are statements of authorities among themselves, and what is said of such a statement is too.
pub(super) fn check_confidential<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let header = ask.statement.header();
    let target = target_of(ask.statement).map_or(Ok(None), |named| find(ask.view, named))?;
    let lead = is_about_lead(ask, target)?;
    let target = target.map(|index| recorded(ask.view, index)).transpose()?;
    let hidden = target.map(|target| target.header().confidential);
    if !header.confidential {
        return all([
            if hidden == Some(true) { refuse_open() } else { Ok(()) },
            id_is_free(ask, &header.id, &header.party)?,
        ]);
    }
    let refuse = |field: &'static str, text| refuse_at(Reason::ConfidentialRefused, field, text);
    all([
        if ask.is_authority() || lead {
            Ok(())
        } else {
            refuse("header.confidential", Words::of("only authorities set it", "仅主管部门可设置"))
        },
        if hidden == Some(false) {
            let text = Words::of("the statement named is not confidential", "所引用的声明不是保密的");
            refuse("header.confidential", text)
        } else {
            Ok(())
        },
    ])
}

/// Whether a statement is a Lead, which anybody files, or about one.
fn is_about_lead<V: View + ?Sized>(ask: &Ask<'_, V>, target: Option<u64>) -> Result<bool, ViewError> {
    Ok(match (ask.statement.kind(), target) {
        (Kind::Lead, _) => true,
        (_, Some(target)) => recorded(ask.view, root_of(ask.view, target)?)?.kind() == Kind::Lead,
        (_, None) => false,
    })
}

fn refuse_open() -> Admit {
    let text = Words::of("must be set: the statement named is confidential", "须设置：所引用的声明是保密的");
    refuse_at(Reason::ConfidentialNeeded, "header.confidential", text)
}

/// A confidential statement stands apart from the others of its signer, and has its id all the same.
fn id_is_free<V: View + ?Sized>(ask: &Ask<'_, V>, id: &[u8], signer: &str) -> Result<Admit, ViewError> {
    let taken = has_signed(ask.view, signer)?
        && ask.view.get(Table::Statement, &confidential_key(signer, &id_bytes(id)))?.is_some();
    let text = Words::of("a confidential statement has this id", "已有保密声明使用此 id");
    Ok(if taken { refuse_at(Reason::IdTaken, "header.id", text) } else { Ok(()) })
}

/// What requests and answers ask of their content, or the content that a Correct leads to.
pub(super) fn check_assistance<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    // A Correct by line may only remove lines: what it is about is seen in what comes of it.
    let by_line = matches!(ask.statement.body(), Body::Correct(b) if b.by_line);
    if !act_of(ask.statement.body()).map_or(by_line, |act| ASSISTANCE.contains(&act.kind())) {
        return Ok(());
    }
    let Some(body) = resulting(ask)? else { return Ok(()) };
    let Some(act) = GoodsAct::of(&body) else { return Ok(()) };
    let path = act.path(matches!(ask.statement.body(), Body::Correct(_)));
    let confidential = ask.statement.header().confidential;
    let mut answers = Vec::new();
    if let GoodsAct::AssistRequest(b) = act
        && confidential
        && !is_authority(ask, &b.addressee)?
    {
        let text = Words::of("is no authority", "不是主管部门");
        answers.push(refuse_at(Reason::ConfidentialRefused, format!("{path}.addressee"), text));
    }
    if confidential && let Some(before) = corrected(ask)? {
        answers.push(same_case(act, &before.body, path));
    }
    if request_of(act).is_some() {
        answers.push(check_answer(ask, act, path));
    }
    all(answers)
}

pub(super) fn is_authority<V: View + ?Sized>(ask: &Ask<'_, V>, id: &str) -> Result<bool, ViewError> {
    let row = party(ask.view, id)?;
    Ok(row.is_some_and(|row| roles_on(&row, ask.day()).iter().any(|(role, _)| *role == Role::Authority)))
}

/// What counts of the original that a Correct is about.
pub(super) fn corrected<V: View + ?Sized>(ask: &Ask<'_, V>) -> Result<Option<Content>, ViewError> {
    match ask.statement.body() {
        Body::Correct(_) => super::change::content_named(ask.view, ask.statement),
        _ => Ok(None),
    }
}

/// Whether an answer belongs to the case of its request, and a correction to that of what it corrects.
pub(super) fn same_case(act: GoodsAct<'_>, other: &Body, path: &str) -> Admit {
    let theirs = GoodsAct::of(other).and_then(GoodsAct::case).unwrap_or_default();
    match act.case() {
        Some(ours) if ours != theirs => refuse_at(
            Reason::OtherCase,
            format!("{path}.case_id"),
            Words::of("must be that of the statement named", "须与所引用声明的案件编号相同"),
        ),
        _ => Ok(()),
    }
}

/// An answer names a request that is recorded and counts, is its addressee's, and is as confidential.
fn check_answer<V: View + ?Sized>(ask: &Ask<'_, V>, act: GoodsAct<'_>, path: &str) -> Admit {
    let field = format!("{path}.request");
    let named = request_of(act).map_or(Ok(None), |named| find(ask.view, named))?;
    let Some(index) = named else {
        let text = Words::of("is not recorded here", "尚未记录于本账本");
        return refuse_at(Reason::TargetUnknown, field, text);
    };
    let original = recorded(ask.view, index)?;
    if !matches!(original.body(), Body::AssistRequest(_)) {
        // The check of what is named tells.
        return Ok(());
    }
    let Some(request) = content(ask.view, root_of(ask.view, index)?)? else {
        return refuse_at(Reason::TargetVoided, field, Words::of("counts no longer", "已不再有效"));
    };
    let Body::AssistRequest(asked) = &request.body else { return Ok(()) };
    all([
        addressed(ask, &asked.addressee, &field)?,
        as_confidential(ask, &original, &field),
        match act.case() {
            // An opinion that is for all to see may leave out whose case it began with.
            Some("") if matches!(act, GoodsAct::Opinion(_)) => Ok(()),
            _ => same_case(act, &request.body, path),
        },
    ])
}

fn addressed<V: View + ?Sized>(ask: &Ask<'_, V>, addressee: &str, field: &str) -> Result<Admit, ViewError> {
    let actor = ask.statement.actor();
    let ours = actor == addressee || succeeds(ask.view, actor, addressee, "", ask.day())?;
    let text = Words::of("is addressed to another party", "收件方为其他主体");
    Ok(if ours { Ok(()) } else { refuse_at(Reason::NotAddressed, field.to_owned(), text) })
}

fn as_confidential<V: ?Sized>(ask: &Ask<'_, V>, request: &Statement, field: &str) -> Admit {
    match (request.header().confidential, ask.statement.header().confidential) {
        (true, false) => refuse_open(),
        (false, true) => refuse_at(
            Reason::ConfidentialRefused,
            Cow::Owned(field.to_owned()),
            Words::of("is not confidential, so the answer is not", "不是保密的，答复也不得保密"),
        ),
        _ => Ok(()),
    }
}
