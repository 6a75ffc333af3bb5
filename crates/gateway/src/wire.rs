//! The connection to the ledger: made when it is first needed, and again when it broke.

use client::{Client, ClientError, ConnectOptions, RetryPolicy};
use proto::v1::{Receipt, SignedStatement};
use tokio::sync::Mutex;

use crate::lane::{Wire, unavailable};

/// Tries once: the lane has the patience, and writes down what happened in between.
const ONCE: RetryPolicy = RetryPolicy {
    attempts: 0,
    first_delay: std::time::Duration::ZERO,
    longest_delay: std::time::Duration::ZERO,
    give_up_after: std::time::Duration::ZERO,
};

/// Sends to a ledger over gRPC and TLS.
#[derive(Debug)]
pub struct LedgerWire {
    options: ConnectOptions,
    client: Mutex<Option<Client>>,
}

impl LedgerWire {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(options: ConnectOptions) -> Self {
        Self { options: ConnectOptions { retry: ONCE, ..options }, client: Mutex::new(None) }
    }

    async fn client(&self) -> Result<Client, ClientError> {
        let mut slot = self.client.lock().await;
        if let Some(client) = &*slot {
            return Ok(client.clone());
        }
        let connecting = Client::connect(self.options.clone());
        let bound = self.options.connect_timeout * 2;
        let client = tokio::time::timeout(bound, connecting)
            .await
            .map_err(|_| unavailable(format!("{}: no connection in time", self.options.url)))??;
        // Before anything is sent: bills that landed may be missing from a log that was rolled back.
        if self.options.memory.is_some() {
            client.check_log().await?;
        }
        Ok(slot.insert(client).clone())
    }
}

impl Wire for LedgerWire {
    async fn submit(&self, signed: &SignedStatement) -> Result<Receipt, ClientError> {
        self.client().await?.submit(signed).await
    }
}
