//! Configuration: defaults, then a TOML file, then the environment, then flags.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use anyhow::Result;
use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

use crate::{cli, exit};

/// Everything that `yuanliu serve` can be told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Directory of the ledger.
    pub data: Option<PathBuf>,
    /// Logs on standard error.
    pub logs: Logs,
    /// Addresses, certificates, bounds on clients.
    pub server: server::ServerConfig,
    /// Queue, batches, memory.
    pub ledger: LedgerSettings,
}

/// Logs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logs {
    /// "json" for machines, "text" for people.
    pub format: LogFormat,
    /// Filter as in "info" or "info,server=debug".
    pub filter: String,
}

impl Default for Logs {
    fn default() -> Self {
        Self { format: LogFormat::Json, filter: "info".into() }
    }
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Text for people.
    Text,
}

/// Settings of the ledger's process; none changes what is recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LedgerSettings {
    /// Most links (subjects of statements) that may wait.
    pub queue_links: usize,
    /// Most statements in a commit batch.
    pub batch_statements: usize,
    /// Least time between two checkpoints that stay kept beside the newest, ms.
    pub checkpoint_interval_ms: u64,
    /// Cache of database blocks, MiB.
    pub block_cache_mib: usize,
    /// Cache of view rows for the writer, MiB.
    pub row_cache_mib: usize,
    /// Most hours between the last entry and the time of the start: a clock that was set far ahead would
    /// put its time into the log for good.
    pub max_clock_leap_h: u64,
    /// Start although the clock was set back (recorded times stand still until it has caught up) or leapt
    /// ahead.
    pub accept_clock_jump: bool,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        let ledger = ledger::Config::default();
        Self {
            queue_links: ledger.queue_links,
            batch_statements: ledger.batch_statements,
            checkpoint_interval_ms: ledger.checkpoint_interval.as_millis() as u64,
            block_cache_mib: ledger.store.block_cache >> 20,
            row_cache_mib: ledger.cached_rows >> 20,
            max_clock_leap_h: ledger.max_clock_leap.as_secs() / 3_600,
            accept_clock_jump: false,
        }
    }
}

impl LedgerSettings {
    /// Every number with its bounds.
    const fn numbers(&self) -> [(&'static str, u64, RangeInclusive<u64>); 6] {
        [
            ("ledger.queue_links", self.queue_links as u64, 1..=1 << 24),
            ("ledger.batch_statements", self.batch_statements as u64, 1..=1 << 16),
            ("ledger.checkpoint_interval_ms", self.checkpoint_interval_ms, 1..=3_600_000),
            ("ledger.block_cache_mib", self.block_cache_mib as u64, 1..=1 << 20),
            ("ledger.row_cache_mib", self.row_cache_mib as u64, 1..=1 << 20),
            ("ledger.max_clock_leap_h", self.max_clock_leap_h, 1..=1_000_000),
        ]
    }

    /// As the ledger takes them.
    pub fn config(&self) -> ledger::Config {
        let mut config = ledger::Config {
            queue_links: self.queue_links,
            batch_statements: self.batch_statements,
            checkpoint_interval: Duration::from_millis(self.checkpoint_interval_ms),
            cached_rows: self.row_cache_mib << 20,
            max_clock_leap: Duration::from_secs(self.max_clock_leap_h * 3_600),
            accept_clock_jump: self.accept_clock_jump,
            ..ledger::Config::default()
        };
        config.store.block_cache = self.block_cache_mib << 20;
        config
    }
}

/// Where settings come from, in order.
pub fn figment(flags: &cli::Serve) -> Figment {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = &flags.config {
        figment = figment.merge(Toml::file_exact(file));
    }
    // YUANLIU_SERVER__LISTEN sets server.listen; the names the client commands use are not settings.
    let own = ["data", "logs", "server", "ledger"];
    let env = Env::prefixed("YUANLIU_")
        .filter(move |key| {
            let head = key.as_str().split("__").next().unwrap_or_default().to_ascii_lowercase();
            own.contains(&head.as_str()) && (head == "data" || key.as_str().contains("__"))
        })
        .split("__");
    figment = figment.merge(env);
    if let Some(data) = &flags.data {
        figment = figment.merge(Serialized::default("data", data));
    }
    if let Some(listen) = flags.listen {
        figment = figment.merge(Serialized::default("server.listen", listen));
    }
    if let Some(http) = flags.http {
        figment = figment.merge(Serialized::default("server.http_listen", http));
    }
    if flags.accept_clock_jump {
        figment = figment.merge(Serialized::default("ledger.accept_clock_jump", true));
    }
    figment
}

impl Config {
    /// Reads the configuration in effect; certificates lie under the data directory unless told otherwise.
    pub fn read(flags: &cli::Serve) -> Result<Self> {
        let mut config: Self = figment(flags).extract()?;
        config.check()?;
        if let Some(data) = &config.data
            && config.server.tls.directory.is_relative()
        {
            config.server.tls.directory = data.join(&config.server.tls.directory);
        }
        Ok(config)
    }

    /// Every number within its bounds.
    fn check(&self) -> Result<()> {
        let limits = self.server.limits.numbers();
        for (name, value, range) in self.ledger.numbers().into_iter().chain(limits) {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return Err(exit::usage(
                    format!("{name} = {value}: must be {low} to {high}"),
                    format!("{name} = {value}：须为 {low} 至 {high}"),
                ));
            }
        }
        Ok(())
    }

    /// The directory of the ledger, which must be set.
    pub fn data(&self) -> Result<&PathBuf> {
        self.data.as_ref().ok_or_else(|| {
            exit::usage(
                "name the ledger's directory: --data DIR, YUANLIU_DATA, or data = \"…\" in the file",
                "请指定账本目录：--data DIR、YUANLIU_DATA，或配置文件中的 data = \"…\"",
            )
        })
    }
}
