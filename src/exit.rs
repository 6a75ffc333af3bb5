//! Exit codes: what a caller can do about a failure.

use std::process::ExitCode;

use client::{ClientError, JsonError, SignError, SubmitError};

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

/// The exit code of an error: that of the outermost cause which has one.
pub fn code_of(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(error.chain().find_map(of_cause).unwrap_or(MACHINE))
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(failure.code);
    }
    if let Some(error) = cause.downcast_ref::<ClientError>() {
        return Some(of_client(error));
    }
    if let Some(error) = cause.downcast_ref::<SubmitError>() {
        return Some(of_client(&error.error));
    }
    if let Some(error) = cause.downcast_ref::<SignError>() {
        return Some(of_signing(error));
    }
    // A file that holds no statement is refused here rather than by the server.
    cause.downcast_ref::<JsonError>().map(|_| REFUSED)
}

const fn of_signing(error: &SignError) -> u8 {
    match error {
        SignError::Contradiction { .. } | SignError::Refused(_) => REFUSED,
        SignError::Random(_) | SignError::Clock | SignError::Key(_) => MACHINE,
    }
}

fn of_client(error: &ClientError) -> u8 {
    match error {
        ClientError::Retry(_) => UNREACHABLE,
        ClientError::Fix(_) | ClientError::BadReceipt(_) | ClientError::BadCheckpoint(_) => REFUSED,
        ClientError::Stop(_) => MACHINE,
    }
}
