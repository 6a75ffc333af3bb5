//! Standard output for answers, standard error for everything else.

use std::{
    io::{self, ErrorKind, Write as _},
    sync::OnceLock,
};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    exit::{self, Told},
    lang::{self, Lang},
};

/// The first failure to write the answer, such as a full disk; told at the end by [`Out::unwritten`].
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// How to speak to whoever runs the command.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// JSON for programs instead of text for people.
    pub json: bool,
    /// Language of the text.
    pub lang: Lang,
}

impl Out {
    /// The text in the language chosen.
    pub const fn pick<'t>(self, english: &'t str, chinese: &'t str) -> &'t str {
        self.lang.pick(english, chinese)
    }

    /// A line (or lines) of the answer.
    pub fn line(self, text: impl AsRef<str>) {
        let mut stdout = io::stdout().lock();
        note_failure(writeln!(stdout, "{}", text.as_ref()));
    }

    /// Why the answer, or part of it, never reached standard output; to be asked when all has been said.
    pub fn unwritten(self) -> Option<anyhow::Error> {
        note_failure(io::stdout().flush());
        let error = UNWRITTEN.get()?;
        Some(exit::machine("cannot write to standard output", "无法写到标准输出", error))
    }

    /// One JSON value of the answer.
    pub fn value(self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(value) {
            self.line(text);
        }
    }

    /// Progress and advice; not part of the answer.
    pub fn note(self, text: impl AsRef<str>) {
        let _ = writeln!(io::stderr(), "{}", text.as_ref());
    }

    /// A failure in one line, for people.
    pub fn told(self, error: &anyhow::Error) -> String {
        format!("{}{}", self.pick("error: ", "错误："), lang::causes(error, self.lang))
    }

    /// Why the command failed, with each cause once: for people on standard error, and for programs as the
    /// last line of standard output.
    pub fn error(self, error: &anyhow::Error) {
        let message = lang::causes(error, self.lang);
        self.note(self.told(error));
        if self.json {
            let told = Told::of(error, self.lang);
            let violations: Vec<Value> = told
                .violations
                .iter()
                .map(|v| json!({ "field": v.field, "description": v.description }))
                .collect();
            let mut report = failed(json!({}), told.code, &told.reason, &message);
            if !violations.is_empty() {
                report["error"]["violations"] = violations.into();
            }
            self.value(&report);
        }
    }
}

/// Remembers that the answer could not be written.
fn note_failure(written: io::Result<()>) {
    match written {
        // Whoever closed our output does not want the rest.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => drop(UNWRITTEN.set(error)),
        _ => {}
    }
}

/// The one shape of a failure for programs, added to what else there is to report:
/// `{"ok":false,"error":{"exit":1,"reason":"…","message":"…"}}`. An empty reason is that of the exit code.
pub fn failed(mut report: Value, code: u8, reason: &str, message: &str) -> Value {
    let reason = if reason.is_empty() { exit::name(code) } else { reason };
    report["ok"] = false.into();
    report["error"] = json!({ "exit": code, "reason": reason, "message": message });
    report
}
