//! Time-stamping authorities that the caller trusts.

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::Result;
use evidence::bundle::{Authorities, Stamp};
use merkle::{Hash, WitnessKey};
use statement::Words;
use timestamp::Roots;

use crate::exit;

/// Roots that `--tsa-root` names; `None` where it is not given.
pub fn roots(files: &[PathBuf]) -> Result<Option<Roots>> {
    let mut all: Option<Roots> = None;
    for file in files {
        let name = file.display();
        let pem = fs::read(file)
            .map_err(|e| exit::machine(format!("cannot read {name}"), format!("无法读取 {name}"), e))?;
        let roots = Roots::from_pem(&pem).map_err(|e| {
            exit::usage(
                format!("--tsa-root {name}: {e}"),
                format!("--tsa-root {name}：不是可用的证书（{e}）"),
            )
        })?;
        all = Some(match all {
            Some(others) => others.and(roots),
            None => roots,
        });
    }
    Ok(all)
}

/// The same as what checks an evidence bundle.
pub fn trusted(files: &[PathBuf]) -> Result<Option<Arc<dyn Authorities>>> {
    Ok(roots(files)?.map(|roots| Arc::new(Trusted(roots)) as Arc<dyn Authorities>))
}

#[derive(Debug)]
struct Trusted(Roots);

impl Authorities for Trusted {
    fn check(&self, token: &[u8], imprint: &Hash) -> Result<Stamp, Words> {
        let stamp = self
            .0
            .check(token, imprint)
            .map_err(|fault| Words::made(fault.to_string(), fault.to_chinese()))?;
        let timestamp::Stamp { at, accuracy, authority, certificate, policy } = stamp;
        Ok(Stamp { at, accuracy, authority, certificate, policy })
    }
}

/// A witness's key as it is given by hand.
pub fn witness_key(text: &str) -> Result<WitnessKey> {
    text.parse().map_err(|e| {
        exit::usage(
            format!("the witness key {text}: {e}; the witness prints it"),
            format!("见证方公钥 {text}：{e}；由见证方给出"),
        )
    })
}
