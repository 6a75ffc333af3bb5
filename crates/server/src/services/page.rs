//! Pages of lists: how long, and where to go on.

use statement::{Words, words};

use crate::status::Fault;

/// Rows of a page where no number is asked for, and at most.
const PAGE: (u32, u32) = (100, 1_000);

/// Rows of a page.
pub(super) fn page_size(asked: u32) -> Result<usize, Fault> {
    let (usual, most) = PAGE;
    match asked {
        0 => Ok(usual as usize),
        n if n <= most => Ok(n as usize),
        n => Err(Fault::field("page_size", words!("{n}, at most {most}", "{n}，至多 {most}"))),
    }
}

/// Reads a page token: where to go on; `first` on the first page.
pub(super) fn page_start(token: &str, first: u64) -> Result<u64, Fault> {
    if token.is_empty() {
        return Ok(first);
    }
    u64::from_str_radix(token, 16).map_err(|_| bad_token())
}

/// The token of a place; empty after the last page.
pub(super) fn page_token(next: Option<u64>) -> String {
    next.map_or_else(String::new, |n| format!("{n:x}"))
}

/// Says that a page token is none.
pub(super) fn bad_token() -> Fault {
    Fault::field(
        "page_token",
        Words::of(
            "is not one this ledger gave; take it from the answer before",
            "不是本账本给出的翻页标记，请取自上一次应答",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Kind;

    #[test]
    fn page_tokens_come_back_as_they_were_given() {
        for place in [0, 1, 4_095, u64::MAX] {
            assert_eq!(page_start(&page_token(Some(place)), 7), Ok(place));
        }
        assert_eq!(page_start("", 7), Ok(7));
        assert_eq!(page_start("xyz", 7).unwrap_err().kind, Kind::InvalidRequest);
        assert_eq!(page_token(None), "");
    }

    #[test]
    fn pages_have_a_usual_and_a_greatest_size() {
        assert_eq!((page_size(0), page_size(1), page_size(1_000)), (Ok(100), Ok(1), Ok(1_000)));
        assert_eq!(page_size(1_001).unwrap_err().kind, Kind::InvalidRequest);
    }
}
