//! Exit codes: what a caller can do about a failure.

use std::process::ExitCode;

use client::{AttachmentError, ClientError, JsonError, JsonFault, KeyFileError, SignError, SubmitError};
use gateway::{GatewayError, OutboxError};
use proto::v1::FieldViolation;
use server::{ServeError, TimestampError, TlsError, WitnessError};
use store::StoreError;

use crate::{lang::Lang, reasons};

/// Refused, or a check failed.
pub const REFUSED: u8 = 1;
/// Wrong use: an argument, a setting, or what one of them names (clap exits with it too).
pub const USAGE: u8 = 2;
/// The server cannot be reached or is busy.
pub const UNREACHABLE: u8 = 3;
/// A file or the machine failed.
pub const MACHINE: u8 = 4;

/// The server's reason for a request that cannot be.
const INVALID_REQUEST: &str = "INVALID_REQUEST";

/// Ended by Ctrl-C or SIGTERM before it was done, as shells count it.
pub const INTERRUPTED: u8 = 130;

/// A failure with its exit code, in words of this program.
#[derive(Debug, thiserror::Error)]
#[error("{english}")]
pub struct Failure {
    code: u8,
    english: String,
    chinese: String,
}

impl Failure {
    /// The text in a language.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.english, &self.chinese)
    }
}

fn failure(code: u8, english: impl Into<String>, chinese: impl Into<String>) -> anyhow::Error {
    Failure { code, english: english.into(), chinese: chinese.into() }.into()
}

/// A check failed or a statement was refused.
pub fn refused(english: impl Into<String>, chinese: impl Into<String>) -> anyhow::Error {
    failure(REFUSED, english, chinese)
}

/// Nobody answers, or not now.
pub fn unreachable(english: impl Into<String>, chinese: impl Into<String>) -> anyhow::Error {
    failure(UNREACHABLE, english, chinese)
}

/// The command was called wrongly.
pub fn usage(english: impl Into<String>, chinese: impl Into<String>) -> anyhow::Error {
    failure(USAGE, english, chinese)
}

/// A file or the machine failed; `error` is what the system says.
pub fn machine(
    english: impl AsRef<str>,
    chinese: impl AsRef<str>,
    error: impl std::fmt::Display,
) -> anyhow::Error {
    let (english, chinese) = (english.as_ref(), chinese.as_ref());
    failure(MACHINE, format!("{english}: {error}"), format!("{chinese}：{error}"))
}

/// Asked to end before all was done.
pub fn interrupted() -> anyhow::Error {
    failure(INTERRUPTED, "asked to end before all was done", "未完成即被要求结束")
}

/// An error as programs are told of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// Exit code.
    pub code: u8,
    /// Stable reason: that of the refusal, else the name of the exit code.
    pub reason: String,
    /// Fields at fault.
    pub violations: Vec<FieldViolation>,
}

impl Told {
    /// Of an error, by the outermost cause that has a code; descriptions in a language.
    pub fn of(error: &anyhow::Error, lang: Lang) -> Self {
        let code = code(error);
        let (reason, violations) = error.chain().find_map(|cause| refusal(cause, lang)).unwrap_or_default();
        let reason = if reason.is_empty() { name(code).to_owned() } else { reason };
        Self { code, reason, violations }
    }
}

/// The exit code of an error.
pub fn code(error: &anyhow::Error) -> u8 {
    error.chain().find_map(of_cause).unwrap_or(MACHINE)
}

/// The same, to end with.
pub fn code_of(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(code(error))
}

/// What an exit code is called where nothing says more.
pub const fn name(code: u8) -> &'static str {
    match code {
        REFUSED => "REFUSED",
        USAGE => "WRONG_USE",
        UNREACHABLE => "UNREACHABLE",
        INTERRUPTED => "INTERRUPTED",
        _ => "MACHINE",
    }
}

/// Reason and fields of what was refused, here or by the server.
fn refusal(cause: &(dyn std::error::Error + 'static), lang: Lang) -> Option<(String, Vec<FieldViolation>)> {
    if let Some(SignError::Refused(refusal)) = cause.downcast_ref() {
        let violation = |v: &statement::Violation| FieldViolation {
            field: v.field.to_string(),
            description: lang.of_words(&v.description).to_owned(),
            reason: v.reason.as_str().to_owned(),
            ..FieldViolation::default()
        };
        let violations = refusal.violations.iter().map(violation).collect();
        return Some((refusal.reason.as_str().to_owned(), violations));
    }
    if let Some(JsonError { faults, .. }) = cause.downcast_ref() {
        let violation = |f: &JsonFault| FieldViolation {
            field: f.path.clone(),
            description: lang.pick(&f.fault, &f.chinese).to_owned(),
            reason: f.reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
            ..FieldViolation::default()
        };
        return Some(("REFUSED".into(), faults.iter().map(violation).collect()));
    }
    let failure = client_error(cause)?.failure()?;
    Some((failure.reason.clone(), failure.violations.clone()))
}

/// The error of a call, on its own or as the end of a submission.
pub fn client_error<'e>(cause: &'e (dyn std::error::Error + 'static)) -> Option<&'e ClientError> {
    let of_submit = || cause.downcast_ref::<SubmitError>().map(|e| &e.error);
    cause.downcast_ref::<ClientError>().or_else(of_submit)
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if let Some(error) = client_error(cause) {
        return Some(of_client(error));
    }
    let own = cause.downcast_ref().map(|failure: &Failure| failure.code);
    own.or_else(|| cause.downcast_ref().map(of_signing))
        .or_else(|| cause.downcast_ref().map(of_key_file))
        .or_else(|| cause.downcast_ref().map(of_attachment))
        .or_else(|| cause.downcast_ref().and_then(of_store))
        .or_else(|| cause.downcast_ref().and_then(of_ledger))
        .or_else(|| cause.downcast_ref().and_then(of_serving))
        .or_else(|| cause.downcast_ref().and_then(of_watching))
        .or_else(|| cause.downcast_ref().and_then(of_witness))
        .or_else(|| cause.downcast_ref().and_then(of_witness_serving))
        .or_else(|| cause.downcast_ref().and_then(of_gateway))
        // A file that holds no statement is refused here rather than by the server.
        .or_else(|| cause.downcast_ref().map(|_: &JsonError| REFUSED))
        .or_else(|| cause.downcast_ref().map(|_: &figment::Error| USAGE))
        .or_else(|| cause.downcast_ref().map(|_: &witness::SettingsError| USAGE))
}

/// A full outbox takes more when the ledger has taken some.
const fn of_gateway(error: &GatewayError) -> Option<u8> {
    match error {
        GatewayError::Outbox(OutboxError::Full { .. }) => Some(UNREACHABLE),
        _ => None,
    }
}

const fn of_signing(error: &SignError) -> u8 {
    match error {
        SignError::Contradiction { .. } | SignError::Refused(_) => REFUSED,
        SignError::Random(_) | SignError::Clock | SignError::Key(_) => MACHINE,
    }
}

fn of_key_file(error: &KeyFileError) -> u8 {
    match error {
        // What a flag or a setting names wrongly.
        KeyFileError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => USAGE,
        KeyFileError::Io { .. } | KeyFileError::Random(_) => MACHINE,
        KeyFileError::Exists(_)
        | KeyFileError::NotAKey { .. }
        | KeyFileError::PassphraseNeeded(_)
        | KeyFileError::WrongPassphrase(_)
        | KeyFileError::EmptyPassphrase => USAGE,
    }
}

const fn of_attachment(error: &AttachmentError) -> u8 {
    match error {
        AttachmentError::MediaType(_) | AttachmentError::Empty(_) => USAGE,
        AttachmentError::Io { .. } | AttachmentError::Random(_) => MACHINE,
    }
}

const fn of_store(error: &StoreError) -> Option<u8> {
    match error {
        StoreError::NotEmpty(_)
        | StoreError::Taken(_)
        | StoreError::NotADirectory(_)
        | StoreError::NoLedger(_)
        | StoreError::Inside { .. } => Some(USAGE),
        _ => None,
    }
}

const fn of_ledger(error: &ledger::Error) -> Option<u8> {
    match error {
        ledger::Error::Store(error) => of_store(error),
        ledger::Error::WrongLogKey { .. } | ledger::Error::Setting(_) => Some(USAGE),
        _ => None,
    }
}

const fn of_serving(error: &ServeError) -> Option<u8> {
    match error {
        ServeError::Tls(TlsError::File { .. }) => None,
        ServeError::Tls(_) | ServeError::Origin(_) => Some(USAGE),
        ServeError::Witness(error) => of_watching(error),
        ServeError::Timestamp(TimestampError::Read { .. }) => None,
        ServeError::Timestamp(_) => Some(USAGE),
        ServeError::Ledger(error) => of_ledger(error),
        _ => None,
    }
}

const fn of_watching(error: &WitnessError) -> Option<u8> {
    match error {
        WitnessError::History(_) | WitnessError::Note => None,
        _ => Some(USAGE),
    }
}

const fn of_witness(error: &witness::StateError) -> Option<u8> {
    use witness::StateError as E;
    match error {
        E::Absent(_) | E::Exists(_) | E::Foreign { .. } | E::Meaning { .. } => Some(USAGE),
        _ => None,
    }
}

const fn of_witness_serving(error: &witness::ServeError) -> Option<u8> {
    match error {
        witness::ServeError::Tls(witness::TlsFileError::Content { .. }) => Some(USAGE),
        witness::ServeError::State(error) => of_witness(error),
        _ => None,
    }
}

fn of_client(error: &ClientError) -> u8 {
    match error {
        ClientError::Retry(_) => UNREACHABLE,
        // What the command asked for, not what the ledger thinks of it.
        ClientError::Fix(failure) if failure.reason == INVALID_REQUEST => USAGE,
        ClientError::Fix(_)
        | ClientError::BadReceipt(_)
        | ClientError::BadCheckpoint(_)
        | ClientError::BadHistory(_) => REFUSED,
        ClientError::Stop(failure) => reasons::of(&failure.reason).map_or(MACHINE, |row| row.exit),
    }
}
