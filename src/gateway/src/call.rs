//! A call that is under way: from what its connection delivers to the engine's two streams.
//!
//! In: sound of both sides, pauses, losses, moments. Out: the engine's streams, and counts. Keeps the rule of time.

use crate::legs::{Counting, Legs, Losses, Piece};
use crate::log::log;
use crate::metrics::Metrics;
use crate::protocol::{Begin, Refusal, Side, Sides, Sound};
use crate::room::CallId;
use serde_json::json;
use sound::stream::{StreamPiece, StreamSender};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sides that are further apart are told.
const DRIFT: Duration = Duration::from_millis(200);

/// After a sound of a side that nobody knows nothing is read for so long: what waits for its turn may be of it.
const UNKNOWN_LASTS: Duration = Duration::from_secs(1);

/// Sound that comes at another pace has another rate than it is said to have.
const USUAL_PACE: std::ops::Range<f64> = 0.9..1.1;

/// One call.
pub struct Call {
    /// Which one.
    pub id: CallId,
    /// Over which protocol.
    pub protocol: &'static str,
    /// The newest of its connections; older ones have nothing to say any more.
    pub connection: u64,
    rate_hz: u32,
    sides: Sides,
    legs: Legs,
    caller: StreamSender,
    operator: Option<StreamSender>,
    metrics: Arc<Metrics>,
    told: Losses,
    /// When a sound came whose side nobody knows.
    unknown_at: Option<Instant>,
    /// The pieces of one message.
    pieces: Vec<Piece>,
    is_over: bool,
    is_pace_told: bool,
    /// From so many jumps of its count on they are told again.
    jumps_told: u64,
}

impl Call {
    /// A call that begins, with the engine's streams.
    #[must_use]
    pub fn new(
        id: CallId,
        protocol: &'static str,
        begin: &Begin,
        counting: Counting,
        (caller, operator): (StreamSender, Option<StreamSender>),
        metrics: Arc<Metrics>,
    ) -> Self {
        metrics.begins(protocol);
        Call {
            id,
            protocol,
            connection: 0,
            rate_hz: begin.rate_hz,
            sides: begin.sides,
            legs: Legs::new(begin.rate_hz, begin.sides, counting),
            caller,
            operator,
            metrics,
            told: Losses::default(),
            unknown_at: None,
            pieces: Vec::new(),
            is_over: false,
            is_pace_told: false,
            jumps_told: 1,
        }
    }

    /// Whether another connection may go on with it: same rate, same sides.
    #[must_use]
    pub fn is_like(&self, begin: &Begin) -> bool {
        self.rate_hz == begin.rate_hz && self.sides == begin.sides
    }

    /// Another connection goes on with it.
    pub fn take_over(&mut self, connection: u64, now: Instant) {
        self.connection = connection;
        self.legs.take_over(now, &mut self.pieces);
        self.hand_on(now);
    }

    /// Takes sound of a connection; nothing where a younger one has the call.
    ///
    /// # Errors
    /// [`Refusal`] for a peer that sends faster than time passes.
    pub fn take(&mut self, connection: u64, sound: Sound, now: Instant) -> Result<(), Refusal> {
        if connection != self.connection {
            return Ok(());
        }
        if sound.side == Side::Unknown {
            self.unknown_at = Some(now);
        }
        let done = self.legs.take(sound, now, &mut self.pieces);
        self.hand_on(now);
        done
    }

    /// So many samples were lost before they came here.
    pub fn lose(&mut self, n_samples: u64, now: Instant) {
        self.legs.lose(n_samples, now, &mut self.pieces);
        self.hand_on(now);
    }

    /// From here on nobody may listen.
    pub fn pause(&mut self, now: Instant) {
        self.legs.pause(now, &mut self.pieces);
        self.hand_on(now);
    }

    /// Somebody may listen again: after so many samples, where the peer says how many.
    pub fn resume(&mut self, told: Option<u64>, now: Instant) {
        self.legs.resume(told, now, &mut self.pieces);
        self.hand_on(now);
    }

    /// Time passes.
    pub fn tick(&mut self, now: Instant) {
        self.legs.tick(now, &mut self.pieces);
        self.hand_on(now);
        if let Some(pace) = self.legs.pace(now)
            && !USUAL_PACE.contains(&pace)
            && !std::mem::replace(&mut self.is_pace_told, true)
        {
            let rate_hz = self.rate_hz;
            let text = "the sound comes faster or slower than its rate: is rate_hz right?";
            log(
                "wrong_rate",
                &json!({ "call": self.id, "rate_hz": rate_hz, "pace": pace, "text": text }),
            );
        }
    }

    /// It is over, or cut off before its end for the reason in one word.
    pub fn end(&mut self, now: Instant, cut: Option<&'static str>) {
        if self.is_over {
            return;
        }
        self.is_over = true;
        self.legs.finish(now, &mut self.pieces);
        self.hand_on(now);
        for stream in self.operator.iter().chain([&self.caller]) {
            let _ = stream.push(cut.map_or(StreamPiece::End, StreamPiece::Cut));
        }
        self.metrics.ends(self.protocol, result_of(cut));
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether nobody knows whose voice the caller's side has: it may be the operator's. The protocol may have said so at
    /// the beginning, or a change of the call in its middle.
    fn is_unknown(&self, now: Instant) -> bool {
        let lately = |at: Instant| now.saturating_duration_since(at) < UNKNOWN_LASTS;
        self.sides == Sides::Unknown || self.unknown_at.is_some_and(lately)
    }

    fn hand_on(&mut self, now: Instant) {
        let is_unknown = self.is_unknown(now);
        let mut pieces = std::mem::take(&mut self.pieces);
        let mut n_gaps = 0;
        for (side, piece) in pieces.drain(..) {
            n_gaps += u64::from(matches!(piece, StreamPiece::Gap(_)));
            let stream = match (side, &self.operator) {
                (Side::Operator, Some(operator)) => operator,
                (Side::Operator, None) => continue,
                (Side::Caller | Side::Unknown, _) => &self.caller,
            };
            let piece = match piece {
                // Nobody listens to it.
                StreamPiece::Audio(samples) if is_unknown && side != Side::Operator => {
                    StreamPiece::Muted(samples.len() as u64)
                }
                piece => piece,
            };
            let n_samples = match &piece {
                StreamPiece::Audio(samples) => samples.len() as u64,
                _ => 0,
            };
            if stream.push(piece).is_err() {
                // The engine is far behind. What it does not get is told as lost.
                let _ = stream.push(StreamPiece::Gap(n_samples));
                n_gaps += 1;
                self.metrics.loses(0, self.length(n_samples));
            }
        }
        self.pieces = pieces;
        self.count(n_gaps);
    }

    fn count(&mut self, n_gaps: u64) {
        let losses = self.legs.losses();
        if losses != self.told || n_gaps > 0 {
            self.metrics.loses(n_gaps, self.length(losses.lost - self.told.lost));
            self.metrics.come_late(losses.late - self.told.late);
            self.told = losses;
        }
        let n_jumps = self.legs.n_jumps();
        if n_jumps >= self.jumps_told {
            // Of a peer that jumps for ever ever less is told.
            self.jumps_told = 2 * n_jumps;
            log("count_jumps", &json!({ "call": self.id, "jumps": n_jumps }));
        }
        let drift = self.legs.drift();
        if drift > DRIFT {
            self.metrics.drifts(drift);
        }
    }

    fn length(&self, n_samples: u64) -> Duration {
        Duration::from_micros(n_samples * 1_000_000 / u64::from(self.rate_hz))
    }
}

/// How a call ended, in one word for counters and log lines.
#[must_use]
pub fn result_of(cut: Option<&'static str>) -> &'static str {
    cut.unwrap_or("finished")
}

#[cfg(test)]
mod tests {
    use super::*;
    use sound::stream::stream;
    use sound::{Block, Source};

    const RATE_HZ: u32 = 8_000;
    const PACKET: Duration = Duration::from_millis(20);

    fn call(sides: Sides) -> (Call, sound::stream::StreamSource) {
        let (sender, source) = stream(RATE_HZ, 80_000);
        let operator = (sides == Sides::Apart).then(|| stream(RATE_HZ, 80_000).0);
        let begin = Begin { key: "siprec:a".into(), rate_hz: RATE_HZ, sides, parameters: vec![] };
        let metrics = Arc::new(Metrics::default());
        (Call::new(1, "siprec", &begin, Counting::None, (sender, operator), metrics), source)
    }

    /// One second of a side's sound, in packets. The samples of it that are to be read, and those that are not.
    fn hear(
        (call, source): &mut (Call, sound::stream::StreamSource),
        side: Side,
        from: Instant,
    ) -> (usize, u64) {
        let (mut heard, mut muted) = (0, 0);
        for n in 0..50 {
            let samples = vec![0.1; 160];
            let sound = Sound { side, at: None, follows: false, samples };
            call.take(0, sound, from + n * PACKET).unwrap();
            loop {
                match source.next_block().unwrap() {
                    Block::Audio(samples) => heard += samples.len(),
                    Block::Muted(n_samples) => muted += n_samples,
                    Block::Waiting => break,
                    other => panic!("{other:?}"),
                }
            }
        }
        (heard, muted)
    }

    #[test]
    fn a_voice_that_becomes_unknown_in_the_middle_of_a_call_is_read_no_longer() {
        for sides in [Sides::Caller, Sides::Apart] {
            let mut call = call(sides);
            let begin = Instant::now();
            let after = |seconds: u64| begin + Duration::from_secs(seconds);
            assert_eq!(hear(&mut call, Side::Caller, begin), (8_000, 0));
            // What is muted is told when something comes after it.
            assert_eq!(hear(&mut call, Side::Unknown, after(1)), (0, 0));
            assert_eq!(hear(&mut call, Side::Unknown, after(2)), (0, 0));
            // For as long as something of the unknown voice may wait for its turn.
            let (first, muted) = hear(&mut call, Side::Caller, after(3));
            assert!(first <= 320, "{first}");
            let (second, muted_later) = hear(&mut call, Side::Caller, after(4));
            assert_eq!(second, 8_000);
            assert_eq!(first as u64 + muted + muted_later, 24_000, "the length stays");
        }
    }

    #[test]
    fn a_call_of_unknown_sides_is_never_read() {
        let mut call = call(Sides::Unknown);
        let begin = Instant::now();
        assert_eq!(hear(&mut call, Side::Unknown, begin).0, 0);
        assert_eq!(hear(&mut call, Side::Caller, begin + Duration::from_secs(1)).0, 0);
    }
}
