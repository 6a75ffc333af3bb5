//! Standard output for answers, standard error for everything else.

use std::io::Write as _;

use serde::Serialize;

use crate::lang::Lang;

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
        // Whoever closed our output does not want the rest.
        let _ = writeln!(std::io::stdout(), "{}", text.as_ref());
    }

    /// One JSON value of the answer.
    pub fn value(self, value: &impl Serialize) {
        if let Ok(text) = serde_json::to_string(value) {
            self.line(text);
        }
    }

    /// Progress and advice; not part of the answer.
    pub fn note(self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
    }

    /// Why the command failed, with causes.
    pub fn error(self, error: &anyhow::Error) {
        if self.json {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            let _ = writeln!(std::io::stderr(), "{}", serde_json::json!({ "error": causes.join(": ") }));
            return;
        }
        self.note(format!("{}: {error:#}", self.pick("error", "错误")));
    }
}
