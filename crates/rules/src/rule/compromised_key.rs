//! COMPROMISED_KEY 密钥失控期间签名
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | operational: its owner must know |
//! | register | none |
//! | opens | a statement was recorded under a key after the instant since which it may have been in other hands, and before its revocation |
//! | silent | recorded before that instant; keys revoked without one; statements that do not count any more |
//! | resolved by | a Void of the statement, made anew under another key |

use custody::{ViewError, registry::key};
use statement::{Envelope, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::CompromisedKey,
    id: "COMPROMISED_KEY",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Operational,
    register: "",
    title: Words::of("suspected signature by other hands", "疑似密钥失控期间签名"),
};

pub(crate) fn act(reader: &mut Reader<'_>, told: &Told, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Some(entry) = reader.view.entry(told.index)? else { return Ok(()) };
    let Ok(envelope) = Envelope::decode(&entry.envelope) else { return Ok(()) };
    let Some(row) = key(reader.view, &envelope.key_id)? else { return Ok(()) };
    let Some(revoked) = row.revoked_index.filter(|_| row.compromised_since > 0) else { return Ok(()) };
    if told.index > revoked || reader.recorded_at(told.index)? < row.compromised_since {
        return Ok(());
    }
    let by = &told.party;
    let facts = words!(
        "{by} signed this under a key that may have been in other hands since before",
        "{by} 以已失控的密钥签署了该声明"
    );
    let goods = reader.goods_of(told)?;
    let key = statement::hex_text(&envelope.key_id);
    hits.push(Hit::of(&ROW, by, &goods, told.at, facts).line(&key).on([told.index, revoked]));
    Ok(())
}
