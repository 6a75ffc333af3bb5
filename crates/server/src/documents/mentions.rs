//! Whether a payload can be about documents at all, told without decoding it: most are not.

/// `Statement.header`, `Statement.erase`, `Header.attachments`.
const HEADER: u64 = 1;
const ERASE: u64 = 83;
const ATTACHMENTS: u64 = 11;

/// Whether a recorded payload names attachments or is an Erase. What cannot be read may be anything.
pub(crate) fn mentions(payload: &[u8]) -> bool {
    look(payload, |field, content| match (field, content) {
        (ERASE, _) => true,
        (HEADER, Some(header)) => look(header, |field, _| field == ATTACHMENTS),
        _ => false,
    })
}

/// Whether any field is what is looked for; true for what is not protobuf.
fn look(mut bytes: &[u8], mut sought: impl FnMut(u64, Option<&[u8]>) -> bool) -> bool {
    while !bytes.is_empty() {
        let Some((tag, rest)) = varint(bytes) else { return true };
        let (skip, rest) = match tag & 7 {
            0 => match varint(rest) {
                Some((_, rest)) => (0, rest),
                None => return true,
            },
            1 => (8, rest),
            5 => (4, rest),
            2 => match varint(rest) {
                Some((length, rest)) => (usize::try_from(length).unwrap_or(usize::MAX), rest),
                None => return true,
            },
            _ => return true,
        };
        let Some((content, rest)) = rest.split_at_checked(skip) else { return true };
        if sought(tag >> 3, (tag & 7 == 2).then_some(content)) {
            return true;
        }
        bytes = rest;
    }
    false
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[i + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use proto::v1::{Attachment, Erase, Header, Ship, Statement, statement::Body};

    use super::*;

    fn payload(papers: usize, body: Body) -> Vec<u8> {
        let paper = Attachment { digest: vec![11; 32], role: "invoice".into(), ..Attachment::default() };
        let header = Header {
            ledger: vec![0x5a; 32],
            id: vec![0x9b; 16],
            party: "org:海关".into(),
            occurred_at: i64::MAX,
            offset_minutes: -480,
            confidential: true,
            attachments: vec![paper; papers],
            ..Header::default()
        };
        Statement { header: Some(header), body: Some(body) }.encode_to_vec()
    }

    #[test]
    fn attachments_and_erasures_are_told_from_all_else() {
        let ship = || Body::Ship(Ship { items: vec!["sscc:1".into(); 300], ..Ship::default() });
        assert!(!mentions(&payload(0, ship())));
        assert!(mentions(&payload(1, ship())));
        assert!(mentions(&payload(64, ship())));
        assert!(mentions(&payload(0, Body::Erase(Erase::default()))));
        // Cut anywhere it is either certain already, or looked at in full.
        let whole = payload(0, ship());
        for end in 1..whole.len() {
            let cut = &whole[..end];
            assert!(mentions(cut) || Statement::decode(cut).is_ok(), "{end}");
        }
        assert!(mentions(&[0x0b]) && mentions(&[0xff; 12]));
    }
}
