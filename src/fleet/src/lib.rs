//! Many desks, many machines: what session logs say goes to a broker (NATS JetStream), and from there to walls.
//!
//! ```text
//!  session logs ─► outbox: new lines ─► outbound: without persons ─► publisher ──► UT_EV: each fact once
//!   ▲               │                                                          └─► UT_LIVE: what is heard now ─► watch: a wall
//!   └── inbox ◄─────┴──────────── ut.cmd: an alert was seen ◄──────────────────────────────────────────────────────────┘
//!
//!  recordings ─► submit ─► UT_JOBS ─► work: on any number of machines ─► logs, UT_DONE
//! ```
//!
//! The log is what is kept: it is read, and whatever is not yet at the broker is sent. Whoever writes it never waits for a
//! network. No sound is sent, no number of a caller, and nothing of an operator.

pub mod acknowledge;
pub mod calls;
pub mod job;
pub mod key;
pub mod link;
pub mod outbound;
pub mod outbox;
pub mod publisher;
pub mod queue;
pub mod streams;
pub mod subject;
pub mod watch;

pub use link::{Broker, Link, LinkError, Login};
