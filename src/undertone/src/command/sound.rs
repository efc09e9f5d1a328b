//! A replay's sound: what is heard in the speakers while the screen shows the call.
//!
//! In: where the screen is, many times a second. Out: the recording's sound on an [`output`](Loudspeaker), and a
//! sentence for the screen when it falls silent. It reads the recording once more for itself, so nothing that
//! happens to it comes near the readings and the log.

mod follower;
mod mixture;

use super::sound::follower::{Follower, Place};
use super::sound::mixture::Mixture;
use hearing::stream_time::StreamTime;
use hearing::stream_time::source_position;
use sound::Source;
use sound::loudspeaker::{Loudspeaker, OutputChoice};
use sound::recording::Recording;

/// Where the screen is, and whether it moves.
pub struct Screen {
    /// Up to where the recording is shown.
    pub position: StreamTime,
    /// How many times faster than real time.
    pub speed: f64,
    /// Whether the replay is paused.
    pub is_held: bool,
    /// Whether the operator wants privacy.
    pub is_muted: bool,
    /// Whether it has nothing more to show until more of the recording is due.
    pub is_level: bool,
}

/// A recording that is heard.
pub struct Sound {
    follower: Follower,
    rate_hz: u32,
    loudspeaker: Loudspeaker,
    was_fast: bool,
    is_lost: bool,
}

impl Sound {
    /// Opens the output and plays silence until it is told where the screen is. The sides are channels of one
    /// recording; at least one.
    ///
    /// # Errors
    /// No such output, or one that cannot be opened or whose rate is none of sound.
    pub fn open(sides: Vec<Recording>, output: &OutputChoice) -> anyhow::Result<Self> {
        let rate_hz = sides.first().map_or(0, Recording::sample_rate_hz);
        let loudspeaker = Loudspeaker::open(output)?;
        let to_hz = loudspeaker.device().sample_rate_hz;
        let follower = Follower::new(Mixture::new(sides), rate_hz, to_hz)?;
        Ok(Sound { follower, rate_hz, loudspeaker, was_fast: false, is_lost: false })
    }

    /// Plays on, in step with the screen. A sentence for it when nothing is heard from now on.
    pub fn follow(&mut self, screen: &Screen) -> Option<String> {
        if self.is_lost {
            return None;
        }
        let is_fast = screen.speed.to_bits() != 1.0_f64.to_bits();
        let place = Place {
            position: source_position(screen.position, self.rate_hz),
            is_heard: !(is_fast || screen.is_held || screen.is_muted),
            is_level: screen.is_level,
        };
        self.follower.follow(&place, self.loudspeaker.feeder());
        if let Some(reason) = self.loudspeaker.failure() {
            self.is_lost = true;
            let id = &self.loudspeaker.device().id;
            return Some(format!(
                "no more sound, the output is gone: replay again to hear it ({id}: {reason})"
            ));
        }
        let is_told = std::mem::replace(&mut self.was_fast, is_fast);
        (is_fast && !is_told).then(|| "sound only at speed 1".to_owned())
    }
}
