//! `yuanliu bench --costs`: what sealing costs, how long acknowledgements take while runs are merged and while not, and
//! what takes how much of the disk once all is compacted.

use std::{
    net::SocketAddr,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use hdrhistogram::Histogram;
use ledger::Weight;
use serde_json::{Value, json};

use super::{Bench, Rules, at_peak, figures::Figures, half_load, histogram, record, round, show};
use crate::{cmd::runtime, out::Out};

/// Statements at peak load by default; half as fast, as many again at the most.
const STATEMENTS: usize = 400_000;
/// Length of the phase at half of peak load.
const HALF_LOAD: Duration = Duration::from_secs(40);
/// How often the server is asked whether it merges.
const ASKED: Duration = Duration::from_millis(25);

/// Runs the benchmark.
pub(super) fn run(data: &Path, statements: Option<usize>, out: Out) -> Result<ExitCode> {
    let begin = Instant::now();
    let peak = statements.unwrap_or(STATEMENTS);
    let bench = Bench::set(data, 2 * peak)?;
    let mut report = runtime()?.block_on(measure(&bench, data, peak, out))?;
    out.note(out.pick("compacting …", "正在压实……"));
    report["disk"] = disk(&ledger::compact(data, &ledger::Config::default())?);
    report["seconds"] = round(begin.elapsed().as_secs_f64(), 1).into();
    show(&report, out);
    Ok(ExitCode::SUCCESS)
}

async fn measure(bench: &Bench, data: &Path, peak: usize, out: Out) -> Result<Value> {
    let (server, _, client) = bench.begin(data, Rules::On, out).await?;
    out.note(out.pick("peak load …", "满负载……"));
    let per_second = peak as f64 / at_peak(&client, bench.ships(0, peak)?).await?;

    out.note(out.pick("half load …", "半负载……"));
    let half_rate = per_second / 2.0;
    let paced = ((half_rate * HALF_LOAD.as_secs_f64()) as usize).min(peak);
    let ships = bench.ships(peak, peak + paced)?;
    let merging = Arc::new(AtomicBool::new(false));
    let watch = tokio::spawn(watch(server.http, Arc::clone(&merging)));
    let (mut with, mut without) = (histogram()?, histogram()?);
    let acknowledged = |time| record(if merging.load(Relaxed) { &mut with } else { &mut without }, time);
    half_load(&client, ships, half_rate, acknowledged).await?;
    watch.abort();

    let figures = Figures::read(server.http).await?;
    let links = figures.get("yuanliu_links_total")?;
    let us = |name| Ok::<_, anyhow::Error>(round(figures.get(name)? * 1e6 / links, 3));
    let report = json!({
        "statements": peak + paced,
        "statements_per_s": round(per_second, 0),
        "ack_load_per_s": round(half_rate, 0),
        "ack_while_merging": acks(&with),
        "ack_otherwise": acks(&without),
        "links": links,
        "seals": figures.get("yuanliu_seals_total")?,
        "run_cpu_us_per_link": us("yuanliu_run_seconds_total")?,
        "merge_cpu_us_per_link": us("yuanliu_merge_seconds_total")?,
    });
    server.stop()?;
    Ok(report)
}

/// Keeps up to date whether the server merges runs.
async fn watch(server: SocketAddr, merging: Arc<AtomicBool>) {
    let mut ticks = tokio::time::interval(ASKED);
    loop {
        ticks.tick().await;
        let merges = Figures::read(server).await.and_then(|figures| figures.get("yuanliu_merges"));
        // A server that does not answer ends the load anyway.
        merging.store(merges.is_ok_and(|n| n > 0.0), Relaxed);
    }
}

fn acks(latency: &Histogram<u64>) -> Value {
    let ms = |quantile| round(latency.value_at_quantile(quantile) as f64 / 1e3, 2);
    json!({ "statements": latency.len(), "p50_ms": ms(0.5), "p99_ms": ms(0.99), "p999_ms": ms(0.999) })
}

/// Bytes an entry, compacted.
fn disk(weight: &Weight) -> Value {
    let each = |bytes: u64| round(bytes as f64 / weight.entries as f64, 1);
    let tables = weight.tables.iter().filter(|(_, bytes)| *bytes > 0);
    json!({
        "entries": weight.entries,
        "recorded": each(weight.recorded),
        "log": each(weight.log),
        "view": each(weight.view),
        "runs": each(weight.runs),
        "ratio": round((weight.log + weight.view + weight.runs) as f64 / weight.recorded as f64, 3),
        "tables": tables.map(|(table, bytes)| (format!("{table:?}"), each(*bytes).into())).collect::<serde_json::Map<_, _>>(),
    })
}
