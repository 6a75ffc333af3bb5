//! Who takes part: authorities, makers, traders, clinics, with their places and keys.

use merkle::{Hash, SigningKey, sha256};
use proto::v1::{AuthorityField, Role};

use crate::{cities::CITIES, codes, sizes::Sizes};

/// A party by its place in [`Cast::members`].
pub(crate) type Who = u16;

/// A key with its id.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: Hash,
    pub(crate) pair: SigningKey,
}

impl Key {
    /// The key of a party's system.
    pub(crate) fn system(seed: u64, party: &str) -> Self {
        Self::derive(seed, party, "system")
    }

    /// The key of a party's administrator.
    fn admin(seed: u64, party: &str) -> Self {
        Self::derive(seed, party, "admin")
    }

    /// The key that grows from the seed of a plan and a label: known to whoever knows the seed.
    fn derive(seed: u64, party: &str, label: &str) -> Self {
        let parts: [&[u8]; 6] =
            [b"yuanliu/sim/key/v1\0", &seed.to_be_bytes(), party.as_bytes(), &[0], label.as_bytes(), &[0]];
        let pair = SigningKey::from_seed(&sha256(&parts));
        Self { id: statement::key_id(statement::ALG_ED25519, pair.public().as_bytes()), pair }
    }
}

/// A party of the trade.
#[derive(Debug)]
pub(crate) struct Member {
    /// Canonical id.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) latin: String,
    pub(crate) country: &'static str,
    pub(crate) roles: Vec<(Role, AuthorityField)>,
    /// Who registers it; itself for root authorities, which stand in the genesis.
    pub(crate) registrar: Who,
    /// Its main place, canonical.
    pub(crate) site: String,
    pub(crate) address: String,
    /// GB/T 2260; empty abroad.
    pub(crate) region: &'static str,
    /// 1e-7 degrees, north and east.
    pub(crate) position: (i32, i32),
    /// Enrols its other keys. Makers abroad without an office here have no keys.
    pub(crate) admin: Option<Key>,
    /// Signs its statements and read tokens.
    pub(crate) system: Option<Key>,
}

/// Everybody, by kind.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) members: Vec<Member>,
    pub(crate) roots: Vec<Who>,
    pub(crate) drug: Who,
    pub(crate) abroad: Vec<Who>,
    pub(crate) agents: Vec<Who>,
    pub(crate) home: Vec<Who>,
    pub(crate) importers: Vec<Who>,
    pub(crate) first: Vec<Who>,
    pub(crate) second: Vec<Who>,
    pub(crate) logistics: Vec<Who>,
    pub(crate) carriers: Vec<Who>,
    pub(crate) clinics: Vec<Who>,
    /// Keeps the records of some clinics.
    pub(crate) service: Who,
}

/// Neutral first words of firm names.
const WORDS: [Name; 20] = [
    ("北辰", "Beichen"),
    ("云杉", "Yunshan"),
    ("澄光", "Chengguang"),
    ("青禾", "Qinghe"),
    ("远帆", "Yuanfan"),
    ("和璟", "Hejing"),
    ("明屿", "Mingyu"),
    ("松间", "Songjian"),
    ("朗月", "Langyue"),
    ("知川", "Zhichuan"),
    ("雾凇", "Wusong"),
    ("映山", "Yingshan"),
    ("丰年", "Fengnian"),
    ("海棠", "Haitang"),
    ("星渚", "Xingzhu"),
    ("白鹭", "Bailu"),
    ("临溪", "Linxi"),
    ("晴岚", "Qinglan"),
    ("南枝", "Nanzhi"),
    ("木樨", "Muxi"),
];

/// A maker abroad: id (empty: known by a GLN), name, country, address, position.
type Foreign = (&'static str, &'static str, &'static str, &'static str, (i32, i32));

const ABROAD: [Foreign; 3] = [
    (
        "org:Specimen Biologics Co., Ltd.",
        "Specimen Biologics Co., Ltd.",
        "KR",
        "100 Example-ro, Cheongju, KR",
        (366_400_000, 1_274_900_000),
    ),
    ("", "Muster Biopharma GmbH", "DE", "Beispielweg 12, Frankfurt am Main, DE", (501_100_000, 86_800_000)),
    (
        "org:Laboratoires Exemple SA",
        "Laboratoires Exemple SA",
        "FR",
        "3 rue de l'Exemple, Annecy, FR",
        (459_000_000, 61_200_000),
    ),
];

/// A firm at home before it gets its place.
struct Firm {
    class: &'static str,
    word: Name,
    kind: Name,
    roles: Vec<(Role, AuthorityField)>,
    registrar: Who,
    city: usize,
    gln: bool,
}

struct Casting {
    seed: u64,
    members: Vec<Member>,
}

impl Casting {
    fn add(&mut self, member: Member) -> Who {
        self.members.push(member);
        // A cast has about a hundred members.
        (self.members.len() - 1) as Who
    }

    fn firm(&mut self, firm: Firm) -> Who {
        let n = self.members.len();
        let city = &CITIES[firm.city % CITIES.len()];
        let id = format!("uscc:{}", codes::uscc(firm.class, city.region, n as u32));
        let (word, latin) = firm.word;
        let site = match firm.gln {
            true => format!("site:gln:{}", codes::gln(n as u32)),
            false => format!("site:{id}/MAIN"),
        };
        // Within about two kilometres of the district's middle.
        let shift = (n as i32 % 19 - 9) * 20_000;
        self.add(Member {
            name: format!("{word}{}", firm.kind.0),
            latin: format!("{latin} {}, {}", firm.kind.1, city.latin),
            country: "CN",
            roles: firm.roles,
            registrar: firm.registrar,
            site,
            address: format!("{}示范路 {} 号", city.name, n + 1),
            region: city.region,
            position: (city.latitude + shift, city.longitude - shift),
            admin: Some(Key::admin(self.seed, &id)),
            system: Some(Key::system(self.seed, &id)),
            id,
        })
    }

    fn firms(&mut self, count: usize, mut firm: impl FnMut(usize) -> Firm) -> Vec<Who> {
        (0..count).map(|i| self.firm(firm(i))).collect()
    }

    /// Puts a running number behind each name.
    fn number(&mut self, firms: &[Who]) {
        for (i, firm) in firms.iter().enumerate() {
            let name = &mut self.members[usize::from(*firm)].name;
            *name = format!("{name} {}", i + 1);
        }
    }

    fn maker_abroad(&mut self, i: usize, registrar: Who) -> Who {
        let (id, name, country, address, position) = ABROAD[i % ABROAD.len()];
        let n = self.members.len() as u32;
        // The one known by a GLN keeps keys of its own and mandates its agent; for the others the agent
        // speaks in its own name.
        let known_by_gln = id.is_empty();
        let id = if known_by_gln { format!("gln:{}", codes::gln(500 + n)) } else { id.to_owned() };
        self.add(Member {
            name: name.to_owned(),
            latin: name.to_owned(),
            country,
            roles: vec![plain(Role::Manufacturer)],
            registrar,
            site: format!("site:gln:{}", codes::gln(n)),
            address: address.to_owned(),
            region: "",
            position,
            admin: known_by_gln.then(|| Key::admin(self.seed, &id)),
            system: known_by_gln.then(|| Key::system(self.seed, &id)),
            id,
        })
    }
}

const fn plain(role: Role) -> (Role, AuthorityField) {
    (role, AuthorityField::Unspecified)
}

type Name = (&'static str, &'static str);

const ROOTS: [Name; 3] = [
    ("示范登记中心一", "Registry One"),
    ("示范登记中心二", "Registry Two"),
    ("示范登记中心三", "Registry Three"),
];

const OFFICES: [(Name, AuthorityField); 4] = [
    (("示范药品监督管理局", "Drug Regulator"), AuthorityField::Drug),
    (("示范海关", "Customs"), AuthorityField::Customs),
    (("示范卫生健康委员会", "Health Authority"), AuthorityField::Health),
    (("示范邮政管理局", "Postal Regulator"), AuthorityField::Post),
];

fn office(kind: Name, field: AuthorityField, registrar: Who) -> Firm {
    let roles = vec![(Role::Authority, field)];
    Firm { class: "11", word: ("", "Sample"), kind, roles, registrar, city: 1, gln: false }
}

const TRADER: Name = ("医药有限公司", "Pharmaceutical Trading");

impl Cast {
    pub(crate) fn new(seed: u64, sizes: Sizes) -> Self {
        let mut casting = Casting { seed, members: Vec::new() };
        let c = &mut casting;
        let firm = |word: usize, kind, role, registrar, city, gln| {
            let roles = vec![plain(role)];
            Firm { class: "91", word: WORDS[word % WORDS.len()], kind, roles, registrar, city, gln }
        };
        let roots = c.firms(3, |i| Firm {
            registrar: i as Who,
            roles: Vec::new(),
            ..office(ROOTS[i], AuthorityField::Root, 0)
        });
        let [drug, _, health, post] = OFFICES.map(|(name, field)| c.firm(office(name, field, roots[0])));
        let abroad: Vec<Who> = (0..sizes.abroad).map(|i| c.maker_abroad(i, drug)).collect();
        let kind = ("生物技术代理有限公司", "Biotech Agency");
        let agents = c.firms(sizes.abroad, |i| firm(11 + i, kind, Role::DomesticAgent, drug, i, true));
        let kind = ("生物科技股份有限公司", "Bioscience");
        let home = c.firms(sizes.home, |i| firm(i, kind, Role::Manufacturer, drug, 4 + i, true));
        let kind = ("进出口有限公司", "Import and Export");
        let importers = c.firms(sizes.importers, |i| firm(4 + i, kind, Role::Importer, drug, i, true));
        let first = c.firms(sizes.first, |i| firm(7 + i, TRADER, Role::Distributor, drug, i, true));
        let second = c.firms(sizes.second, |i| firm(13 + i, TRADER, Role::Distributor, drug, i, true));
        let kind = ("医药物流有限公司", "Pharma Logistics");
        let logistics = c.firms(sizes.logistics, |i| firm(1 + i, kind, Role::Logistics, drug, i, true));
        let kind = ("冷链速运有限公司", "Cold Chain Express");
        let carriers = c.firms(sizes.carriers, |i| firm(9 + i, kind, Role::Carrier, post, i, false));
        let kind = ("追溯技术服务有限公司", "Traceability Services");
        // No role is made for firms that keep other people's records: it is registered as what is nearest.
        let service = c.firm(firm(18, kind, Role::Logistics, drug, 3, false));
        c.firm(Firm {
            class: "12",
            ..firm(3, ("药品检验所", "Institute for Drug Control"), Role::Laboratory, drug, 1, false)
        });
        let kind = ("医疗美容门诊部", "Aesthetic Clinic");
        let clinics = c.firms(sizes.clinics, |i| firm(i, kind, Role::Clinic, health, i, false));
        c.number(&clinics);
        let members = casting.members;
        Self {
            members,
            roots,
            drug,
            abroad,
            agents,
            home,
            importers,
            first,
            second,
            logistics,
            carriers,
            clinics,
            service,
        }
    }

    pub(crate) fn member(&self, who: Who) -> &Member {
        &self.members[usize::from(who)]
    }

    /// Who acts for `actor` when goods come, are unpacked and go: a logistics firm for two of the
    /// distributors, a service firm for every twelfth clinic (and for one in a small trade).
    pub(crate) fn hand_of(&self, actor: Who) -> Who {
        if let Some(i) = self.first.iter().position(|f| *f == actor) {
            return if i % 3 == 0 { self.logistics[i / 3 % self.logistics.len()] } else { actor };
        }
        match self.clinics.iter().position(|c| *c == actor) {
            Some(i) if i % 12 == 1 => self.service,
            _ => actor,
        }
    }
}
