//! What a trader works with: its inbound shipments, its stock, what it has submitted, a lot's papers.

mod concern;
pub(crate) mod dossier;
mod facts;
pub(crate) mod holdings;
mod inbound;
mod paper;
mod requests;
mod restrictions;
mod shipment;
mod submitted;

pub use concern::{LotPart, answers_for, lot_part, sees_making, suppliers};
pub use dossier::{Dossier, PartyLicence, RegistrationPaper, dossier, dossier_seen};
pub use facts::ItemFacts;
pub use holdings::{Balances, Holding, HoldingsPage, HoldingsQuery, HoldingsStart, holdings};
pub use inbound::inbound;
pub use paper::Paper;
pub use requests::{Asked, requests};
pub use restrictions::{restrictions, restrictions_of_items};
pub use shipment::{Line, LineOutcome, Progress, Shipment, ShipmentLine, shipment, shipment_lines};
pub use submitted::{Submitted, Wanted, submitted};
