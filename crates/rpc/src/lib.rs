//! gRPC services of `yuanliu.v1`, generated over the messages of [`proto`].
//!
//! Deliberately absent: logic. Servers implement the traits in crate `server`, clients wrap the stubs
//! in crate `client`.

#![allow(missing_docs, clippy::all, clippy::pedantic, unused_qualifications)]

include!(concat!(env!("OUT_DIR"), "/yuanliu.v1.rs"));
