//! RESTRICTED_CHANNEL 超出指定渠道
//!
//! | | |
//! | --- | --- |
//! | severity | high |
//! | visibility | investigative |
//! | register | `designations`, for the class; an offer online rests on none |
//! | opens | goods of a restricted class (setting `restricted-channel`, toxin unless a policy says otherwise) are shipped other than: maker, agent or importer → designated wholesaler → medical institution; any of them are offered online |
//! | silent | the reverse as a return; to and from who keeps or carries goods under a mandate of one side; laboratories, authorities; destruction; between places of one party; a wholesaler whose designation has ended not long ago (`designation-grace-days`) |
//! | resolved by | the Designation; a Correct of the addressee; the end of an offer is no resolution |

use custody::{ViewError, registry::designations};
use proto::v1::{Role, statement::Body};
use statement::{Day, Kind, Words, within, words};

use super::{Rule, RuleRow, Severity, Visibility};
use crate::{
    hit::Hit,
    reader::{Reader, Told},
    settings::{DESIGNATION_GRACE, RESTRICTED},
    thing::{Deed, Goods, Move},
};

pub(crate) const ROW: RuleRow = RuleRow {
    rule: Rule::RestrictedChannel,
    id: "RESTRICTED_CHANNEL",
    version: 1,
    severity: Severity::High,
    visibility: Visibility::Investigative,
    register: "designations",
    title: Words::of("suspected delivery outside the restricted channel", "疑似超出指定渠道购销"),
};

/// Where a party stands in the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Source,
    /// A distributor, designated or not.
    Wholesaler(bool),
    Institution,
    /// Authorities and laboratories.
    Official,
    Other,
}

/// From whom to whom goods may go. Rows not here are outside of the channel.
///
/// | from | to | as a sale | as a return |
/// | --- | --- | --- | --- |
/// | source | source | yes | yes |
/// | source | designated wholesaler | yes | yes |
/// | designated wholesaler | medical institution | yes | yes |
/// | medical institution, any wholesaler | who may sell to it | | yes |
/// | anybody | official | yes | yes |
/// | official | anybody | yes | yes |
const fn may_go(from: Place, to: Place, back: bool) -> bool {
    use Place::{Institution, Official, Source, Wholesaler};
    match (from, to) {
        (Official, _) | (_, Official) | (Source, Source | Wholesaler(true)) => true,
        (Wholesaler(true), Institution) => true,
        (Institution, Wholesaler(_) | Source) | (Wholesaler(_), Source) => back,
        _ => false,
    }
}

pub(crate) fn goods(reader: &mut Reader<'_>, goods: &Goods, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    for made in goods.moves.iter().filter(|m| m.deed == Deed::Shipped && m.by != m.to) {
        let day = made.day();
        if reader.setting(&RESTRICTED, goods.class(), day)? != 1
            || made.reason == "disposal"
            || !reader.covered(ROW.register, "", goods.class(), day)?
            || reader.is_abroad(&made.by)?
            || reader.is_abroad(&made.to)?
            || is_keeping(reader, made)?
        {
            continue;
        }
        let back = matches!(made.reason.as_str(), "return" | "rejected" | "recall");
        let (from, to) = (place(reader, goods, &made.by, day)?, place(reader, goods, &made.to, day)?);
        if may_go(from, to, back) {
            continue;
        }
        let (line, by, addressee) = (&goods.line, &made.by, &made.to);
        let facts = words!(
            "{line} was shipped by {by} to {addressee}, outside of the channel for such goods",
            "{line} 由 {by} 发往 {addressee}，超出此类产品的指定渠道"
        );
        hits.push(Hit::of(&ROW, by, goods.key(), made.at, facts).line(line).on([made.entry]));
    }
    Ok(())
}

/// Whether one side keeps or carries goods for the other.
fn is_keeping(reader: &mut Reader<'_>, made: &Move) -> Result<bool, ViewError> {
    let day = made.day();
    Ok(reader.acts_for(&made.to, &made.by, Kind::Receive, "", day)?
        || reader.acts_for(&made.by, &made.to, Kind::Ship, &made.site, day)?)
}

fn place(reader: &mut Reader<'_>, goods: &Goods, party: &str, day: Day) -> Result<Place, ViewError> {
    if reader.has_role(party, Role::Authority, day)? || reader.has_role(party, Role::Laboratory, day)? {
        return Ok(Place::Official);
    }
    let registered = goods.facts.registration.as_ref().is_some_and(|r| r.holder == party || r.agent == party);
    for role in [Role::Manufacturer, Role::DomesticAgent, Role::Importer] {
        if registered || reader.has_role(party, role, day)? {
            return Ok(Place::Source);
        }
    }
    if reader.has_role(party, Role::Distributor, day)? {
        return Ok(Place::Wholesaler(is_designated(reader, goods, party, day)?));
    }
    Ok(if reader.has_role(party, Role::Clinic, day)? { Place::Institution } else { Place::Other })
}

fn is_designated(reader: &mut Reader<'_>, goods: &Goods, party: &str, day: Day) -> Result<bool, ViewError> {
    let grace = reader.setting(&DESIGNATION_GRACE, goods.class(), day)?.clamp(0, 3_660) as i32;
    let number = goods.facts.registration.as_ref().map_or("", |r| &r.number);
    let rows = designations(reader.view, number)?;
    Ok(rows.iter().map(|row| &row.designation).any(|d| {
        let over = Day::parse(&d.valid_to).is_some_and(|to| to.0.saturating_add(grace) < day.0);
        d.wholesalers.iter().any(|w| w == party) && within(day, &d.valid_from, "") && !over
    }))
}

/// An offer online of goods of a restricted class.
pub(crate) fn act(reader: &mut Reader<'_>, told: &Told, hits: &mut Vec<Hit>) -> Result<(), ViewError> {
    let Body::Listing(b) = &told.body else { return Ok(()) };
    for product in &b.products {
        let class = reader.registration("", product)?.map(|r| r.product_class.clone()).unwrap_or_default();
        if reader.setting(&RESTRICTED, &class, told.day())? != 1 {
            continue;
        }
        let seller = if b.seller.is_empty() { &b.platform } else { &b.seller };
        let facts = words!(
            "{product}, which may only be sold to medical institutions, is offered by {seller} on {}",
            "{product} 只能销售至医疗机构，却由 {seller} 在 {} 上发布销售信息",
            b.platform
        );
        hits.push(Hit::of(&ROW, seller, product, told.at, facts).line(&b.number).on([told.index]));
    }
    Ok(())
}
