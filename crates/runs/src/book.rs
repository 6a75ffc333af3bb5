//! The runs of a log as its seals name them, followed entry by entry.

use std::{
    collections::{HashMap, VecDeque},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use statement::{RunRef, Seal, SubjectKey, SubjectState};

use crate::{Durability, Record, RunError, RunFile, RunWriter, merge};

/// Newest states of subjects.
pub type States = HashMap<SubjectKey, SubjectState>;

/// Runs of the newest seal, and what entries have named since.
///
/// Feed it every entry with [`note`](Self::note) and every seal with [`follow`](Self::follow), in the order of
/// the log: it derives each run that a seal names from those of the seal before and from the entries since, and
/// compares. In a scratch directory it removes at each seal what that does not name; elsewhere the caller does, with
/// [`spare`], once nothing durable asks for it any more.
#[derive(Debug)]
pub struct Book {
    dir: PathBuf,
    durability: Durability,
    runs: Vec<Arc<RunFile>>,
    covered: u64,
    /// What entries from `covered` on named. Until the next seal comes nobody knows which of them it covers, so all
    /// are kept: as many as a ledger records between two seals, which the caller bounds by [`apart`](Self::apart).
    apart: VecDeque<(u64, Vec<Record>)>,
    /// Records in there.
    held: usize,
}

impl Book {
    /// The beginning of a log. Runs will lie in `dir`; with [`Durability::Later`] that is a scratch directory, in
    /// which nothing else may lie.
    #[must_use]
    pub fn new(dir: &Path, durability: Durability) -> Self {
        Self {
            dir: dir.to_owned(),
            durability,
            runs: Vec::new(),
            covered: 0,
            apart: VecDeque::new(),
            held: 0,
        }
    }

    /// Goes on after a seal whose runs lie in `dir`.
    ///
    /// # Errors
    /// A run is missing, cannot be read, or is another than the seal names.
    pub fn open(dir: &Path, seal: &Seal) -> Result<Self, RunError> {
        let mut this = Self::new(dir, Durability::Now);
        for run in &seal.runs {
            let path = this.path(run.start, run.end);
            let file = RunFile::open(&path).map_err(|e| match e {
                RunError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                    RunError::Damaged { path: path.clone(), fault: "a seal names it, and it is missing" }
                }
                e => e,
            })?;
            if file.run() != run {
                return Err(RunError::Damaged { path, fault: "it is another run than the seal names" });
            }
            this.runs.push(Arc::new(file));
        }
        this.covered = seal.covered;
        Ok(this)
    }

    /// Where the run over a range lies.
    #[must_use]
    pub fn path(&self, start: u64, end: u64) -> PathBuf {
        run_path(&self.dir, start, end)
    }

    /// Runs of the newest seal, in ascending order of range.
    #[must_use]
    pub fn runs(&self) -> &[Arc<RunFile>] {
        &self.runs
    }

    /// Entries that the newest seal covers.
    #[must_use]
    pub const fn covered(&self) -> u64 {
        self.covered
    }

    /// How many links of entries are held in memory until the next seal comes: about 100 bytes each.
    #[must_use]
    pub const fn apart(&self) -> usize {
        self.held
    }

    /// Takes in what entry `index` names, with the states after it.
    pub fn note(&mut self, index: u64, records: Vec<Record>) {
        if !records.is_empty() {
            self.held += records.len();
            self.apart.push_back((index, records));
        }
    }

    /// Derives the runs that a seal names, and compares.
    ///
    /// Each must be a run of the seal before, or the union of adjoining ones of those, the last of them joined
    /// with the entries from there up to `covered`.
    ///
    /// # Errors
    /// [`RunError::Input`] where a run cannot be made so, [`RunError::Root`] where it comes out differently;
    /// reading or writing failed. The book must not be used after it.
    pub fn follow(&mut self, seal: &Seal) -> Result<(), RunError> {
        let mut fresh = Some(self.take(seal.covered));
        let mut runs = Vec::with_capacity(seal.runs.len());
        for run in &seal.runs {
            runs.push(self.derive(run, &mut fresh)?);
        }
        (self.runs, self.covered) = (runs, seal.covered);
        if self.durability == Durability::Later {
            let runs = self.runs.iter().map(|run| &**run);
            spare(&self.dir, runs, &[]).map_err(self.io())?.iter().for_each(|path| remove(path));
        }
        Ok(())
    }

    /// Makes the runs of the newest seal durable where they are not yet.
    ///
    /// # Errors
    /// The disk.
    pub fn keep(&self) -> Result<(), RunError> {
        self.runs.iter().try_for_each(|run| run.sync())?;
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(self.io())
    }

    fn io(&self) -> impl Fn(io::Error) -> RunError {
        |source| RunError::Io { path: self.dir.clone(), source }
    }

    /// States of what was named since the newest seal, up to `covered`.
    fn take(&mut self, covered: u64) -> States {
        let mut states = States::new();
        while self.apart.front().is_some_and(|(index, _)| *index < covered) {
            let Some((_, records)) = self.apart.pop_front() else { break };
            self.held -= records.len();
            join(&mut states, records);
        }
        states
    }

    fn derive(&self, run: &RunRef, fresh: &mut Option<States>) -> Result<Arc<RunFile>, RunError> {
        if let Some(same) = self.runs.iter().find(|file| file.run() == run) {
            return Ok(Arc::clone(same));
        }
        let path = self.path(run.start, run.end);
        // Written before the seal was recorded, by this very ledger, and whole since it has its name.
        if let Some(file) = RunFile::open(&path).ok().filter(|file| file.run() == run) {
            return Ok(Arc::new(file));
        }
        let within = |file: &&Arc<RunFile>| file.run().start >= run.start && file.run().end <= run.end;
        let mut parts: Vec<Arc<RunFile>> = self.runs.iter().filter(within).cloned().collect();
        let reached = parts.last().map_or(run.start, |last| last.run().end);
        if reached < run.end {
            if reached != self.covered {
                return Err(RunError::Input("a run is not made of those of the seal before"));
            }
            let states = fresh.take().ok_or(RunError::Input("two runs go up to the end"))?;
            parts.push(self.write(reached, run.end, states)?);
        }
        let made = match parts.as_slice() {
            [one] if (one.run().start, one.run().end) == (run.start, run.end) => Arc::clone(one),
            parts => self.join_files(parts, run)?,
        };
        if made.run() != run {
            return Err(RunError::Root { start: run.start, end: run.end });
        }
        Ok(made)
    }

    fn join_files(&self, parts: &[Arc<RunFile>], run: &RunRef) -> Result<Arc<RunFile>, RunError> {
        if parts.first().is_none_or(|first| first.run().start != run.start) {
            return Err(RunError::Input("a run is not made of those of the seal before"));
        }
        let path = self.path(run.start, run.end);
        let parts: Vec<&RunFile> = parts.iter().map(|part| &**part).collect();
        merge(&parts, &path, self.durability, &mut || true)?;
        Ok(Arc::new(RunFile::open(&path)?))
    }

    fn write(&self, start: u64, end: u64, states: States) -> Result<Arc<RunFile>, RunError> {
        write(&self.dir, (start, end), states, self.durability).map(Arc::new)
    }

    /// Ends following: the runs of the newest seal, what it covers, and what entries named since.
    #[must_use]
    pub fn finish(self) -> (Vec<Arc<RunFile>>, u64, States) {
        let mut states = States::new();
        self.apart.into_iter().for_each(|(_, records)| join(&mut states, records));
        (self.runs, self.covered, states)
    }
}

fn join(states: &mut States, records: Vec<Record>) {
    states.extend(records.into_iter().map(|record| (record.subject, record.state)));
}

/// Where the run over a range lies below `dir`.
#[must_use]
pub fn run_path(dir: &Path, start: u64, end: u64) -> PathBuf {
    dir.join(format!("{start:020}-{end:020}.run"))
}

/// Writes the run over a range of entries out of the states as of its end.
///
/// # Errors
/// Writing failed, or a state lies outside of the range.
pub fn write(
    dir: &Path,
    (start, end): (u64, u64),
    states: States,
    durability: Durability,
) -> Result<RunFile, RunError> {
    let mut records: Vec<Record> =
        states.into_iter().map(|(subject, state)| Record { subject, state }).collect();
    records.sort_unstable_by_key(|record| record.subject);
    let path = run_path(dir, start, end);
    let mut writer = RunWriter::create(&path, (start, end), durability)?;
    for record in &records {
        writer.push(record)?;
    }
    writer.finish()?;
    RunFile::open(&path)
}

/// The files in `dir` that are not one of `kept`, nor a run over one of the ranges in `making`, nor the draft of one.
///
/// # Errors
/// The folder cannot be read.
pub fn spare<'r>(
    dir: &Path,
    kept: impl Iterator<Item = &'r RunFile>,
    making: &[(u64, u64)],
) -> io::Result<Vec<PathBuf>> {
    let mut kept: Vec<PathBuf> = kept.map(|run| run.path().to_owned()).collect();
    kept.extend(making.iter().map(|(start, end)| run_path(dir, *start, *end)));
    let mut spare = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let is_draft = path.extension().is_some_and(|e| e == "draft");
        let of = if is_draft { path.with_extension("run") } else { path.clone() };
        if path.is_file() && !kept.contains(&of) {
            spare.push(path);
        }
    }
    Ok(spare)
}

/// What cannot be removed stays for the next time.
fn remove(path: &Path) {
    let _stays = fs::remove_file(path);
}
