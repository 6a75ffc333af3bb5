//! The real program over the real network: every test starts the binary, talks to it over TLS on
//! loopback, and ends only what it started. Random choices come from a seed that is printed; set
//! `YUANLIU_TEST_SEED` to repeat a run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod accesses;
mod attachment_faults;
mod attachments;
mod audits;
mod bad_bodies;
mod bad_fields;
mod bad_signatures;
mod bad_targets;
mod bad_wire;
mod bundles;
mod cases;
mod crash;
mod customs;
mod desk;
mod disk;
mod evidence;
mod exports;
mod failures;
mod findings;
mod gateway_doors;
mod gateway_drill;
mod gateway_token;
mod kit;
mod languages;
mod matrix;
mod operations;
mod reads;
mod rebuild;
mod refusals;
mod sandbox;
mod seals;
mod stamps;
mod story;
mod submitting;
mod trust;
mod validate;
mod verify;
mod watched;
mod witness;
mod witness_audit;
