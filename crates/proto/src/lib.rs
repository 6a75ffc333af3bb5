//! Messages of `yuanliu.v1`, generated from `proto/`, with the tables that the strict scanner reads.
//!
//! Invariant: everything here comes from the descriptors; nothing is written by hand but the shape of
//! [`schema`]. Deliberately absent: services (crate `rpc`), validation (crate `statement`), tonic.

/// Package `yuanliu.v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic, unused_qualifications)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/yuanliu.v1.rs"));
    #[cfg(feature = "json")]
    include!(concat!(env!("OUT_DIR"), "/yuanliu.v1.serde.rs"));
}

pub mod schema;

/// The serialized `FileDescriptorSet` of the package (for gRPC reflection and tools).
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
