//! The packets of one RTP stream, as sound (RFC 3550; payload types of RFC 3551, RFC 3389 and RFC 4733).
//!
//! In: each datagram and when it came. Out: a piece of sound, or none. Keeps the newest packet's sequence number and
//! timestamp, and counts of what was lost, late and doubled; holds no sound back, so late pieces come late.

use crate::protocol::{Refusal, Side, Sound};
use crate::siprec::rtcp::Report;
use crate::siprec::sequence::{Arrival, Sequence};
use sound::g711::{a_law, mu_law};
use std::time::Duration;

/// Samples a second of all that is read: G.711's, and of its timestamps.
pub const RATE_HZ: u32 = 8_000;
/// Sound of 1 s: no telephone system puts more into a packet.
const MAX_PAYLOAD_LEN: usize = 8_000;
/// How far timestamps may run ahead of the clock before they are taken for another count: the sound ahead of the
/// clock that one connection may have.
const MAX_AHEAD: Duration = Duration::from_secs(10);
/// A late packet older than this is of no use, samples.
const MAX_LATE: u32 = 10 * RATE_HZ;
/// So long after a change of source its packets on the way may still come: the longest time that packets are held for
/// their order.
const OLD_SOURCE: Duration = Duration::from_millis(200);

/// What a packet's payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// G.711 mu-law.
    MuLaw,
    /// G.711 A-law.
    ALaw,
    /// Comfort noise: how silence sounds.
    ComfortNoise,
    /// Keys pressed.
    TelephoneEvent,
}

impl Coding {
    /// The coding of a payload type that needs no `a=rtpmap`.
    #[must_use]
    pub fn of_static(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Coding::MuLaw),
            8 => Some(Coding::ALaw),
            13 => Some(Coding::ComfortNoise),
            _ => None,
        }
    }
}

/// A packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What the payload is, 0 to 127.
    pub payload_type: u8,
    /// Whether it is the first after a silence.
    pub marker: bool,
    /// Counts packets.
    pub sequence: u16,
    /// Counts samples.
    pub timestamp: u32,
    /// The source.
    pub ssrc: u32,
    /// What is left without header, contributing sources, extension and padding.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// A packet from a datagram.
    ///
    /// # Errors
    /// [`Refusal::Malformed`], also for RTCP on RTP's port.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Refusal> {
        const SHORT: Refusal = Refusal::Malformed("RTP: shorter than it says");
        let (head, mut payload) = datagram.split_first_chunk::<12>().ok_or(SHORT)?;
        let [flags, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = *head;
        if flags >> 6 != 2 {
            return Err(Refusal::Malformed("RTP: not version 2"));
        }
        if (192..=223).contains(&kind) {
            return Err(Refusal::Malformed("RTP: this is RTCP"));
        }
        payload = payload.get(usize::from(flags & 0x0f) * 4..).ok_or(SHORT)?;
        if flags & 0x10 != 0 {
            let ([_, _, n0, n1], rest) = payload.split_first_chunk::<4>().ok_or(SHORT)?;
            payload = rest.get(usize::from(u16::from_be_bytes([*n0, *n1])) * 4..).ok_or(SHORT)?;
        }
        if flags & 0x20 != 0 {
            let n_padding = payload.last().copied().filter(|n| *n > 0).ok_or(SHORT)?;
            let len = payload.len().checked_sub(usize::from(n_padding)).ok_or(SHORT)?;
            payload = &payload[..len];
        }
        Ok(Packet {
            payload_type: kind & 0x7f,
            marker: kind & 0x80 != 0,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([i0, i1, i2, i3]),
            payload,
        })
    }
}

/// What came of a stream, in packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that are RTP.
    pub received: u64,
    /// Missing by the sequence numbers, and not come since.
    pub lost: u64,
    /// Come after a later one, or from a source that another one replaced.
    pub late: u64,
    /// Come twice.
    pub duplicate: u64,
    /// With a payload that is not read, or a sequence number of no count.
    pub unread: u64,
    /// No RTP at all.
    pub malformed: u64,
}

/// One `m=` line's stream.
#[derive(Clone, Debug)]
pub struct RtpStream {
    side: Side,
    formats: Vec<(u8, Coding)>,
    source: Option<Source>,
    /// The source before, whose packets may still be on the way.
    left: Option<u32>,
    /// Where the newest sound ends, in samples since the first.
    end: u64,
    counts: Counts,
}

/// One SSRC's packets.
#[derive(Clone, Debug)]
struct Source {
    ssrc: u32,
    sequence: Sequence,
    heard_at: Duration,
    /// Whether nothing is missing since the newest sound.
    is_whole: bool,
    newest: Option<Newest>,
    /// Time on the way of the newest sound, in samples, and its smoothed change times 16 (RFC 3550, appendix A.8).
    transit: Option<u32>,
    jitter: u32,
}

/// The newest sound of a source.
#[derive(Clone, Copy, Debug)]
struct Newest {
    timestamp: u32,
    at: u64,
    came: Duration,
    /// Where the count that this timestamp belongs to begins.
    base: u64,
}

impl RtpStream {
    /// A stream of this side's voice. `formats` are the payload types of the SDP; 0, 8 and 13 mean what they always
    /// do unless they stand there.
    #[must_use]
    pub fn new(side: Side, formats: &[(u8, Coding)]) -> Self {
        let formats = formats.to_vec();
        let counts = Counts::default();
        RtpStream { side, formats, source: None, left: None, end: 0, counts }
    }

    /// From here on it is this side's voice, in these formats: what a new offer says.
    pub fn change(&mut self, side: Side, formats: &[(u8, Coding)]) {
        self.side = side;
        self.formats = formats.to_vec();
    }

    /// What came so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Hears a datagram that came at `now`, a time since any zero, and gives its sound, if it has any.
    ///
    /// [`Sound::at`] counts from the stream's first sound and is the timestamp's way since then. Where another source
    /// or count takes over, it goes on at the end of the newest sound, for how much passed in between is unknown.
    /// [`Sound::follows`] says that this packet's number is the one after the newest, and that none was missing since
    /// the sound before: packets of comfort noise and keys fill no gap.
    pub fn hear(&mut self, datagram: &[u8], now: Duration) -> Option<Sound> {
        let Ok(packet) = Packet::parse(datagram) else {
            self.counts.malformed += 1;
            return None;
        };
        self.counts.received += 1;
        let arrival = self.arrival(&packet, now);
        self.count(arrival);
        let source = self.source.as_mut()?;
        match arrival {
            Arrival::Duplicate | Arrival::Odd | Arrival::Early => return None,
            Arrival::After(_) => source.is_whole = false,
            Arrival::New | Arrival::Next | Arrival::Late => {}
        }
        let is_late = arrival == Arrival::Late;
        let mapped = self.formats.iter().find(|(known, _)| *known == packet.payload_type);
        let coding = mapped
            .map_or_else(|| Coding::of_static(packet.payload_type), |(_, coding)| Some(*coding));
        let decoded = match coding {
            // As noise: it does not make whole what was lost before it.
            Some(_) if packet.payload.is_empty() => return None,
            Some(Coding::MuLaw) => mu_law,
            Some(Coding::ALaw) => a_law,
            Some(Coding::ComfortNoise | Coding::TelephoneEvent) => return None,
            None => return self.leave_unread(is_late),
        };
        if packet.payload.len() > MAX_PAYLOAD_LEN {
            return self.leave_unread(is_late);
        }
        let at = if is_late {
            source.late_at(packet.timestamp)?
        } else {
            source.next_at(packet.timestamp, now, self.end)
        };
        let follows = !is_late && std::mem::replace(&mut source.is_whole, true);
        let samples: Vec<f32> =
            packet.payload.iter().map(|code| f32::from(decoded(*code)) / 32_768.0).collect();
        self.end = self.end.max(at + samples.len() as u64);
        Some(Sound { side: self.side, at: Some(at), follows, samples })
    }

    /// Whose packet it is, and which of its source's.
    fn arrival(&mut self, packet: &Packet<'_>, now: Duration) -> Arrival {
        let Some(source) = self.source.as_mut() else {
            self.source = Some(Source::new(packet, now, false));
            return Arrival::New;
        };
        if source.ssrc != packet.ssrc {
            let is_fresh = now.saturating_sub(source.heard_at) < OLD_SOURCE;
            if is_fresh && self.left == Some(packet.ssrc) {
                return Arrival::Early;
            }
            self.left = Some(source.ssrc);
            *source = Source::new(packet, now, true);
            return Arrival::New;
        }
        source.heard_at = now;
        let arrival = source.sequence.hear(packet.sequence);
        if arrival == Arrival::New {
            *source = Source::new(packet, now, true);
        }
        arrival
    }

    fn count(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::New | Arrival::Next => {}
            Arrival::After(n_lost) => self.counts.lost += n_lost,
            Arrival::Late => {
                self.counts.late += 1;
                self.counts.lost = self.counts.lost.saturating_sub(1);
            }
            Arrival::Early => self.counts.late += 1,
            Arrival::Duplicate => self.counts.duplicate += 1,
            Arrival::Odd => self.counts.unread += 1,
        }
    }

    /// What such a packet says is lost.
    fn leave_unread(&mut self, is_late: bool) -> Option<Sound> {
        self.counts.unread += 1;
        if let Some(source) = self.source.as_mut() {
            source.is_whole &= is_late;
        }
        None
    }

    /// What a receiver report says, unless nothing came since the one before.
    pub fn report(&mut self) -> Option<Report> {
        let source = self.source.as_mut()?;
        let loss = source.sequence.report()?;
        Some(Report { ssrc: source.ssrc, loss, jitter: source.jitter >> 4 })
    }
}

impl Source {
    fn new(packet: &Packet<'_>, now: Duration, is_whole: bool) -> Self {
        Source {
            ssrc: packet.ssrc,
            sequence: Sequence::new(packet.sequence),
            heard_at: now,
            is_whole,
            newest: None,
            transit: None,
            jitter: 0,
        }
    }

    /// Where a packet's sound stands that comes in its turn: by its timestamp, or at `end` where that says nothing.
    fn next_at(&mut self, timestamp: u32, now: Duration, end: u64) -> u64 {
        let by_timestamp = self.newest.and_then(|newest| {
            let ahead = u64::from(timestamp.wrapping_sub(newest.timestamp));
            let most = now.saturating_sub(newest.came) + MAX_AHEAD;
            let is_possible = Duration::from_millis(ahead * 1_000 / u64::from(RATE_HZ)) <= most;
            is_possible.then_some((newest.at + ahead, newest.base))
        });
        let (at, base) = by_timestamp.unwrap_or_else(|| {
            self.transit = None;
            (end, end)
        });
        self.measure_jitter(timestamp, now);
        self.newest = Some(Newest { timestamp, at, came: now, base });
        at
    }

    /// Where a late packet's sound stands, unless it is too old.
    fn late_at(&self, timestamp: u32) -> Option<u64> {
        let newest = self.newest?;
        let behind = newest.timestamp.wrapping_sub(timestamp);
        let at = newest.at.checked_sub(u64::from(behind))?;
        (behind <= MAX_LATE && at >= newest.base).then_some(at)
    }

    fn measure_jitter(&mut self, timestamp: u32, now: Duration) {
        let came = now.as_micros() * u128::from(RATE_HZ) / 1_000_000;
        let came = u32::try_from(came & u128::from(u32::MAX)).unwrap_or_default();
        let transit = came.wrapping_sub(timestamp);
        if let Some(before) = self.transit.replace(transit) {
            let change = transit.wrapping_sub(before);
            let change = change.min(change.wrapping_neg());
            self.jitter = (self.jitter - ((self.jitter + 8) >> 4)).saturating_add(change);
        }
    }
}

#[cfg(test)]
mod tests;
