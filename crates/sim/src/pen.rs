//! Writes acts down as signed statements.
//!
//! Id, salt and numbers of papers follow from seed, lot and place in the lot's plan, so one act can name
//! another before that one has been written, and writing an act twice gives the same bytes.

use merkle::{Hash, sha256};
use prost::Message as _;
use proto::v1::{Algorithm, Attachment, Header, SignedStatement, Statement, statement::Body};
use statement::{Kind, STATEMENT_TYPE, kind_of, sign};

use crate::{
    act::{Act, Deed},
    calendar::{CHINA, short_day},
    cast::{Key, Who},
    goods::Product,
    lot::Lot,
    world::{DAYS, DAYS_OF_IDS, World},
};

/// A statement ready to be submitted.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Payload, key id and signature.
    pub statement: SignedStatement,
    /// Its kind.
    pub kind: Kind,
    /// What is out of the ordinary about it, or of which part of the story it is; may be empty.
    pub note: &'static str,
}

/// Writes for one ledger.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen<'w> {
    pub(crate) world: &'w World,
    pub(crate) ledger: &'w Hash,
}

/// What a header says beside the act's name.
pub(crate) struct Head<'a> {
    pub(crate) actor: Who,
    pub(crate) hand: Who,
    /// Whose place it is.
    pub(crate) at: Option<Who>,
    pub(crate) occurred: i64,
    pub(crate) upload: i64,
    pub(crate) offset: i32,
    pub(crate) business_key: String,
    pub(crate) attachments: Vec<Attachment>,
    /// Lot and number of the act.
    pub(crate) place: (u32, u32),
    pub(crate) key: &'a Key,
}

impl Pen<'_> {
    /// 32 bytes that belong to one act.
    fn chance(&self, purpose: &[u8], (lot, number): (u32, u32)) -> Hash {
        let seed = self.world.plan().seed.to_be_bytes();
        sha256(&[b"yuanliu/sim/", purpose, &[0], &seed, &lot.to_be_bytes(), &number.to_be_bytes()])
    }

    /// UUIDv7. The 60 days of the story are pressed into the 29 before its end, for ids may not be older
    /// than 30 days when they are recorded. What comes after the end bears its own time.
    pub(crate) fn id(&self, upload: i64, place: (u32, u32)) -> [u8; 16] {
        let span = self.world.span();
        let before_end = match span.end - upload {
            story @ 0.. => story / DAYS * DAYS_OF_IDS,
            after => after,
        };
        let millis = ((span.end - before_end) / 1_000).max(0).unsigned_abs();
        let mut id = [0; 16];
        id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        id[6..].copy_from_slice(&self.chance(b"id", place)[..10]);
        id[6] = 0x70 | id[6] & 0x0f;
        id[8] = 0x80 | id[8] & 0x3f;
        id
    }

    fn header(&self, head: Head<'_>) -> Header {
        let cast = self.world.cast();
        let actor = cast.member(head.actor);
        let principal = if head.actor == head.hand { String::new() } else { actor.id.clone() };
        Header {
            ledger: self.ledger.to_vec(),
            id: self.id(head.upload, head.place).to_vec(),
            salt: self.chance(b"salt", head.place)[..16].to_vec(),
            party: cast.member(head.hand).id.clone(),
            on_behalf_of: principal,
            site: head.at.map(|who| cast.member(who).site.clone()).unwrap_or_default(),
            occurred_at: head.occurred,
            offset_minutes: head.offset,
            business_key: head.business_key,
            confidential: false,
            attachments: head.attachments,
        }
    }

    /// Signs a body under a header.
    pub(crate) fn sign(&self, head: Head<'_>, body: Body, note: &'static str) -> Signed {
        let key = head.key;
        let kind = kind_of(&body);
        let payload = Statement { header: Some(self.header(head)), body: Some(body) }.encode_to_vec();
        let signature = sign(&key.pair, STATEMENT_TYPE, &payload).to_vec();
        let statement = SignedStatement {
            payload: payload.into(),
            key_id: key.id.to_vec(),
            signature,
            algorithm: Algorithm::Ed25519 as i32,
        };
        Signed { statement, kind, note }
    }

    /// Writes an act; nothing where its hand has no key, which no plan brings about.
    pub(crate) fn write(&self, act: &Act) -> Option<Signed> {
        let key = self.world.cast().member(act.hand).system.as_ref()?;
        Some(self.sign(self.head(act, key), self.body(act), act.note))
    }

    /// `H(payload)` of an act.
    pub(crate) fn digest(&self, act: &Act) -> Hash {
        let Some(key) = self.world.cast().member(act.hand).system.as_ref() else { return [0; 32] };
        let header = Some(self.header(self.head(act, key)));
        sha256(&[&Statement { header, body: Some(self.body(act)) }.encode_to_vec()])
    }

    fn head<'a>(&self, act: &Act, key: &'a Key) -> Head<'a> {
        let (_, product) = self.lot(act);
        let at_plant = act.actor == product.maker;
        let cast = self.world.cast();
        // Logistics firms work in their own warehouse, service firms in the clinic's books.
        let at = match act.hand {
            _ if at_plant => product.holder,
            hand if hand == cast.service => act.actor,
            hand => hand,
        };
        let by_air = matches!(&act.deed, Deed::Ship(shipping) if shipping.by_air);
        let attachments = if by_air { self.papers(act) } else { Vec::new() };
        Head {
            actor: act.actor,
            hand: act.hand,
            at: Some(at),
            occurred: act.occurred,
            upload: act.upload,
            offset: if at_plant { product.offset } else { CHINA },
            business_key: prefix(&act.deed)
                .map(|p| number(p, act.occurred, (act.lot, act.number)))
                .unwrap_or_default(),
            attachments,
            place: (act.lot, act.number),
            key,
        }
    }

    /// Papers of an import; what they hold is nowhere, as after an erasure.
    fn papers(&self, act: &Act) -> Vec<Attachment> {
        let paper = |role: &'static str, size: u64| Attachment {
            digest: self.chance(role.as_bytes(), (act.lot, act.number)).to_vec(),
            role: role.to_owned(),
            media_type: "application/pdf".to_owned(),
            size,
        };
        vec![paper("invoice", 84_213), paper("packing-list", 61_940), paper("factory-report", 240_118)]
    }

    pub(crate) fn lot(&self, act: &Act) -> (&Lot, &Product) {
        let lot = &self.world.lots()[act.lot as usize];
        (lot, &self.world.products()[lot.product])
    }
}

/// Prefix of the bill numbers of shipments.
pub(crate) const SHIP: &str = "CK";

/// Prefix of a kind's bill numbers; statements about statements have none.
const fn prefix(deed: &Deed) -> Option<&'static str> {
    Some(match deed {
        Deed::Commission(..) | Deed::CommissionAmount(_) => "FM",
        Deed::Pack(..) => "ZX",
        Deed::Unpack(_) => "CX",
        Deed::Ship(_) => SHIP,
        Deed::Receive { .. } => "RK",
        Deed::Use(_) => "SY",
        Deed::Correct(..) | Deed::Void(..) | Deed::Endorse(_) => return None,
    })
}

/// A bill number, such as `CK261103-00042-00137`.
pub(crate) fn number(prefix: &str, occurred: i64, (lot, number): (u32, u32)) -> String {
    format!("{prefix}{}-{lot:05}-{number:05}", short_day(occurred))
}
