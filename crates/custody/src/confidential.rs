//! Confidential statements: who may read them. They link their case alone, so no history of a party or of goods
//! leads to them, and the ledger keeps beside each who its two sides are, and beside each case who has it.
//!
//! Who has a case goes by entries, not by times: a right to read cannot be dated back. The first authority to sign
//! in a case has it, or the one that a lead is for; from then on those to whom one that has it assigns or transfers
//! it. Who forwards or declines a transfer has it no more, and reads what was recorded until then.

use prost::Message as _;
use proto::v1::{LeadAction, TransferDecision, statement::Body};
use statement::{GoodsAct, Statement, SubjectKey, SubjectKind, subject_key};

use crate::{
    Table, View, ViewError,
    assistance::{act_of, request_of},
    control::{find, recorded, root_of, target_of},
    draft::Draft,
    tables::{CaseRow, HolderRow, ReadersRow, decode_row, name_of, short_hash, subject},
};

/// Most grants of one case; admission sees to it, but for what Corrects grant anew.
pub const MAX_HOLDERS: usize = 256;

/// Rows of this table are told apart by the length of their key: 8 bytes an entry, 16 a party, 32 a case, 48 a party
/// and a case.
fn party_key(party: &str) -> [u8; 16] {
    short_hash(&[party.as_bytes()])
}

fn holding_key(party: &str, case: &SubjectKey) -> Vec<u8> {
    [&party_key(party)[..], &case.0].concat()
}

fn case_key(case: &str) -> SubjectKey {
    subject_key(SubjectKind::Case, case)
}

fn row_of<V: View + ?Sized>(view: &V, index: u64) -> Result<Option<ReadersRow>, ViewError> {
    let row = view.get(Table::Confidential, &index.to_be_bytes())?;
    row.map(|row| decode_row(&row, "confidential")).transpose()
}

fn holders_of<V: View + ?Sized>(view: &V, case: &[u8]) -> Result<CaseRow, ViewError> {
    let row = view.get(Table::Confidential, case)?;
    Ok(row.map(|row| decode_row(&row, "case")).transpose()?.unwrap_or_default())
}

/// Who may read the statement at an index beside auditors, if it is confidential, ascending; `None` where it is not:
/// its two sides, who has its case, and who had it when it was recorded.
///
/// # Errors
/// The view cannot be read.
pub fn readers<V: View + ?Sized>(view: &V, index: u64) -> Result<Option<Vec<String>>, ViewError> {
    let Some(row) = row_of(view, index)? else { return Ok(None) };
    let mut parties = row.parties;
    if !row.case.is_empty() {
        let holders = holders_of(view, &row.case)?.holders.into_iter();
        parties.extend(holders.filter(|h| h.until.is_none_or(|until| until >= index)).map(|h| h.party));
    }
    parties.sort_unstable();
    parties.dedup();
    Ok(Some(parties))
}

/// Who has a case now, ascending; nobody where there is none.
///
/// # Errors
/// The view cannot be read.
pub fn holders<V: View + ?Sized>(view: &V, case: &str) -> Result<Vec<String>, ViewError> {
    let row = holders_of(view, &case_key(case).0)?;
    let mut parties: Vec<String> =
        row.holders.into_iter().filter(|h| h.until.is_none()).map(|h| h.party).collect();
    parties.sort_unstable();
    parties.dedup();
    Ok(parties)
}

/// Cases that a party has or had, at most `limit`, and whether it has them now; in no order that tells anything.
///
/// # Errors
/// The view cannot be read.
pub fn cases_of<V: View + ?Sized>(
    view: &V,
    party: &str,
    limit: usize,
) -> Result<Vec<(String, bool)>, ViewError> {
    let mut keys = Vec::new();
    let prefix = party_key(party);
    view.scan(Table::Confidential, &prefix, &prefix, &mut |key, _| {
        if let Some(case) = key.get(16..).and_then(|rest| <[u8; 32]>::try_from(rest).ok()) {
            keys.push(SubjectKey(case));
        }
        Ok(keys.len() < limit)
    })?;
    let mut cases = Vec::new();
    for key in keys {
        let Some(record) = subject(view, &key)? else { continue };
        let Some(case) = name_of(view, record.number)? else { continue };
        let now = holders_of(view, &key.0)?.holders.iter().any(|h| h.party == party && h.until.is_none());
        cases.push((case, now));
    }
    cases.sort();
    Ok(cases)
}

/// What is known of a case: nothing where nobody has ever had it.
pub(crate) fn case_row<V: View + ?Sized>(view: &V, case: &str) -> Result<CaseRow, ViewError> {
    holders_of(view, &case_key(case).0)
}

/// Whether a party has ever signed something confidential.
pub(crate) fn has_signed<V: View + ?Sized>(view: &V, party: &str) -> Result<bool, ViewError> {
    Ok(view.get(Table::Confidential, &party_key(party))?.is_some())
}

/// Keeps who may read the entry: who signed it; whom it is for, or whose question it answers; and the readers of
/// what it corrects or takes back. Then who has its case.
pub(crate) fn record<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    let header = statement.header();
    if !header.confidential {
        return Ok(());
    }
    let target = target_of(statement).map_or(Ok(None), |named| find(draft, named))?;
    let before = target.map_or(Ok(None), |target| row_of(draft, target))?.unwrap_or_default();
    let ReadersRow { mut parties, mut case } = before;
    parties.push(header.party.clone());
    let act = act_of(statement.body());
    if let Some(act) = act {
        other_side(draft, act, &mut parties)?;
        if let Some(named) = act.case().filter(|case| !case.is_empty()) {
            case = case_key(named).0.to_vec();
        }
    }
    parties.sort_unstable();
    parties.dedup();
    parties.retain(|party| !party.is_empty());
    let row = ReadersRow { parties, case: case.clone() }.encode_to_vec();
    draft.put(Table::Confidential, index.to_be_bytes().to_vec(), row);
    draft.put(Table::Confidential, party_key(&header.party).to_vec(), vec![1]);
    match GoodsAct::of(statement.body()) {
        Some(act) if !case.is_empty() => {
            let mut row = holders_of(draft, &case)?;
            if row.holders.is_empty() {
                row.founder = index;
            }
            grant(draft, &mut row, (index, index), &header.party, act)?;
            put_holders(draft, &case, &row);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Who reads a statement beside its signer, by what it says.
fn other_side<V: View + ?Sized>(
    view: &V,
    act: GoodsAct<'_>,
    parties: &mut Vec<String>,
) -> Result<(), ViewError> {
    match act {
        GoodsAct::AssistRequest(b) => parties.push(b.addressee.clone()),
        GoodsAct::Lead(b) => parties.push(b.addressee.clone()),
        GoodsAct::LeadStep(b) => {
            parties.push(b.assignee.clone());
            if b.action() == LeadAction::Answered {
                parties.extend(b.lead.as_ref().map(|lead| lead.party.clone()));
            }
        }
        GoodsAct::CaseTransfer(b) => {
            parties.push(b.addressee.clone());
            parties.extend_from_slice(&b.copies);
        }
        GoodsAct::TransferReply(b) => {
            // Who reads the transfer reads what is decided on it.
            let transfer = b.transfer.as_ref().map_or(Ok(None), |named| find(view, named))?;
            let transfer = transfer.map_or(Ok(None), |index| row_of(view, index))?;
            parties.extend(transfer.map(|row| row.parties).unwrap_or_default());
            parties.push(b.forward_to.clone());
        }
        _ => parties.extend(request_of(act).map(|request| request.party.clone())),
    }
    Ok(())
}

/// Who has the case by what a content in effect says. `root`: its entry; `at`: the entry by which it counts.
fn grant<V: View + ?Sized>(
    view: &V,
    row: &mut CaseRow,
    (root, at): (u64, u64),
    signer: &str,
    act: GoodsAct<'_>,
) -> Result<(), ViewError> {
    let mut given: Vec<(&str, Option<u64>)> = Vec::new();
    if row.founder == root {
        given.push(match act {
            GoodsAct::Lead(b) => (b.addressee.as_str(), None),
            _ => (signer, None),
        });
    }
    match act {
        GoodsAct::LeadStep(b) if b.action() == LeadAction::Assigned => given.push((b.assignee.as_str(), None)),
        GoodsAct::CaseTransfer(b) => given.push((b.addressee.as_str(), Some(root))),
        GoodsAct::TransferReply(b) => {
            let transfer = b.transfer.as_ref().map_or(Ok(None), |named| find(view, named))?;
            let transfer = transfer.map_or(Ok(None), |index| root_of(view, index).map(Some))?;
            let decision = b.decision();
            if matches!(decision, TransferDecision::Forwarded | TransferDecision::Declined) {
                let theirs = row.holders.iter_mut().filter(|h| h.party == signer && h.until.is_none());
                for holder in theirs.filter(|h| transfer.is_some() && h.transfer == transfer) {
                    (holder.until, holder.ended_by) = (Some(at), Some(root));
                }
            }
            if decision == TransferDecision::Forwarded {
                given.push((b.forward_to.as_str(), transfer));
            }
        }
        _ => {}
    }
    for (party, transfer) in given {
        if !row.holders.iter().any(|h| h.party == party && h.by == root && h.until.is_none()) {
            let party = party.to_owned();
            row.holders.push(HolderRow { party, by: root, transfer, from: at, until: None, ended_by: None });
        }
    }
    Ok(())
}

/// Of an original whose content was `before` and is `after` by a Correct or Void at entry `at`: what it gave is
/// taken back, what it ended goes on, and then what it says now counts. Who began a case keeps it.
pub(crate) fn change<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    (root, at): (u64, u64),
    before: Option<&Body>,
    after: Option<&Body>,
) -> Result<(), ViewError> {
    let acts = [before, after].map(|body| body.and_then(GoodsAct::of));
    let Some(case) = acts.into_iter().flatten().find_map(GoodsAct::case).filter(|case| !case.is_empty())
    else {
        return Ok(());
    };
    let original = recorded(draft, root)?;
    if !original.header().confidential {
        return Ok(());
    }
    let case = case_key(case);
    let mut row = holders_of(draft, &case.0)?;
    let [_, after] = acts;
    for holder in &mut row.holders {
        if holder.by == root && holder.until.is_none() && !stays(row.founder == root, holder, after) {
            (holder.until, holder.ended_by) = (Some(at), None);
        }
        if holder.ended_by == Some(root) {
            (holder.until, holder.ended_by) = (None, None);
        }
    }
    if let Some(act) = after {
        grant(draft, &mut row, (root, at), &original.header().party, act)?;
    }
    put_holders(draft, &case.0, &row);
    Ok(())
}

/// Whether a grant of a statement is left alone when that statement changes: that of who began the case, unless a
/// lead turns out to be for somebody else.
fn stays(founding: bool, holder: &HolderRow, after: Option<GoodsAct<'_>>) -> bool {
    founding
        && holder.transfer.is_none()
        && match after {
            Some(GoodsAct::Lead(b)) => b.addressee == holder.party,
            _ => true,
        }
}

fn put_holders<V: View + ?Sized>(draft: &mut Draft<'_, V>, case: &[u8], row: &CaseRow) {
    if let Ok(key) = <[u8; 32]>::try_from(case) {
        for holder in &row.holders {
            draft.put(Table::Confidential, holding_key(&holder.party, &SubjectKey(key)), vec![1]);
        }
    }
    draft.put(Table::Confidential, case.to_vec(), row.encode_to_vec());
}
