//! The one error of this crate: which part, where, and why.

use core::fmt;

use crate::dictionary::Ai;
use crate::fault::Fault;

/// Why a text was refused, where, and in which part of it.
///
/// Small and `Copy`: refusing costs no allocation either. [`Error::caret`] and [`Error::marked`]
/// draw the place for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Error {
    /// The part at fault, by its name in the field: `"gtin"`, `"serial"`, `"party"`; in an element,
    /// the title of its application identifier.
    pub part: &'static str,
    /// The application identifier of the element at fault, if it is one.
    pub ai: Option<Ai>,
    /// Offset in bytes, from the start of the text that was passed in. It lies on a character
    /// boundary and equals the text's length where something is missing at the end.
    pub at: usize,
    /// How many bytes from there are at fault; 0 where that is not told, or something is missing.
    pub len: u16,
    /// What is wrong there.
    pub fault: Fault,
}

impl Error {
    pub(crate) const fn new(part: &'static str, at: usize, fault: Fault) -> Self {
        Self { part, ai: None, at, len: 0, fault }
    }

    /// An error about `len` bytes of a value.
    pub(crate) fn span(at: usize, len: usize, fault: Fault) -> Self {
        let len = u16::try_from(len).unwrap_or(u16::MAX);
        Self { part: "value", ai: None, at, len, fault }
    }

    /// The same error as one of an element.
    pub(crate) fn of(mut self, ai: Ai) -> Self {
        self.part = ai.title();
        self.ai = Some(ai);
        self
    }

    /// The same error seen from a text in which this one begins at `base`.
    pub(crate) const fn shifted(mut self, base: usize) -> Self {
        self.at += base;
        self
    }

    /// The same for people, in Chinese. Parts keep their names in the field.
    pub fn chinese(&self) -> String {
        let named = match self.part {
            "digital link" => "Digital Link",
            "element string" => "要素字符串",
            "national drug code" => "国家药品标识码",
            "drug approval" => "药品批准文号",
            "device registration" => "医疗器械注册证号",
            "device filing" => "医疗器械备案号",
            "institution licence" => "医疗机构执业许可证号",
            // A name in the field.
            part => part,
        };
        let part = self.ai.map_or_else(|| named.to_owned(), Ai::label);
        format!("{part}：{}（第{}字节）", self.fault.chinese(), self.at)
    }

    /// The stretch at fault, within `text`: at least one character, unless the fault is at the end.
    fn stretch(&self, text: &str) -> (usize, usize) {
        let start = text.floor_char_boundary(self.at);
        let next = text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let end = start.saturating_add(usize::from(self.len).max(next)).min(text.len());
        (start, text.ceil_char_boundary(end))
    }

    /// The text with the place between two `*`: `(01)0952123454321*4*`. Separators and other
    /// controls show as `␝`-like pictures, so the line can be printed.
    pub fn marked(&self, text: &str) -> String {
        let (start, end) = self.stretch(text);
        let part = |from, to| picture(text.get(from..to).unwrap_or_default());
        format!("{}*{}*{}", part(0, start), part(start, end), part(end, text.len()))
    }

    /// Two lines: the text, and carets under the place. Long texts are cut around it. Chinese
    /// characters count as two columns wide.
    pub fn caret(&self, text: &str) -> String {
        const AROUND: usize = 30;
        let (start, end) = self.stretch(text);
        let end = text.ceil_char_boundary(end.min(start.saturating_add(AROUND)));
        let from = text.floor_char_boundary(start.saturating_sub(AROUND));
        let to = text.ceil_char_boundary(end.saturating_add(AROUND).min(text.len()));
        let part = |from, to| picture(text.get(from..to).unwrap_or_default());
        let (before, fault, after) = (part(from, start), part(start, end), part(end, to));
        let head = if from > 0 { "…" } else { "" };
        let tail = if to < text.len() { "…" } else { "" };
        let indent = " ".repeat(columns(head) + columns(&before));
        let carets = "^".repeat(columns(&fault).max(1));
        format!("{head}{before}{fault}{after}{tail}\n{indent}{carets}")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ai {
            Some(ai) => write!(f, "{}", ai.label())?,
            None => f.write_str(self.part)?,
        }
        write!(f, ": {} (byte {})", self.fault, self.at)
    }
}

impl core::error::Error for Error {}

/// The text with a picture in place of each control.
fn picture(text: &str) -> String {
    let show = |c: char| match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or(c),
        0x7f => '\u{2421}',
        0x80..0xa0 => '\u{fffd}',
        _ => c,
    };
    text.chars().map(show).collect()
}

/// Columns a text takes on a terminal, near enough for a caret: the wide scripts take two.
fn columns(text: &str) -> usize {
    let wide = |c| {
        matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3fffd}')
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}
