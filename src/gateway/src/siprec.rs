//! SIPREC: a session border controller sends a copy of each call, one RTP stream a side (RFC 7866, RFC 7865, RFC
//! 3550).
//!
//! In: SIP messages and RTP packets, as they come, and the time. Out: [`Action`]s and sound. Keeps each call's dialog
//! until a little after its end. Opens no socket: whoever carries out the actions does.

mod content;
mod dialog;
pub mod frame;
pub mod metadata;
mod multipart;
mod peer;
pub mod ports;
pub mod recorder;
mod repeat;
pub mod response;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod sequence;
pub mod sip;

use crate::protocol::{Refusal, Side};
use rtp::Coding;
use std::net::SocketAddr;

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send these bytes: over UDP, or on the TCP connection with that peer, if it is still open.
    Send {
        /// Where to.
        to: SocketAddr,
        /// A SIP message.
        bytes: Vec<u8>,
    },
    /// A call begins: its ports are to be opened before the answer, which comes next, is sent.
    Begin {
        /// The call's key: `siprec:` and a hash of the Call-ID.
        call: String,
        /// What is going to be heard.
        streams: Vec<StreamOffer>,
        /// Why no side is known, where the metadata could not be read.
        trouble: Option<Refusal>,
    },
    /// A call goes on with these streams, and no others.
    Change {
        /// The call's key.
        call: String,
        /// What is going to be heard: a stream that goes on keeps its port.
        streams: Vec<StreamOffer>,
        /// Why no side is known, where the metadata could not be read.
        trouble: Option<Refusal>,
    },
    /// A call is over: its ports are to be closed, for the next calls get them.
    End {
        /// The call's key.
        call: String,
    },
    /// A message was not understood, or a call not taken: one word for a counter.
    Refused(&'static str),
}

/// One `m=` line of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamOffer {
    /// The line's `a=label`, at most 64 printable ASCII characters; empty where it has none.
    pub label: String,
    /// Our port for RTP; the one after it is for RTCP.
    pub port: u16,
    /// Whose voice it is.
    pub side: Side,
    /// What a packet's payload type means.
    pub formats: Vec<(u8, Coding)>,
    /// Where the peer says that its RTP comes from; none where it names no IP address.
    pub remote: Option<SocketAddr>,
    /// Where receiver reports go.
    pub rtcp: Option<SocketAddr>,
    /// Whether the peer sends: not while the recording is paused.
    pub sends: bool,
}
