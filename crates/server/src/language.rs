//! The language of messages for people: English, or Chinese where the caller prefers it.

use statement::Words;
use tonic::{codegen::http::HeaderValue, metadata::MetadataMap};

/// A language that messages exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    Chinese,
}

impl Language {
    /// By `accept-language` (RFC 9110 section 12.5.4).
    pub(crate) fn of(metadata: &MetadataMap) -> Self {
        metadata.get("accept-language").and_then(|v| v.to_str().ok()).map_or(Self::English, Self::preferred)
    }

    /// By the header itself.
    pub(crate) fn of_header(value: Option<&HeaderValue>) -> Self {
        value.and_then(|v| v.to_str().ok()).map_or(Self::English, Self::preferred)
    }

    /// The language with the greatest weight; the earlier one of two alike.
    fn preferred(accept: &str) -> Self {
        let mut best = (0, Self::English);
        // Nobody speaks more languages than this.
        for range in accept.split(',').take(16) {
            let mut parts = range.split(';').map(str::trim);
            let Some(language) = parts.next().and_then(Self::named) else { continue };
            let weight = parts.find_map(|p| p.strip_prefix("q=")).map_or(1_000, thousandths);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    fn named(range: &str) -> Option<Self> {
        match range.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// One of two texts.
    pub(crate) const fn pick(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Chinese => chinese,
        }
    }
}

impl Language {
    /// Words in this language.
    pub(crate) fn of_words(self, words: &Words) -> &str {
        match self {
            Self::English => words.english(),
            Self::Chinese => words.chinese(),
        }
    }
}

/// A weight from 0 to 1 in thousandths; 0 for what is not one.
fn thousandths(q: &str) -> u32 {
    let (whole, fraction) = q.split_once('.').unwrap_or((q, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return 0;
    }
    let whole: u32 = whole.parse().unwrap_or(0);
    let fraction: u32 = format!("{fraction:0<3}").parse().unwrap_or(0);
    (whole.min(1) * 1_000 + fraction).min(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_weight_wins_and_english_is_the_rest() {
        let table = [
            ("", Language::English),
            ("zh", Language::Chinese),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("ZH-hans", Language::Chinese),
            ("en, zh", Language::English),
            ("en;q=0.5, zh;q=0.75", Language::Chinese),
            ("zh;q=0", Language::English),
            ("fr, zh;q=0.1", Language::Chinese),
            ("zhx", Language::English),
            ("zh;q=much", Language::English),
            ("zh;q=0.12345, en;q=0.1", Language::English),
        ];
        for (accept, expect) in table {
            assert_eq!(Language::preferred(accept), expect, "{accept:?}");
        }
    }
}
