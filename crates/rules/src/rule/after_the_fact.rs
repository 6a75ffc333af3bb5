//! AFTER_THE_FACT 事后补报
//!
//! | | |
//! | --- | --- |
//! | severity | medium |
//! | visibility | investigative |
//! | register | none |
//! | opens | a statement was recorded after an authority had acted on the goods, their lot or the party, says what happened before that act, and without it something would be found |
//! | silent | recorded before the act; about a time after it; it explains nothing; acts that let goods go on (release, clearance, test reports); confidential acts; more than `after-the-fact-days` between act and recording |
//! | resolved by | nothing that the party states |
//!
//! Such a statement is folded and shown, but resolves nothing: what would be found without it stays open beside this
//! (docs/FORMAT.md on late statements). Acts are Inspection, Hold, Sample, Opinion and Recall by authorities, and
//! decisions of customs other than to release. Whether act or statement came first makes no difference. Corrects count by when
//! the original was recorded: one that needs the other side's signature is seen by both.

use std::collections::{BTreeMap, BTreeSet};

use custody::ViewError;
use proto::v1::{CustomsOutcome, Role, statement::Body};
use statement::{Kind, SubjectKind, Words, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::AFTER_DAYS,
    thing::Goods,
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::AfterTheFact,
    id: "AFTER_THE_FACT",
    version: 1,
    severity: Severity::Medium,
    visibility: Visibility::Investigative,
    register: "",
    title: Words::of("suspected late statement to explain what was found", "疑似事后补报"),
};

const fn may_act(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Inspection | Kind::Hold | Kind::Sample | Kind::Opinion | Kind::Recall | Kind::CustomsDecision
    )
}

/// Statements about goods that came after an authority's act about a time before it, with that act.
pub(crate) fn marked(reader: &mut Reader<'_>, goods: &Goods) -> Result<BTreeMap<u64, u64>, ViewError> {
    // When, by which entry, on whom (empty = on the goods).
    let mut acts: BTreeSet<(i64, u64, String)> = BTreeSet::new();
    let mut on_goods: Vec<_> = goods.told.iter().filter(|t| may_act(t.kind)).cloned().collect();
    if !goods.facts.lot.is_empty() {
        on_goods.extend(reader.about(SubjectKind::Item, &goods.facts.lot, &may_act)?.unwrap_or_default());
    }
    for act in on_goods {
        if is_official(reader, &act)? {
            acts.insert((act.at, act.index, String::new()));
        }
    }
    let parties: BTreeSet<&String> = goods.told.iter().map(|t| &t.actor).collect();
    for party in parties {
        for act in reader.oversight(party)?.iter() {
            acts.insert((act.0, act.1, party.clone()));
        }
    }
    let mut marked = BTreeMap::new();
    if acts.is_empty() {
        return Ok(marked);
    }
    for told in goods.told.iter().filter(|t| !may_act(t.kind)) {
        let recorded = reader.recorded_at(told.index)?;
        let days = reader.setting(&AFTER_DAYS, goods.class(), told.day())?.clamp(0, 36_600);
        let after = acts.iter().find(|(at, _, party)| {
            let within = recorded.saturating_sub(*at) <= days * 86_400_000_000;
            (party.is_empty() || *party == told.actor) && recorded > *at && *at >= told.at && within
        });
        if let Some((_, act, _)) = after
            && !reader.has_role(&told.party, Role::Authority, told.day())?
        {
            marked.insert(told.index, *act);
        }
    }
    Ok(marked)
}

/// Whether it is an authority's act that stops or questions goods.
fn is_official(reader: &mut Reader<'_>, told: &Told) -> Result<bool, ViewError> {
    let lets_go = matches!(&told.body, Body::CustomsDecision(b) if matches!(
        b.outcome(),
        CustomsOutcome::Released | CustomsOutcome::BondedEntry | CustomsOutcome::BondedExit
    ));
    Ok(!lets_go && reader.has_role(&told.party, Role::Authority, told.day())?)
}

/// A statement that would have resolved something.
pub(crate) fn hit(goods: &Goods, told: &Told, act: u64) -> Hit {
    let (line, by) = (&goods.line, &told.actor);
    let facts = words!(
        "{by} stated what happened to {line} before an authority acted, but only after it had; without that statement something would be found",
        "{by} 在主管部门采取措施之后才补报此前发生的 {line} 流向；若无该补报则存在异常"
    );
    Hit::of(&ROW, by, goods.key(), told.at, facts).line(line).on([told.index, act])
}
