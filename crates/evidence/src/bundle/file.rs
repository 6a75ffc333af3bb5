//! The file: a DSSE envelope with one signature, by the exporter.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use merkle::{Hash, SigningKey};
use serde::Deserialize;
use statement::hex_text;

use super::{Bundle, Defect, MAX_FILE, PAYLOAD_TYPE};

/// As it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    payload: String,
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireSignature {
    keyid: String,
    sig: String,
}

/// A file taken apart; nothing of it is believed.
pub(super) struct File {
    pub json: Vec<u8>,
    pub key: String,
    pub signature: Vec<u8>,
    pub bundle: Bundle,
}

fn encode(json: &[u8], key: &str, signature: &[u8]) -> String {
    let (payload, signature) = (STANDARD.encode(json), STANDARD.encode(signature));
    format!(
        r#"{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"keyid":"{key}","sig":"{signature}"}}]}}"#
    )
}

pub(super) fn decode(bytes: &[u8]) -> Result<File, Defect> {
    let fault = |english, chinese| Defect::format("file", english, chinese);
    if bytes.len() > MAX_FILE {
        return Err(fault("is larger than a bundle may be", "超过证据包的大小上限"));
    }
    let wire: Wire =
        serde_json::from_slice(bytes).map_err(|_| fault("is no DSSE envelope", "不是 DSSE 信封"))?;
    if wire.payload_type != PAYLOAD_TYPE {
        return Err(fault("is of another payload type", "载荷类型不符"));
    }
    let [WireSignature { keyid, sig }] = wire.signatures.as_slice() else {
        return Err(fault("must have one signature", "须有且仅有一个签名"));
    };
    let read = |text: &str| STANDARD.decode(text).map_err(|_| fault("has faulty base64", "base64 有误"));
    let (json, signature) = (read(&wire.payload)?, read(sig)?);
    if encode(&json, keyid, &signature).as_bytes() != bytes {
        return Err(fault("is not in its one byte form", "不是唯一规定的字节形式"));
    }
    let bundle = Bundle::decode(&json)?;
    Ok(File { json, key: keyid.clone(), signature, bundle })
}

/// Reads a file without checking any of it, to look at what it says of itself: the ledger, the question.
///
/// # Errors
/// It is no bundle.
pub fn open_unchecked(file: &[u8]) -> Result<Bundle, Defect> {
    decode(file).map(|file| file.bundle)
}

/// What the exporter's key signs, for keys that lie in devices.
///
/// # Errors
/// As [`Bundle::encode`].
pub fn to_be_signed(bundle: &Bundle) -> Result<Vec<u8>, Defect> {
    Ok(statement::pre_authentication(PAYLOAD_TYPE, &bundle.encode()?))
}

/// The file, with a signature over [`to_be_signed`] by the key that `bundle.extraction` names.
///
/// # Errors
/// As [`Bundle::encode`]; or the file becomes too large.
pub fn seal_with(bundle: &Bundle, signature: &[u8; 64]) -> Result<Vec<u8>, Defect> {
    finish(&bundle.encode()?, &bundle.extraction.key, signature)
}

/// The file, signed. The key should be the one that `bundle.extraction` names; else the file is refused by whoever
/// checks it.
///
/// # Errors
/// As [`seal_with`].
pub fn sign(bundle: &Bundle, key: &SigningKey) -> Result<Vec<u8>, Defect> {
    let json = bundle.encode()?;
    let signature = statement::sign(key, PAYLOAD_TYPE, &json);
    finish(&json, &bundle.extraction.key, &signature)
}

fn finish(json: &[u8], key: &Hash, signature: &[u8]) -> Result<Vec<u8>, Defect> {
    let file = encode(json, &hex_text(key), signature);
    if file.len() > MAX_FILE {
        return Err(Defect::format("file", "is larger than a bundle may be", "超过证据包的大小上限"));
    }
    Ok(file.into_bytes())
}
