//! `yuanliu serve` and `yuanliu config`.

use std::{path::Path, process::ExitCode, sync::Arc};

use super::runtime;
use crate::{
    cli,
    config::{Config, LogFormat, Logs, figment},
    exit, keys,
    out::Out,
};
use anyhow::Result;
use serde_json::json;

/// Runs the server until it is asked to end.
pub fn run(args: &cli::Serve, out: Out) -> Result<ExitCode> {
    let config = Config::read(args, out)?;
    let data = config.data()?.clone();
    start_logs(&config.logs)?;
    let keys = keys::read_log_keys(&data, out)?;
    if let Some(warning) = keys::records_too_open(&data, out) {
        tracing::warn!("{warning}");
    }
    if !witnesses_agree(&config, &data)? {
        return Ok(ExitCode::SUCCESS);
    }
    let clock = Arc::new(ledger::SystemClock::default());
    let ledger = ledger::Ledger::open(&data, keys, config.ledger.config(), clock)?;
    let size = ledger.head().size;
    tracing::info!(ledger = hex::encode(ledger.id()), entries = size, "ledger open");
    runtime()?.block_on(async {
        // Before anybody is told that it is ready: whoever is told may ask it to end at once.
        let end = ended(args.until_eof);
        let server = server::bind(ledger, config.server).await?;
        if let Some(file) = &args.ready_file {
            let ready = json!({
                "address": server.address(),
                "http": server.http_address(),
                "ca": server.identity().cert_path,
                "pid": std::process::id(),
            });
            write_ready(file, &ready.to_string())?;
        }
        server.run(end).await?;
        anyhow::Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Asks the witnesses, where there are any, before anything is signed. False where the process was asked to end
/// meanwhile.
fn witnesses_agree(config: &Config, data: &Path) -> Result<bool> {
    let witnesses = server::Witnesses::new(&config.server.witness)?;
    if witnesses.is_empty() {
        return Ok(true);
    }
    let Some(newest) = ledger::facts(data, &config.ledger.config())?.checkpoint else { return Ok(true) };
    runtime()?.block_on(async {
        let end = ended(false);
        tokio::select! {
            asked = witnesses.ask(&newest) => Ok(asked.map(|()| true)?),
            () = end => Ok(false),
        }
    })
}

/// Resolves when the process is asked to end, or (with `until_eof`) when standard input ends.
fn ended(until_eof: bool) -> impl Future<Output = ()> {
    let asked = server::asked_to_end();
    let (tell, eof) = tokio::sync::oneshot::channel::<()>();
    let kept = if until_eof {
        std::thread::spawn(move || {
            // An error ends it as well: nobody holds the other side.
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            drop(tell);
        });
        None
    } else {
        Some(tell)
    };
    async move {
        let _never_told = kept;
        tokio::select! {
            () = asked => {}
            _ = eof => {}
        }
    }
}

/// Whoever waits for the file sees it whole or not at all.
pub(super) fn write_ready(file: &Path, text: &str) -> Result<()> {
    let part = file.with_extension("part");
    let name = file.display();
    std::fs::write(&part, text)
        .and_then(|()| std::fs::rename(&part, file))
        .map_err(|e| exit::machine(format!("cannot write {name}"), format!("无法写入 {name}"), e))
}

fn start_logs(logs: &Logs) -> Result<()> {
    // Who reads by its role alone is said whatever the filter.
    let filter = logs.filter()?.add_directive(format!("{}=info", server::ACCESS_LOG).parse()?);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match logs.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    started.map_err(|e| anyhow::anyhow!("logs: {e}"))
}

/// Shows the configuration in effect, and where each part of it was read.
pub fn show(args: &cli::Serve, out: Out) -> Result<ExitCode> {
    let config = Config::read(args, out)?;
    if out.json {
        out.value(&config);
        return Ok(ExitCode::SUCCESS);
    }
    out.line(toml_text(&config)?);
    let figment = figment(args);
    for key in ["data", "logs", "server.listen", "server.http_listen", "server.tls", "ledger"] {
        if let Some(source) = figment.find_metadata(key) {
            out.note(format!("# {key}: {}", source.name));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// As a file that `--config` reads back.
fn toml_text(config: &Config) -> Result<String> {
    let mut value = serde_json::to_value(config)?;
    drop_nulls(&mut value);
    Ok(toml::to_string_pretty(&value)?)
}

fn drop_nulls(value: &mut serde_json::Value) {
    if let serde_json::Value::Object(map) = value {
        map.retain(|_, v| !v.is_null());
        map.values_mut().for_each(drop_nulls);
    }
}
