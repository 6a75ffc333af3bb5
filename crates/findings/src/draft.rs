//! What one step changes, before it is written: hits come and go, findings open, change and are resolved.

use std::collections::BTreeMap;

use merkle::Hash;
use prost::Message as _;
use rules::{FindingKey, Hit, Subject};
use store::{Projection, ProjectionBatch};

use crate::{
    FindingsError, key,
    read::lists_of,
    row::{self, Member, Record, Tally},
};

/// Changes over what is stored. Hits are read as they were before: in one draft a subject is judged once.
pub(crate) struct Draft<'p> {
    rows: &'p Projection,
    pub batch: ProjectionBatch,
    now: i64,
    findings: BTreeMap<Hash, Drafted>,
    /// Last numbers of lists, opened and changed.
    numbers: BTreeMap<String, (u64, u64)>,
}

/// A finding as the step leaves it.
struct Drafted {
    record: Record,
    /// It stands in the store.
    stored: bool,
    /// It had hits before the step.
    held: bool,
    /// Hits that are due came or went: of all, of those told.
    touched: (bool, bool),
}

impl<'p> Draft<'p> {
    pub fn new(rows: &'p Projection, now: i64) -> Self {
        Self {
            rows,
            batch: ProjectionBatch::default(),
            now,
            findings: BTreeMap::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// Puts the hits found of a subject in place of those kept. `told` says which new ones its party is told.
    pub fn replace(
        &mut self,
        subject: &Subject,
        found: &[Hit],
        told: &mut dyn FnMut(&Hit) -> Result<bool, FindingsError>,
    ) -> Result<(), FindingsError> {
        let bytes = key::subject(subject);
        let row = key::of_subject(&bytes);
        let kept = self.rows.get(&row)?.map(|row| row::decode_hits(&row)).transpose()?.unwrap_or_default();
        let changes = rules::diff(&kept, found);
        if changes.come.is_empty() && changes.gone.is_empty() {
            return Ok(());
        }
        for hit in &changes.gone {
            self.leave(&bytes, hit)?;
        }
        for hit in &changes.come {
            let told = told(hit)?;
            self.come(&bytes, hit, told)?;
        }
        if found.is_empty() {
            self.batch.delete(&row);
        } else {
            self.batch.put(&row, &row::encode_hits(found));
        }
        Ok(())
    }

    fn come(&mut self, subject: &[u8], hit: &Hit, told: bool) -> Result<(), FindingsError> {
        let id = FindingKey::of(hit).id();
        let place = key::place(hit.at, &row::digest(subject, hit));
        let member = Member {
            subject: subject.to_vec(),
            severity: hit.severity as u32,
            told,
            due: hit.due,
            counted: hit.is_due(self.now),
        };
        self.batch.put(&key::member(&id, &place), &member.encode_to_vec());
        let drafted = self.finding(&id, Some(hit))?;
        drafted.record.members += 1;
        if member.counted {
            drafted.count(&member, true)
        } else {
            self.batch.put(&key::waiting(member.due, &id, &place), &[]);
            Ok(())
        }
    }

    fn leave(&mut self, subject: &[u8], hit: &Hit) -> Result<(), FindingsError> {
        let id = FindingKey::of(hit).id();
        let place = key::place(hit.at, &row::digest(subject, hit));
        let row = key::member(&id, &place);
        let stored = self.rows.get(&row)?.ok_or(FindingsError::Damaged("member"))?;
        let member: Member = row::decode(&stored, "member")?;
        self.batch.delete(&row);
        let drafted = self.finding(&id, None)?;
        let less = drafted.record.members.checked_sub(1);
        drafted.record.members = less.ok_or(FindingsError::Damaged("members"))?;
        if member.counted {
            drafted.count(&member, false)
        } else {
            self.batch.delete(&key::waiting(member.due, &id, &place));
            Ok(())
        }
    }

    /// Shows hits whose time has come: at most `most`. Whether there are more. In a draft of its own.
    pub fn sweep(&mut self, most: usize) -> Result<bool, FindingsError> {
        let (mut come, now) = (Vec::new(), self.now);
        self.rows.scan(&[key::WAITING], &[], &mut |row, _| {
            let due = key::instant(&row[1..]).is_some_and(|due| due <= now);
            if due {
                come.push(row.to_vec());
            }
            due && come.len() <= most
        })?;
        let more = come.len() > most;
        come.truncate(most);
        for row in come {
            let (id, place) = row.get(9..).and_then(|rest| rest.split_first_chunk::<32>()).ok_or(WAITING)?;
            let at = key::member(id, place);
            let stored = self.rows.get(&at)?.ok_or(FindingsError::Damaged("member"))?;
            let member: Member = row::decode(&stored, "member")?;
            self.finding(id, None)?.count(&member, true)?;
            self.batch.delete(&row);
            self.batch.put(&at, &Member { counted: true, ..member }.encode_to_vec());
        }
        Ok(more)
    }

    /// The finding of an id; of a hit that comes it is made where there is none.
    fn finding(&mut self, id: &Hash, hit: Option<&Hit>) -> Result<&mut Drafted, FindingsError> {
        if !self.findings.contains_key(id) {
            let stored = self.rows.get(&key::finding(id))?;
            let drafted = match (stored, hit) {
                (Some(row), _) => {
                    let record: Record = row::decode(&row, "finding")?;
                    let held = record.members > 0;
                    Drafted { record, stored: true, held, touched: (false, false) }
                }
                (None, Some(hit)) => {
                    let record = Record::new(&FindingKey::of(hit));
                    Drafted { record, stored: false, held: false, touched: (false, false) }
                }
                (None, None) => return Err(FindingsError::Damaged("finding")),
            };
            self.findings.insert(*id, drafted);
        }
        self.findings.get_mut(id).ok_or(FindingsError::Damaged("finding"))
    }

    /// Gives what has changed its numbers, and lays all of it into the batch.
    pub fn finish(mut self) -> Result<ProjectionBatch, FindingsError> {
        for (id, mut drafted) in std::mem::take(&mut self.findings) {
            let key = drafted.record.key()?;
            if drafted.touched.0 {
                self.renumber(&id, "", &lists_of(&key)?, &mut drafted.record.all)?;
            }
            if drafted.touched.1 {
                let list = key::told_to(&key.party);
                self.renumber(&id, &list, std::slice::from_ref(&list), &mut drafted.record.told)?;
            }
            self.put(&id, &key, &drafted);
        }
        for (list, (opened, changed)) in &self.numbers {
            let value = [opened.to_be_bytes(), changed.to_be_bytes()].concat();
            self.batch.put(&key::numbers(list), &value);
        }
        Ok(self.batch)
    }

    /// Of what is found by nobody any more, and was never shown, nothing is kept.
    fn put(&mut self, id: &Hash, key: &FindingKey, drafted: &Drafted) {
        let (record, row) = (&drafted.record, key::finding(id));
        let holds = record.members > 0;
        if holds || record.all.opened > 0 {
            self.batch.put(&row, &record.encode_to_vec());
        } else if drafted.stored {
            self.batch.delete(&row);
        }
        if holds == drafted.held {
            return;
        }
        for row in key::by_what(key, id) {
            if holds {
                self.batch.put(&row, &[]);
            } else {
                self.batch.delete(&row);
            }
        }
    }

    /// A change of what an audience sees. `counter`: the list by whose numbers it goes.
    fn renumber(
        &mut self,
        id: &Hash,
        counter: &str,
        lists: &[String],
        tally: &mut Tally,
    ) -> Result<(), FindingsError> {
        let due = tally.due() > 0;
        if !due && tally.opened == 0 {
            return Ok(());
        }
        let (mut opened, mut changed) = self.numbers_of(counter)?;
        if tally.opened == 0 {
            opened += 1;
            (tally.opened, tally.opened_at) = (opened, self.now);
            for list in lists {
                self.batch.put(&key::opened_at(list, opened), id);
            }
        }
        if tally.changed > 0 {
            self.batch.delete(&key::changed_at(counter, tally.changed));
        }
        changed += 1;
        (tally.changed, tally.changed_at) = (changed, self.now);
        tally.resolved_at = if due { 0 } else { self.now };
        self.batch.put(&key::changed_at(counter, changed), id);
        self.numbers.insert(counter.to_owned(), (opened, changed));
        Ok(())
    }

    fn numbers_of(&self, list: &str) -> Result<(u64, u64), FindingsError> {
        if let Some(numbers) = self.numbers.get(list) {
            return Ok(*numbers);
        }
        let Some(row) = self.rows.get(&key::numbers(list))? else { return Ok((0, 0)) };
        let (opened, changed) = row.split_first_chunk::<8>().ok_or(FindingsError::Damaged("numbers"))?;
        let changed = key::tail(changed).ok_or(FindingsError::Damaged("numbers"))?;
        Ok((u64::from_be_bytes(*opened), changed))
    }
}

const WAITING: FindingsError = FindingsError::Damaged("waiting");

impl Drafted {
    fn count(&mut self, member: &Member, more: bool) -> Result<(), FindingsError> {
        self.record.all.count(member.severity, more)?;
        self.touched.0 = true;
        if member.told {
            self.record.told.count(member.severity, more)?;
            self.touched.1 = true;
        }
        Ok(())
    }
}
