//! `yuanliu witness`: flags → settings → wiring. What it does stands in the crate `witness`.

mod audit;

use std::{process::ExitCode, sync::Arc};

use anyhow::Result;
use serde_json::json;
use tokio::{runtime::Handle, sync::watch};
use tracing_subscriber::EnvFilter;
use witness::{Server, Settings, Witness, system_clock};

use self::audit::Auditors;
use super::{runtime, serve::write_ready};
use crate::{cli, keys, out::Out};

/// Runs the witness until it is asked to end.
pub fn run(args: cli::Witness, out: Out) -> Result<ExitCode> {
    let (new, ready_file) = (args.new, args.ready_file.clone());
    let settings = read(args)?;
    // All that can be wrong with them is said before anything is opened.
    let (logs, transport, prefix) = (settings.logs()?, settings.transport()?, settings.prefix()?);
    let (key, data, audited) = (settings.key()?, settings.data()?, settings.audits()?);
    start_logs()?;
    let cosigner = keys::open_witness(key, out)?;
    let auditors = audited.map(|of| Auditors::prepare(of, &logs, data, out)).transpose()?;
    let witness = match &auditors {
        None => Witness::open(data, new, cosigner, logs, system_clock())?,
        Some(auditors) => {
            let audits = Arc::clone(&auditors.audits);
            Witness::open_auditing(data, new, cosigner, logs, system_clock(), audits)?
        }
    };
    let witness = Arc::new(witness);
    let key = witness.key().to_string();
    // An audit may be amid a call to a server: it ends with the process, and the runtime not before it.
    let runtime = Box::leak(Box::new(runtime()?));
    let audits = runtime.block_on(async {
        // Before anybody is told that it is ready: whoever is told may ask it to end at once.
        let end = server::asked_to_end();
        let server = Server::bind(witness, settings.listen(), &transport, prefix).await?;
        let address = server.address();
        tracing::info!(%address, key, audits = auditors.is_some(), "witness listens");
        let (tell, told) = watch::channel(false);
        let audits = auditors.map(|auditors| auditors.start(&Handle::current(), &told)).transpose()?;
        if let Some(file) = &ready_file {
            let ready = json!({ "address": address, "witness_key": key, "pid": std::process::id() });
            write_ready(file, &ready.to_string())?;
        }
        server.run(end).await;
        let _ = tell.send(true);
        anyhow::Ok(audits)
    })?;
    if let Some(audits) = audits {
        audits.wait();
    }
    tracing::info!("witness has ended");
    Ok(ExitCode::SUCCESS)
}

/// Flags, and below them the file.
fn read(args: cli::Witness) -> Result<Settings> {
    let file = args.config.as_deref().map(Settings::read).transpose()?;
    let flags = Settings {
        key: args.key,
        data: args.data,
        listen: args.listen,
        prefix: args.prefix,
        logs: args.logs,
        tls_cert: args.tls_cert,
        tls_key: args.tls_key,
        plain_http: args.plain_http,
        audits: args.audit,
        audit: Vec::new(),
    };
    Ok(flags.over(file.unwrap_or_default()))
}

fn start_logs() -> Result<()> {
    let filter = EnvFilter::try_from_env("YUANLIU_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).json();
    logs.flatten_event(true).try_init().map_err(|e| anyhow::anyhow!("logs: {e}"))
}
