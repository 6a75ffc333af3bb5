//! A time-stamping authority: openssl behind an HTTP listener on loopback, with a CA of its own.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Honest,
    /// Its clock is so many seconds ahead.
    Ahead(i64),
    /// With a stamp over something else.
    OtherImprint,
    /// With its answer to an earlier question.
    Repeating,
    /// With a certificate that had expired.
    Expired,
    /// With a certificate for other purposes as well.
    OtherPurpose,
    /// With a certificate below a root that nobody knows.
    OtherRoot,
    /// With a refusal.
    Refusing,
    /// With an HTTP error.
    Failing,
    /// With bytes that mean nothing.
    Garbage,
    /// Not at all: it takes the question and is silent until the asker has gone.
    Silent,
}

const CONFIG: &str = "
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[both]
extendedKeyUsage = critical, timeStamping, emailProtection
[authority]
serial = ./serial
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
signer_digest = sha256
ess_cert_id_alg = sha256
[dated]
database = ./index.txt
serial = ./serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
";

/// A running authority; it ends when dropped.
pub struct Authority {
    dir: Arc<TempDir>,
    address: SocketAddr,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<AtomicUsize>,
    gone: Arc<AtomicBool>,
}

impl Authority {
    pub fn start() -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let at = dir.path();
        fs::write(at.join("c.cnf"), CONFIG).unwrap();
        fs::write(at.join("serial"), "1000\n").unwrap();
        fs::write(at.join("index.txt"), "").unwrap();
        let long = ("20250101000000Z", "20991231000000Z");
        certificate(at, "root", "root", "root", long);
        certificate(at, "other-root", "root", "other-root", long);
        certificate(at, "honest", "tsa", "root", long);
        certificate(at, "expired", "tsa", "root", ("20250101000000Z", "20250102000000Z"));
        certificate(at, "both", "both", "root", long);
        certificate(at, "foreign", "tsa", "other-root", long);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (manner, asked) = (Arc::new(Mutex::new(Manner::Honest)), Arc::new(AtomicUsize::new(0)));
        let gone = Arc::new(AtomicBool::new(false));
        let this = Self { dir: Arc::clone(&dir), address, manner, asked, gone };
        let (manner, asked, gone) =
            (Arc::clone(&this.manner), Arc::clone(&this.asked), Arc::clone(&this.gone));
        // Holds the folder for as long as it may write there.
        thread::spawn(move || {
            let mut last = Vec::new();
            for stream in listener.incoming() {
                if gone.load(SeqCst) {
                    return;
                }
                let manner = *manner.lock().unwrap();
                // Whoever asks may go away at any time.
                let _ = stream.and_then(|stream| answer(stream, dir.path(), manner, &mut last, &asked));
            }
        });
        this
    }

    pub fn url(&self) -> String {
        format!("http://{}/tsr", self.address)
    }

    /// The root that its certificates lead to.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("root.pem")
    }

    pub fn other_root(&self) -> PathBuf {
        self.dir.path().join("other-root.pem")
    }

    pub fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    /// Questions it has been asked so far.
    pub fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.gone.store(true, SeqCst);
        // Wakes the listener, which looks at the flag.
        let _ = TcpStream::connect(self.address);
    }
}

fn openssl(at: &Path, args: &[&str]) {
    let done = Command::new("openssl").current_dir(at).args(args).output().expect("openssl is installed");
    assert!(done.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn certificate(at: &Path, name: &str, section: &str, issuer: &str, (from, to): (&str, &str)) {
    let file = |kind: &str| format!("{name}.{kind}");
    let subject = format!("/CN=Test TSA {name}");
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "c.cnf"];
    let request =
        ["-new", "-keyout", &file("key"), "-out", &file("csr"), "-subj", &subject].map(str::to_owned);
    let request: Vec<&str> =
        ["req"].into_iter().chain(request.iter().map(String::as_str)).chain(curve).collect();
    openssl(at, &request);
    let (by, key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
    let signer: &[&str] = if issuer == name { &["-selfsign"] } else { &["-cert", &by] };
    let head = ["ca", "-batch", "-notext", "-config", "c.cnf", "-name", "dated", "-keyfile", &key];
    let dates = ["-startdate", from, "-enddate", to, "-extensions", section];
    let (csr, pem) = (file("csr"), file("pem"));
    let args = [&head[..], signer, &dates, &["-in", &csr, "-out", &pem]].concat();
    openssl(at, &args);
}

fn answer(
    mut stream: TcpStream,
    at: &Path,
    manner: Manner,
    last: &mut Vec<u8>,
    asked: &AtomicUsize,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (head, body) = read(&mut stream)?;
    assert!(head.starts_with("POST /tsr HTTP/1.1\r\n"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/timestamp-query"), "{head}");
    asked.fetch_add(1, SeqCst);
    if manner == Manner::Silent {
        let _ = stream.read(&mut [0]);
        return Ok(());
    }
    let (status, reply) = reply(at, &body, manner, last);
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/timestamp-reply\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        reply.len()
    )?;
    stream.write_all(&reply)
}

fn read(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.to_ascii_lowercase();
    let length = length.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body)?;
    Ok((head, body))
}

fn reply(at: &Path, question: &[u8], manner: Manner, last: &mut Vec<u8>) -> (&'static str, Vec<u8>) {
    let mut question = question.to_vec();
    match manner {
        Manner::Failing => return ("500 Internal Server Error", b"not now".to_vec()),
        Manner::Garbage => return ("200 OK", b"<html>captive portal</html>".to_vec()),
        Manner::Repeating if !last.is_empty() => return ("200 OK", last.clone()),
        // The imprint stands from byte 24 on.
        Manner::OtherImprint => question[30] ^= 1,
        // SHA-384 by its name, with the length of SHA-256.
        Manner::Refusing => question[19] = 2,
        _ => {}
    }
    fs::write(at.join("question"), question).unwrap();
    let signer = match manner {
        Manner::Expired => "expired",
        Manner::OtherRoot => "foreign",
        _ => "honest",
    };
    let (pem, key) = (format!("{signer}.pem"), format!("{signer}.key"));
    let head = ["ts", "-reply", "-config", "c.cnf", "-section", "authority", "-queryfile", "question"];
    openssl(at, &[&head[..], &["-signer", &pem, "-inkey", &key, "-out", "reply"]].concat());
    let reply = match manner {
        Manner::OtherPurpose => signed_anew(at, "both", 0),
        Manner::Ahead(seconds) => signed_anew(at, "honest", seconds),
        _ => fs::read(at.join("reply")).unwrap(),
    };
    last.clone_from(&reply);
    ("200 OK", reply)
}

/// The same statement with another time, signed with another certificate, which `openssl ts` would not do.
fn signed_anew(at: &Path, signer: &str, seconds: i64) -> Vec<u8> {
    openssl(at, &["ts", "-reply", "-in", "reply", "-token_out", "-out", "token"]);
    openssl(at, &["cms", "-verify", "-noverify", "-inform", "DER", "-in", "token", "-out", "info"]);
    let mut info = fs::read(at.join("info")).unwrap();
    // GeneralizedTime of 15 bytes.
    let place = info.windows(17).position(|w| w[..2] == [0x18, 15] && w[16] == b'Z').unwrap() + 2;
    let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    info[place..place + 15].copy_from_slice(now.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes());
    fs::write(at.join("info"), info).unwrap();
    let (pem, key) = (format!("{signer}.pem"), format!("{signer}.key"));
    let head = ["cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-cades", "-md", "sha256"];
    let kind = ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in", "info", "-outform", "DER"];
    openssl(at, &[&head[..], &kind, &["-signer", &pem, "-inkey", &key, "-out", "token"]].concat());
    let token = fs::read(at.join("token")).unwrap();
    // SEQUENCE { SEQUENCE { INTEGER 0 }, token }
    let length = u16::try_from(token.len() + 5).unwrap().to_be_bytes();
    [&[0x30, 0x82, length[0], length[1], 0x30, 3, 2, 1, 0][..], &token].concat()
}
