//! Confidential statements: who may read them. They link their case alone, so no history of a party or of goods
//! leads to them, and the ledger keeps beside each who its two sides are.

use prost::Message as _;
use statement::{GoodsAct, Statement};

use crate::{
    Table, View, ViewError,
    assistance::{act_of, request_of},
    control::{find, target_of},
    draft::Draft,
    tables::{ReadersRow, decode_row},
};

/// Who may read the statement at an index beside auditors, if it is confidential; `None` where it is not.
///
/// # Errors
/// The view cannot be read.
pub fn readers<V: View + ?Sized>(view: &V, index: u64) -> Result<Option<Vec<String>>, ViewError> {
    let row = view.get(Table::Confidential, &index.to_be_bytes())?;
    row.map(|row| Ok(decode_row::<ReadersRow>(&row, "confidential")?.parties)).transpose()
}

/// Keeps who may read the entry: who signed it; whom it asks, or whose question it answers; and the readers of
/// what it corrects or takes back.
pub(crate) fn record<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    statement: &Statement,
    index: u64,
) -> Result<(), ViewError> {
    if !statement.header().confidential {
        return Ok(());
    }
    let mut parties = match target_of(statement).map_or(Ok(None), |named| find(draft, named))? {
        Some(target) => readers(draft, target)?.unwrap_or_default(),
        None => Vec::new(),
    };
    parties.push(statement.header().party.clone());
    if let Some(act) = act_of(statement.body()) {
        if let GoodsAct::AssistRequest(b) = act {
            parties.push(b.addressee.clone());
        }
        parties.extend(request_of(act).map(|request| request.party.clone()));
    }
    parties.sort_unstable();
    parties.dedup();
    parties.retain(|party| !party.is_empty());
    let row = ReadersRow { parties }.encode_to_vec();
    draft.put(Table::Confidential, index.to_be_bytes().to_vec(), row);
    Ok(())
}
