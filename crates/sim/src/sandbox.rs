//! Counterparties to play with: parties of the trade whose keys a programmer takes over, and others that
//! ship to them and confirm what they ship.

use merkle::{Hash, SigningKey};
use proto::v1::{Commission, Pack, Receive, Ship, SignedStatement, StatementRef, statement::Body};
use statement::Statement;

use crate::{
    calendar::{CHINA, DAY, day_text, short_day},
    cast::{Key, Who},
    codes,
    goods::{Marking, Product},
    pen::Head,
    world::World,
};

/// Items of a delivery: one case.
const CASE: u16 = 10;
/// Lots of deliveries are numbered from here on, far beyond those of the trade.
const FIRST_LOT: u32 = 50_000_000;
/// Stands before the number in the bills of deliveries and confirmations.
const BILL_MARK: &str = "-S";
/// Acts of deliveries and confirmations are numbered under these, in place of lots.
const DELIVERIES: u32 = u32::MAX - 1;
const CONFIRMATIONS: u32 = u32::MAX - 2;

/// A party to play.
#[derive(Debug)]
pub struct Player {
    /// What it is, as a file name: "distributor" or "clinic".
    pub role: &'static str,
    /// Canonical id.
    pub party: String,
    /// As registered.
    pub name: String,
    /// Its main place.
    pub site: String,
    /// Signs statements and read tokens.
    pub key: SigningKey,
}

/// The next numbers of the other side's acts: what they are after all that is on the ledger is found by
/// showing it, statement by statement, to [`Sandbox::count`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of the next delivery.
    pub delivery: u32,
    /// Of the next confirmation.
    pub confirmation: u32,
}

/// The other side.
#[derive(Debug)]
pub struct Sandbox {
    world: World,
    ledger: Hash,
    players: Vec<(&'static str, Who)>,
}

impl Sandbox {
    /// Counterparties for a ledger on which the world's trade has been recorded.
    #[must_use]
    pub fn new(world: World, ledger: Hash) -> Self {
        let cast = world.cast();
        // Some clinics have their records kept by others; one that does it itself is wanted.
        let clinic = cast.clinics.iter().find(|c| cast.hand_of(**c) == **c);
        let distributor = cast.second.first();
        let players = [("distributor", distributor), ("clinic", clinic)];
        let players = players.into_iter().filter_map(|(role, who)| Some((role, *who?))).collect();
        Self { world, ledger, players }
    }

    /// Who may be played.
    pub fn players(&self) -> impl Iterator<Item = Player> + '_ {
        self.players.iter().map(|(role, who)| {
            let member = self.world.cast().member(*who);
            let key = Key::system(self.world.plan().seed, &member.id).pair;
            let (party, name, site) = (member.id.clone(), member.name.clone(), member.site.clone());
            Player { role, party, name, site, key }
        })
    }

    /// Parties that take goods in when a player ships to them: id and name of a few clinics.
    pub fn customers(&self) -> impl Iterator<Item = (&str, &str)> {
        let cast = self.world.cast();
        let played = |who: &&Who| self.players.iter().any(|(_, p)| p == *who);
        let clinics = cast.clinics.iter().filter(move |c| !played(c)).take(5);
        clinics.map(|c| cast.member(*c)).map(|m| (m.id.as_str(), m.name.as_str()))
    }

    /// Delivery `n` (each number once) to a player: a maker makes a case of ten, packs and ships it.
    /// `now` is µs since the Unix epoch.
    #[must_use]
    pub fn delivery(&self, n: u32, now: i64) -> Vec<SignedStatement> {
        let Some((_, to)) = self.players.get(n as usize % self.players.len().max(1)) else {
            return Vec::new();
        };
        let Some((product, gtin)) = self.product(n) else { return Vec::new() };
        let (lot, buyer) = (FIRST_LOT + n, self.world.cast().member(*to));
        let items: Vec<String> =
            (0..CASE).map(|i| format!("sgtin:{gtin}.{}", codes::serial(lot, i))).collect();
        let case = format!("sscc:{}", codes::sscc(1, lot, 0));
        let made = now - 20 * DAY;
        let commission = Body::Commission(Commission {
            items: items.clone(),
            lot: format!("lot:{}.{}{}{n:05}", product.product(), product.letter, short_day(made)),
            registration: product.registration.to_owned(),
            made_on: day_text(made),
            expires_on: day_text(made + product.shelf_days * DAY),
            units_per_code: product.units_per_code,
            market: "CN".to_owned(),
            ..Commission::default()
        });
        let pack = Body::Pack(Pack { parent: case.clone(), children: items });
        let ship = Body::Ship(Ship {
            items: vec![case],
            addressee: buyer.id.clone(),
            ship_to: buyer.site.clone(),
            reason: "sale".to_owned(),
            ..Ship::default()
        });
        let acts = [("FM", -3_000_000, commission), ("ZX", -2_000_000, pack), ("CK", -1_000_000, ship)];
        let signed = acts.into_iter().zip(0..).map(|((prefix, offset, body), k)| {
            let bill = format!("{prefix}{}{BILL_MARK}{n:06}", short_day(now));
            self.sign(product.maker, product.hand, (now + offset, now), bill, (DELIVERIES, n * 4 + k), body)
        });
        signed.flatten().collect()
    }

    /// The digest of a recorded statement that a counterparty is to answer: a Ship by a player to one of
    /// the trade.
    #[must_use]
    pub fn awaits_confirmation(&self, recorded: &Statement) -> Option<Hash> {
        self.receiver(recorded).map(|_| *recorded.digest())
    }

    /// The digest of the statement that a counterparty has answered with this one.
    #[must_use]
    pub fn confirms(&self, recorded: &Statement) -> Option<Hash> {
        let Body::Receive(receive) = recorded.body() else { return None };
        if self.is_player(recorded.actor()) {
            return None;
        }
        receive.shipment.as_ref()?.digest.as_slice().try_into().ok()
    }

    /// Makes the next numbers greater than that of a recorded statement.
    pub fn count(&self, recorded: &Statement, next: &mut Numbers) {
        if self.is_player(recorded.actor()) {
            return;
        }
        let number = recorded.header().business_key.rsplit_once(BILL_MARK).and_then(|(_, n)| n.parse().ok());
        let Some(number): Option<u32> = number else { return };
        let next = match recorded.body() {
            Body::Commission(_) | Body::Pack(_) | Body::Ship(_) => &mut next.delivery,
            Body::Receive(_) => &mut next.confirmation,
            _ => return,
        };
        *next = (*next).max(number.saturating_add(1));
    }

    /// What a counterparty answers to a recorded statement: to a Ship by a player to one of the trade, a
    /// Receive of everything. `n`: a number used once. `now` is µs since the Unix epoch.
    #[must_use]
    pub fn confirmation(&self, recorded: &Statement, n: u32, now: i64) -> Option<SignedStatement> {
        let receiver = self.receiver(recorded)?;
        let header = recorded.header();
        let shipment = Some(StatementRef {
            party: header.party.clone(),
            id: header.id.clone(),
            digest: recorded.digest().to_vec(),
        });
        let body = Body::Receive(Receive { shipment, ..Receive::default() });
        let bill = format!("RK{}{BILL_MARK}{n:06}", short_day(now));
        self.sign(receiver, receiver, (now, now), bill, (CONFIRMATIONS, n), body)
    }

    fn is_player(&self, party: &str) -> bool {
        self.players.iter().any(|(_, who)| self.world.cast().member(*who).id == party)
    }

    /// Who takes in what a player ships; nobody where another player does, or it was no player.
    fn receiver(&self, recorded: &Statement) -> Option<Who> {
        let Body::Ship(ship) = recorded.body() else { return None };
        if !self.is_player(recorded.actor()) || self.is_player(&ship.addressee) {
            return None;
        }
        let cast = self.world.cast();
        (0..cast.members.len() as Who).find(|who| cast.member(*who).id == ship.addressee)
    }

    /// Products made at home and marked with GTIN and serial, in turn.
    fn product(&self, n: u32) -> Option<(&Product, &str)> {
        let cast = self.world.cast();
        let marked: Vec<(&Product, &str)> = self
            .world
            .products()
            .iter()
            .filter(|p| cast.home.contains(&p.maker))
            .filter_map(|p| match &p.marking {
                Marking::Gtin(gtin, _) => Some((p, gtin.as_str())),
                _ => None,
            })
            .collect();
        marked.get(n as usize % marked.len().max(1)).copied()
    }

    fn sign(
        &self,
        actor: Who,
        hand: Who,
        (occurred, signed): (i64, i64),
        business_key: String,
        place: (u32, u32),
        body: Body,
    ) -> Option<SignedStatement> {
        let cast = self.world.cast();
        let key = cast.member(hand).system.as_ref()?;
        let head = Head {
            actor,
            hand,
            at: Some(hand),
            occurred,
            upload: signed,
            offset: CHINA,
            business_key,
            attachments: Vec::new(),
            place,
            key,
        };
        Some(self.world.pen(&self.ledger).sign(head, body, "sandbox").statement)
    }
}
