//! Everything together: lane, inbox and REST, until told to stop.

use std::{
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    Gateway,
    http::{Hosts, Pace, Secret, answer_all, router},
    inbox::Inbox,
    lane::Wire,
};

/// Longest wait for requests that are being answered when told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Name of the file that says where the running gateway listens.
pub const ADDRESS_FILE: &str = "address";
/// Name of the file that holds the secret.
pub const SECRET_FILE: &str = "secret";
/// Name of the outbox.
pub const OUTBOX_FILE: &str = "outbox.redb";

/// Runs a gateway until `stop` says true. `ready` is called with the address once it listens.
///
/// # Errors
/// The address cannot be listened on, the secret or the inbox cannot be used.
pub async fn serve(
    gateway: Arc<Gateway>,
    wire: impl Wire + 'static,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let settings = gateway.settings();
    let secret = Secret::load(&settings.data.join(SECRET_FILE))?;
    let inbox = settings.inbox.as_deref().map(Inbox::open).transpose()?;
    let listener = TcpListener::bind(settings.listen).await?;
    let address = listener.local_addr()?;
    let app = router(Arc::clone(&gateway), secret, Hosts::new(address, &settings.hosts));
    write_address(&settings.data, address)?;

    let mut parts = JoinSet::new();
    parts.spawn(Arc::clone(&gateway).run_lane(wire, stop.clone()));
    if let Some(inbox) = inbox {
        parts.spawn(inbox.watch(Arc::clone(&gateway), stop.clone()));
    }
    let mut answering = JoinSet::new();
    answering.spawn(answer_all(listener, app, Pace::default(), stop.clone()));
    ready(address);
    let mut stop = stop;
    let early = tokio::select! {
        ended = answering.join_next() => ended,
        _ = stop.wait_for(|stop| *stop) => None,
    };
    if let Some(ended) = early {
        // It ends only where it was told to, or died.
        ended.map_err(io::Error::other)?;
    }
    // Whoever does not finish in time is cut off: what was accepted is on disk.
    let _ = tokio::time::timeout(GRACE, async { while answering.join_next().await.is_some() {} }).await;
    let _ = tokio::time::timeout(GRACE, async { while parts.join_next().await.is_some() {} }).await;
    let _ = fs::remove_file(settings.data.join(ADDRESS_FILE));
    Ok(())
}

/// Written aside and moved into place, so that a reader sees all of it or nothing.
fn write_address(data: &Path, address: SocketAddr) -> io::Result<()> {
    let (aside, place) = (data.join("address.new"), data.join(ADDRESS_FILE));
    let mut file = fs::File::create(&aside)?;
    writeln!(file, "{address}")?;
    file.sync_all()?;
    fs::rename(aside, place)
}
