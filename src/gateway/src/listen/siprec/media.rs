//! One stream of RTP: its sockets, and the task that reads them.
//!
//! In: datagrams from the address that the call named; where it named none, such as a host's name, from those that may send
//! SIP. Out: sound for the call, and a receiver report each 5 s. The task ends with this value.

use crate::call::Call;
use crate::config::Allow;
use crate::hub::unpoisoned;
use crate::metrics::Metrics;
use crate::siprec::StreamOffer;
use crate::siprec::rtcp::receiver_report;
use crate::siprec::rtp::RtpStream;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::interval;

/// RTCP's usual interval (RFC 3550, section 6.2).
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// Who has paused for so long has gone without a word.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// Larger than any packet of telephone sound.
const MAX_DATAGRAM: usize = 2_048;
/// Our name in reports.
const CNAME: &str = "undertone-gateway";

/// What the task and the call's owner both know.
struct Shared {
    rtp: RtpStream,
    heard: Instant,
    from: Option<IpAddr>,
    allow: Allow,
    rtcp: Option<SocketAddr>,
    sends: bool,
}

impl Shared {
    fn may_send(&self, from: IpAddr) -> bool {
        let named = self.from.map(|named| named.to_canonical() == from.to_canonical());
        named.unwrap_or_else(|| self.allow.allows(from))
    }
}

/// A stream that is heard.
pub(super) struct Media {
    port: u16,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

impl Media {
    /// Opens a stream's ports.
    ///
    /// # Errors
    /// Somebody else has them.
    pub(super) async fn open(
        address: IpAddr,
        offer: &StreamOffer,
        allow: &Allow,
        call: Arc<Mutex<Call>>,
    ) -> std::io::Result<Self> {
        let sound = UdpSocket::bind((address, offer.port)).await?;
        let control = UdpSocket::bind((address, offer.port + 1)).await?;
        let shared = Arc::new(Mutex::new(Shared {
            rtp: RtpStream::new(offer.side, &offer.formats),
            heard: Instant::now(),
            from: named(offer),
            allow: allow.clone(),
            rtcp: offer.rtcp,
            sends: offer.sends,
        }));
        let task = tokio::spawn(hear(sound, control, Arc::clone(&shared), call));
        Ok(Media { port: offer.port, shared, task })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Whether the peer says that it sends.
    pub(super) fn sends(&self) -> bool {
        unpoisoned(&self.shared).sends
    }

    /// Whether nothing came for so long; of a stream that is paused, for an hour.
    pub(super) fn is_idle(&self, now: Instant, limit: Duration) -> bool {
        let shared = unpoisoned(&self.shared);
        now.duration_since(shared.heard) >= if shared.sends { limit } else { LONGEST_PAUSE }
    }

    /// The stream goes on as this offer says.
    pub(super) fn change(&self, offer: &StreamOffer) {
        let mut shared = unpoisoned(&self.shared);
        shared.rtp.change(offer.side, &offer.formats);
        shared.from = named(offer);
        shared.rtcp = offer.rtcp;
        shared.heard = Instant::now();
        shared.sends = offer.sends;
    }

    /// Adds what went wrong to the counts: what the call itself does not see.
    pub(super) fn count(&self, metrics: &Metrics) {
        let counts = unpoisoned(&self.shared).rtp.counts();
        metrics.come_late(counts.duplicate);
        (0..counts.malformed.min(1)).for_each(|_| metrics.hears_nonsense("malformed"));
    }
}

/// The address that a stream is said to come from; none for a host's name, and for the 0.0.0.0 of a call on hold.
fn named(offer: &StreamOffer) -> Option<IpAddr> {
    offer.remote.map(|remote| remote.ip()).filter(|ip| !ip.is_unspecified())
}

impl Drop for Media {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hear(
    sound: UdpSocket,
    control: UdpSocket,
    shared: Arc<Mutex<Shared>>,
    call: Arc<Mutex<Call>>,
) {
    let begun = Instant::now();
    let own_ssrc = rand::random();
    let mut datagram = [0; MAX_DATAGRAM];
    let mut reports = interval(REPORT_EVERY);
    loop {
        tokio::select! {
            got = sound.recv_from(&mut datagram) => {
                let Ok((n, from)) = got else { continue };
                let heard = {
                    let mut shared = unpoisoned(&shared);
                    if !shared.may_send(from.ip()) {
                        continue;
                    }
                    shared.heard = Instant::now();
                    shared.rtp.hear(&datagram[..n], begun.elapsed())
                };
                if let Some(heard) = heard {
                    // A peer that sends faster than time passes is not heard until time has passed.
                    let mut call = unpoisoned(&call);
                    let connection = call.connection;
                    let _ = call.take(connection, heard, Instant::now());
                }
            }
            _ = reports.tick() => {
                let (to, report) = {
                    let mut shared = unpoisoned(&shared);
                    (shared.rtcp, shared.rtp.report())
                };
                if let Some(to) = to {
                    let _ = control.send_to(&receiver_report(own_ssrc, CNAME, report), to).await;
                }
            }
        }
    }
}
