//! Cases: deadlines of what is said in them, and what they watch for. Who has one says `confidential`; reading all
//! that belongs to one is for crate `trace`.

mod deadlines;
mod watch;

pub use deadlines::{
    CaseFacts, Deadline, Due, Duty, LeadFacts, MeasureFacts, Standing, Terms, TransferFacts, TransferLeg,
    deadlines, default_terms,
};
pub use watch::{Hit, Regions, hits};
