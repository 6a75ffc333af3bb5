//! `yuanliu audit` and `yuanliu verify`: a whole log, derived again from its bytes.

pub mod directory;
pub mod engine;
mod expected;
mod published;
pub mod remote;
mod tell;
mod times;

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use audit::{Seen, SeenAs};
use indicatif::{ProgressBar, ProgressStyle};
use merkle::{Note, VerifierKey, WitnessKey};

use self::{
    directory::{Folder, Scratch},
    engine::{Audited, Engine},
    published::{Published, Site},
    remote::Remote,
};
use super::{connect, runtime};
use crate::{cli, exit, out::Out};

pub use self::{
    expected::Expected,
    times::{TimeTrust, Times},
};

/// `yuanliu verify`
pub fn verify(args: &cli::Verify, out: Out) -> Result<ExitCode> {
    let known = Known::of(&args.expected, args.ledger.as_deref())?;
    let whole = known.is_whole();
    let found = directory::check(
        &args.data.data,
        Scratch::Passing(args.scratch.as_deref()),
        (known.expected, &known.trust),
        out,
    )?;
    Ok(tell::contents(&found, whole, out))
}

/// `yuanliu audit`
pub fn run(args: &cli::Audit, out: Out) -> Result<ExitCode> {
    let known = Known::of(&args.expected, args.connection.ledger.as_deref())?;
    let is_url = args.target.starts_with("http://") || args.target.starts_with("https://");
    let scratch = match &args.state {
        Some(state) => Scratch::Kept(state),
        None => Scratch::Passing(args.scratch.as_deref()),
    };
    if is_url {
        return of_url(args, known, scratch, out);
    }
    let (whole, data) = (known.is_whole(), Path::new(&args.target));
    let found = directory::check(data, scratch, (known.expected, &known.trust), out)?;
    Ok(tell::contents(&found, whole, out))
}

/// What the log must be, and whose cosignatures count.
struct Known {
    expected: Expected,
    trust: TimeTrust,
    checkpoints: usize,
}

impl Known {
    fn of(args: &cli::Expected, ledger: Option<&str>) -> Result<Self> {
        let expected = Expected::read(ledger, args.log_key.as_deref(), &args.checkpoint)?;
        let trust = TimeTrust::read(args)?;
        Ok(Self { expected, trust, checkpoints: args.checkpoint.len() })
    }

    /// What the bytes cannot show was given.
    const fn is_whole(&self) -> bool {
        self.expected.log_key().is_some() && self.checkpoints > 0
    }
}

/// When these witnesses cosigned a checkpoint.
pub(super) fn seen(size: u64, note: &str, witnesses: &[WitnessKey]) -> Vec<Seen> {
    let Ok(note) = Note::parse(note.as_bytes()) else { return Vec::new() };
    let at = |key: &WitnessKey| {
        let time = key.cosigned_at(&note).ok()?;
        let (at, by) = (time.saturating_mul(1_000_000), key.name().to_owned());
        // Cosignatures tell whole seconds.
        Some(Seen { size, at, accuracy: 1_000_000, as_what: SeenAs::Cosigned, by })
    };
    witnesses.iter().filter_map(at).collect()
}

pub(super) fn bar(out: Out) -> ProgressBar {
    if out.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta}");
    style.map_or_else(|_| ProgressBar::hidden(), |style| ProgressBar::new(0).with_style(style))
}

fn of_url(args: &cli::Audit, known: Known, scratch: Scratch<'_>, out: Out) -> Result<ExitCode> {
    let Some(log_key) = known.expected.log_key().cloned() else {
        return Err(exit::usage(
            "--log-key is needed to audit what is served: the log's key as you were told it by somebody you trust",
            "审计所公布的日志须用 --log-key 给出日志公钥，以您从可信方得知的为准",
        ));
    };
    let reads = args.connection.key.is_some() && args.connection.party.is_some();
    let (runtime, whole) = (runtime()?, known.is_whole());
    let published = leaves(args, &known, &log_key, &runtime, out)?;
    if !published.is_sound() || !reads {
        return Ok(tell::leaves(&published, whole, out));
    }
    let found = contents(args, known, scratch, &published.found, &runtime, out)?;
    Ok(tell::both(&published, &found, whole, out))
}

/// What was published, with what was expected of it.
struct Leaves {
    found: Published,
    defect: Option<engine::Found>,
    unexpected: Option<(&'static str, String)>,
}

impl Leaves {
    fn is_sound(&self) -> bool {
        self.defect.is_none() && self.unexpected.is_none() && self.found.times.ahead.is_empty()
    }
}

fn leaves(
    args: &cli::Audit,
    known: &Known,
    log_key: &VerifierKey,
    runtime: &tokio::runtime::Runtime,
    out: Out,
) -> Result<Leaves> {
    let site = Site::new(&args.target, args.connection.ca.as_deref())?;
    let mut expected = Expected::read(
        args.connection.ledger.as_deref(),
        args.expected.log_key.as_deref(),
        &args.expected.checkpoint,
    )?;
    let bar = bar(out);
    let found = runtime.block_on(published::check(
        &site,
        log_key,
        &mut expected,
        (|size, note: &str| seen(size, note, known.trust.witnesses()), known.trust.max_lag()),
        args.state.as_deref(),
        &mut |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        },
    ));
    bar.finish_and_clear();
    let found = found?;
    let defect = found.defect.as_ref().map(|defect| engine::Found::of(defect, out));
    let unexpected = expected.unmet_checkpoint(log_key, found.resumed, out);
    Ok(Leaves { found, defect, unexpected })
}

fn contents(
    args: &cli::Audit,
    known: Known,
    scratch: Scratch<'_>,
    published: &Published,
    runtime: &tokio::runtime::Runtime,
    out: Out,
) -> Result<Audited> {
    let remote =
        runtime.block_on(async { Remote::new(connect::reader(&args.connection, out).await?).await })?;
    let folder = Folder::make(scratch)?;
    let copy = match remote.copy(folder.path())? {
        Ok(copy) => copy,
        Err(defect) => {
            return Err(exit::refused(
                defect.to_string(),
                format!("条目 {}：{}", defect.index, defect.fault.to_chinese()),
            ));
        }
    };
    let mut target = remote.newest()?;
    target.more.push((published.entries, published.note.clone()));
    if let Some(defect) = remote.no_longer(&copy, target.checkpoint.size())? {
        let found = Some(engine::Found::of(&defect, out));
        return Ok(Audited { defect: found, ..directory::nothing(copy.derivation())? });
    }
    let kept = copy.derivation().checkpoints()?.map_while(Result::ok);
    let times = Times::of_notes(kept.chain(target.more.clone()), &known.trust, out);
    let bar = bar(out);
    bar.set_length(target.checkpoint.size());
    let mut engine = Engine::new(copy.derivation(), known.expected, times, out)?;
    let found = remote.advance(&mut engine, &copy, &target, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    engine.finish(found?)
}
