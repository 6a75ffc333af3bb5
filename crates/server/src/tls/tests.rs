use super::*;

fn config(dir: &Path) -> TlsConfig {
    TlsConfig { directory: dir.join("tls"), ..TlsConfig::default() }
}

#[test]
fn first_run_makes_a_certificate_and_later_runs_keep_it() {
    let dir = tempfile::tempdir().unwrap();
    let first = ServerIdentity::load(&config(dir.path())).unwrap();
    let second = ServerIdentity::load(&config(dir.path())).unwrap();
    assert!(first.development);
    assert_eq!(first.cert, second.cert);
    assert_eq!(*first.key, *second.key);
}

#[cfg(unix)]
#[test]
fn the_private_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    let key = config.directory.join(DEVELOPMENT_KEY);
    let mode = || fs::metadata(&key).unwrap().permissions().mode() & 0o777;
    ServerIdentity::load(&config).unwrap();
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    config.names = vec!["ledger.example.cn".into()];
    ServerIdentity::load(&config).unwrap();
    assert_eq!(mode(), 0o600, "made anew for another name");
}

#[test]
fn other_names_and_a_near_end_make_it_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path());
    let first = ServerIdentity::load(&config).unwrap().cert;
    config.names = vec!["ledger.example.cn".into(), "10.0.0.7".into()];
    let second = ServerIdentity::load(&config).unwrap();
    assert_ne!(first, second.cert);

    let names = all_names(&config.names);
    let now = SystemTime::now();
    assert!(usable(&second.cert_path, &names, now));
    assert!(usable(&second.cert_path, &names, now + LIFETIME - RENEW - Duration::from_secs(60)));
    assert!(!usable(&second.cert_path, &names, now + LIFETIME - RENEW + Duration::from_secs(60)));
}

#[test]
fn faults_name_the_setting_or_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    ServerIdentity::load(&config(dir.path())).unwrap();
    let other = tempfile::tempdir().unwrap();
    ServerIdentity::load(&config(other.path())).unwrap();
    fs::write(path("empty.pem"), "").unwrap();
    fs::write(path("huge.pem"), vec![b'x'; MAX_FILE as usize + 1]).unwrap();

    let cert = path("tls").join(DEVELOPMENT_CERT);
    let key = path("tls").join(DEVELOPMENT_KEY);
    let foreign = other.path().join("tls").join(DEVELOPMENT_KEY);
    let table = [
        (Some(cert.clone()), None, "tls.cert and tls.key go together"),
        (None, Some(key.clone()), "tls.cert and tls.key go together"),
        (Some(path("absent.pem")), Some(key.clone()), "absent.pem"),
        (Some(path("empty.pem")), Some(key.clone()), "empty.pem: holds no certificate"),
        (Some(path("huge.pem")), Some(key.clone()), "more than a certificate"),
        (Some(cert.clone()), Some(cert.clone()), "holds no private key"),
        (Some(cert.clone()), Some(foreign), "does not go with"),
        (Some(cert), Some(key), ""),
    ];
    for (cert, key, expect) in table {
        let config = TlsConfig { cert, key, ..config(dir.path()) };
        let said = ServerIdentity::load(&config).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(said.contains(expect) && said.is_empty() == expect.is_empty(), "{expect}: {said}");
    }
}

#[test]
fn a_name_that_cannot_stand_in_a_certificate_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let config = TlsConfig { names: vec!["源流.example".into()], ..config(dir.path()) };
    assert!(matches!(ServerIdentity::load(&config), Err(TlsError::Names(_))));
}

#[test]
fn files_of_the_operator_in_the_folder_are_used_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path());
    ServerIdentity::load(&config).unwrap();
    let (cert, key) = (config.directory.join(DEVELOPMENT_CERT), config.directory.join(DEVELOPMENT_KEY));
    let own = fs::read_to_string(&cert).unwrap();
    let own = &own[own.find("-----BEGIN").unwrap()..];
    fs::write(&cert, own).unwrap();
    let secret = fs::read(&key).unwrap();
    let loaded = ServerIdentity::load(&config).unwrap();
    assert!(!loaded.development && loaded.cert == own.as_bytes());

    fs::write(&cert, "not a certificate").unwrap();
    assert!(ServerIdentity::load(&config).is_err());
    fs::remove_file(&cert).unwrap();
    assert!(ServerIdentity::load(&config).is_err(), "a key without its certificate is not replaced");
    assert_eq!(fs::read(&key).unwrap(), secret);
}
