//! Exit codes: what a caller can do about a failure.

use std::process::ExitCode;

use client::ClientError;

/// Refused, or a check failed.
pub const REFUSED: u8 = 1;
/// Wrong use (clap exits with it too).
pub const USAGE: u8 = 2;
/// The server cannot be reached or is busy.
pub const UNREACHABLE: u8 = 3;
/// A file or the machine failed.
pub const MACHINE: u8 = 4;

/// A failure that is the caller's to mend, with its exit code.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    code: u8,
    message: String,
}

/// A check failed or a statement was refused.
pub fn refused(message: impl Into<String>) -> anyhow::Error {
    Failure { code: REFUSED, message: message.into() }.into()
}

/// The command was called wrongly.
pub fn usage(message: impl Into<String>) -> anyhow::Error {
    Failure { code: USAGE, message: message.into() }.into()
}

/// The exit code of an error.
pub fn code_of(error: &anyhow::Error) -> ExitCode {
    let own = error.chain().find_map(|e| e.downcast_ref::<Failure>()).map(|f| f.code);
    let client = || error.chain().find_map(|e| e.downcast_ref::<ClientError>()).map(of_client);
    ExitCode::from(own.or_else(client).unwrap_or(MACHINE))
}

fn of_client(error: &ClientError) -> u8 {
    match error {
        ClientError::Retry(_) => UNREACHABLE,
        ClientError::Fix(_) | ClientError::BadReceipt(_) | ClientError::BadCheckpoint(_) => REFUSED,
        ClientError::Stop(_) => MACHINE,
    }
}
