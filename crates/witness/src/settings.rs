//! Settings: a TOML file, flags before it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use merkle::{NoteKeyError, VerifierKey};
use serde::Deserialize;

use crate::logs::{Logs, LogsError};

/// Where a witness listens by default: on this machine only.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7490);

/// Why settings cannot be used. Correct them.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is not TOML of the expected shape; the message names the place.
    #[error("{}: {source}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is wrong where.
        source: Box<toml::de::Error>,
    },
    /// A setting is needed.
    #[error("{0} is not set: give --{0}, or {0} = … in the settings")]
    Missing(&'static str),
    /// A verifier key is malformed.
    #[error("log {key}: {fault}")]
    LogKey {
        /// As given.
        key: String,
        /// What is wrong with it.
        fault: NoteKeyError,
    },
    /// The logs do not make a list.
    #[error(transparent)]
    Logs(#[from] LogsError),
    /// A witness that audits cannot read one of its logs.
    #[error(
        "the log {0} has no table [[audit]]: a witness that audits reads everything in it (log, server, party, key)"
    )]
    Unaudited(String),
    /// It is said twice how to read a log.
    #[error("the log {0} has more than one table [[audit]]")]
    AuditedTwice(String),
    /// There are tables [[audit]], and it was not said that this witness audits.
    #[error("there are tables [[audit]]: say --audit, or audits = true in the settings")]
    NotAuditing,
    /// It is not said how to listen, or said twice.
    #[error(
        "name certificate and key of TLS (--tls-cert and --tls-key), or say --plain-http where a proxy does TLS"
    )]
    Transport,
    /// The prefix is no path.
    #[error("prefix {0}: begin with a slash, end with none, and use only letters, digits, - . _ ~ and /")]
    Prefix(String),
}

/// How the witness is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS with these files (PEM): the certificate chain, and its private key.
    Tls {
        /// Certificates, the server's own first.
        cert: PathBuf,
        /// Private key.
        key: PathBuf,
    },
    /// No TLS here.
    Plain,
}

/// How a witness that audits reads a log: as a party that may read everything in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AuditSettings {
    /// Origin of the log.
    pub log: String,
    /// Its ledger's server, `https://HOST:PORT`.
    pub server: String,
    /// Certificates (PEM) to believe; none = those of the system.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Who reads: an auditor or authority.
    pub party: String,
    /// Its key file.
    pub key: PathBuf,
    /// What stands as purpose in its read tokens.
    #[serde(default = "audit_purpose")]
    pub purpose: String,
}

fn audit_purpose() -> String {
    "auditing witness".into()
}

/// Everything that can be set; what is not may come from elsewhere. Relative paths of a file count from its
/// directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Key file of the witness.
    pub key: Option<PathBuf>,
    /// Directory of its state.
    pub data: Option<PathBuf>,
    /// Address to listen on.
    pub listen: Option<SocketAddr>,
    /// Path before all paths, such as `/w1`; empty = none.
    pub prefix: Option<String>,
    /// Verifier keys of logs, `origin+hash+base64`.
    pub logs: Vec<String>,
    /// Certificate chain (PEM).
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// Listen without TLS.
    pub plain_http: bool,
    /// Derive everything again before cosigning.
    pub audits: bool,
    /// How to read each log, for a witness that audits.
    pub audit: Vec<AuditSettings>,
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// [`SettingsError::Read`], [`SettingsError::Shape`].
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SettingsError::Read { path: path.to_path_buf(), source })?;
        let mut this: Self = toml::from_str(&text)
            .map_err(|e| SettingsError::Shape { path: path.to_path_buf(), source: Box::new(e) })?;
        let base = path.parent().unwrap_or_else(|| Path::new(""));
        for path in
            [&mut this.key, &mut this.data, &mut this.tls_cert, &mut this.tls_key].into_iter().flatten()
        {
            *path = base.join(&*path);
        }
        for audit in &mut this.audit {
            audit.key = base.join(&audit.key);
            audit.ca = audit.ca.as_ref().map(|ca| base.join(ca));
        }
        Ok(this)
    }

    /// These settings, and where they say nothing, `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        // How to listen is one setting: half of it from each place would be neither.
        let transport = if self.tls_cert.is_some() || self.tls_key.is_some() || self.plain_http {
            (self.tls_cert, self.tls_key, self.plain_http)
        } else {
            (below.tls_cert, below.tls_key, below.plain_http)
        };
        Self {
            key: self.key.or(below.key),
            data: self.data.or(below.data),
            listen: self.listen.or(below.listen),
            prefix: self.prefix.or(below.prefix),
            logs: if self.logs.is_empty() { below.logs } else { self.logs },
            tls_cert: transport.0,
            tls_key: transport.1,
            plain_http: transport.2,
            audits: self.audits || below.audits,
            audit: if self.audit.is_empty() { below.audit } else { self.audit },
        }
    }

    /// The key file.
    ///
    /// # Errors
    /// [`SettingsError::Missing`].
    pub fn key(&self) -> Result<&Path, SettingsError> {
        self.key.as_deref().ok_or(SettingsError::Missing("key"))
    }

    /// The directory of the state.
    ///
    /// # Errors
    /// [`SettingsError::Missing`].
    pub fn data(&self) -> Result<&Path, SettingsError> {
        self.data.as_deref().ok_or(SettingsError::Missing("data"))
    }

    /// The address to listen on.
    #[must_use]
    pub fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(DEFAULT_LISTEN)
    }

    /// The path before all paths.
    ///
    /// # Errors
    /// [`SettingsError::Prefix`].
    pub fn prefix(&self) -> Result<&str, SettingsError> {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        let good = prefix.is_empty() || (prefix.starts_with('/') && !prefix.ends_with('/'));
        if !good || !prefix.chars().all(plain) || prefix.contains("//") {
            return Err(SettingsError::Prefix(prefix.to_owned()));
        }
        Ok(prefix)
    }

    /// The logs to witness.
    ///
    /// # Errors
    /// [`SettingsError::LogKey`], [`SettingsError::Logs`].
    pub fn logs(&self) -> Result<Logs, SettingsError> {
        let parse = |key: &String| {
            let parsed: Result<VerifierKey, _> = key.parse();
            parsed.map_err(|fault| SettingsError::LogKey { key: key.clone(), fault })
        };
        let keys: Vec<VerifierKey> = self.logs.iter().map(parse).collect::<Result<_, _>>()?;
        Ok(Logs::new(keys)?)
    }

    /// How to read each of the logs, where this witness audits.
    ///
    /// # Errors
    /// [`SettingsError::Unaudited`], [`SettingsError::AuditedTwice`], [`SettingsError::NotAuditing`], and those of
    /// [`logs`](Self::logs).
    pub fn audits(&self) -> Result<Option<Vec<AuditSettings>>, SettingsError> {
        if !self.audits {
            return if self.audit.is_empty() { Ok(None) } else { Err(SettingsError::NotAuditing) };
        }
        let mut all = Vec::new();
        for origin in self.logs()?.origins() {
            let mut of_log = self.audit.iter().filter(|audit| audit.log == origin);
            let first = of_log.next().ok_or_else(|| SettingsError::Unaudited(origin.to_owned()))?;
            if of_log.next().is_some() {
                return Err(SettingsError::AuditedTwice(origin.to_owned()));
            }
            all.push(first.clone());
        }
        Ok(Some(all))
    }

    /// How to listen, which has to be said.
    ///
    /// # Errors
    /// [`SettingsError::Transport`].
    pub fn transport(&self) -> Result<Transport, SettingsError> {
        match (&self.tls_cert, &self.tls_key, self.plain_http) {
            (Some(cert), Some(key), false) => Ok(Transport::Tls { cert: cert.clone(), key: key.clone() }),
            (None, None, true) => Ok(Transport::Plain),
            _ => Err(SettingsError::Transport),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> Settings {
        Settings { key: Some("flag.pem".into()), ..Settings::default() }
    }

    #[test]
    fn flags_go_before_the_file_whose_paths_count_from_where_it_lies() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.toml");
        let text =
            "key = \"a.pem\"\ndata = \"d\"\nlisten = \"127.0.0.1:9\"\nplain-http = true\nlogs = [\"x\"]\n";
        std::fs::write(&path, text).unwrap();
        let both = flags().over(Settings::read(&path).unwrap());
        assert_eq!(both.key().unwrap(), Path::new("flag.pem"));
        assert_eq!(both.data().unwrap(), dir.path().join("d"));
        assert_eq!((both.listen().port(), both.transport().unwrap()), (9, Transport::Plain));
        assert_eq!((both.logs, both.prefix), (vec!["x".to_owned()], None));

        std::fs::write(&path, "keys = 1").unwrap();
        assert!(matches!(Settings::read(&path), Err(SettingsError::Shape { .. })));
        assert!(matches!(Settings::read(dir.path()), Err(SettingsError::Read { .. })));
    }

    #[test]
    fn how_to_listen_has_to_be_said_once_and_whole() {
        let with = |cert: Option<&str>, key: Option<&str>, plain_http| {
            let settings = Settings {
                tls_cert: cert.map(Into::into),
                tls_key: key.map(Into::into),
                plain_http,
                ..Settings::default()
            };
            settings.transport().ok()
        };
        let tls = Transport::Tls { cert: "c".into(), key: "k".into() };
        assert_eq!(with(Some("c"), Some("k"), false), Some(tls));
        assert_eq!(with(None, None, true), Some(Transport::Plain));
        let wrong = [
            (None, None, false),
            (Some("c"), None, false),
            (None, Some("k"), false),
            (Some("c"), Some("k"), true),
        ];
        for (cert, key, plain) in wrong {
            assert_eq!(with(cert, key, plain), None);
        }
        // A flag for plain HTTP takes the place of the file's certificate.
        let file = Settings { tls_cert: Some("c".into()), tls_key: Some("k".into()), ..Settings::default() };
        let flag = Settings { plain_http: true, ..Settings::default() };
        assert_eq!(flag.over(file).transport().unwrap(), Transport::Plain);
    }

    #[test]
    fn who_audits_reads_every_log_and_says_so() {
        let key = |origin| {
            let public = *merkle::SigningKey::from_seed(&[1; 32]).public();
            VerifierKey::new(origin, public).unwrap().to_string()
        };
        let audit = |log: &str| AuditSettings {
            log: log.into(),
            server: "https://ledger.example".into(),
            ca: None,
            party: "org:Auditor".into(),
            key: "reader.pem".into(),
            purpose: audit_purpose(),
        };
        let with = |audits, audit: Vec<AuditSettings>| {
            Settings { audits, audit, logs: vec![key("a"), key("b")], ..Settings::default() }.audits()
        };
        assert_eq!(with(false, vec![]).unwrap(), None);
        assert!(matches!(with(false, vec![audit("a")]), Err(SettingsError::NotAuditing)));
        assert!(matches!(with(true, vec![audit("a")]), Err(SettingsError::Unaudited(of)) if of == "b"));
        let twice = with(true, vec![audit("a"), audit("b"), audit("a")]);
        assert!(matches!(twice, Err(SettingsError::AuditedTwice(of)) if of == "a"));
        assert_eq!(with(true, vec![audit("b"), audit("a")]).unwrap().unwrap(), [audit("a"), audit("b")]);
    }

    #[test]
    fn a_prefix_is_a_plain_path() {
        for (prefix, good) in [
            ("", true),
            ("/w1", true),
            ("/a/b", true),
            ("w1", false),
            ("/", false),
            ("/a/", false),
            ("/{x}", false),
            ("//a", false),
        ] {
            let settings = Settings { prefix: Some(prefix.to_owned()), ..Settings::default() };
            assert_eq!(settings.prefix().is_ok(), good, "{prefix}");
        }
    }

    #[test]
    fn missing_and_malformed_values_are_named() {
        assert!(matches!(Settings::default().key(), Err(SettingsError::Missing("key"))));
        assert!(matches!(Settings::default().data(), Err(SettingsError::Missing("data"))));
        assert!(matches!(Settings::default().logs(), Err(SettingsError::Logs(LogsError::None))));
        let settings = Settings { logs: vec!["log.example/a".into()], ..Settings::default() };
        assert!(matches!(settings.logs(), Err(SettingsError::LogKey { .. })));
    }
}
