//! Registration of everybody and everything, before the trade begins.

use merkle::Hash;
use proto::v1::{
    Algorithm, AuthorityField, Endorse, EnrolKey, KeyUse, Licence, Mandate, Party, Quantity, Registration,
    Role, RoleGrant, Site, StatementKind as Kind, StatementRef, Temperature, statement::Body,
};

use crate::{
    calendar::{CHINA, DAY, day_text},
    cast::{Key, Member, Who},
    goods::Product,
    pen::{Head, Signed},
    world::{World, possession},
};

/// Stands for the lot in names of acts that belong to none.
pub(crate) const NO_LOT: u32 = u32::MAX;
/// Time between two registrations.
const STEP: i64 = 30_000_000;

struct Register<'w> {
    world: &'w World,
    ledger: &'w Hash,
    done: Vec<Signed>,
}

/// All registrations: authorities, parties with keys, sites and licences, products, mandates.
pub(crate) fn registrations(world: &World, ledger: &Hash) -> Vec<Signed> {
    let mut register = Register { world, ledger, done: Vec::new() };
    let cast = world.cast();
    for who in (0..cast.members.len() as Who).filter(|who| !cast.roots.contains(who)) {
        register.member(who);
    }
    for product in world.products() {
        register.product(product);
    }
    register.mandates();
    register.done
}

impl Register<'_> {
    fn sign(&mut self, who: Who, key: &Key, prefix: &str, body: Body, note: &'static str) {
        let n = self.done.len() as u32;
        let at = self.world.span().begin + i64::from(n) * STEP;
        let business_key = if prefix.is_empty() { String::new() } else { format!("{prefix}-{:04}", n + 1) };
        let head = Head {
            actor: who,
            hand: who,
            at: None,
            occurred: at,
            upload: at,
            offset: CHINA,
            business_key,
            attachments: Vec::new(),
            place: (NO_LOT, n),
            key,
        };
        let signed = self.world.pen(self.ledger).sign(head, body, note);
        self.done.push(signed);
    }

    fn member(&mut self, who: Who) {
        let world = self.world;
        let member = world.cast().member(who);
        let Some(registrar) = registrar_key(world, member.registrar) else { return };
        let party = Body::Party(party(member));
        self.sign(member.registrar, registrar, "ZT", party, "registration");
        if world.cast().roots.contains(&member.registrar) {
            self.endorse();
        }
        let place = Body::Site(site(member));
        let Some((admin, system)) = member.admin.as_ref().zip(member.system.as_ref()) else {
            return self.sign(member.registrar, registrar, "CS", place, "site");
        };
        let enrol = |key, uses, label, expires_at| {
            Body::EnrolKey(self.enrolment(member, key, uses, label, expires_at))
        };
        let uses = vec![KeyUse::Administer, KeyUse::Sign];
        let first = enrol(admin, uses, "管理员密钥", 0);
        let two_years = world.plan().end_at + 730 * DAY;
        let second = enrol(system, vec![KeyUse::Sign, KeyUse::Read], "业务系统", two_years);
        self.sign(member.registrar, registrar, "", first, "administrator key");
        self.sign(who, admin, "", second, "system key");
        self.sign(who, system, "CS", place, "site");
        if let Some(licence) = licence(world, who) {
            self.sign(member.registrar, registrar, "XK", Body::Licence(licence), "licence");
        }
    }

    /// The second root authority signs what the first has just stated.
    fn endorse(&mut self) {
        let cast = self.world.cast();
        let (first, second) = (cast.roots[0], cast.roots[1]);
        let Some(key) = registrar_key(self.world, second) else { return };
        let Some(payload) = self.done.last().map(|signed| signed.statement.payload.clone()) else { return };
        let n = self.done.len() as u32 - 1;
        let upload = self.world.span().begin + i64::from(n) * STEP;
        let target = Some(StatementRef {
            party: cast.member(first).id.clone(),
            id: self.world.pen(self.ledger).id(upload, (NO_LOT, n)).to_vec(),
            digest: merkle::sha256(&[&payload]).to_vec(),
        });
        self.sign(second, key, "", Body::Endorse(Endorse { target }), "root act endorsed");
    }

    fn enrolment(
        &self,
        member: &Member,
        key: &Key,
        uses: Vec<KeyUse>,
        label: &str,
        expires_at: i64,
    ) -> EnrolKey {
        EnrolKey {
            party: member.id.clone(),
            algorithm: Algorithm::Ed25519 as i32,
            public_key: key.pair.public().as_bytes().to_vec(),
            possession: possession(key, self.ledger, &member.id),
            uses: uses.into_iter().map(|u| u as i32).collect(),
            kinds: Vec::new(),
            site: String::new(),
            expires_at,
            label: label.to_owned(),
        }
    }

    fn product(&mut self, product: &Product) {
        let world = self.world;
        let cast = world.cast();
        let Some(key) = registrar_key(world, cast.drug) else { return };
        let temperature = |millicelsius| Some(Temperature { millicelsius });
        let registration = Registration {
            number: product.registration.to_owned(),
            products: vec![product.product()],
            holder: cast.member(product.holder).id.clone(),
            agent: product.agent.map(|agent| cast.member(agent).id.clone()).unwrap_or_default(),
            name: product.name.to_owned(),
            model: product.model.to_owned(),
            product_class: product.class.code().to_owned(),
            device_class: product.device_class,
            storage_min: temperature(product.storage.0),
            storage_max: temperature(product.storage.1),
            units_per_code: product.units_per_code,
            label_content: product.label.map(|(amount, unit)| Quantity { amount, unit: unit.to_owned() }),
            single_use: product.single_use,
            maximum_uses: product.maximum_uses,
            valid_from: day_text(world.plan().end_at - 900 * DAY),
            valid_to: day_text(world.plan().end_at + 900 * DAY),
            origin: product.origin.to_owned(),
        };
        self.sign(cast.drug, key, "CP", Body::Registration(registration), "product");
    }

    fn mandates(&mut self) {
        let world = self.world;
        let cast = world.cast();
        let logistics = [Kind::Receive, Kind::Pack, Kind::Unpack, Kind::Ship];
        for first in &cast.first {
            let agent = cast.hand_of(*first);
            self.mandate(*first, agent, &logistics, "三方物流", vec![cast.member(agent).site.clone()]);
        }
        for clinic in &cast.clinics {
            self.mandate(*clinic, cast.hand_of(*clinic), &[Kind::Receive, Kind::Use], "代录", Vec::new());
        }
        for product in world.products() {
            let acts = [Kind::Commission, Kind::Pack, Kind::Unpack, Kind::Ship];
            self.mandate(product.maker, product.hand, &acts, "境内代理", Vec::new());
        }
    }

    fn mandate(&mut self, principal: Who, agent: Who, acts: &[Kind], what: &str, sites: Vec<String>) {
        let world = self.world;
        let member = world.cast().member(principal);
        let Some(key) = member.system.as_ref().filter(|_| principal != agent) else { return };
        let mandate = Mandate {
            number: format!("{what}-{}", self.done.len() + 1),
            agent: world.cast().member(agent).id.clone(),
            acts: acts.iter().map(|act| *act as i32).collect(),
            sites,
            valid_from: day_text(world.span().begin - 30 * DAY),
            valid_to: day_text(world.plan().end_at + 335 * DAY),
        };
        self.sign(principal, key, "WT", Body::Mandate(mandate), "mandate");
    }
}

/// Root authorities sign with the key of the genesis, others with their system's.
fn registrar_key(world: &World, who: Who) -> Option<&Key> {
    let member = world.cast().member(who);
    if world.cast().roots.contains(&who) { member.admin.as_ref() } else { member.system.as_ref() }
}

fn party(member: &Member) -> Party {
    let grant = |(role, field): &(Role, AuthorityField)| RoleGrant {
        role: *role as i32,
        field: *field as i32,
        ..RoleGrant::default()
    };
    Party {
        party: member.id.clone(),
        name: member.name.clone(),
        name_latin: member.latin.clone(),
        country: member.country.to_owned(),
        roles: member.roles.iter().map(grant).collect(),
        closed_on: String::new(),
    }
}

fn site(member: &Member) -> Site {
    let (latitude_e7, longitude_e7) = member.position;
    Site {
        site: member.site.clone(),
        party: member.id.clone(),
        name: format!("{} 主场所", member.name),
        address: member.address.clone(),
        region: member.region.to_owned(),
        country: member.country.to_owned(),
        latitude_e7,
        longitude_e7,
        bonded: false,
        closed_on: String::new(),
    }
}

/// The licence that a role needs; none for authorities and agents.
fn licence(world: &World, who: Who) -> Option<Licence> {
    let cast = world.cast();
    let member = cast.member(who);
    let (kind, letters, scope) = match member.roles.first()?.0 {
        Role::Manufacturer => ("drug-making", "SC", "生物制品；第三类医疗器械"),
        Role::Importer | Role::Distributor => ("drug-wholesale", "PF", "生物制品；第三类医疗器械；冷链"),
        Role::Logistics => ("third-party-logistics", "WL", "药品、医疗器械储存运输"),
        Role::Carrier => ("courier", "KD", "快递业务（冷链）"),
        Role::Clinic => ("medical-institution", "YL", "医疗美容科"),
        Role::Laboratory => ("laboratory", "JY", "生物制品检验"),
        _ => return None,
    };
    let number = match kind {
        // 22 characters: organisation code, region, type of institution, year and place in it.
        "medical-institution" => format!("MAYL{who:05}{}D154201", member.region),
        _ => format!("{letters}{}{:05}", member.region, who),
    };
    Some(Licence {
        site: member.site.clone(),
        kind: kind.to_owned(),
        number,
        issuer: cast.member(member.registrar).id.clone(),
        valid_from: day_text(world.plan().end_at - 700 * DAY),
        valid_to: day_text(world.plan().end_at + 1_100 * DAY),
        scope: vec![scope.to_owned()],
        ..Licence::default()
    })
}
