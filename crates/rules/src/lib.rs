//! Findings: what rules say about what is recorded. Pure functions of a [`custody::View`].
mod examine;
mod hit;
mod reader;
mod rule;
mod settings;
mod subject;
mod thing;
mod week;

#[cfg(test)]
mod tests;

pub use examine::{Examined, Examiner};
pub use hit::{Facts, Hit, MAX_EVIDENCE};
pub use reader::MAX_HISTORY;
pub use rule::{RULES, Rule, RuleRow, Severity, Visibility};
pub use settings::{POLICY, SETTINGS, Setting};
pub use subject::Subject;
pub use week::Week;
