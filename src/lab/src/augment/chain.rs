//! The whole way from a mouth to the far end of a line, as one description.
//!
//! In: a clip at 8 kHz, recorded sounds, a random generator. Out: the clip as it arrives. A [`Chain`] holds
//! what stays the same during a call; what differs from clip to clip (the piece of noise, which packets are
//! lost) is drawn when it is applied.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::level::{change_level_audibly, overdrive};
use super::line::Line;
use super::loss::{Loss, conceal};
use super::noise::{NoiseAt, NoiseKind, Sounds};
use super::room::Room;
use super::speed::{change_speed, random_speed_percent};

/// Mean length of a burst of lost packets where only a rate is stated: mostly single packets, now and
/// then some in a row.
const USUAL_BURST: f32 = 1.5;

/// What happens to a clip, in the order of the fields; what is `None` is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain {
    /// Speed in percent of the clip's own, and pitch with it.
    pub speed_percent: u32,
    /// The room around the talker.
    pub room: Option<Room>,
    /// Noise in that room.
    pub noise: Option<NoiseAt>,
    /// How far below the clip's highest peak the microphone clips, in dB; 0 for one that does not.
    pub overdrive_db: f32,
    /// Level change in dB. No voice is made quieter than -50 dB of full scale by it.
    pub level_db: f32,
    /// The telephone line.
    pub line: Option<Line>,
    /// Packets that are lost on the line, or without one.
    pub loss: Option<Loss>,
}

impl Default for Chain {
    /// Changes nothing.
    fn default() -> Self {
        Chain {
            speed_percent: 100,
            room: None,
            noise: None,
            overdrive_db: 0.0,
            level_db: 0.0,
            line: None,
            loss: None,
        }
    }
}

impl Chain {
    /// The training's draw over all stages: a telephone line in 65 %, of which 20 % lose 1 to 8 % of the
    /// packets; noise in 45 %, from 5 to 30 dB; a room in 20 %; another speed in nearly half; always a
    /// level, from -35 dB to overdriven.
    pub fn random(rng: &mut ChaCha8Rng) -> Self {
        let speed_percent = random_speed_percent(rng);
        let room = rng.random_bool(0.2).then(|| Room::random(rng));
        let noise = rng.random_bool(0.45).then(|| NoiseAt {
            kind: NoiseKind::random(rng),
            snr_db: rng.random_range(5.0..=30.0),
        });
        let (level_db, overdrive_db) = random_level(rng);
        let line = rng.random_bool(0.65).then(|| Line::random(rng));
        let loss = (line.is_some() && rng.random_bool(0.2)).then(|| Loss {
            rate: rng.random_range(0.01..=0.08),
            mean_burst: rng.random_range(1.0..=3.0),
        });
        Chain { speed_percent, room, noise, overdrive_db, level_db, line, loss }
    }

    /// A fixed telephone: 300 to 3,400 Hz, G.711 mu-law, nothing else.
    #[must_use]
    pub fn phone() -> Self {
        Chain { line: Some(Line::CLASSIC), ..Chain::default() }
    }

    /// The same with noise of another kind for each clip ([`NoiseKind::Varied`]) at the talker's side.
    #[must_use]
    pub fn phone_noise(snr_db: f32) -> Self {
        let noise = NoiseAt { kind: NoiseKind::Varied, snr_db };
        Chain { noise: Some(noise), ..Chain::phone() }
    }

    /// The telephone with this share of its packets lost, 1.5 in a row on the mean, and concealed.
    #[must_use]
    pub fn phone_loss(rate: f32) -> Self {
        Chain { loss: Some(Loss { rate, mean_burst: USUAL_BURST }), ..Chain::phone() }
    }

    /// Changes a clip at 8 kHz; its length changes with the speed only. What comes out lies within [-1, 1].
    ///
    /// # Panics
    /// If the speed is not from 13 to 9,600 percent, or the bit rate of Opus not from 500 to 512,000.
    pub fn apply(&self, samples: &mut Vec<f32>, sounds: &Sounds, rng: &mut ChaCha8Rng) {
        change_speed(samples, self.speed_percent);
        if let Some(room) = self.room {
            room.add(samples);
        }
        if let Some(noise) = self.noise {
            noise.add(samples, sounds, rng);
        }
        if self.overdrive_db > 0.0 {
            overdrive(samples, self.overdrive_db);
        }
        change_level_audibly(samples, self.level_db);
        let lost = self.loss.map_or_else(Vec::new, |loss| loss.lost_packets(samples.len(), rng));
        match self.line {
            Some(line) => line.send(samples, &lost),
            None => conceal(samples, &lost),
        }
    }
}

/// A change of level and an overdrive, in dB: -10 to 6 and none mostly, down to -35 in a tenth,
/// overdriven by 3 to 15 in another tenth.
fn random_level(rng: &mut ChaCha8Rng) -> (f32, f32) {
    match rng.random_range(0..10) {
        0 => (rng.random_range(-35.0..=-10.0), 0.0),
        1 => (rng.random_range(-10.0..=6.0), rng.random_range(3.0..=15.0)),
        _ => (rng.random_range(-10.0..=6.0), 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::power;
    use super::super::tests::{sine, voice};
    use super::*;
    use rand::SeedableRng;

    fn sounds() -> Sounds {
        Sounds { noises: vec![sine(440.0, 0.5), sine(90.0, 0.2)], voices: vec![voice(9_000)] }
    }

    fn applied(chain: &Chain, seed: u64) -> Vec<f32> {
        let mut samples = voice(8_000);
        chain.apply(&mut samples, &sounds(), &mut ChaCha8Rng::seed_from_u64(seed));
        samples
    }

    #[test]
    fn a_chain_of_nothing_changes_nothing() {
        assert_eq!(applied(&Chain::default(), 1), voice(8_000));
    }

    #[test]
    fn the_same_seeds_give_the_same_clip_and_others_give_others() {
        let drawn = |seed| Chain::random(&mut ChaCha8Rng::seed_from_u64(seed));
        for seed in 0..20 {
            assert_eq!(drawn(seed), drawn(seed));
            assert_eq!(applied(&drawn(seed), seed), applied(&drawn(seed), seed));
        }
        assert_ne!(drawn(3), drawn(4));
        let noisy = Chain::phone_noise(10.0);
        assert_ne!(applied(&noisy, 1), applied(&noisy, 2));
    }

    #[test]
    fn whatever_is_drawn_leaves_a_clip_of_audible_samples_within_full_scale() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        for _ in 0..200 {
            let chain = Chain::random(&mut rng);
            let samples = applied(&chain, 1);
            assert!(samples.iter().all(|sample| sample.abs() <= 1.0), "{chain:?}");
            // 50 dB below full scale, and what a line takes away of it.
            assert!(power(&samples) > 1e-7, "{chain:?}: {}", power(&samples));
            let percent = samples.len() * chain.speed_percent as usize / 8_000;
            assert!((99..=101).contains(&percent), "{chain:?}: {}", samples.len());
        }
    }

    #[test]
    fn the_stages_are_drawn_as_often_as_stated() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0_u32; 6];
        for _ in 0..4_000 {
            let chain = Chain::random(&mut rng);
            assert!((-35.0..=6.0).contains(&chain.level_db));
            assert!(chain.loss.is_none() || chain.line.is_some());
            let drawn = [
                chain.line.is_some(),
                chain.noise.is_some(),
                chain.room.is_some(),
                chain.loss.is_some(),
                chain.level_db < -10.0,
                chain.overdrive_db > 0.0,
            ];
            counts.iter_mut().zip(drawn).for_each(|(count, drawn)| *count += u32::from(drawn));
        }
        // Four deviations of a binomial count of 4,000 are 127 at most.
        for (count, expected) in counts.into_iter().zip([2_600_u32, 1_800, 800, 520, 400, 400]) {
            assert!(count.abs_diff(expected) < 127, "{counts:?}");
        }
    }

    #[test]
    fn the_fixed_chains_are_a_telephone_with_noise_or_loss() {
        let phone = applied(&Chain::phone(), 1);
        let error_db = |chain: &Chain| {
            let changed = applied(chain, 1);
            let error: Vec<f32> = changed.iter().zip(&phone).map(|(c, p)| c - p).collect();
            10.0 * (power(&error) / power(&phone)).log10()
        };
        let (noisy, noisier) = (Chain::phone_noise(20.0), Chain::phone_noise(5.0));
        assert!(error_db(&noisy) < -12.0, "{}", error_db(&noisy));
        assert!(error_db(&noisier) > error_db(&noisy) + 10.0, "{}", error_db(&noisier));
        let lossy = Chain::phone_loss(0.5);
        assert!((-20.0..3.0).contains(&error_db(&lossy)), "{}", error_db(&lossy));
    }

    #[test]
    fn packets_are_lost_without_a_line_too() {
        let loss = Some(Loss { rate: 0.5, mean_burst: 4.0 });
        let chain = Chain { loss, ..Chain::default() };
        assert_ne!(applied(&chain, 1), voice(8_000));
    }
}
