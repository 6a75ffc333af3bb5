//! What people read, in both languages, made in one place.

use std::{borrow::Cow, fmt};

/// A description in English and in Chinese. It is made where the fault is found, so that neither language
/// can be left out; who answers picks one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    english: Cow<'static, str>,
    chinese: Cow<'static, str>,
}

impl Words {
    /// Fixed words.
    #[must_use]
    pub const fn of(english: &'static str, chinese: &'static str) -> Self {
        Self { english: Cow::Borrowed(english), chinese: Cow::Borrowed(chinese) }
    }

    /// Words made just now; see [`words!`](crate::words).
    #[must_use]
    pub const fn made(english: String, chinese: String) -> Self {
        Self { english: Cow::Owned(english), chinese: Cow::Owned(chinese) }
    }

    /// What reads the same in both languages: a number, an identifier, a digest.
    #[must_use]
    pub fn same(text: String) -> Self {
        Self { chinese: Cow::Owned(text.clone()), english: Cow::Owned(text) }
    }

    /// In English.
    #[must_use]
    pub fn english(&self) -> &str {
        &self.english
    }

    /// 中文.
    #[must_use]
    pub fn chinese(&self) -> &str {
        &self.chinese
    }
}

/// In English.
impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english)
    }
}

impl From<gs1::Error> for Words {
    fn from(error: gs1::Error) -> Self {
        Self::made(error.to_string(), error.chinese())
    }
}

/// [`Words`] out of two formats with the same arguments: `words!("at most {most}", "至多 {most}")`.
#[macro_export]
macro_rules! words {
    ($english:literal, $chinese:literal $(, $value:expr)* $(,)?) => {
        $crate::Words::made(::std::format!($english $(, $value)*), ::std::format!($chinese $(, $value)*))
    };
}
