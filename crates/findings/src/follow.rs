//! Following the log: a stretch of entries a step.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Mutex, PoisonError},
};

use custody::{View, ViewError};
use merkle::Hash;
use prost::Message as _;
use rules::{Affected, Again, Examiner, Hit, Rule, Subject, affected};
use store::{Projection, ProjectionBatch};
use trace::Sees;

use crate::{
    FindingsError,
    draft::Draft,
    key,
    memo::Memo,
    row::{self, Member, Meta, Todo},
    told,
};

/// Entries judged in one step.
pub const MAX_STRETCH: u64 = 1_024;
/// Subjects after which a step takes no further entry.
pub const MAX_JUDGED: usize = 8_192;
/// Hits that a step shows because their time has come.
const MAX_SWEPT: usize = 4_096;
/// Bytes of the rows' own block cache.
const CACHE: usize = 16 << 20;

/// Findings of one ledger, kept in a folder.
#[derive(Debug)]
pub struct Findings {
    pub(crate) rows: Projection,
    /// As stored. Changed by whoever calls [`step`](Self::step).
    meta: Mutex<Meta>,
}

/// What a party may read in the view that is judged.
pub type SeesOf<'a> = &'a dyn Fn(&str) -> Result<Box<dyn Sees + 'a>, ViewError>;

/// How far findings have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Entries below this have been judged.
    pub judged: u64,
    /// Number of the last change of the list of all.
    pub changed: u64,
    /// There is more to do at once.
    pub more: bool,
    /// Subjects and entries so far of which more is recorded than is judged.
    pub unjudged: u64,
    /// About how many bytes the files of findings have.
    pub bytes: u64,
}

impl Findings {
    /// Opens the findings of a ledger with `size` entries; damaged ones, those of another ledger, of other rules, or of a
    /// log that was longer are taken away and made again.
    ///
    /// # Errors
    /// The disk, or another process has them open.
    pub fn open(path: &Path, ledger: &Hash, size: u64) -> Result<Self, FindingsError> {
        if let Ok(rows) = Projection::open(path, CACHE)
            && let Ok(stored) = rows.get(key::META)
        {
            let stored = stored.and_then(|row| Meta::decode(row.as_ref()).ok());
            let ours = |meta: &Meta| meta.version == row::version() && meta.ledger == ledger;
            if let Some(meta) = stored.filter(|meta| ours(meta) && meta.judged <= size) {
                return Ok(Self { rows, meta: Mutex::new(meta) });
            }
        }
        Projection::remove(path)?;
        let rows = Projection::open(path, CACHE)?;
        let mut epoch = [0; 8];
        getrandom::fill(&mut epoch).map_err(FindingsError::Random)?;
        let meta = Meta {
            version: row::version(),
            ledger: ledger.to_vec(),
            epoch: u64::from_be_bytes(epoch),
            ..Meta::default()
        };
        let mut batch = ProjectionBatch::default();
        batch.put(key::META, &meta.encode_to_vec());
        rows.write(batch)?;
        Ok(Self { rows, meta: Mutex::new(meta) })
    }

    /// Numbers count within this: it changes when findings are made again.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.meta().epoch
    }

    /// Entries judged.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.meta().judged
    }

    fn meta(&self) -> Meta {
        self.meta.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Judges the next stretch of entries by a state of the view, goes on with what is to be judged again, and shows
    /// what is due at `now` (µs since the Unix epoch). One caller at a time.
    ///
    /// # Errors
    /// Nothing of the step is kept; it may be tried again.
    pub fn step(&self, view: &dyn View, now: i64, sees: SeesOf<'_>) -> Result<Step, FindingsError> {
        self.stretch(view, now, sees, MAX_STRETCH)
    }

    /// A step of so many entries at most.
    pub(crate) fn stretch(
        &self,
        view: &dyn View,
        now: i64,
        sees: SeesOf<'_>,
        most: u64,
    ) -> Result<Step, FindingsError> {
        let mut sweep = Draft::new(&self.rows, now);
        let waiting = sweep.sweep(MAX_SWEPT)?;
        let swept = sweep.finish()?;
        if !swept.is_empty() {
            self.rows.write(swept)?;
        }
        let view = &Memo::new(view);
        let mut meta = self.meta();
        let mut work = Work::default();
        let end = view.size().min(meta.judged.saturating_add(most));
        while meta.judged < end && work.subjects.len() < MAX_JUDGED {
            work.take(affected(view, meta.judged)?);
            meta.judged += 1;
        }
        // What registers say of everything may open findings about goods that nobody names again.
        if work.again.remove(&Again::Everything) {
            meta.judge_all_again();
        }
        for _ in 0..most {
            if work.subjects.len() >= MAX_JUDGED {
                break;
            }
            let Some(index) = meta.next_again() else { break };
            work.subjects.extend(affected(view, index)?.subjects);
        }
        let mut draft = Draft::new(&self.rows, now);
        self.look_again(&mut work, &mut meta, &mut draft.batch)?;
        if !work.is_done() {
            work.judge(view, &mut draft, sees)?;
        }
        meta.unjudged += work.unjudged;
        let changed = self.keep(draft, &meta)?;
        let todo = self.first_todo()?.is_some();
        let more = waiting || todo || meta.judges_again() || meta.judged < view.size();
        let bytes = self.rows.bytes();
        Ok(Step { judged: meta.judged, changed, more, unjudged: meta.unjudged, bytes })
    }

    /// Writes a step; the number of the last change.
    fn keep(&self, draft: Draft<'_>, meta: &Meta) -> Result<u64, FindingsError> {
        let mut batch = draft.finish()?;
        if *meta != self.meta() {
            batch.put(key::META, &meta.encode_to_vec());
        }
        if !batch.is_empty() {
            self.rows.write(batch)?;
        }
        *self.meta.lock().unwrap_or_else(PoisonError::into_inner) = meta.clone();
        self.last_change("")
    }

    /// Subjects of hits that are to be judged again: a slice of those named in this step, and where that is not all,
    /// the rest is kept for later steps.
    fn look_again(
        &self,
        work: &mut Work,
        meta: &mut Meta,
        batch: &mut ProjectionBatch,
    ) -> Result<(), FindingsError> {
        if let Some((row, todo)) = self.first_todo()? {
            let again = todo.again()?;
            let spot = Spot { row: todo.from, place: todo.place };
            // However much new entries affect, some of this is done.
            let most = MAX_JUDGED.max(work.subjects.len() + MAX_JUDGED / 8);
            match self.slice(&again, spot, most, &mut work.subjects)? {
                Some(spot) => batch.put(&row, &Todo::new(&again, spot).encode_to_vec()),
                None => batch.delete(&row),
            }
        }
        for again in std::mem::take(&mut work.again) {
            if let Some(spot) = self.slice(&again, Spot::default(), MAX_JUDGED, &mut work.subjects)? {
                meta.again += 1;
                batch.put(&key::again(meta.again), &Todo::new(&again, spot).encode_to_vec());
            }
        }
        Ok(())
    }

    fn first_todo(&self) -> Result<Option<(Vec<u8>, Todo)>, FindingsError> {
        let mut first = None;
        self.rows.scan(&[key::AGAIN], &[], &mut |row, value| {
            first = Some((row.to_vec(), value.to_vec()));
            false
        })?;
        first.map(|(row, value)| Ok((row, row::decode(&value, "again")?))).transpose()
    }

    /// Adds subjects until there are `most`; where to go on, if there is more.
    pub(crate) fn slice(
        &self,
        again: &Again,
        spot: Spot,
        most: usize,
        subjects: &mut BTreeSet<Subject>,
    ) -> Result<Option<Spot>, FindingsError> {
        for prefix in prefixes(again) {
            // Prefixes ascend: what lies behind has been looked at.
            if spot.row > prefix && !spot.row.starts_with(&prefix) {
                continue;
            }
            let (mut found, mut next) = (Vec::new(), None);
            let room = most.saturating_sub(subjects.len());
            self.rows.scan(&prefix, &spot.row, &mut |row, _| {
                if found.len() < room {
                    found.push(row.to_vec());
                } else {
                    next = Some(Spot { row: row.to_vec(), place: Vec::new() });
                }
                next.is_none()
            })?;
            for row in found {
                let from: &[u8] = if row == spot.row { &spot.place } else { &[] };
                if let Some(place) = self.subjects_of(&row, from, most, subjects)? {
                    return Ok(Some(Spot { row, place }));
                }
            }
            if next.is_some() {
                return Ok(next);
            }
        }
        Ok(None)
    }

    /// Subjects of a finding by its row beside, from a place among its members on; the place to go on from, if there
    /// are more than there is room for.
    fn subjects_of(
        &self,
        row: &[u8],
        from: &[u8],
        most: usize,
        subjects: &mut BTreeSet<Subject>,
    ) -> Result<Option<Vec<u8>>, FindingsError> {
        let id = row.last_chunk::<32>().ok_or(FindingsError::Damaged("finding"))?;
        let members = key::member(id, &[]);
        let (mut next, mut fault) = (None, None);
        self.rows.scan(&members, &key::member(id, from), &mut |row, value| {
            if subjects.len() >= most {
                next = Some(row[members.len()..].to_vec());
                return false;
            }
            match row::decode::<Member>(value, "member").and_then(|m| row::subject(&m.subject)) {
                Ok(subject) => drop(subjects.insert(subject)),
                Err(error) => fault = Some(error),
            }
            fault.is_none()
        })?;
        fault.map_or(Ok(next), Err)
    }
}

/// Where to go on among hits that are to be judged again: the row of a finding, and a place among its members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spot {
    pub row: Vec<u8>,
    pub place: Vec<u8>,
}

/// Where hits stand that are to be judged again, ascending.
fn prefixes(again: &Again) -> Vec<Vec<u8>> {
    let mut prefixes = match again {
        Again::Party(party, rules) if rules.is_empty() => vec![key::by_party(party, None)],
        Again::Party(party, rules) => {
            let id = |rule: &Rule| key::by_party(party, Some(rule.id()));
            rules.iter().map(id).collect()
        }
        Again::Product(product) => {
            let alone = [key::by_goods(product), vec![0]].concat();
            vec![alone, key::by_goods(&format!("lot:{product}."))]
        }
        // Judged anew entry by entry.
        Again::Everything => Vec::new(),
    };
    prefixes.sort();
    prefixes
}

/// What a step has to judge.
#[derive(Default)]
struct Work {
    subjects: BTreeSet<Subject>,
    again: BTreeSet<Again>,
    unjudged: u64,
}

impl Work {
    fn take(&mut self, affected: Affected) {
        let Affected { subjects, again, whole } = affected;
        self.subjects.extend(subjects);
        self.again.extend(again);
        self.unjudged += u64::from(!whole);
    }

    fn is_done(&self) -> bool {
        self.subjects.is_empty()
    }

    fn judge(
        &mut self,
        view: &dyn View,
        draft: &mut Draft<'_>,
        sees: SeesOf<'_>,
    ) -> Result<(), FindingsError> {
        let mut examiner = Examiner::new(view);
        let mut readers: BTreeMap<String, Box<dyn Sees + '_>> = BTreeMap::new();
        for subject in &self.subjects {
            let examined = examiner.examine(subject)?;
            self.unjudged += u64::from(!examined.whole);
            let mut told = |hit: &Hit| -> Result<bool, FindingsError> {
                if !told::may_be_told(hit) {
                    return Ok(false);
                }
                if !readers.contains_key(&hit.party) {
                    readers.insert(hit.party.clone(), sees(&hit.party)?);
                }
                let Some(sees) = readers.get(&hit.party) else { return Ok(false) };
                Ok(told::is_told(view, hit, sees.as_ref())?)
            };
            draft.replace(subject, &examined.hits, &mut told)?;
        }
        Ok(())
    }
}
