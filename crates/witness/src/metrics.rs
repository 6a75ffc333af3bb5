//! What is counted, for Prometheus.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use crate::{state::Cosigned, witness::Witness};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OriginLabel {
    origin: String,
}

type PerLog = Family<OriginLabel, Gauge<u64, AtomicU64>>;

/// Counters and gauges. Labels are ours or of the settings: callers cannot invent any.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<OutcomeLabel, Counter>,
    sizes: PerLog,
    times: PerLog,
    forks: PerLog,
}

impl Metrics {
    /// With what the state knows of every log.
    pub(crate) fn new(witness: &Witness) -> Result<Self, crate::StateError> {
        let mut this = Self {
            registry: Registry::with_prefix("yuanliu_witness"),
            requests: Family::default(),
            sizes: Family::default(),
            times: Family::default(),
            forks: Family::default(),
        };
        let r = &mut this.registry;
        r.register("requests", "Requests to cosign, by outcome", this.requests.clone());
        r.register("size", "Entries in the checkpoint cosigned last", this.sizes.clone());
        r.register("cosigned_at_seconds", "When that was, since the Unix epoch", this.times.clone());
        r.register("forks", "Forks of a log that are kept as evidence", this.forks.clone());
        for origin in witness.logs().origins() {
            if let Some(cosigned) = witness.latest(origin)? {
                this.cosigned(&cosigned);
            }
            this.forked(origin, witness.forks(origin)?.len());
        }
        Ok(this)
    }

    pub(crate) fn request(&self, outcome: &'static str) {
        self.requests.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    pub(crate) fn cosigned(&self, cosigned: &Cosigned) {
        let label = OriginLabel { origin: cosigned.checkpoint.origin().to_owned() };
        // Answers may come by in another order than they were decided; both only grow.
        self.sizes.get_or_create(&label).inner().fetch_max(cosigned.checkpoint.size(), Relaxed);
        self.times.get_or_create(&label).inner().fetch_max(cosigned.time, Relaxed);
    }

    pub(crate) fn forked(&self, origin: &str, kept: usize) {
        self.forks.get_or_create(&OriginLabel { origin: origin.to_owned() }).set(kept as u64);
    }

    /// The page that is scraped; `None` where it cannot be written.
    pub(crate) fn page(&self) -> Option<String> {
        let mut text = String::new();
        encode(&mut text, &self.registry).ok()?;
        Some(text)
    }
}
