//! Statements of cases: they go between authorities, and only who has a case says something in it.

use proto::v1::{LeadAction, StatementRef, TransferDecision, statement::Body};
use statement::{GoodsAct, Kind, Reason, Secrecy, Words, kind_row};

use super::{
    Admit, Ask, all,
    assistance::{corrected, is_authority, same_case},
    refuse_at,
};
use crate::{
    View,
    assistance::act_of,
    confidential::{MAX_HOLDERS, case_row},
    control::{content, find, recorded, root_of},
    tables::CaseRow,
};

/// What statements of cases ask of their content, or the content that a Correct gives anew. A Correct by line
/// changes no party and no case.
pub(super) fn check_case<V: View + ?Sized>(ask: &Ask<'_, V>) -> Admit {
    let in_correct = matches!(ask.statement.body(), Body::Correct(_));
    let by_line = matches!(ask.statement.body(), Body::Correct(b) if b.by_line);
    let Some(act) = act_of(ask.statement.body()).filter(|_| !by_line) else { return Ok(()) };
    if kind_row(act.kind()).is_none_or(|row| row.confidential != Secrecy::Always) {
        return Ok(());
    }
    let path = act.path(in_correct);
    let mut answers = vec![check_sides(ask, act, path)];
    if let Some(before) = corrected(ask)? {
        answers.push(same_case(act, &before.body, path));
    }
    match act {
        GoodsAct::LeadStep(b) => {
            answers.push(check_target(ask, act, (b.lead.as_ref(), Kind::Lead), path, "lead"))
        }
        GoodsAct::TransferReply(b) => {
            let named = (b.transfer.as_ref(), Kind::CaseTransfer);
            answers.push(check_target(ask, act, named, path, "transfer"));
        }
        _ => {}
    }
    // Nobody but an authority learns by asking whether there is such a case.
    if ask.is_authority() {
        let row = case_row(ask.view, act.case().unwrap_or_default())?;
        if !in_correct {
            answers.push(check_holder(ask, act, &row, path));
        }
        answers.push(check_room(act, &row, path));
    }
    all(answers)
}

/// Whom a statement names as the other side: authorities, and where a case goes to one, another than the signer.
fn check_sides<V: View + ?Sized>(ask: &Ask<'_, V>, act: GoodsAct<'_>, path: &str) -> Admit {
    let signer = &ask.statement.header().party;
    let mut sides: Vec<(String, &str, bool)> = Vec::new();
    match act {
        GoodsAct::Lead(b) => sides.push((format!("{path}.addressee"), &b.addressee, true)),
        GoodsAct::LeadStep(b) if b.action() == LeadAction::Assigned => {
            sides.push((format!("{path}.assignee"), &b.assignee, true));
        }
        GoodsAct::CaseTransfer(b) => {
            sides.push((format!("{path}.addressee"), &b.addressee, false));
            let copies = b.copies.iter().enumerate();
            sides.extend(copies.map(|(i, copy)| (format!("{path}.copies[{i}]"), copy.as_str(), true)));
        }
        GoodsAct::TransferReply(b) if b.decision() == TransferDecision::Forwarded => {
            sides.push((format!("{path}.forward_to"), &b.forward_to, false));
        }
        _ => {}
    }
    let mut answers = Vec::new();
    for (field, party, may_be_signer) in sides {
        answers.push(if !is_authority(ask, party)? {
            refuse_at(Reason::ConfidentialRefused, field, Words::of("is no authority", "不是主管部门"))
        } else if !may_be_signer && party == signer {
            refuse_at(Reason::InvalidField, field, Words::of("is the signer itself", "即签署方自身"))
        } else {
            Ok(())
        });
    }
    all(answers)
}

/// The statement named is recorded, counts, and belongs to the same case.
fn check_target<V: View + ?Sized>(
    ask: &Ask<'_, V>,
    act: GoodsAct<'_>,
    (named, kind): (Option<&StatementRef>, Kind),
    path: &str,
    field: &str,
) -> Admit {
    let Some(index) = named.map_or(Ok(None), |named| find(ask.view, named))? else {
        let text = Words::of("is not recorded here", "尚未记录于本账本");
        return refuse_at(Reason::TargetUnknown, format!("{path}.{field}"), text);
    };
    if recorded(ask.view, index)?.kind() != kind {
        // The check of what is named tells.
        return Ok(());
    }
    match content(ask.view, root_of(ask.view, index)?)? {
        Some(content) => same_case(act, &content.body, path),
        None => {
            let text = Words::of("counts no longer", "已不再有效");
            refuse_at(Reason::TargetVoided, format!("{path}.{field}"), text)
        }
    }
}

/// The signer has the case, or nobody has ever had it; a transfer is answered by whom it has come to.
fn check_holder<V: View + ?Sized>(ask: &Ask<'_, V>, act: GoodsAct<'_>, row: &CaseRow, path: &str) -> Admit {
    let signer = &ask.statement.header().party;
    let mut theirs = row.holders.iter().filter(|h| h.party == *signer && h.until.is_none());
    match act {
        // Anybody reports.
        GoodsAct::Lead(_) => Ok(()),
        GoodsAct::TransferReply(b) => {
            let index = b.transfer.as_ref().map_or(Ok(None), |named| find(ask.view, named))?;
            let transfer = index.map_or(Ok(None), |index| root_of(ask.view, index).map(Some))?;
            if transfer.is_none() || theirs.any(|h| h.transfer == transfer) {
                return Ok(());
            }
            let text = Words::of("has gone to another party", "移送对象为其他主体");
            refuse_at(Reason::NotAddressed, format!("{path}.transfer"), text)
        }
        _ if row.holders.is_empty() || theirs.next().is_some() => Ok(()),
        _ => {
            let text = Words::of("is with another authority", "由其他主管部门承办");
            refuse_at(Reason::NotYourCase, format!("{path}.case_id"), text)
        }
    }
}

/// A case has only so many hands.
fn check_room(act: GoodsAct<'_>, row: &CaseRow, path: &str) -> Admit {
    let passes_on =
        matches!(act, GoodsAct::LeadStep(_) | GoodsAct::CaseTransfer(_) | GoodsAct::TransferReply(_));
    if !passes_on || row.holders.len() < MAX_HOLDERS {
        return Ok(());
    }
    let text = Words::of("has gone through too many hands", "经办主体过多");
    refuse_at(Reason::RegisterFull, format!("{path}.case_id"), text)
}
