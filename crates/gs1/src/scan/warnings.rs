//! What is odd about a scan.

use super::{Content, ScanData};
use crate::china::MaPart;
use crate::dictionary::Ai;
use crate::element::Element;
use crate::keys::{Gtin, Sscc};
use crate::warning::{Caution, Warning};

/// Years from the reference year beyond which the century of a two-digit year is doubtful: the window
/// itself reaches 50.
const NEAR: u16 = 40;

impl ScanData {
    /// Every warning, in the order of what they are about.
    pub(super) fn found_odd(&self) -> Vec<Warning> {
        let mut found = Vec::new();
        match self.content() {
            Content::Gtin(gtin, _) => found.extend(gtin_warning(*gtin, None, 0)),
            Content::Cdtc(code)
                if code.as_str().strip_prefix("00").is_some_and(|rest| Sscc::parse(rest).is_ok()) =>
            {
                found.push(Warning::new(Caution::TraceCodeOrSscc, None, 0));
            }
            Content::Ma(udi) if udi.part(MaPart::Check).is_some() => {
                found.push(Warning::new(Caution::CheckUnverified, None, 0));
            }
            _ => {}
        }
        for element in self.elements() {
            found.extend(self.element_warnings(element));
        }
        let faults = self.element_string().into_iter().flat_map(|elements| elements.pair_faults());
        // The number in the bars below a composite is what its elements need beside them.
        let bars = matches!(self.content(), Content::Gtin(..));
        let pairs = faults.filter(|_| !bars);
        found.extend(pairs.map(|error| Warning::new(Caution::Pair(error.fault), error.ai, error.at)));
        found
    }

    fn element_warnings(&self, element: &Element) -> impl Iterator<Item = Warning> + use<> {
        let (ai, at) = (element.ai(), element.at());
        let gtin =
            matches!(ai, Ai::GTIN | Ai::CONTENT).then(|| Gtin::parse14(element.value()).ok()).flatten();
        let date = self.date(ai);
        let month = date.filter(|date| date.is_whole_month()).map(|_| Caution::WholeMonth);
        let year =
            date.map(super::LabelDate::year).filter(|year| year.abs_diff(self.reference_year()) > NEAR);
        let year = year.map(|year| Caution::FarYear { year });
        let dates = month.into_iter().chain(year).map(move |caution| Warning::new(caution, Some(ai), at));
        gtin.and_then(|gtin| gtin_warning(gtin, Some(ai), at)).into_iter().chain(dates)
    }
}

fn gtin_warning(gtin: Gtin, ai: Option<Ai>, at: usize) -> Option<Warning> {
    gtin.caution().map(|caution| Warning::new(caution, ai, at))
}
