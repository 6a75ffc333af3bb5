//! Keys of rows. Integers are big-endian; a signed one is shifted so that its order is that of its bytes.
//!
//! | row | key | value |
//! | --- | --- | --- |
//! | meta | `00` | [`Meta`](crate::row::Meta) |
//! | subject | `01` ‖ subject | its hits, ascending |
//! | member | `02` ‖ finding 32 ‖ at i64 ‖ digest of subject and hit 16 | [`Member`](crate::row::Member) |
//! | finding | `03` ‖ finding 32 | [`Record`](crate::row::Record) |
//! | waiting | `04` ‖ due i64 ‖ key of the member without its first byte | |
//! | by party | `05` ‖ party ‖ `00` ‖ rule ‖ `00` ‖ finding 32 | |
//! | by goods | `06` ‖ goods ‖ `00` ‖ finding 32 | |
//! | opened | `07` ‖ list ‖ `00` ‖ !number u64 | finding 32 |
//! | changed | `08` ‖ list ‖ `00` ‖ number u64 | finding 32 |
//! | numbers | `09` ‖ list | last number opened u64 ‖ last number changed u64 |
//! | again | `0a` ‖ number u64 | [`Todo`](crate::row::Todo) |
//!
//! | subject | bytes |
//! | --- | --- |
//! | item | `i` ‖ code |
//! | amount of a lot at a party | `s` ‖ lot ‖ `00` ‖ party |
//! | lot | `l` ‖ lot |
//! | declaration | `d` ‖ number |
//! | statement | `a` ‖ entry u64 |
//! | a party's week | `w` ‖ party ‖ `00` ‖ week i32 |
//!
//! | list | name |
//! | --- | --- |
//! | of all | empty |
//! | about a party | `p` ‖ party |
//! | about a lot, or a product and its lots | `g` ‖ goods |
//! | told to a party | `t` ‖ party |

use merkle::Hash;
use rules::{FindingKey, Subject, Week};

pub(crate) const META: &[u8] = &[0];
pub(crate) const SUBJECT: u8 = 1;
pub(crate) const MEMBER: u8 = 2;
const FINDING: u8 = 3;
pub(crate) const WAITING: u8 = 4;
const BY_PARTY: u8 = 5;
const BY_GOODS: u8 = 6;
const OPENED: u8 = 7;
const CHANGED: u8 = 8;
const NUMBERS: u8 = 9;
pub(crate) const AGAIN: u8 = 10;

/// Bytes of a member's key after the finding.
pub(crate) const PLACE_LEN: usize = 8 + 16;

/// In the order of bytes as in that of numbers.
const fn ordered(at: i64) -> [u8; 8] {
    (at.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// The instant of such bytes.
pub(crate) fn instant(bytes: &[u8]) -> Option<i64> {
    let bytes = bytes.get(..8)?.try_into().ok()?;
    Some((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}

/// A subject as bytes.
pub(crate) fn subject(subject: &Subject) -> Vec<u8> {
    let join = |tag: u8, parts: &[&[u8]]| [&[tag], parts.join(&0).as_slice()].concat();
    match subject {
        Subject::Item(code) => join(b'i', &[code.as_bytes()]),
        Subject::Stock { lot, party } => join(b's', &[lot.as_bytes(), party.as_bytes()]),
        Subject::Lot(lot) => join(b'l', &[lot.as_bytes()]),
        Subject::Declaration(number) => join(b'd', &[number.as_bytes()]),
        Subject::Act(entry) => join(b'a', &[&entry.to_be_bytes()]),
        Subject::PartyWeek { party, week } => join(b'w', &[party.as_bytes(), &week.0.to_be_bytes()]),
    }
}

/// The subject of such bytes.
pub(crate) fn read_subject(bytes: &[u8]) -> Option<Subject> {
    let (&tag, rest) = bytes.split_first()?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let parted = || {
        let at = rest.iter().position(|b| *b == 0)?;
        Some((text(&rest[..at])?, &rest[at + 1..]))
    };
    Some(match tag {
        b'i' => Subject::Item(text(rest)?),
        b's' => {
            let (lot, party) = parted()?;
            Subject::Stock { lot, party: text(party)? }
        }
        b'l' => Subject::Lot(text(rest)?),
        b'd' => Subject::Declaration(text(rest)?),
        b'a' => Subject::Act(u64::from_be_bytes(rest.try_into().ok()?)),
        b'w' => {
            let (party, week) = parted()?;
            Subject::PartyWeek { party, week: Week(i32::from_be_bytes(week.try_into().ok()?)) }
        }
        _ => return None,
    })
}

/// Key of a subject's hits.
pub(crate) fn of_subject(subject: &[u8]) -> Vec<u8> {
    [&[SUBJECT], subject].concat()
}

/// Place of a hit among those of its finding: by when it happened.
pub(crate) fn place(at: i64, digest: &Hash) -> [u8; PLACE_LEN] {
    let mut place = [0; PLACE_LEN];
    place[..8].copy_from_slice(&ordered(at));
    place[8..].copy_from_slice(&digest[..16]);
    place
}

/// Key of a member.
pub(crate) fn member(finding: &Hash, place: &[u8]) -> Vec<u8> {
    [&[MEMBER], finding.as_slice(), place].concat()
}

/// Key of a finding.
pub(crate) fn finding(id: &Hash) -> Vec<u8> {
    [&[FINDING], id.as_slice()].concat()
}

/// Key of a hit that waits for its time.
pub(crate) fn waiting(due: i64, finding: &Hash, place: &[u8]) -> Vec<u8> {
    [&[WAITING], ordered(due).as_slice(), finding, place].concat()
}

/// Beginning of the keys of what is found about a party, by all rules or one.
pub(crate) fn by_party(party: &str, rule: Option<&str>) -> Vec<u8> {
    let rule = rule.map(|rule| [rule.as_bytes(), &[0]].concat()).unwrap_or_default();
    [&[BY_PARTY], party.as_bytes(), &[0], &rule].concat()
}

/// Beginning of the keys of what is found about goods.
pub(crate) fn by_goods(goods: &str) -> Vec<u8> {
    [&[BY_GOODS], goods.as_bytes()].concat()
}

/// Where what is found about a party and goods stands beside.
pub(crate) fn by_what(of: &FindingKey, id: &Hash) -> [Vec<u8>; 2] {
    let party = [by_party(&of.party, Some(of.rule.id())), id.to_vec()].concat();
    let goods = [by_goods(&of.goods), vec![0], id.to_vec()].concat();
    [party, goods]
}

/// The list of what is told to a party.
pub(crate) fn told_to(party: &str) -> String {
    format!("t{party}")
}

/// Beginning of the keys of a list, newest first.
pub(crate) fn opened(list: &str) -> Vec<u8> {
    [&[OPENED], list.as_bytes(), &[0]].concat()
}

/// Key of a place in a list.
pub(crate) fn opened_at(list: &str, number: u64) -> Vec<u8> {
    [opened(list), (!number).to_be_bytes().to_vec()].concat()
}

/// Beginning of the keys of a list's changes, oldest first.
pub(crate) fn changed(list: &str) -> Vec<u8> {
    [&[CHANGED], list.as_bytes(), &[0]].concat()
}

/// Key of a change.
pub(crate) fn changed_at(list: &str, number: u64) -> Vec<u8> {
    [changed(list), number.to_be_bytes().to_vec()].concat()
}

/// Key of a list's last numbers.
pub(crate) fn numbers(list: &str) -> Vec<u8> {
    [&[NUMBERS], list.as_bytes()].concat()
}

/// Key of what is to be judged again at leisure.
pub(crate) fn again(number: u64) -> Vec<u8> {
    [&[AGAIN], number.to_be_bytes().as_slice()].concat()
}

/// The last eight bytes of a key as a number.
pub(crate) fn tail(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_come_back_as_they_were() {
        let (lot, party) = ("lot:gtin:09521234543213.L1".to_owned(), "org:clinic".to_owned());
        let table = [
            Subject::Item("sgtin:09521234543213.A".into()),
            Subject::Stock { lot: lot.clone(), party: party.clone() },
            Subject::Lot(lot),
            Subject::Declaration("decl:310120261234567890".into()),
            Subject::Act(u64::MAX),
            Subject::PartyWeek { party, week: Week(-3) },
        ];
        for one in table {
            assert_eq!(read_subject(&subject(&one)), Some(one));
        }
        for bytes in [&b""[..], b"x", b"a1234567", b"w", b"sno zero", b"i\xff"] {
            assert_eq!(read_subject(bytes), None);
        }
    }

    #[test]
    fn instants_are_ordered_as_their_bytes_are() {
        let instants = [i64::MIN, -1, 0, 1, i64::MAX];
        assert!(instants.map(ordered).is_sorted());
        assert_eq!(instants.map(|at| instant(&ordered(at)).unwrap()), instants);
    }

    #[test]
    fn the_newest_of_a_list_stands_first() {
        assert!(opened_at("pX", 2) < opened_at("pX", 1));
        assert!(changed_at("", 1) < changed_at("", 2));
        assert_eq!(tail(&opened_at("", 7)).map(|n| !n), Some(7));
    }
}
