//! The same Ships without rules, and then what it costs to derive that log again: `yuanliu audit DIR`, in this process.

use std::process;

use anyhow::{Context as _, Result};

use super::{Bench, Rules, at_peak, machine::cpu_seconds};
use crate::{
    cmd::{
        audit::{
            Expected, TimeTrust,
            directory::{Scratch, check},
        },
        ground::Place,
    },
    out::Out,
};

/// Ships of the ledger that is audited.
const SHIPS: usize = 40_000;

/// What was measured.
pub(super) struct Plain {
    pub per_second: f64,
    /// CPU of the server for a statement, µs.
    pub cpu_us: f64,
    /// µs of CPU for an entry of a ledger of one-item Ships and the Commissions of their items, all threads and
    /// everything that the command does: the view is derived, compared and digested.
    pub audit_us: f64,
}

pub(super) async fn measure(out: Out) -> Result<Plain> {
    let place = Place::of(None)?;
    let bench = Bench::set(place.path(), SHIPS)?;
    out.note(out.pick("without rules …", "不启用规则……"));
    let (server, _, client) = bench.begin(place.path(), Rules::Off, out).await?;
    let ships = bench.ships(0, SHIPS)?;
    let before = cpu_seconds(server.id())?;
    let per_second = SHIPS as f64 / at_peak(&client, ships).await?;
    let cpu_us = (cpu_seconds(server.id())? - before) * 1e6 / SHIPS as f64;
    drop(client);
    server.stop()?;
    out.note(out.pick("audit …", "审计……"));
    let audited = tokio::task::spawn_blocking(move || {
        let before = cpu_seconds(process::id())?;
        let known = (Expected::default(), &TimeTrust::default());
        // No bar: it is not what is measured.
        let found = check(place.path(), Scratch::Passing(None), known, Out { json: true, ..out })?;
        anyhow::ensure!(found.is_sound(), "the audit found a defect: {:?}", found.defect);
        Ok((cpu_seconds(process::id())? - before) * 1e6 / found.entries as f64)
    });
    Ok(Plain { per_second, cpu_us, audit_us: audited.await.context("the audit panicked")?? })
}
