//! Customs declaration number 报关单号.

use crate::ascii::{Ascii, fixed_face};
use crate::error::Error;
use crate::fault::{Fault, Form};

const PART: &str = "declaration";

/// Customs declaration number, 18 digits: office, year, direction, serial.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeclarationNumber(Ascii<18>);

fixed_face!(DeclarationNumber);

/// Which way declared goods cross the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Digit 0.
    Export,
    /// Digit 1.
    Import,
}

impl DeclarationNumber {
    /// Reads four digits of the office, a year 19xx or 20xx, 1 or 0, and nine digits.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let digits = Ascii::digits(PART, text, Form::of("18 digits", "18位数字"))?;
        if !matches!(text.get(4..6), Some("19" | "20")) {
            return Err(Error::new(
                PART,
                4,
                Fault::Expected(Form::of("a year 19xx or 20xx", "年份19xx或20xx")),
            ));
        }
        if !matches!(text.get(8..9), Some("0" | "1")) {
            return Err(Error::new(
                PART,
                8,
                Fault::Expected(Form::of("1 for import or 0 for export", "1（进口）或0（出口）")),
            ));
        }
        Ok(Self(digits))
    }

    /// Code of the customs office, four digits.
    pub fn office(&self) -> &str {
        self.as_str().get(..4).unwrap_or_default()
    }

    /// Year of the declaration.
    pub fn year(&self) -> u16 {
        let digits = self.0.bytes().iter().skip(4).take(4);
        digits.fold(0, |year, digit| year * 10 + u16::from(digit - b'0'))
    }

    /// Import or export.
    pub fn direction(&self) -> Direction {
        match self.0.bytes()[8] {
            b'1' => Direction::Import,
            _ => Direction::Export,
        }
    }
}
