//! What a trader works with: its inbound shipments, its stock, what it has submitted, a lot's papers.

mod balance;
mod dossier;
mod facts;
mod holdings;
mod inbound;
mod restrictions;
mod shipment;
mod submitted;

pub use balance::Balances;
pub use dossier::{Dossier, Paper, PartyLicence, RegistrationPaper, dossier};
pub use facts::ItemFacts;
pub use holdings::{Holding, HoldingsPage, HoldingsQuery, HoldingsStart, holdings};
pub use inbound::inbound;
pub use restrictions::{named_with, restrictions};
pub use shipment::{Line, LineOutcome, Progress, Shipment, ShipmentLine, shipment, shipment_lines};
pub use submitted::{Submitted, Wanted, submitted};
