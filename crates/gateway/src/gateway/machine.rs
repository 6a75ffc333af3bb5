//! This machine: its clock, its directories, its key.

use std::{
    fs, io,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use client::PrivateKey as _;

use super::GatewayError;
use crate::key::Key;

/// µs since the Unix epoch.
pub(crate) fn now_us() -> Result<i64, GatewayError> {
    let wrong = || GatewayError::Machine("the system clock is wrong; 系统时钟有误".into());
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| wrong())?;
    i64::try_from(since.as_micros()).map_err(|_| wrong())
}

/// Makes a directory that only its owner can look into.
///
/// # Errors
/// The file system refused.
pub fn private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Public half of the key that signs, hex.
#[must_use]
pub fn public_key_text(key: &Key) -> String {
    hex::encode(key.public().as_bytes())
}
