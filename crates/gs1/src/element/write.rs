//! Element strings out: as transmitted, as printed, and in the notation of the GS1 Syntax Engine.

use core::fmt;

use super::{ElementString, FNC1};

impl ElementString {
    /// As a scanner transmits it, without symbology identifier: a separator after each value whose
    /// length is not predefined, except the last.
    pub fn to_raw(&self) -> String {
        self.joined(FNC1)
    }

    /// As printed under a symbol. A bracket that belongs to a value is written `\(`.
    pub fn to_bracketed(&self) -> String {
        self.to_string()
    }

    /// In the notation of the GS1 Syntax Engine: `^` stands for FNC1, and one comes first.
    pub fn to_message(&self) -> String {
        format!("^{}", self.joined('^'))
    }

    fn joined(&self, separator: char) -> String {
        let mut text = String::new();
        let mut open = false;
        for element in &self.list {
            if open {
                text.push(separator);
            }
            text.push_str(element.ai.as_str());
            text.push_str(&element.value);
            open = element.ai.predefined_len().is_none();
        }
        text
    }

    /// Whether the last value needs a separator before anything that follows.
    pub(crate) fn is_open(&self) -> bool {
        self.list.last().is_some_and(|element| element.ai.predefined_len().is_none())
    }
}

impl fmt::Display for ElementString {
    /// As printed under a symbol: `(01)09521234543213(10)A1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for element in &self.list {
            write!(f, "({})", element.ai)?;
            for (at, part) in element.value.split('(').enumerate() {
                f.write_str(if at > 0 { "\\(" } else { "" })?;
                f.write_str(part)?;
            }
        }
        Ok(())
    }
}
