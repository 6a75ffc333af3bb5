//! What recording a statement changes: its links, and rows of the view.

mod books;
pub(crate) mod cuts;
mod effect;
mod exhibits;
mod fold;
mod history;
mod open;
mod pairing;
pub(crate) mod reader;

use std::collections::BTreeSet;

use merkle::{Hash, VerifierKey, leaf_hash};
use prost::{Message, bytes::Bytes};
use proto::v1::statement::Body;
use statement::{
    ALG_ED25519, Genesis, GoodsAct, Leaf, LeafType, Link, Named, Reference, Relation, Statement, SubjectKey,
    SubjectKind, SubjectState, content_hash, genesis_subjects, key_id, links_hash, own_subjects, secret,
    sort_named, subject_key, visit_act_subjects, visit_subjects, witness_key,
};

use crate::{
    Input, MemoryView, Outcome, RecordedEntry, Table, View, ViewError, assistance, confidential,
    control::{content, control_of, find, recorded, target_of},
    draft::Draft,
    imports,
    naming::namings,
    registry,
    response::{named_ships, receive_in},
    seal::{link_row, links_at_most},
    tables::{LedgerRow, Touch, WINDOW, confidential_key, statement_key, touch_bytes, touch_key},
};

/// Most subjects an entry links, those of the statements it names included.
pub const MAX_LINKS: usize = 16_384;

/// Most statements that one names, each through the one before: 64 Corrects of an original, a Void, an Endorse,
/// and some Erases, each of which may have attachments of its own that another erases. Admission sees to it.
pub const MAX_NAMED_THROUGH: usize = 80;

/// Works out the entry for an admitted statement. The same for live statements, recovery and rebuild.
///
/// # Errors
/// The view cannot be read, or does not fit the statement (then it is damaged, or the statement was
/// never admitted).
pub fn apply<V: View + ?Sized>(view: &V, input: &Input<'_>) -> Result<Outcome, ViewError> {
    let statement = input.statement;
    let mut named = input.own.to_vec();
    let targets = target_subjects(view, statement, usize::MAX)?;
    named.extend(targets.ok_or_else(|| ViewError("more statements are named than admission allows".into()))?);
    sort_named(&mut named);

    let entry = RecordedEntry {
        leaf: [0; 80],
        chain: [0; 32],
        envelope: Bytes::copy_from_slice(input.envelope),
        payload: statement.payload().clone(),
    };
    let mut draft = Draft::new(view, input.index, entry);
    let Linked { leaf, links, states } = link(&mut draft, &named, input, statement.kind() as u8)?;
    let own: Vec<SubjectKey> = input.own.iter().map(|named| named.key).collect();
    let link_row = link_row(input.index, &links, &own);
    draft.put(link_row.table, link_row.key, link_row.value);
    name_new(&mut draft, &named, input.index, &mut |visit| visit_subjects(statement, visit))?;
    let key = row_key(&draft, statement)?;
    draft.put(Table::Statement, key, input.index.to_be_bytes().to_vec());
    confidential::record(&mut draft, statement, input.index)?;
    assistance::record(&mut draft, statement, input.index)?;
    imports::record(&mut draft, statement, input.index)?;
    let signatures_missing = effect::record(&mut draft, statement, input.index)?;
    Ok(Outcome { leaf, links, states, puts: draft.finish(), signatures_missing })
}

/// Where the index of a statement stands: a confidential one does not give its signer a number.
fn row_key<V: View + ?Sized>(draft: &Draft<'_, V>, statement: &Statement) -> Result<Vec<u8>, ViewError> {
    let Reference { party, id } = statement.reference();
    if statement.header().confidential {
        return Ok(confidential_key(party, &id));
    }
    Ok(statement_key(draft.number(SubjectKind::Activity, party)?, &id))
}

/// Works out entry 0.
///
/// # Errors
/// None but a bug: there is nothing to read yet.
pub fn apply_genesis(genesis: &Genesis, recorded_at: u64) -> Result<Outcome, ViewError> {
    let view = MemoryView::default();
    let payload = Bytes::copy_from_slice(genesis.payload());
    let entry =
        RecordedEntry { leaf: [0; 80], chain: [0; 32], envelope: Bytes::new(), payload: payload.clone() };
    let mut draft = Draft::new(&view, 0, entry);
    let named = genesis_subjects(genesis.message());
    let linked = link_raw(&mut draft, &named, 0, recorded_at, &payload, LeafType::Genesis, 0)?;
    let Linked { leaf, links, states } = linked;
    let own: Vec<SubjectKey> = named.iter().map(|named| named.key).collect();
    let link_row = link_row(0, &links, &own);
    draft.put(link_row.table, link_row.key, link_row.value);
    let message = genesis.message();
    name_new(&mut draft, &named, 0, &mut |visit| {
        for root in &message.roots {
            visit(Relation::Party, &root.party);
            visit(Relation::Key, &statement::hex_text(&key_id(ALG_ED25519, &root.public_key)));
        }
    })?;
    for root in &message.roots {
        registry::apply_root(&mut draft, root)?;
    }
    let own = [&message.log_key, &message.answer_key];
    let own = own.into_iter().filter_map(|k| Some(*k.parse::<VerifierKey>().ok()?.public()));
    let witnesses = message.witness_keys.iter().filter_map(|k| witness_key(k).ok());
    let reserved_keys = own.chain(witnesses).map(|k| key_id(ALG_ED25519, k.as_bytes()).to_vec()).collect();
    let row = LedgerRow {
        roots: message.roots.iter().map(|r| r.party.clone()).collect(),
        threshold: message.threshold,
        reserved_keys,
    };
    draft.put(Table::Meta, b"ledger".to_vec(), row.encode_to_vec());
    Ok(Outcome { leaf, links, states, puts: draft.finish(), signatures_missing: 0 })
}

/// Subjects that a statement names through the statements it names, ascending, each once: a Receive the
/// items of the Ships it answers, as recorded and as corrected; a report, response or lift the goods of what
/// it names, likewise; a Correct, Void or Endorse all subjects of
/// the statement it names and of those that one names. Stops soon after `limit`. `None` where more than
/// [`MAX_NAMED_THROUGH`] are named in a row.
pub(crate) fn target_subjects<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    limit: usize,
) -> Result<Option<Vec<Named>>, ViewError> {
    let mut keys = BTreeSet::new();
    let mut chain: Vec<(u64, Statement)> = Vec::new();
    let mut next = target_of(statement).cloned();
    while let Some(named) = next {
        if chain.len() == MAX_NAMED_THROUGH {
            return Ok(None);
        }
        let index =
            find(view, &named)?.ok_or_else(|| ViewError("the statement named is not recorded".into()))?;
        let target = recorded(view, index)?;
        next = target_of(&target).cloned();
        chain.push((index, target));
    }
    shipped_items(view, statement, limit, (&chain, None), &mut keys)?;
    named_goods(view, statement, &mut keys)?;
    let mut rest = &chain[..];
    while let Some(((index, target), deeper)) = rest.split_first().filter(|_| keys.len() <= limit) {
        rest = deeper;
        keys.extend(own_subjects(target).into_iter().map(|n| n.key));
        shipped_items(view, target, limit, (deeper, Some(*index)), &mut keys)?;
        named_goods(view, target, &mut keys)?;
    }
    Ok(Some(keys.into_iter().map(|key| Named { key, relation: Relation::Target }).collect()))
}

/// Items of the Ships that a Receive, or a Correct of one, names. `deeper`: the statements that it names, each through
/// the one before; `own`: its entry, where it is recorded.
fn shipped_items<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    limit: usize,
    (deeper, own): (&[(u64, Statement)], Option<u64>),
    keys: &mut BTreeSet<SubjectKey>,
) -> Result<(), ViewError> {
    let Some(receive) = receive_in(statement) else { return Ok(()) };
    // A Receive repeated by its Corrects names what it named first: nothing that has come under the waybill since.
    let whole = deeper.iter().filter(|(_, target)| !matches!(target.body(), Body::Correct(b) if b.by_line));
    let said = whole.map_while(|(index, target)| {
        receive_in(target).filter(|b| b.waybill == receive.waybill && b.shipment.is_none()).map(|_| *index)
    });
    let before = said.last().or(own);
    for ship in named_ships(view, receive, statement.actor(), before)? {
        let original = recorded(view, ship)?;
        let now = if control_of(view, ship)?.newest.is_some() { content(view, ship)? } else { None };
        for body in [Some(original.body()), now.as_ref().map(|c| &c.body)].into_iter().flatten() {
            if let Body::Ship(b) = body {
                keys.extend(b.items.iter().map(|item| subject_key(SubjectKind::Item, item)));
            }
        }
        if keys.len() > limit {
            break;
        }
    }
    Ok(())
}

/// Items, lots and products of the statements that a statement about goods names beside a shipment, as they
/// were recorded and as they count now. Neither what is confidential itself, nor what it says, adds any.
fn named_goods<V: View + ?Sized>(
    view: &V,
    statement: &Statement,
    keys: &mut BTreeSet<SubjectKey>,
) -> Result<(), ViewError> {
    if statement.header().confidential {
        return Ok(());
    }
    for naming in namings(statement) {
        let Some(index) = find(view, naming.named)? else { continue };
        let original = recorded(view, index)?;
        if original.header().confidential || !naming.kinds.contains(&original.kind()) {
            continue;
        }
        let now = if control_of(view, index)?.newest.is_some() { content(view, index)? } else { None };
        for body in [Some(original.body()), now.as_ref().map(|c| &c.body)].into_iter().flatten() {
            let Some(act) = GoodsAct::of(body) else { continue };
            visit_act_subjects(act, &mut |relation, text| {
                let kind = relation.subject_kind();
                keys.extend(
                    kind.filter(|k| matches!(k, SubjectKind::Item | SubjectKind::Product))
                        .map(|k| subject_key(k, text)),
                );
            });
        }
    }
    Ok(())
}

/// How many subjects, about and at most [`MAX_LINKS`], a statement links through those that it names, as far as
/// these are recorded now: what it costs to record besides its own. Reads rows, no entries.
///
/// # Errors
/// The view cannot be read.
pub fn links_through<V: View + ?Sized>(view: &V, statement: &Statement) -> Result<usize, ViewError> {
    let mut named = Vec::new();
    if let Some(receive) = receive_in(statement) {
        named.extend(named_ships(view, receive, statement.actor(), None)?);
    }
    for naming in namings(statement) {
        named.extend(find(view, naming.named)?);
    }
    if let Some(target) = target_of(statement) {
        named.extend(find(view, target)?);
    }
    let mut links = 0usize;
    for index in named {
        links = links.saturating_add(links_at_most(view, index)?);
        if links >= MAX_LINKS {
            return Ok(MAX_LINKS);
        }
    }
    Ok(links)
}

/// Whether a statement names others by which it may link what they link.
#[must_use]
pub fn names_others(statement: &Statement) -> bool {
    target_of(statement).is_some() || receive_in(statement).is_some() || !namings(statement).is_empty()
}

fn link<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    named: &[Named],
    input: &Input<'_>,
    kind: u8,
) -> Result<Linked, ViewError> {
    let (index, recorded_at) = (input.index, input.recorded_at);
    link_raw(draft, named, index, recorded_at, input.envelope, LeafType::Statement, kind)
}

/// An entry's leaf and links, and its subjects after it.
struct Linked {
    leaf: Leaf,
    links: Vec<Link>,
    states: Vec<SubjectState>,
}

/// Builds links and leaf, and moves every subject's head on.
fn link_raw<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    named: &[Named],
    index: u64,
    recorded_at: u64,
    committed: &[u8],
    leaf_type: LeafType,
    kind: u8,
) -> Result<Linked, ViewError> {
    let secret: Hash = secret(committed);
    let mut links = Vec::with_capacity(named.len());
    for n in named {
        let (record, _) = draft.load(n.key)?;
        links.push(Link::new(&secret, n.key, record.head));
    }
    let leaf = Leaf { leaf_type, recorded_at, content: content_hash(committed), links: links_hash(&links) };
    let encoded = leaf.encode();
    draft.set_leaf(encoded);
    let leaf_hash = leaf_hash(&encoded);
    let mut states = Vec::with_capacity(links.len());
    for (n, link) in named.iter().zip(&links) {
        let (record, _) = draft.load(n.key)?;
        let (number, last, count) = (record.number, record.last, record.count);
        record.head = link.head(index, &leaf_hash);
        record.count += 1;
        record.last = index;
        states.push(SubjectState { head: record.head, count: record.count, last: index });
        touch(draft, number, count > 0 && last / WINDOW == index / WINDOW, index, n.relation, kind)?;
    }
    Ok(Linked { leaf, links, states })
}

fn touch<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    number: u64,
    in_window: bool,
    index: u64,
    relation: Relation,
    kind: u8,
) -> Result<(), ViewError> {
    let key = touch_key(number, index);
    let mut row = match in_window {
        true => draft.get(Table::Touch, &key)?.map(Vec::from).unwrap_or_default(),
        false => Vec::new(),
    };
    row.extend_from_slice(&touch_bytes(&Touch { index, relation, kind }));
    draft.put(Table::Touch, key, row);
    Ok(())
}

/// Receives a relation and a canonical text.
type VisitText<'v> = &'v mut dyn FnMut(Relation, &str);

/// Keeps the texts of subjects named for the first time (items and documents are found in payloads).
fn name_new<V: View + ?Sized>(
    draft: &mut Draft<'_, V>,
    named: &[Named],
    index: u64,
    texts: &mut dyn FnMut(VisitText<'_>),
) -> Result<(), ViewError> {
    let kept = |relation: Relation| {
        relation.subject_kind().filter(|k| !matches!(k, SubjectKind::Item | SubjectKind::Document))
    };
    let mut any = false;
    for n in named.iter().filter(|n| kept(n.relation).is_some()) {
        let (record, _) = draft.load(n.key)?;
        any |= record.count == 1 && record.last == index;
    }
    if !any {
        return Ok(());
    }
    let mut found = Vec::new();
    texts(&mut |relation, text| {
        if let Some(kind) = kept(relation) {
            found.push((kind, text.to_string()));
        }
    });
    for (kind, text) in found {
        let (record, _) = draft.load(subject_key(kind, &text))?;
        if record.count == 1 {
            let number = record.number.to_be_bytes().to_vec();
            draft.put(Table::Name, number, [&[kind.code()], text.as_bytes()].concat());
        }
    }
    Ok(())
}
