//! One channel of a sound, or the mean of all; and whether that mean is nothing because the channels cancel out.
//!
//! In: one moment's samples of all channels. Out: a mono sample. Keeps sums over the last moments. Does not allocate, lock
//! or wait.

use super::channel::Channel;

/// Moments after which sums are looked at: 1 s at 16 kHz, 2 s at 8 kHz.
const WINDOW: u32 = 16_000;

/// So many windows one after the other cancel out, until that is said; those in which nothing is heard do not count.
const WINDOWS: u32 = 3;

/// Mean power from which on something is heard: -60 dB of full scale.
const HEARD: f32 = 1e-6;

/// What is left of the power where channels cancel out, at most: -30 dB. Of two strangers half is left, of a voice
/// that is in one channel only a quarter.
const LEFT: f32 = 1e-3;

/// Mixes down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mixdown {
    channel: Channel,
    n: u32,
    before: f32,
    after: f32,
    n_windows: u32,
}

impl Mixdown {
    /// To this channel, or the mean.
    pub(super) fn to(channel: Channel) -> Self {
        Mixdown { channel, n: 0, before: 0.0, after: 0.0, n_windows: 0 }
    }

    /// The mono sample of one moment.
    pub(super) fn take(&mut self, moment: &[f32]) -> f32 {
        let mono = self.channel.of_moment(moment);
        if self.channel == Channel::Mix && moment.len() > 1 {
            let loudest = moment.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
            self.n += 1;
            self.before += loudest * loudest;
            self.after += mono * mono;
            if self.n == WINDOW {
                self.close_window();
            }
        }
        mono
    }

    /// Appends the mono samples of interleaved ones.
    pub(super) fn append(&mut self, interleaved: &[f32], n_channels: usize, mono: &mut Vec<f32>) {
        mono.extend(interleaved.chunks_exact(n_channels).map(|moment| self.take(moment)));
    }

    /// Whether there was sound lately and nothing was left of it.
    pub(super) fn cancels(&self) -> bool {
        self.n_windows >= WINDOWS
    }

    fn close_window(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "16,000")]
        let is_heard = self.before > HEARD * WINDOW as f32;
        if is_heard {
            let cancels = self.after < LEFT * self.before;
            self.n_windows = if cancels { self.n_windows.saturating_add(1) } else { 0 };
        }
        (self.n, self.before, self.after) = (0, 0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether so many seconds at 16 kHz cancel out: left a sawtooth, right that times a gain.
    fn cancels(channel: Channel, gain: f32, seconds: u32) -> bool {
        let mut mixdown = Mixdown::to(channel);
        for at in 0..seconds * 16_000 {
            #[expect(clippy::cast_precision_loss, reason = "below 100")]
            let sample = (at % 100) as f32 / 200.0 - 0.25;
            mixdown.take(&[sample, gain * sample]);
        }
        mixdown.cancels()
    }

    #[test]
    fn channels_that_are_each_other_upside_down_cancel_in_the_mix_alone() {
        assert!(cancels(Channel::Mix, -1.0, 4) && cancels(Channel::Mix, -0.97, 4));
        assert!(!cancels(Channel::Mix, -1.0, 2), "a moment may cancel by chance");
        for gain in [1.0, 0.0, -0.5] {
            assert!(!cancels(Channel::Mix, gain, 10), "{gain}");
        }
        assert!(!cancels(Channel::Left, -1.0, 10));
    }

    #[test]
    fn silence_changes_nothing() {
        let mut mixdown = Mixdown::to(Channel::Mix);
        (0..100_000).for_each(|_| assert!(mixdown.take(&[0.0, 0.0]) >= 0.0));
        assert!(!mixdown.cancels());
    }
}
