//! What a server under measurement tells of itself.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Longest wait for rules to have judged everything.
const PATIENCE: Duration = Duration::from_secs(300);

/// Its metrics at one time.
pub(super) struct Figures(String);

impl Figures {
    pub async fn read(server: SocketAddr) -> Result<Self> {
        let mut connection = TcpStream::connect(server).await?;
        connection.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
        let mut text = String::new();
        connection.read_to_string(&mut text).await?;
        Ok(Self(text))
    }

    pub fn get(&self, name: &str) -> Result<f64> {
        let value = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.with_context(|| format!("no {name} in the metrics"))?.parse().context("metrics")
    }
}

/// Waits until rules have judged every entry.
pub(super) async fn judged(server: SocketAddr) -> Result<()> {
    let begin = Instant::now();
    loop {
        let figures = Figures::read(server).await?;
        if figures.get("yuanliu_findings_judged_entries")? >= figures.get("yuanliu_log_size")? {
            return Ok(());
        }
        ensure!(begin.elapsed() < PATIENCE, "rules have not judged everything in {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
