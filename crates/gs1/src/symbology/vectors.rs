//! Published vectors of the GS1 Syntax Engine about scans.

use super::*;
use crate::element::vectors::list;

/// The symbology that a vector names.
fn symbology(name: &str) -> Option<Symbology> {
    Some(match name {
        "QR" => Symbology::QrCode,
        "DM" => Symbology::DataMatrix,
        "DotCode" => Symbology::DotCode,
        "DataBarExpanded" => Symbology::DataBarExpanded,
        "DataBarOmni" => Symbology::DataBarOmni,
        "DataBarLimited" => Symbology::DataBarLimited,
        "GS1_128_CCA" | "GS1_128_CCC" => Symbology::Gs1128,
        "UPCA" => Symbology::UpcA,
        "UPCE" => Symbology::UpcE,
        "EAN13" => Symbology::Ean13,
        "EAN8" => Symbology::Ean8,
        "NONE" => return None,
        other => panic!("no symbology {other}"),
    })
}

#[test]
fn scans_are_read_as_the_syntax_engine_reads_them() {
    let Some(vectors) = list("test_testProcessScanData") else {
        return;
    };
    for vector in &vectors {
        let scan = vector["scan"].as_str().expect("a scan");
        // Without symbology identifier a text is judged by its shape here; there it is an error.
        let read = Transmission::parse(scan);
        let read = read.ok().filter(|sent| sent.symbology().is_some());
        assert_eq!(read.is_some(), vector["ok"] == true, "{vector}: {read:?}");
        if let Some(sent) = read {
            assert_eq!(sent.to_message(), vector["expect"].as_str().expect("a message"), "{vector}");
            let named = symbology(vector["sym"]["expr"].as_str().expect("a name"));
            assert_eq!(sent.symbology(), named, "{vector}");
        }
    }
    eprintln!("test_testProcessScanData: {} vectors run", vectors.len());
    assert_eq!(vectors.len(), 27);
}

#[test]
fn scans_are_written_as_the_syntax_engine_writes_them() {
    let Some(vectors) = list("test_testGenerateScanData") else {
        return;
    };
    for vector in &vectors {
        let message = vector["data"].as_str().expect("a message");
        let symbology = symbology(vector["sym"]["expr"].as_str().expect("a name"));
        let sent = symbology.map(|symbology| symbology.transmit(message));
        let text = sent.as_ref().and_then(|sent| sent.as_deref().ok());
        assert_eq!(text, vector["expect"].as_str(), "{vector}: {sent:?}");
    }
    eprintln!("test_testGenerateScanData: {} vectors run", vectors.len());
    assert_eq!(vectors.len(), 23);
}
