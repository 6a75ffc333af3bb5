//! The shapes in which bills come: CSV, XLSX, XML of 码上放心, JSON.

mod csv_file;
mod encoding;
mod json;
mod table;
mod xlsx;
mod xml;

pub use json::statement_bill;

use crate::{
    bill::{self, Input},
    fault::{Fault, Reason},
    settings::{Limits, Mapping},
};

/// What an input may hold and how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Meaning of codes and columns.
    pub mapping: &'a Mapping,
    /// Bounds.
    pub limits: &'a Limits,
}

impl Reading<'_> {
    /// Reads a file; what it is follows from its first bytes, so a wrong name does no harm.
    #[must_use]
    pub fn file(self, bytes: &[u8]) -> Input {
        let sheet = if bytes.len() > self.limits.file_bytes {
            Err(too_large(bytes.len(), self.limits.file_bytes))
        } else if bytes.starts_with(b"PK\x03\x04") {
            xlsx::read(bytes, self)
        } else if xml::looks_like(bytes) {
            xml::read(bytes, self)
        } else if json::looks_like(bytes) {
            Err(vec![json_here()])
        } else {
            csv_file::read(bytes, self)
        };
        self.finish(sheet)
    }

    /// Reads one bill as JSON.
    #[must_use]
    pub fn json(self, bytes: &[u8]) -> Input {
        let sheet = if bytes.len() > self.limits.file_bytes {
            Err(too_large(bytes.len(), self.limits.file_bytes))
        } else {
            json::read(bytes, self)
        };
        self.finish(sheet)
    }

    fn finish(self, sheet: Result<bill::Sheet, Vec<Fault>>) -> Input {
        match sheet {
            Ok(sheet) => bill::assemble(&sheet, self.mapping),
            Err(faults) => Input { faults, ..Input::default() },
        }
    }
}

/// The first byte of text, behind a byte order mark and blanks, in UTF-16 too.
fn first_byte(bytes: &[u8]) -> Option<u8> {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    let plain = marks.iter().find_map(|mark| bytes.strip_prefix(*mark)).unwrap_or(bytes);
    plain.iter().copied().find(|b| !b.is_ascii_whitespace() && *b != 0)
}

fn json_here() -> Fault {
    let en = "this is JSON: POST a bill to /v1/bills and a statement to /v1/statements, or give the file of a bill a name \
              that ends in .json";
    let zh = "这是 JSON：单据请提交至 /v1/bills，声明请提交至 /v1/statements，单据文件名请以 .json 结尾";
    Fault::whole(Reason::NotABill, en, zh)
}

fn too_large(is: usize, most: usize) -> Vec<Fault> {
    let en = format!("{is} bytes, at most {most} are taken; split the file");
    vec![Fault::whole(Reason::TooLarge, en, format!("{is} 字节，上限 {most}；请拆分文件"))]
}

fn too_many_lines(most: usize) -> Vec<Fault> {
    let en = format!("more than {most} lines; split the file");
    vec![Fault::whole(Reason::TooManyLines, en, format!("超过 {most} 行；请拆分文件"))]
}

#[cfg(test)]
mod tests;
