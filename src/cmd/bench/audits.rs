//! What it costs to derive the log of a stopped ledger again: `yuanliu audit DIR`, in this process.

use std::process;

use anyhow::{Context as _, Result};

use super::{Bench, at_peak, machine::cpu_seconds};
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

/// µs of CPU for an entry of a ledger of one-item Ships and the Commissions of their items, all threads and everything
/// that the command does: the view is derived, compared and digested.
pub(super) async fn cpu_us(out: Out) -> Result<f64> {
    let place = Place::of(None)?;
    let bench = Bench::set(place.path(), SHIPS)?;
    let (server, _, client) = bench.begin(place.path(), out).await?;
    at_peak(&client, bench.ships(0, SHIPS)?).await?;
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
    audited.await.context("the audit panicked")?
}
