//! The sound server (`PulseAudio`, or `PipeWire` in its place), asked in its own protocol.
//!
//! ```text
//!  Link   a connection to ask: which sources there are, where a stream is, whether its source is muted
//!  Tap    a recording stream on a connection of its own, and the thread that reads it
//! ```
//!
//! cpal would do it too, but its streams follow whatever the server moves them to, bear cpal's name in the system's mixer,
//! and find no server without a cookie file. A [`Tap`] asks not to be moved; a server that does so all the same says so
//! between the last sample of the one source and the first of the other, and nothing behind that is taken.

mod link;
mod source;
mod tap;

pub(super) use link::{Link, LinkError};
pub(super) use source::{Whereabouts, found, sources};
pub(super) use tap::{Tap, Tapped, moved_to};

/// What ids of its sources begin with.
pub(super) const HOST: &str = "pulseaudio";
