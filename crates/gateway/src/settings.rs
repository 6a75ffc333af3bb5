//! Settings: one TOML file.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use gs1::{Gln, PartyId, PartyRef, SiteRef, Uscc};
use serde::Deserialize;

use crate::{bill::TimeOfDay, columns::Column, kinds::Makes};

/// Where the gateway listens by default: on this machine only.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7485);

/// Why settings cannot be used. Correct the file.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings {0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// It is not TOML of the expected shape; the message names the place.
    #[error("{0}: {1}")]
    Shape(PathBuf, Box<toml::de::Error>),
    /// A value cannot be.
    #[error("{path}: {field}: {fault}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The setting.
        field: String,
        /// What is wrong.
        fault: String,
    },
}

/// All settings. Relative paths count from the directory of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Directory of the outbox, its secret, and what goes with it.
    pub data: PathBuf,
    /// Address of REST and the state page.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Further names under which the gateway may be called (`Host` header), such as a proxy's.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Listen on an address that others can reach: only behind a proxy that does TLS.
    #[serde(default)]
    pub allow_remote: bool,
    /// Directory that is watched for files; none = no watching.
    #[serde(default)]
    pub inbox: Option<PathBuf>,
    /// The ledger.
    pub ledger: LedgerSettings,
    /// The key that signs.
    pub key: KeySettings,
    /// Who signs, and how bills are read.
    pub bills: Mapping,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
}

/// Where the ledger is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LedgerSettings {
    /// `https://HOST:PORT`.
    pub server: String,
    /// Certificate (PEM) to trust; none = the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Id of the ledger, 64 hex digits; none = asked of the server at the first start, and kept.
    #[serde(default)]
    pub id: Option<String>,
}

/// Where the key lies: exactly one of the two.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeySettings {
    /// A key file (PKCS#8 PEM).
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// A key in a token.
    #[serde(default)]
    pub pkcs11: Option<TokenSettings>,
}

/// A key in a PKCS#11 token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenSettings {
    /// The token maker's library, such as `/usr/lib/softhsm/libsofthsm2.so`.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// Label of the key.
    pub key: String,
    /// File that holds the PIN, readable by its owner only; none = asked at start.
    #[serde(default)]
    pub pin_file: Option<PathBuf>,
}

/// How bills are read: who signs, and what the ERP system's own codes mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mapping {
    /// The party that signs.
    pub party: String,
    /// Principal, where a bill names none.
    #[serde(default)]
    pub on_behalf_of: String,
    /// Site, where a bill names none.
    #[serde(default)]
    pub site: String,
    /// Offset of local time from UTC in minutes, for times without one. China has no other than 480.
    #[serde(default = "china")]
    pub utc_offset_minutes: i32,
    /// What a day without a time of day means; not told = such a bill is refused.
    #[serde(default)]
    pub day_means: DayMeans,
    /// Partner codes of the ERP system → party ids.
    #[serde(default)]
    pub partners: BTreeMap<String, String>,
    /// Site codes of the ERP system → site ids.
    #[serde(default)]
    pub sites: BTreeMap<String, String>,
    /// Product codes of the ERP system → products.
    #[serde(default)]
    pub products: BTreeMap<String, Product>,
    /// Column heads of the ERP system → columns by their English names.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Column heads to pass over.
    #[serde(default)]
    pub ignore_columns: Vec<String>,
}

/// The time of day of bills whose time is a day alone: one for goods that come into being and leave, a later one
/// for goods that arrive and are used, so that what is received on the day on which it was shipped has left before.
/// At one instant the ledger puts causes before effects: Commission, Pack, Ship; Receive, Unpack, Use.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DayMeans {
    /// Of goods made, found, packed and shipped.
    pub out: Option<TimeOfDay>,
    /// Of goods received, unpacked and used; of goods lost, damaged or destroyed a second later.
    #[serde(rename = "in")]
    pub arriving: Option<TimeOfDay>,
}

impl DayMeans {
    /// Whether anything is told.
    pub(crate) const fn is_set(&self) -> bool {
        self.out.is_some() || self.arriving.is_some()
    }

    /// The setting that is about a bill.
    pub(crate) const fn key(makes: Makes) -> &'static str {
        if makes.is_out() { "out" } else { "in" }
    }

    /// For a bill.
    pub(crate) fn of(&self, makes: Makes) -> Option<TimeOfDay> {
        match makes {
            _ if makes.is_out() => self.out,
            // At one instant the ledger puts an Adjust before a Receive, and what came on that day was there.
            Makes::Adjust(_) => self.arriving.map(TimeOfDay::later),
            _ => self.arriving,
        }
    }
}

/// What a product code of the ERP system stands for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Product {
    /// `gtin:…`, `ma:…`, `nhi:…` or `reg:…`.
    pub product: String,
    /// Registration or approval number.
    #[serde(default)]
    pub registration: String,
    /// Vials or pieces under one code; 0 = not told.
    #[serde(default)]
    pub units_per_code: u32,
    /// Market.
    #[serde(default)]
    pub market: String,
}

/// Bounds. What goes beyond is refused with words that say what to do.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Limits {
    /// Bills that wait to be sent.
    pub waiting_bills: u64,
    /// Bytes of signed statements that wait to be sent.
    pub waiting_bytes: u64,
    /// Bytes of a file or request.
    pub file_bytes: usize,
    /// Lines of a file.
    pub file_lines: usize,
    /// Days for which settled bills are kept.
    pub keep_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            waiting_bills: 100_000,
            waiting_bytes: 1 << 30,
            file_bytes: 16 << 20,
            file_lines: 100_000,
            keep_days: 400,
        }
    }
}

const fn default_listen() -> SocketAddr {
    DEFAULT_LISTEN
}

const fn china() -> i32 {
    480
}

impl Settings {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|e| SettingsError::Read(path.to_path_buf(), e))?;
        let mut settings: Self =
            toml::from_str(&text).map_err(|e| SettingsError::Shape(path.to_path_buf(), Box::new(e)))?;
        settings.resolve(path.parent().unwrap_or_else(|| Path::new("")));
        settings.check().map_err(|(field, fault)| SettingsError::Value {
            path: path.to_path_buf(),
            field,
            fault,
        })?;
        Ok(settings)
    }

    fn resolve(&mut self, base: &Path) {
        let mut paths = vec![&mut self.data];
        paths.extend(self.inbox.as_mut());
        paths.extend(self.ledger.ca.as_mut());
        paths.extend(self.key.file.as_mut());
        paths.extend(self.key.pkcs11.as_mut().and_then(|token| token.pin_file.as_mut()));
        for path in paths {
            *path = base.join(&*path);
        }
    }

    fn check(&self) -> Result<(), (String, String)> {
        if !self.listen.ip().is_loopback() && !self.allow_remote {
            let fault = "REST has no TLS of its own: listen on 127.0.0.1, or set allow-remote behind a proxy";
            return Err(("listen".into(), fault.into()));
        }
        if self.key.file.is_some() == self.key.pkcs11.is_some() {
            return Err(("key".into(), "name either a file or a pkcs11 token".into()));
        }
        self.bills.check().map_err(|(field, fault)| (format!("bills.{field}"), fault))
    }
}

impl Mapping {
    /// A mapping of one party, without codes of its own.
    #[must_use]
    pub fn of(party: impl Into<String>) -> Self {
        Self {
            party: party.into(),
            on_behalf_of: String::new(),
            site: String::new(),
            utc_offset_minutes: china(),
            day_means: DayMeans::default(),
            partners: BTreeMap::new(),
            sites: BTreeMap::new(),
            products: BTreeMap::new(),
            columns: BTreeMap::new(),
            ignore_columns: Vec::new(),
        }
    }

    /// Refuses ids that are not canonical before a bill meets them.
    pub(crate) fn check(&self) -> Result<(), (String, String)> {
        let party = |field: String, text: &str| {
            PartyRef::parse(text).map(drop).map_err(|e| (field, format!("{text}: {e}")))
        };
        let site = |field: String, text: &str| {
            SiteRef::parse(text).map(drop).map_err(|e| (field, format!("{text}: {e}")))
        };
        party("party".into(), &self.party)?;
        if !self.on_behalf_of.is_empty() {
            party("on-behalf-of".into(), &self.on_behalf_of)?;
        }
        if !self.site.is_empty() {
            site("site".into(), &self.site)?;
        }
        if !(-840..=840).contains(&self.utc_offset_minutes) {
            return Err(("utc-offset-minutes".into(), "outside −840…840".into()));
        }
        if let DayMeans { out: Some(out), arriving: Some(arriving) } = self.day_means
            && out >= arriving
        {
            let fault = format!(
                "out ({out}) is to be before in ({arriving}), else goods arrive before they left on the same day"
            );
            return Err(("day-means".into(), fault));
        }
        for (code, id) in &self.partners {
            party(format!("partners.{code}"), id)?;
        }
        for (code, id) in &self.sites {
            site(format!("sites.{code}"), id)?;
        }
        for (code, p) in &self.products {
            gs1::ProductRef::parse(&p.product)
                .map_err(|e| (format!("products.{code}.product"), format!("{}: {e}", p.product)))?;
        }
        for (head, name) in &self.columns {
            Column::find(name)
                .ok_or_else(|| (format!("columns.{head}"), format!("{name}: there is no such column")))?;
        }
        Ok(())
    }

    /// The party that a text names: by a partner code, as canonical id, or as bare 统一社会信用代码 or GLN.
    pub(crate) fn party_of(&self, text: &str) -> Option<String> {
        if let Some(id) = self.partners.get(text) {
            return Some(id.clone());
        }
        let bare = || match text.len() {
            18 => Some(PartyId::uscc(&Uscc::parse(text).ok()?)),
            13 => Some(PartyId::gln(&Gln::parse(text).ok()?)),
            _ => None,
        };
        PartyId::parse(text).ok().or_else(bare).map(String::from)
    }

    /// The column that a head names, by the settings first.
    pub(crate) fn column(&self, head: &str) -> Option<Column> {
        Column::find(self.columns.get(head).map_or(head, String::as_str))
    }

    /// Whether a head is passed over.
    pub(crate) fn ignores(&self, head: &str) -> bool {
        head.starts_with('#') || self.ignore_columns.iter().any(|c| c == head)
    }
}
