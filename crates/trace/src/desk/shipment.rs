//! Shipments as both sides see them: what was sent, and what became of each line.

use std::collections::BTreeMap;

use custody::{
    Content, View, ViewError, content,
    response::{receives_of, takes_all},
    stock::answered_by,
};
use proto::v1::{LotAmount, Receive, ReceiveOutcome, Ship, statement::Body};

use super::{
    facts::{Facts, ItemFacts},
    restrictions::lot_facts,
};
use statement::{SubjectKey, SubjectKind, subject_key};

use crate::{
    Error,
    budget::Budget,
    reader::Reader,
    scope::Scope,
    standing::{Everything, Sees},
};

/// Receives told of one line or shipment.
const MAX_TOLD: usize = 16;

/// How far a shipment has been answered by its addressee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not at all.
    Open,
    /// Some lines.
    Partly,
    /// Every line.
    Wholly,
}

/// How a line was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// Taken in as shipped.
    Received,
    /// With a difference.
    Exception(ReceiveOutcome),
}

/// A Ship that counts, and what answers it.
#[derive(Clone, Debug)]
pub struct Shipment {
    /// Its content.
    pub content: Content,
    /// Receives of the addressee in effect that answer it (entries of the originals), ascending, at most 16.
    pub received_by: Vec<u64>,
    /// How far it has been answered.
    pub progress: Progress,
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// An item.
    Item(String),
    /// An amount of a lot.
    Lot(LotAmount),
}

/// One line of a shipment.
#[derive(Clone, Debug)]
pub struct ShipmentLine {
    /// What was shipped.
    pub line: Line,
    /// Receives that answer it, at most 16.
    pub received_by: Vec<u64>,
    /// How; `None` while nobody has.
    pub outcome: Option<LineOutcome>,
    /// What is known of the item, where the reader may see it, or of the lot.
    pub facts: ItemFacts,
}

impl Shipment {
    /// What was shipped.
    #[must_use]
    pub const fn ship(&self) -> Option<&Ship> {
        match &self.content.body {
            Body::Ship(b) => Some(b),
            _ => None,
        }
    }
}

/// The Ship at `root` with what answers it; `None` where it does not count or is no Ship.
///
/// # Errors
/// The view failed.
pub fn shipment<V: View + ?Sized>(view: &V, root: u64) -> Result<Option<Shipment>, Error> {
    Ok(read(view, root, &Everything, &mut Budget::default())?.map(|(shipment, _)| shipment))
}

/// The same with every line, by the answers that the reader may see; of its goods the facts that it is told.
///
/// # Errors
/// The view failed.
pub fn shipment_lines<V: View + ?Sized>(
    view: &V,
    root: u64,
    sees: &dyn Sees,
) -> Result<Option<(Shipment, Vec<ShipmentLine>)>, Error> {
    let mut budget = Budget::default();
    let Some((shipment, answers)) = read(view, root, sees, &mut budget)? else { return Ok(None) };
    let sender = shipment.content.root.actor();
    let Some(ship) = shipment.ship() else { return Ok(None) };
    let (mut facts, mut reader) = (Facts::default(), Reader::new(view, &Scope::all(), Budget::default()));
    let mut lines = Vec::with_capacity(ship.items.len() + ship.lots.len());
    for item in &ship.items {
        let (received_by, outcome) = answers.of(item);
        let facts = (*facts.of(&mut reader, item, sender, sees)?).clone();
        lines.push(ShipmentLine { line: Line::Item(item.clone()), received_by, outcome, facts });
    }
    for lot in &ship.lots {
        let (received_by, outcome) = answers.of(&lot.lot);
        let told = lot_facts(view, &lot.lot, (sender, sees), &mut facts, &mut budget)?;
        let facts = ItemFacts { lot: String::new(), ..(*told).clone() };
        lines.push(ShipmentLine { line: Line::Lot(lot.clone()), received_by, outcome, facts });
    }
    Ok(Some((shipment, lines)))
}

/// The Ship with the answers that the reader may see: a Receive that it meets over a waybill alone may be about
/// somebody else's goods.
fn read<V: View + ?Sized>(
    view: &V,
    root: u64,
    sees: &dyn Sees,
    budget: &mut Budget,
) -> Result<Option<(Shipment, Answers)>, ViewError> {
    let Some(content) = content(view, root)? else { return Ok(None) };
    let Body::Ship(ship) = &content.body else { return Ok(None) };
    let mut answers = Answers::default();
    for receive in receives_of(view, root)? {
        if !budget.read() {
            break;
        }
        if !sees.statement(receive)? {
            continue;
        }
        let Some(answer) = custody::content(view, receive)? else { continue };
        // The word of a stranger is no answer.
        if answer.root.actor() == ship.addressee
            && let Body::Receive(b) = &answer.body
        {
            answers.add(receive, b);
        }
    }
    answers.by_other_names(view, &content, ship)?;
    let progress = answers.progress(ship);
    let received_by = answers.receives.iter().copied().take(MAX_TOLD).collect();
    Ok(Some((Shipment { content, received_by, progress }, answers)))
}

/// What the addressee's Receives say, by the text of item or lot.
#[derive(Debug, Default)]
struct Answers {
    receives: Vec<u64>,
    whole: Vec<u64>,
    lines: BTreeMap<String, (Vec<u64>, LineOutcome)>,
}

impl Answers {
    fn add(&mut self, receive: u64, b: &Receive) {
        self.receives.push(receive);
        if takes_all(b) {
            self.whole.push(receive);
            return;
        }
        let taken = b.items.iter().chain(b.lots.iter().map(|l| &l.lot));
        taken.for_each(|text| self.line(text, receive, LineOutcome::Received));
        for e in &b.exceptions {
            let text = e.lot.as_ref().map_or(&e.item, |l| &l.lot);
            self.line(text, receive, LineOutcome::Exception(e.outcome()));
        }
    }

    /// Lines that nobody names by their own code: other codes of the thing, or all that was in it.
    fn by_other_names<V: View + ?Sized>(
        &mut self,
        view: &V,
        content: &Content,
        ship: &Ship,
    ) -> Result<(), ViewError> {
        let key = |text: &String| (subject_key(SubjectKind::Item, text), text.clone());
        let open = ship.items.iter().filter(|text| !self.lines.contains_key(*text));
        let open: BTreeMap<SubjectKey, String> = open.map(key).collect();
        let named: BTreeMap<SubjectKey, String> = self.lines.keys().map(key).collect();
        if !self.whole.is_empty() || open.is_empty() || named.is_empty() {
            return Ok(());
        }
        let keys = |of: &BTreeMap<SubjectKey, String>| of.keys().copied().collect();
        for (line, by) in answered_by(view, content, &keys(&open), &keys(&named))? {
            let told: Vec<(Vec<u64>, LineOutcome)> =
                by.iter().filter_map(|name| self.lines.get(named.get(name)?).cloned()).collect();
            for (receives, outcome) in told {
                let Some(text) = open.get(&line) else { continue };
                receives.into_iter().for_each(|receive| self.line(text, receive, outcome));
            }
        }
        Ok(())
    }

    /// A difference counts before "as shipped": a lot may be received in part and short in part.
    fn line(&mut self, text: &str, receive: u64, outcome: LineOutcome) {
        let (by, known) = self.lines.entry(text.to_owned()).or_insert((Vec::new(), outcome));
        if !by.contains(&receive) && by.len() < MAX_TOLD {
            by.push(receive);
            by.sort_unstable();
        }
        if matches!(outcome, LineOutcome::Exception(_)) {
            *known = outcome;
        }
    }

    fn of(&self, text: &str) -> (Vec<u64>, Option<LineOutcome>) {
        match self.lines.get(text) {
            Some((by, outcome)) => (by.clone(), Some(*outcome)),
            None if self.whole.is_empty() => (Vec::new(), None),
            None => (self.whole.iter().copied().take(MAX_TOLD).collect(), Some(LineOutcome::Received)),
        }
    }

    fn progress(&self, ship: &Ship) -> Progress {
        let answered = |text: &String| self.lines.contains_key(text);
        let mut lines = ship.items.iter().chain(ship.lots.iter().map(|l| &l.lot));
        match (self.receives.is_empty(), !self.whole.is_empty() || lines.all(answered)) {
            (true, _) => Progress::Open,
            (false, true) => Progress::Wholly,
            (false, false) => Progress::Partly,
        }
    }
}
