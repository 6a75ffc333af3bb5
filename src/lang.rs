//! Chinese and English, side by side where each text is used; here what belongs to no single place: the
//! help of the command line, and errors of the crates below.

mod errors;
mod help;
mod parse;
#[cfg(test)]
mod tests;

pub use errors::{causes, waiting};
pub use parse::parse;
use statement::Words;

/// The language of what people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English
    En,
    /// 中文
    Zh,
}

impl Lang {
    /// As asked for, else by `LC_ALL`, `LC_MESSAGES`, `LANG`.
    pub fn choose(asked: Option<Self>) -> Self {
        let from_env = || {
            let set = |name| std::env::var(name).ok().filter(|v: &String| !v.is_empty());
            let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"))?;
            Some(if locale.starts_with("zh") { Self::Zh } else { Self::En })
        };
        asked.or_else(from_env).unwrap_or(Self::En)
    }

    /// Words in this language.
    pub fn of_words(self, words: &Words) -> &str {
        match self {
            Self::En => words.english(),
            Self::Zh => words.chinese(),
        }
    }

    /// The text in this language.
    pub const fn pick<'t>(self, english: &'t str, chinese: &'t str) -> &'t str {
        match self {
            Self::En => english,
            Self::Zh => chinese,
        }
    }
}
