//! Who may come in.

use std::{
    collections::BTreeSet,
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use merkle::sha256;
use zeroize::Zeroizing;

use super::{Desk, answer::plain};
use crate::fault::Reason;

/// Fewest characters of a secret that somebody put into the file by hand.
const SHORTEST: usize = 32;

/// The secret that ERP systems show; known to whoever can read its file.
pub struct Secret(Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// Reads the secret from its file, or makes both at the first start: 256 random bits, mode 0600.
    ///
    /// # Errors
    /// The file cannot be read or made, or others can read it.
    pub fn load(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => {
                refuse_public(path)?;
                let text = Zeroizing::new(text);
                let secret = text.trim();
                if secret.len() < SHORTEST {
                    let why = format!(
                        "{}: a secret has at least {SHORTEST} characters; delete the file for a new one",
                        path.display()
                    );
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
                Ok(Self(Zeroizing::new(secret.to_owned())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(error),
        }
    }

    fn make(path: &Path) -> io::Result<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut()).map_err(io::Error::other)?;
        let text = Zeroizing::new(hex::encode(*bytes));
        // Written aside first: a crash leaves no secret rather than half of one.
        let aside = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(aside, path)?;
        Ok(Self(text))
    }

    /// The text, to be shown to a gateway.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares hashes, so that the time it takes says nothing about the secret.
    fn is(&self, text: &str) -> bool {
        sha256(&[text.as_bytes()]) == sha256(&[self.0.as_bytes()])
    }
}

fn refuse_public(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            let why = format!(
                "{}: others can read the secret; chmod 600, or delete it for a new one",
                path.display()
            );
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
    }
    Ok(())
}

/// Names under which the gateway may be called.
#[derive(Debug)]
pub struct Hosts(BTreeSet<String>);

impl Hosts {
    /// The address it listens on, `localhost` with its port, and those named in the settings.
    #[must_use]
    pub fn new(address: SocketAddr, further: &[String]) -> Self {
        let port = address.port();
        let mut hosts = BTreeSet::from([address.to_string()]);
        if address.ip().is_loopback() {
            hosts.extend([format!("localhost:{port}"), format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
        }
        hosts.extend(further.iter().map(|h| h.to_ascii_lowercase()));
        Self(hosts)
    }
}

/// Lets in who calls us by our name, comes from no foreign page, and shows the secret.
pub(super) async fn check(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    match refuse(&desk, &request) {
        None => next.run(request).await,
        Some(response) => *response,
    }
}

fn refuse(desk: &Desk, request: &Request) -> Option<Box<Response>> {
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    if !text(header::HOST).is_some_and(|host| desk.hosts.0.contains(&host.to_ascii_lowercase())) {
        return Some(Box::new(plain(Reason::WrongHost)));
    }
    let from_page = headers.contains_key(header::ORIGIN) && request.method() != Method::GET;
    let cross = headers
        .get("sec-fetch-site")
        .is_some_and(|site| !matches!(site.as_bytes(), b"none" | b"same-origin"));
    if from_page || cross {
        return Some(Box::new(plain(Reason::FromAPage)));
    }
    let reads_page = request.method() == Method::GET && request.uri().path() == "/";
    if bearer(headers).is_some_and(|t| desk.secret.is(t))
        || (reads_page && basic(headers).is_some_and(|t| desk.secret.is(&t)))
    {
        return None;
    }
    Some(Box::new(unknown(reads_page)))
}

/// Only the state page can be asked for with a password typed into a browser, which browsers then add to
/// everything: it changes nothing.
fn unknown(reads_page: bool) -> Response {
    let mut response = plain(Reason::NoSecret);
    let scheme = if reads_page { "Basic realm=\"yuanliu gateway\"" } else { "Bearer" };
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    response
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn basic(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let plain = Zeroizing::new(String::from_utf8(STANDARD.decode(text).ok()?).ok()?);
    plain.split_once(':').map(|(_, password)| Zeroizing::new(password.to_owned()))
}
