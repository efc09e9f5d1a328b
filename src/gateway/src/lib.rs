//! `undertone-gateway`: hears calls that telephone systems stream, with the same engine as the desktop program, and keeps
//! the same session logs.
//!
//! ```text
//!  telephone system ─► listen ─► protocol: messages to words ─► session ─► call: the rule of time ─► room: engine ─► logs
//!                                                                hub: which calls there are          │
//!                                                                wall: all calls on a web page ◄─────┘
//! ```
//!
//! Sound is heard in memory only. A person's number is dropped on arrival.

pub mod call;
pub mod call_name;
pub mod check;
pub mod cli;
pub mod command;
pub mod config;
pub mod hub;
pub mod legs;
pub mod listen;
pub mod log;
pub mod metrics;
pub mod protocol;
pub mod room;
pub mod send;
pub mod server;
pub mod session;
pub mod siprec;
pub mod wall;
