//! BLACKLISTED_PARTY 黑名单主体参与
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | none: a list says what it says |
//! | opens | a party on the list `blacklist` in force on the day makes, ships, is sent, takes in or uses goods |
//! | silent | before it was listed; from its day of removal; after its last day; left out of a later whole list; goods that it sends back, or sends to authorities, laboratories or destruction |
//! | resolved by | a version of the list that says so for the day |

use custody::ViewError;
use statement::{Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{hit::Hit, reader::Reader, thing::Goods};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::BlacklistedParty,
    id: "BLACKLISTED_PARTY",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected trade with a blacklisted party", "疑似黑名单主体参与购销、使用"),
};

const LIST: &str = "blacklist";

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    for made in goods.moves.iter().filter(|m| !m.goes_back()) {
        for party in [&made.by, &made.to].into_iter().filter(|p| !p.is_empty()) {
            let Some(listed) = reader.listed(LIST, party, made.day())? else { continue };
            let line = &goods.line;
            let facts = words!(
                "{party}, which was on the blacklist on that day, took part in a move or use of {line}",
                "{party} 当日在黑名单上，参与了 {line} 的流转或使用"
            );
            let hit = Hit::of(&ROW, party, goods.key(), made.at, facts);
            hits.push(hit.line(line).on([listed, made.entry]));
        }
    }
    Ok(())
}
