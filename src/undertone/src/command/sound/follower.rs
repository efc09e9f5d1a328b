//! Keeps a sound in step with a screen.
//!
//! In: the place of the screen in the recording. Out: samples for the output, a little ahead of that place, and
//! silence where it is not to be heard. Keeps where the sound that is heard now began.
//!
//! There is one rule: when what is heard is too far from what is shown, the sound begins anew at the screen's
//! place. That is so after a jump, after a pause, when the output ran dry because the machine was held up, and
//! when the clock of the output has gone away from the computer's, some times an hour.

use super::mixture::Mixture;
use resample::{ResampleError, Resampler};
use sound::loudspeaker::Feeder;

/// How far sound is given to the output ahead of the screen, in milliseconds: for so long the machine may be held
/// up before silence is heard. The resampler holds some 30 of them back.
const AHEAD_MS: u64 = 230;

/// How far what the output takes may be from what is shown, in milliseconds. The output itself is 80 later.
const OFF_MS: u64 = 100;

/// Where the screen is in the recording.
pub struct Place {
    /// Samples before it.
    pub position: u64,
    /// Whether the recording is to be heard there.
    pub is_heard: bool,
    /// Whether the screen shows all that is due: only then it can be said to be somewhere.
    pub is_level: bool,
}

/// The recording, and how far it is given to the output.
pub struct Follower {
    mixture: Mixture,
    resampler: Resampler,
    from_hz: u64,
    to_hz: u64,
    /// The place of the first sample of the sound that is heard now; none while it is silent.
    begun: Option<u64>,
    /// Whether all of the recording is given.
    is_over: bool,
    mixed: Vec<f32>,
    resampled: Vec<f32>,
}

impl Follower {
    /// A recording of one rate for an output of another; it begins silent.
    ///
    /// # Errors
    /// A rate that no sound has.
    pub fn new(mixture: Mixture, from_hz: u32, to_hz: u32) -> Result<Self, ResampleError> {
        let resampler = Resampler::new(from_hz, to_hz)?;
        Ok(Follower {
            mixture,
            resampler,
            from_hz: from_hz.into(),
            to_hz: to_hz.into(),
            begun: None,
            is_over: false,
            mixed: Vec::new(),
            resampled: Vec::new(),
        })
    }

    /// Gives the output what is to be heard next.
    pub fn follow(&mut self, place: &Place, output: &mut Feeder) {
        if !place.is_heard {
            if self.begun.take().is_some() {
                output.hush();
            }
            return;
        }
        if self.is_out_of_step(place, output) {
            self.begin_at(place.position, output);
        }
        self.give(place.position + self.samples_in(AHEAD_MS), output);
    }

    fn is_out_of_step(&self, place: &Place, output: &Feeder) -> bool {
        let Some(begun) = self.begun else { return true };
        let has_run_dry = output.waiting() == 0 && !self.is_over;
        let heard = begun + output.played() * self.from_hz / self.to_hz;
        // At the end the output has nothing more to take, while the screen goes to the last sample.
        let heard = if self.is_over { heard.min(self.mixture.position()) } else { heard };
        let off = heard.abs_diff(place.position);
        place.is_level && (has_run_dry || off > self.samples_in(OFF_MS))
    }

    fn begin_at(&mut self, position: u64, output: &mut Feeder) {
        output.hush();
        self.resampler.reset();
        // Who shows the recording also says why it cannot be read.
        self.is_over = self.mixture.seek(position).is_err();
        self.begun = Some(position);
    }

    /// Gives all up to a place of the recording.
    fn give(&mut self, until: u64, output: &mut Feeder) {
        if self.is_over {
            return;
        }
        self.mixture.read_to(until, &mut self.mixed);
        self.resampled.clear();
        self.resampler.push(&self.mixed, &mut self.resampled);
        if self.mixture.is_over() {
            self.resampler.finish(&mut self.resampled);
            self.is_over = true;
        }
        output.push(&self.resampled);
    }

    fn samples_in(&self, ms: u64) -> u64 {
        self.from_hz * ms / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::super::mixture::tests::{mixture, stereo};
    use super::*;
    use sound::loudspeaker::{Player, ring};
    use sound::recording::Channel;

    const FROM_HZ: u32 = 8000;
    const TO_HZ: u32 = 48_000;
    /// The screen moves, and the output takes, so much at once: 20 and 40 ms.
    const STEP: u64 = 160;
    const BLOCK_LEN: usize = 1920;

    /// A replay whose recording is a ramp: each sample tells its place.
    struct Replay {
        follower: Follower,
        /// To go back it is opened again.
        _recording: tempfile::NamedTempFile,
        output: Feeder,
        player: Player,
        place: Place,
        n_steps: u64,
        /// What the output took in the last 40 ms.
        heard: Vec<f32>,
    }

    /// A place of the recording in what is heard of it.
    fn told(sample: f32) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "a place in some seconds")]
        let place = (sample * 80_000.0).round() as i64;
        place
    }

    impl Replay {
        fn new() -> Replay {
            let ramp: Vec<f32> = (0..64_000_u16).map(|at| f32::from(at) / 80_000.0).collect();
            let recording = stereo(&ramp);
            let mixture = mixture(&recording, &[Channel::Left]);
            let (output, player) = ring(TO_HZ, 1);
            let follower = Follower::new(mixture, FROM_HZ, TO_HZ).unwrap();
            let place = Place { position: 0, is_heard: true, is_level: true };
            let (n_steps, heard) = (0, Vec::new());
            Replay { follower, _recording: recording, output, player, place, n_steps, heard }
        }

        fn follow(&mut self) {
            self.follower.follow(&self.place, &mut self.output);
        }

        fn take(&mut self) {
            self.heard = vec![9.0; BLOCK_LEN];
            self.player.on_block(&mut self.heard);
        }

        /// 20 ms pass.
        fn step(&mut self) {
            self.place.position += STEP;
            self.follow();
            self.n_steps += 1;
            if self.n_steps.is_multiple_of(2) {
                self.take();
            }
        }

        fn run_ms(&mut self, ms: u64) {
            (0..ms / 20).for_each(|_| self.step());
        }

        /// By how many milliseconds what was taken last is behind the screen; it is whole.
        #[track_caller]
        fn behind_ms(&self) -> i64 {
            for pair in self.heard.windows(2) {
                assert!((0..=1).contains(&(told(pair[1]) - told(pair[0]))), "{pair:?}");
            }
            let last = told(self.heard[BLOCK_LEN - 1]);
            (i64::try_from(self.place.position).unwrap() - last) / 8
        }

        #[track_caller]
        fn is_silent(&self) {
            assert!(self.heard.iter().all(|sample| *sample == 0.0));
        }
    }

    #[test]
    fn what_is_taken_is_what_is_shown() {
        let mut replay = Replay::new();
        replay.run_ms(400);
        for _ in 0..100 {
            replay.run_ms(40);
            assert!((-40..=40).contains(&replay.behind_ms()), "{} ms", replay.behind_ms());
        }
    }

    #[test]
    fn a_pause_is_silent_at_once_and_afterwards_it_goes_on_from_there() {
        let mut replay = Replay::new();
        replay.run_ms(1000);
        replay.place.is_heard = false;
        for _ in 0..50 {
            replay.follow();
            replay.take();
            assert!(replay.heard[240..].iter().all(|sample| *sample == 0.0), "after 5 ms");
        }
        replay.is_silent();
        replay.place.is_heard = true;
        replay.run_ms(200);
        assert!((-40..=60).contains(&replay.behind_ms()), "{} ms", replay.behind_ms());
    }

    #[test]
    fn a_jump_in_either_direction_is_heard_within_two_blocks() {
        let mut replay = Replay::new();
        replay.run_ms(1000);
        for place in [48_000, 4_000, 40_000, 41_000, 39_000] {
            replay.place.position = place;
            replay.run_ms(80);
            assert!((-40..=60).contains(&replay.behind_ms()), "{} ms", replay.behind_ms());
        }
    }

    #[test]
    fn a_machine_that_is_held_up_for_a_moment_is_not_heard_and_for_longer_it_catches_up() {
        let mut replay = Replay::new();
        replay.run_ms(1000);
        for (held_up_ms, is_heard_of) in [(120, false), (600, true)] {
            for _ in 0..held_up_ms / 40 {
                replay.take();
                assert!(is_heard_of || replay.heard[BLOCK_LEN - 1] != 0.0);
            }
            if is_heard_of {
                replay.is_silent();
            }
            // Then the screen shows in one go what has become due.
            replay.place.is_level = false;
            for _ in 0..held_up_ms / 20 {
                replay.place.position += STEP;
                replay.follow();
            }
            replay.place.is_level = true;
            replay.run_ms(80);
            assert!((-40..=60).contains(&replay.behind_ms()), "{} ms", replay.behind_ms());
        }
    }

    #[test]
    fn the_end_is_heard_and_a_jump_back_from_it() {
        let mut replay = Replay::new();
        replay.place.position = 62_400;
        replay.run_ms(80);
        replay.place.is_level = false;
        replay.follow();
        let mut last = 0;
        for _ in 0..6 {
            replay.take();
            last = last.max(replay.heard.iter().copied().map(told).max().unwrap());
        }
        assert!(last > 63_900, "heard up to {last}");
        replay.is_silent();
        replay.place = Place { position: 8000, is_heard: true, is_level: true };
        replay.run_ms(200);
        assert!((-40..=60).contains(&replay.behind_ms()), "{} ms", replay.behind_ms());
    }

    #[test]
    fn an_output_whose_clock_is_another_stays_in_step() {
        for slower in [true, false] {
            let mut replay = Replay::new();
            let mut n_whole = 0;
            for round in 0..350 {
                replay.step();
                // The output's clock is 5 % off.
                if round % 20 == 0 {
                    replay.n_steps += u64::from(slower);
                    if !slower {
                        replay.take();
                    }
                }
                let is_whole = replay.heard.iter().all(|sample| *sample > 0.0);
                if round > 20 && is_whole {
                    n_whole += 1;
                    let last = told(*replay.heard.last().unwrap());
                    let behind = i64::try_from(replay.place.position).unwrap() - last;
                    assert!(behind.abs() < 8 * 160, "{behind} samples after {round} steps");
                }
            }
            assert!(n_whole > 300, "{n_whole} blocks without silence");
        }
    }
}
