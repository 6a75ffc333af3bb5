//! Compiles the protos with `protox` (no protoc to install): messages by `prost-build`, their JSON
//! mapping by `pbjson-build`, and the tables of the strict scanner from the same descriptors.

use std::{env, fmt::Write as _, fs, io, path::PathBuf};

use prost::Message as _;
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorSet,
    field_descriptor_proto::{Label, Type},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../proto");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    println!("cargo:rerun-if-changed={}", root.display());

    let mut files: Vec<PathBuf> =
        fs::read_dir(root.join("yuanliu/v1"))?.map(|f| f.map(|f| f.path())).collect::<io::Result<_>>()?;
    files.sort();
    let set = protox::compile(&files, [&root]).map_err(io::Error::other)?;
    let encoded = set.encode_to_vec();
    fs::write(out.join("descriptors.bin"), &encoded)?;
    fs::write(out.join("schema.rs"), schema(&set)?)?;

    prost_build::Config::new()
        .bytes([
            ".yuanliu.v1.SignedStatement.payload",
            ".yuanliu.v1.Entry.payload",
            ".yuanliu.v1.UploadAttachmentRequest.chunk",
            ".yuanliu.v1.DownloadAttachmentResponse.chunk",
        ])
        // The enum lives inside short-lived decoding only; boxing would cost an allocation a statement.
        .type_attribute(".yuanliu.v1", "#[allow(clippy::large_enum_variant)]")
        .compile_fds(set)?;
    pbjson_build::Builder::new().register_descriptors(&encoded)?.build(&[".yuanliu.v1"])
}

/// The scanner's tables: every message with its fields, by number.
fn schema(set: &FileDescriptorSet) -> io::Result<String> {
    let files = || set.file.iter().filter(|f| f.package() == "yuanliu.v1");
    let messages: Vec<&DescriptorProto> = files().flat_map(|f| &f.message_type).collect();
    let mut text = String::new();
    for e in files().flat_map(|f| &f.enum_type) {
        let mut values: Vec<i32> = e.value.iter().map(|v| v.number()).collect();
        values.sort_unstable();
        let _ = writeln!(text, "static {}: &[i32] = &{values:?};", upper(e.name()));
    }
    let _ = writeln!(text, "/// All enums of the package.\npub static ENUMS: &[Enum] = &[");
    for e in files().flat_map(|f| &f.enum_type) {
        let values: Vec<(&str, i32)> = e.value.iter().map(|v| (v.name(), v.number())).collect();
        let _ = writeln!(text, "Enum {{ name: {:?}, values: &{values:?} }},", e.name());
    }
    text.push_str("];\n");
    let _ = writeln!(text, "/// All messages of the package.\npub static MESSAGES: &[Message] = &[");
    for m in &messages {
        let _ = writeln!(text, "Message {{ name: {:?}, fields: &[", m.name());
        let mut fields: Vec<&FieldDescriptorProto> = m.field.iter().collect();
        fields.sort_by_key(|f| f.number());
        for f in fields {
            let repeated = f.label() == Label::Repeated;
            let _ = writeln!(
                text,
                "Field {{ number: {}, name: {:?}, kind: {}, repeated: {repeated}, oneof: {:?}, \
                 type_name: {:?} }},",
                f.number(),
                f.name(),
                kind(f, &messages)?,
                f.oneof_index,
                f.type_name().rsplit('.').next().unwrap_or_default(),
            );
        }
        text.push_str("] },\n");
    }
    text.push_str("];\n");
    for (i, m) in messages.iter().enumerate() {
        if ["Statement", "Genesis"].contains(&m.name()) {
            let _ = writeln!(
                text,
                "/// Index of `{}` in [`MESSAGES`].\npub const {}: usize = {i};",
                m.name(),
                upper(m.name())
            );
        }
    }
    Ok(text)
}

fn kind(f: &FieldDescriptorProto, messages: &[&DescriptorProto]) -> io::Result<String> {
    let short = f.type_name().rsplit('.').next().unwrap_or_default();
    Ok(match f.r#type() {
        Type::Bool => "Kind::Bool".into(),
        Type::Int32 => "Kind::Int32".into(),
        Type::Sint32 => "Kind::Sint32".into(),
        Type::Uint32 => "Kind::Uint32".into(),
        Type::Int64 => "Kind::Int64".into(),
        Type::Uint64 => "Kind::Uint64".into(),
        Type::String => "Kind::String".into(),
        Type::Bytes => "Kind::Bytes".into(),
        Type::Enum => format!("Kind::Enum({})", upper(short)),
        Type::Message => {
            let at = messages.iter().position(|m| m.name() == short);
            let at = at.ok_or_else(|| io::Error::other(format!("no message {short}")))?;
            format!("Kind::Message({at})")
        }
        other => return Err(io::Error::other(format!("{}: {other:?} is not in the format", f.name()))),
    })
}

/// `StatementKind` → `STATEMENT_KIND`.
fn upper(name: &str) -> String {
    let mut text = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            text.push('_');
        }
        text.extend(c.to_uppercase());
    }
    text
}
