//! Where peers connect: TCP for AudioSocket, SIP and RTP for SIPREC, HTTP and WebSocket for all others.

pub mod audiosocket;
pub mod control;
pub mod http;
pub mod proof;
pub mod siprec;
pub mod tls;
pub mod websocket;

use std::time::Duration;

/// How often a connection looks at the clock.
pub const TICK: Duration = Duration::from_millis(100);
