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
        self.hand_on();
    }

    /// Takes sound of a connection; nothing where a younger one has the call.
    ///
    /// # Errors
    /// [`Refusal`] for a peer that sends faster than time passes.
    pub fn take(&mut self, connection: u64, sound: Sound, now: Instant) -> Result<(), Refusal> {
        if connection != self.connection {
            return Ok(());
        }
        let done = self.legs.take(sound, now, &mut self.pieces);
        self.hand_on();
        done
    }

    /// So many samples were lost before they came here.
    pub fn lose(&mut self, n_samples: u64, now: Instant) {
        self.legs.lose(n_samples, now, &mut self.pieces);
        self.hand_on();
    }

    /// From here on nobody may listen.
    pub fn pause(&mut self, now: Instant) {
        self.legs.pause(now, &mut self.pieces);
        self.hand_on();
    }

    /// Somebody may listen again: after so many samples, where the peer says how many.
    pub fn resume(&mut self, told: Option<u64>, now: Instant) {
        self.legs.resume(told, now, &mut self.pieces);
        self.hand_on();
    }

    /// Time passes.
    pub fn tick(&mut self, now: Instant) {
        self.legs.tick(now, &mut self.pieces);
        self.hand_on();
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
        self.hand_on();
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

    fn hand_on(&mut self) {
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
                // Nobody knows whose voice it is: nobody listens.
                StreamPiece::Audio(samples) if self.sides == Sides::Unknown => {
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
