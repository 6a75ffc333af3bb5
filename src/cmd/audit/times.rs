//! Recorded times, held against cosignatures and time stamps that the ledger keeps.

use std::path::Path;

use anyhow::Result;
use audit::{Misfit, Seen, SeenAs, TimeCheck, TimeFindings};
use ledger::Stamped;
use merkle::{Note, NoteError, WitnessKey, sha256};
use serde_json::{Value, json};
use timestamp::Roots;

use super::engine::Found;
use crate::{
    cli,
    cmd::authorities::{roots, witness_key},
    lang::Lang,
    out::Out,
};

/// Whose word on time counts, and how far times may lie behind it.
#[derive(Debug)]
pub struct TimeTrust {
    roots: Option<Roots>,
    witnesses: Vec<WitnessKey>,
    /// µs.
    max_lag: u64,
}

impl Default for TimeTrust {
    fn default() -> Self {
        Self { roots: None, witnesses: Vec::new(), max_lag: audit::MAX_LAG }
    }
}

impl TimeTrust {
    /// From the flags.
    pub fn read(args: &cli::Expected) -> Result<Self> {
        Ok(Self {
            roots: roots(&args.tsa_root)?,
            witnesses: args.witness_key.iter().map(|key| witness_key(key)).collect::<Result<_>>()?,
            max_lag: args.max_time_lag.saturating_mul(1_000_000),
        })
    }

    /// Whose cosignatures count.
    pub fn witnesses(&self) -> &[WitnessKey] {
        &self.witnesses
    }

    /// How far times may lie behind, µs.
    pub const fn max_lag(&self) -> u64 {
        self.max_lag
    }
}

/// The moments that are known, and what the entries come to against them.
#[derive(Debug)]
pub struct Times {
    check: TimeCheck,
    /// Moments in all.
    moments: usize,
    /// Tokens that nobody was trusted to have made.
    not_checked: usize,
    /// The first cosignature or token that is false.
    fault: Option<Found>,
}

/// What a check of times came to.
#[derive(Debug, Default)]
pub struct Told {
    /// Entries whose times do not fit.
    pub findings: TimeFindings,
    moments: usize,
    not_checked: usize,
}

impl Times {
    /// Collects what is kept. Where that cannot be read the walk over the log, which reads the same, will tell.
    pub fn collect(data: &Path, trust: &TimeTrust, out: Out) -> Self {
        let mut kept = Kept::new(trust, out);
        let _ = ledger::seen_by_others(data, &ledger::Config::default(), &mut |genesis, stamped| {
            kept.add(&genesis.message().witness_keys, &stamped);
        });
        kept.into_times()
    }

    /// Of signed checkpoints by size, which trusted witnesses may have cosigned.
    pub fn of_notes(notes: impl IntoIterator<Item = (u64, String)>, trust: &TimeTrust, out: Out) -> Self {
        let mut kept = Kept::new(trust, out);
        for (size, note) in notes {
            kept.add(&[], &Stamped { size, note, tokens: Vec::new() });
        }
        kept.into_times()
    }

    /// Looks at the next entry.
    pub fn entry(&mut self, index: u64, recorded_at: u64) {
        self.check.entry(index, recorded_at);
    }

    /// What was found, and the first false cosignature or token.
    pub fn finish(self) -> (Told, Option<Found>) {
        let Self { check, moments, not_checked, fault } = self;
        (Told { findings: check.finish(), moments, not_checked }, fault)
    }
}

struct Kept<'t> {
    trust: &'t TimeTrust,
    out: Out,
    moments: Vec<Seen>,
    not_checked: usize,
    fault: Option<Found>,
}

impl<'t> Kept<'t> {
    const fn new(trust: &'t TimeTrust, out: Out) -> Self {
        Self { trust, out, moments: Vec::new(), not_checked: 0, fault: None }
    }

    fn into_times(self) -> Times {
        let Self { trust, moments, not_checked, fault, .. } = self;
        Times { moments: moments.len(), check: TimeCheck::new(moments, trust.max_lag), not_checked, fault }
    }

    fn add(&mut self, witness_keys: &[String], stamped: &Stamped) {
        // No note: the walk tells.
        let Ok(note) = Note::parse(stamped.note.as_bytes()) else { return };
        let named = witness_keys.iter().filter_map(|key| key.parse::<WitnessKey>().ok());
        for key in named.chain(self.trust.witnesses.iter().cloned()) {
            match key.cosigned_at(&note) {
                Ok(at) => self.seen(stamped, at.saturating_mul(1_000_000), 0, SeenAs::Cosigned, key.name()),
                Err(NoteError::Unsigned) => {}
                Err(_) => {
                    let words = match self.out.lang {
                        Lang::En => format!("a false cosignature in the name of {} is kept", key.name()),
                        Lang::Zh => format!("所存会签冒用 {} 之名", key.name()),
                    };
                    self.false_word(stamped, words);
                }
            }
        }
        let imprint = sha256(&[note.text().as_bytes()]);
        for token in &stamped.tokens {
            let Some(roots) = &self.trust.roots else {
                self.not_checked += 1;
                continue;
            };
            match roots.check(token, &imprint) {
                Ok(stamp) => self.seen(stamped, stamp.at, stamp.accuracy, SeenAs::Stamped, &stamp.authority),
                Err(fault) => {
                    let words = match self.out.lang {
                        Lang::En => format!("a time stamp over the checkpoint after it: {fault}"),
                        Lang::Zh => format!("其后检查点的时间戳不成立：{}", fault.to_chinese()),
                    };
                    self.false_word(stamped, words);
                }
            }
        }
    }

    fn seen(&mut self, stamped: &Stamped, at: u64, accuracy: u64, as_what: SeenAs, by: &str) {
        let seen = Seen { size: stamped.size, at, accuracy, as_what, by: by.to_owned() };
        // A witness may be named twice, and the cosigned checkpoint be the stamped one.
        if !self.moments.contains(&seen) {
            self.moments.push(seen);
        }
    }

    fn false_word(&mut self, stamped: &Stamped, fault: String) {
        self.fault.get_or_insert(Found { index: stamped.size.saturating_sub(1), fault });
    }
}

impl Told {
    /// No entry has a false time.
    pub const fn is_sound(&self) -> bool {
        self.findings.ahead.is_empty()
    }

    /// Why not, in words.
    pub fn fault(&self, out: Out) -> Option<String> {
        self.findings.ahead.first().map(|misfit| ahead(misfit, out))
    }

    /// What is to be looked at.
    pub fn warnings(&self, out: Out) -> Vec<String> {
        self.findings.behind.iter().map(|misfit| behind(misfit, out)).collect()
    }

    /// How much was there to hold times against.
    pub fn summary(&self, out: Out) -> String {
        let (moments, carried) = (self.moments, self.not_checked);
        match (out.lang, carried) {
            (Lang::En, 0) => format!("times  {moments} cosignatures and time stamps"),
            (Lang::En, _) => format!(
                "times  {moments} cosignatures and time stamps; {carried} time stamps carried, not checked (--tsa-root)"
            ),
            (Lang::Zh, 0) => format!("时间佐证 {moments} 个会签与时间戳"),
            (Lang::Zh, _) => {
                format!(
                    "时间佐证 {moments} 个会签与时间戳；另有 {carried} 个时间戳仅附带，未核验（--tsa-root）"
                )
            }
        }
    }

    /// The same as JSON.
    pub fn to_json(&self) -> Value {
        let list = |all: &[Misfit]| all.iter().map(json_of).collect::<Vec<_>>();
        json!({
            "moments": self.moments,
            "stamps_not_checked": self.not_checked,
            "ahead": list(&self.findings.ahead),
            "behind": list(&self.findings.behind),
        })
    }
}

pub fn json_of(misfit: &Misfit) -> Value {
    let Misfit { seen, first: (first, recorded_at), last, count } = misfit;
    json!({
        "first": first, "recorded_at": recorded_at, "last": last, "count": count,
        "seen": match seen.as_what { SeenAs::Cosigned => "cosigned", SeenAs::Stamped => "stamped" },
        "by": seen.by, "size": seen.size, "at": seen.at, "accuracy": seen.accuracy,
    })
}

pub fn ahead(misfit: &Misfit, out: Out) -> String {
    let Misfit { seen, first: (first, _), last, count } = misfit;
    let (by, at) = (&seen.by, instant(seen.at));
    match out.lang {
        Lang::En => format!(
            "{count} entries ({first} to {last}) say that they were recorded after {at}, when {by} had seen them already"
        ),
        Lang::Zh => {
            format!("{count} 个条目（{first} 至 {last}）自称记录于 {at} 之后，而其时 {by} 已见到它们")
        }
    }
}

pub fn behind(misfit: &Misfit, out: Out) -> String {
    let Misfit { seen, first: (first, recorded_at), last, count } = misfit;
    let (by, at, recorded) = (&seen.by, instant(seen.at), instant(*recorded_at));
    let size = seen.size;
    match out.lang {
        Lang::En => format!(
            "look: {count} entries ({first} to {last}) have times from {recorded} on, and were not there when {by} saw \
             {size} entries at {at}: backdated, or the clock stood still"
        ),
        Lang::Zh => format!(
            "注意：{count} 个条目（{first} 至 {last}）的时间自 {recorded} 起，而 {by} 于 {at} 只见到 {size} 个条目：\
             时间被倒填，或时钟曾停滞"
        ),
    }
}

fn instant(us: u64) -> String {
    let at = i64::try_from(us).ok().and_then(|us| jiff::Timestamp::from_microsecond(us).ok());
    at.map_or_else(|| us.to_string(), |at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}
