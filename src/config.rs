//! Configuration: defaults, then a TOML file, then the environment, then flags.

use std::{fs::File, ops::RangeInclusive, path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Command, CommandFactory as _};
use figment::{
    Figment,
    error::Kind,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};
use server::{ServeError, TlsError};
use tracing_subscriber::EnvFilter;

use crate::{cli, exit, keys, out::Out};

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

impl Logs {
    /// The filter, read.
    pub fn filter(&self) -> Result<EnvFilter> {
        EnvFilter::try_new(&self.filter).map_err(|e| {
            let name = &self.filter;
            exit::usage(
                format!("logs.filter {name}: {e}"),
                format!("logs.filter {name}：不是日志过滤式（{e}）"),
            )
        })
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
    /// Most time until what is new is sealed, ms.
    pub seal_interval_ms: u64,
    /// Most entries until what is new is sealed.
    pub seal_entries: u64,
    /// Time from the end of a minute until the digest of its access records is recorded, ms.
    pub access_digest_delay_ms: u64,
    /// Days for which access records stay whole; then their hashes alone stay, which digests and checks need. 0: for
    /// ever.
    pub access_retention_days: u64,
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
            seal_interval_ms: ledger.seal_interval.as_millis() as u64,
            seal_entries: ledger.seal_entries,
            access_digest_delay_ms: ledger.digest_delay.as_millis() as u64,
            access_retention_days: 0,
            block_cache_mib: ledger.store.block_cache >> 20,
            row_cache_mib: ledger.cached_rows >> 20,
            max_clock_leap_h: ledger.max_clock_leap.as_secs() / 3_600,
            accept_clock_jump: false,
        }
    }
}

impl LedgerSettings {
    /// Every number with its bounds.
    const fn numbers(&self) -> [(&'static str, u64, RangeInclusive<u64>); 10] {
        [
            ("ledger.queue_links", self.queue_links as u64, 1..=ledger::MAX_QUEUE_LINKS),
            ("ledger.batch_statements", self.batch_statements as u64, 1..=1 << 16),
            ("ledger.checkpoint_interval_ms", self.checkpoint_interval_ms, 1..=3_600_000),
            ("ledger.seal_interval_ms", self.seal_interval_ms, 10..=86_400_000),
            ("ledger.seal_entries", self.seal_entries, 1..=1 << 20),
            ("ledger.access_digest_delay_ms", self.access_digest_delay_ms, 0..=90_000),
            ("ledger.access_retention_days", self.access_retention_days, 0..=36_500),
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
            seal_interval: Duration::from_millis(self.seal_interval_ms),
            seal_entries: self.seal_entries,
            digest_delay: Duration::from_millis(self.access_digest_delay_ms),
            access_retention: (self.access_retention_days > 0)
                .then(|| Duration::from_secs(self.access_retention_days * 86_400)),
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
    let env = Env::prefixed(PREFIX).filter(|key| is_setting(key.as_str())).split("__");
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

/// What the names of all variables of this program begin with.
const PREFIX: &str = "YUANLIU_";

/// Whether a variable, without its prefix, is a setting.
fn is_setting(name: &str) -> bool {
    let head = name.split("__").next().unwrap_or_default().to_ascii_lowercase();
    let own = ["data", "logs", "server", "ledger"].contains(&head.as_str());
    own && (head == "data" || name.contains("__"))
}

/// Refuses a variable that can only be a setting and is none; what to say of others that nothing reads.
fn variables(out: Out) -> Result<Option<String>> {
    let mut unknown = Vec::new();
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()) {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        if is_setting(rest) || is_read(&cli::Cli::command(), &name) {
            continue;
        }
        if rest.contains("__") {
            return Err(exit::usage(
                format!(
                    "{name}: no such setting; settings begin with YUANLIU_LOGS__, YUANLIU_SERVER__ or YUANLIU_LEDGER__"
                ),
                format!(
                    "{name}：没有此设置；设置以 YUANLIU_LOGS__、YUANLIU_SERVER__ 或 YUANLIU_LEDGER__ 开头"
                ),
            ));
        }
        unknown.push(name);
    }
    unknown.sort_unstable();
    let what = out.pick("warning: nothing reads these variables:", "警告：下列环境变量无人读取：");
    Ok((!unknown.is_empty()).then(|| format!("{what} {}", unknown.join(", "))))
}

/// Whether a variable is read by a command, or where a secret is asked for.
fn is_read(command: &Command, name: &str) -> bool {
    [keys::PASSPHRASE, keys::PIN].contains(&name)
        || command.get_arguments().any(|arg| arg.get_env().is_some_and(|env| env == name))
        || command.get_subcommands().any(|sub| is_read(sub, name))
}

/// A fault of the settings: which one, in which source, in this program's words.
fn told(error: &figment::Error) -> anyhow::Error {
    let mut path = error.path.clone();
    if let Kind::UnknownField(name, _) = &error.kind
        && path.last() != Some(name)
    {
        path.push(name.clone());
    }
    let source = error.metadata.as_ref().map(|from| match &from.source {
        Some(source) => source.to_string(),
        None => from.name.to_string(),
    });
    let source = source.map(|source| format!(" ({source})")).unwrap_or_default();
    let (english, chinese) = fault(&error.kind);
    let name = if path.is_empty() { String::new() } else { path.join(".") };
    let part = |mark: &str| if name.is_empty() { String::new() } else { format!("{name}{mark}") };
    exit::usage(
        format!("configuration{source}: {}{english}", part(": ")),
        format!("配置{source}：{}{chinese}", part("：")),
    )
}

fn fault(kind: &Kind) -> (String, String) {
    match kind {
        Kind::UnknownField(_, known) => {
            let known = known.join(", ");
            (format!("no such setting; there are {known}"), format!("没有此设置；可用：{known}"))
        }
        Kind::UnknownVariant(found, known) => {
            let known = known.join(", ");
            (format!("is \"{found}\", must be one of {known}"), format!("为“{found}”，须为以下之一：{known}"))
        }
        Kind::InvalidType(found, due) | Kind::InvalidValue(found, due) => {
            (format!("is {found}, must be {due}"), format!("值不合要求：{found}（应为 {due}）"))
        }
        Kind::InvalidLength(found, due) => {
            (format!("has {found} elements, must have {due}"), format!("有 {found} 个元素（应为 {due}）"))
        }
        // What a parser of values says has no Chinese.
        other => (other.to_string(), format!("有误（{other}）")),
    }
}

impl Config {
    /// Reads the configuration in effect; certificates lie under the data directory unless told otherwise.
    pub fn read(flags: &cli::Serve, out: Out) -> Result<Self> {
        if let Some(file) = &flags.config
            && let Err(error) = File::open(file)
        {
            let name = file.display();
            return Err(exit::usage(
                format!("cannot read the configuration {name}: {error}"),
                format!("无法读取配置文件 {name}：{error}"),
            ));
        }
        if let Some(warning) = variables(out)? {
            out.note(warning);
        }
        let mut config: Self = figment(flags).extract().map_err(|error| told(&error))?;
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
        let limits = self.server.limits.numbers().into_iter().chain(self.server.timestamp.numbers());
        for (name, value, range) in self.ledger.numbers().into_iter().chain(limits) {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return Err(exit::usage(
                    format!("{name} = {value}: must be {low} to {high}"),
                    format!("{name} = {value}：须为 {low} 至 {high}"),
                ));
            }
        }
        let tls = &self.server.tls;
        if tls.cert.is_some() != tls.key.is_some() {
            return Err(ServeError::Tls(TlsError::HalfConfigured).into());
        }
        self.logs.filter()?;
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
