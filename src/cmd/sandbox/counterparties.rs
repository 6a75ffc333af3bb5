//! The other side of a sandbox: ships to the players now and then, and confirms what they ship.
//!
//! What it has done stands on the ledger and nowhere else: a new start reads that again.

use std::{
    collections::{BTreeSet, VecDeque},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use client::{Client, EntryRange, Outcome, SubmitEvent, SubmitOptions};
use futures::stream;
use merkle::Hash;
use proto::v1::SignedStatement;
use sim::{Numbers, Sandbox};
use statement::Statement;
use tokio::sync::mpsc;

use crate::out::Out;

/// Ships of players that wait for their confirmation; further ones are confirmed when they are read again.
const MAX_WAITING: usize = 1_024;
/// Unanswered ships of earlier runs that are answered; should there be more, the newest are not.
const MAX_LEFT_OVER: usize = 65_536;
/// Goods take a moment to arrive.
const ON_THE_WAY: Duration = Duration::from_secs(2);

/// What earlier runs have left on the ledger.
#[derive(Debug, Default)]
pub struct Past {
    next: Numbers,
    /// Digests of the ships of players that nobody has answered.
    unanswered: BTreeSet<Hash>,
    /// Where the first of them may stand, and the first entry that was not looked at.
    from: u64,
    until: u64,
}

impl Past {
    /// Reads what stands behind the trade.
    pub async fn read(client: &Client, sandbox: &Sandbox, trade_end: u64) -> Result<Self> {
        let until = client.ledger().await?.size;
        let mut past = Self { from: trade_end, until, ..Self::default() };
        let limit = until.saturating_sub(trade_end);
        if limit > 0 {
            let mut entries = client.entries(EntryRange { start: trade_end, limit, follow: false });
            while let Some(entry) = entries.next().await? {
                if let Ok(statement) = Statement::recorded(entry.payload) {
                    past.note(sandbox, &statement);
                }
            }
        }
        if past.unanswered.is_empty() {
            past.from = until;
        }
        Ok(past)
    }

    fn note(&mut self, sandbox: &Sandbox, recorded: &Statement) {
        sandbox.count(recorded, &mut self.next);
        if let Some(answered) = sandbox.confirms(recorded) {
            self.unanswered.remove(&answered);
        }
        if self.unanswered.len() < MAX_LEFT_OVER {
            self.unanswered.extend(sandbox.awaits_confirmation(recorded));
        }
    }

    /// Whether a ship at this entry is still to be answered.
    fn is_open(&self, index: u64, digest: &Hash) -> bool {
        index >= self.until || self.unanswered.contains(digest)
    }
}

/// Acts until something fails.
pub async fn act(client: &Client, sandbox: &Sandbox, past: Past, every: Duration, out: Out) -> Result<()> {
    let (sender, ships) = mpsc::channel(MAX_WAITING);
    let next = past.next;
    tokio::select! {
        ended = follow(client, sandbox, past, sender) => ended,
        ended = answer(client, sandbox, next, ships, every, out) => ended,
    }
}

async fn answer(
    client: &Client,
    sandbox: &Sandbox,
    mut next: Numbers,
    mut ships: mpsc::Receiver<Statement>,
    every: Duration,
    out: Out,
) -> Result<()> {
    let mut deliveries = tokio::time::interval(every);
    let mut tick = tokio::time::interval(Duration::from_millis(250));
    let mut waiting: VecDeque<(Instant, Statement)> = VecDeque::new();
    loop {
        tokio::select! {
            _ = deliveries.tick() => {
                submit(client, sandbox.delivery(next.delivery, now()), out).await?;
                next.delivery += 1;
            }
            Some(ship) = ships.recv(), if waiting.len() < MAX_WAITING => {
                waiting.push_back((Instant::now(), ship));
            }
            _ = tick.tick() => {
                let due = |(sent, _): &mut (Instant, Statement)| sent.elapsed() > ON_THE_WAY;
                while let Some((_, ship)) = waiting.pop_front_if(due) {
                    let receive = sandbox.confirmation(&ship, next.confirmation, now());
                    next.confirmation += 1;
                    submit(client, receive.into_iter().collect(), out).await?;
                }
            }
        }
    }
}

/// Reads what is recorded, for ever, and hands on what is to be confirmed.
async fn follow(
    client: &Client,
    sandbox: &Sandbox,
    past: Past,
    found: mpsc::Sender<Statement>,
) -> Result<()> {
    let mut entries = client.entries(EntryRange { start: past.from, limit: 0, follow: true });
    while let Some(entry) = entries.next().await? {
        // The genesis, and nothing else the regulator sees, is no statement.
        let Ok(statement) = Statement::recorded(entry.payload) else { continue };
        let Some(digest) = sandbox.awaits_confirmation(&statement) else { continue };
        if past.is_open(entry.index, &digest) && found.send(statement).await.is_err() {
            break;
        }
    }
    bail!("the server ended the list of entries")
}

fn now() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// Sends statements; tells of those that were refused.
pub async fn submit(client: &Client, statements: Vec<SignedStatement>, out: Out) -> Result<()> {
    let summary = client
        .submit_stream(stream::iter(statements), SubmitOptions::default(), |event| {
            if let SubmitEvent::Settled(settled) = event
                && let Outcome::Refused(refusal) = settled.outcome
            {
                out.note(format!("{}: {} {:?}", refusal.reason, refusal.message, refusal.violations));
            }
        })
        .await?;
    if summary.refused > 0 {
        out.note(out.pick("a counterparty's statement was refused", "模拟对方的声明被拒"));
    }
    Ok(())
}
