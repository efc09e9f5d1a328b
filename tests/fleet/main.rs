//! Many desks and machines: the real program, a real broker (`nats-server` from Debian), real links that break.
//!
//! Calls are simulated by writing session logs with the engine's own writer, as a desk does. What has to be at the broker is
//! computed from the logs. `make test-fleet` builds the programs and installs the broker first.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that fails on `unwrap` says enough")]

mod agent;
mod archive;
mod broker;
mod certificates;
mod documented;
mod logs;
mod once;
mod rate;
mod refused;
mod seen;
