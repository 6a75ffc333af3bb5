//! Generates the services; their messages come from `proto`.

use std::{env, fs, io, path::PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut files: Vec<PathBuf> =
        fs::read_dir(root.join("yuanliu/v1"))?.map(|f| f.map(|f| f.path())).collect::<io::Result<_>>()?;
    files.sort();
    let set = protox::compile(&files, [&root]).map_err(io::Error::other)?;
    tonic_prost_build::configure().extern_path(".yuanliu.v1", "::proto::v1").compile_fds(set)
}
