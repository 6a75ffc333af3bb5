//! What bytes evidently are. Only what cannot be mistaken counts: a document that says nothing about
//! itself is believed.

use crate::Refused;

/// How many of the first bytes are looked at.
pub(crate) const LOOK: usize = 4_096;

/// Signatures at the beginning of a file: offset, bytes, what it then is.
const SIGNATURES: &[(usize, &[u8], &str)] = &[
    (0, b"%PDF-", PDF),
    (0, b"\xff\xd8\xff", JPEG),
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (8, b"WEBP", WEBP),
    (0, b"GIF8", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (4, b"ftyp", MP4),
    (0, b"\x30\x82", CERTIFICATE),
    (0, b"PK\x03\x04", ZIP),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"MZ", "application/x-msdownload"),
];

const PDF: &str = "application/pdf";
const JPEG: &str = "image/jpeg";
const PNG: &str = "image/png";
const WEBP: &str = "image/webp";
const ZIP: &str = "application/zip";
const MP4: &str = "video/mp4";
/// One certificate in DER.
const CERTIFICATE: &str = "application/pkix-cert";
const BINARY: &str = "binary data";

/// What a media type must begin with.
enum Form {
    /// This signature.
    Signature(&'static str),
    /// No signature at all, and no zero byte.
    Text,
    /// Text whose first character, after a mark and spaces, is one of these.
    Begins(&'static [u8]),
    /// Not known here: any but an executable.
    Unknown,
}

fn form(media_type: &str) -> Form {
    match media_type {
        PDF => Form::Signature(PDF),
        JPEG => Form::Signature(JPEG),
        PNG => Form::Signature(PNG),
        WEBP => Form::Signature(WEBP),
        MP4 => Form::Signature(MP4),
        CERTIFICATE => Form::Signature(CERTIFICATE),
        "application/pem-certificate-chain" => Form::Begins(b"-"),
        "application/ofd" | ZIP => Form::Signature(ZIP),
        t if t.starts_with("application/vnd.openxmlformats-officedocument.") => Form::Signature(ZIP),
        "application/json" => Form::Begins(b"{[\"-0123456789tfn"),
        "application/xml" | "text/xml" => Form::Begins(b"<"),
        t if t.starts_with("text/") => Form::Text,
        _ => Form::Unknown,
    }
}

fn signature(bytes: &[u8]) -> Option<&'static str> {
    let found = SIGNATURES.iter().find(|(at, mark, _)| bytes.get(*at..).is_some_and(|b| b.starts_with(mark)));
    found.map(|(_, _, name)| *name)
}

/// Whether the first bytes of a document (all of it, if it is shorter than [`LOOK`]) may be what it is
/// said to be.
pub(crate) fn check(media_type: &str, bytes: &[u8]) -> Result<(), Refused> {
    let is = signature(bytes);
    let text = |begins: Option<&[u8]>| {
        if bytes.contains(&0) {
            // "MZ" and the like are words too: a text is told by having no zero byte.
            return Err(Refused::Contradiction(is.unwrap_or(BINARY)));
        }
        match (is, begins) {
            (Some(is @ (PDF | JPEG | PNG | ZIP)), _) => Err(Refused::Contradiction(is)),
            (_, Some(begins)) if !first(bytes).is_none_or(|b| begins.contains(&b)) => {
                Err(Refused::Contradiction("other text"))
            }
            _ => Ok(()),
        }
    };
    match form(media_type) {
        Form::Signature(must) if is == Some(must) => Ok(()),
        Form::Signature(_) => Err(Refused::Contradiction(is.unwrap_or("data without its signature"))),
        Form::Text => text(None),
        Form::Begins(marks) => text(Some(marks)),
        Form::Unknown => match is {
            Some(is @ ("application/x-executable" | "application/x-msdownload")) if bytes.contains(&0) => {
                Err(Refused::Contradiction(is))
            }
            _ => Ok(()),
        },
    }
}

/// The first character that is neither byte order mark nor space.
fn first(bytes: &[u8]) -> Option<u8> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().copied().find(|b| !b.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_must_not_contradict_the_media_type() {
        let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        let table: [(&str, &[u8], bool); 28] = [
            (PDF, b"%PDF-1.7\n", true),
            (PDF, b"%PDX-1.7\n", false),
            (PDF, b"PK\x03\x04", false),
            (JPEG, b"\xff\xd8\xff\xe0", true),
            (JPEG, b"\x89PNG\r\n\x1a\n", false),
            (PNG, b"\x89PNG\r\n\x1a\n", true),
            (WEBP, b"RIFF\x10\0\0\0WEBP", true),
            (WEBP, b"RIFF\x10\0\0\0WAVE", false),
            (xlsx, b"PK\x03\x04..", true),
            (xlsx, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", false),
            (MP4, b"\0\0\0\x20ftypisom", true),
            (MP4, b"\x1a\x45\xdf\xa3", false),
            (CERTIFICATE, b"\x30\x82\x03\x0a\x30\0", true),
            (CERTIFICATE, b"-----BEGIN CERTIFICATE-----", false),
            ("application/pem-certificate-chain", b"-----BEGIN CERTIFICATE-----\n", true),
            ("application/pem-certificate-chain", b"\x30\x82\x03\x0a", false),
            ("application/json", b"\xef\xbb\xbf \n{\"a\":1}", true),
            ("application/json", b"<a/>", false),
            ("application/xml", b"<?xml version=\"1.0\"?>", true),
            ("application/xml", b"{}", false),
            ("text/csv", b"a;b\n1;2\n", true),
            ("text/csv", "品名,批号".as_bytes(), true),
            ("text/csv", b"a,\0b", false),
            ("text/csv", b"%PDF-1.7", false),
            ("text/plain", b"MZ is how this text begins", true),
            ("text/plain", b"MZ\x90\0", false),
            ("model/step", b"ISO-10303-21;", true),
            ("model/step", b"\x7fELF\x02\0", false),
        ];
        for (media_type, bytes, fits) in table {
            assert_eq!(check(media_type, bytes).is_ok(), fits, "{media_type} {bytes:?}");
        }
    }
}
