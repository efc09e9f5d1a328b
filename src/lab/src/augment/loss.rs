//! Packets that a network loses, and what a telephone plays in their place.
//!
//! In: a clip at 8 kHz. Out: which of its packets of 20 ms are lost, singly or in bursts (E. N. Gilbert,
//! "Capacity of a burst-noise channel", 1960), and the clip with the voice's last period played on over
//! the gap, fading (in the manner of ITU-T G.711 Appendix I, 1999, and simpler: one period and not three,
//! and the period found on every sample at once).

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::power;

/// Samples of a packet: 20 ms at 8 kHz, the usual of RTP.
pub const PACKET_LEN: usize = 160;

/// Periods of a voice in samples, from 200 Hz to 66 Hz (Appendix I). A higher voice is
/// played on by two or three of its periods.
const PERIODS: std::ops::RangeInclusive<usize> = 40..=120;

/// The stretch whose likeness tells the period: 20 ms (Appendix I).
const LIKENESS_LEN: usize = 160;

/// How long a gap is played on at full level: 10 ms; then it fades (Appendix I).
const STEADY_LEN: usize = 80;

/// How long a gap is played on at all: 60 ms; then it is silent (Appendix I).
const AUDIBLE_LEN: usize = 480;

/// The passage back into what arrives after a gap: 5 ms.
const PASSAGE_LEN: usize = 40;

/// How a network loses packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Share of the packets that are lost, in [0, 1).
    pub rate: f32,
    /// Mean number of packets that are lost in a row; at the least what chance alone makes,
    /// 1 / (1 - rate).
    pub mean_burst: f32,
}

impl Loss {
    /// Each packet is lost or not whatever the others are.
    #[must_use]
    pub fn independent(rate: f32) -> Self {
        Loss { rate, mean_burst: 1.0 }
    }

    /// Which of the packets of a clip of `len` samples are lost; the last packet may be shorter.
    pub fn lost_packets(&self, len: usize, rng: &mut ChaCha8Rng) -> Vec<bool> {
        let rate = f64::from(self.rate).clamp(0.0, 0.99);
        let burst_ends = (1.0 / f64::from(self.mean_burst)).min(1.0 - rate);
        let burst_begins = burst_ends * rate / (1.0 - rate);
        let mut is_lost = rng.random_bool(rate);
        (0..len.div_ceil(PACKET_LEN))
            .map(|_| {
                let this = is_lost;
                is_lost = if is_lost {
                    !rng.random_bool(burst_ends)
                } else {
                    rng.random_bool(burst_begins)
                };
                this
            })
            .collect()
    }
}

/// Plays the voice on over the packets that are lost. `lost` has one entry a packet; packets beyond its
/// end arrived. Before 35 ms have arrived a gap is silent, for there is nothing to play on.
pub fn conceal(samples: &mut [f32], lost: &[bool]) {
    let mut packet = 0;
    for run in lost.chunk_by(|one, other| one == other) {
        if run[0] {
            let start = packet * PACKET_LEN;
            let end = ((packet + run.len()) * PACKET_LEN).min(samples.len());
            conceal_gap(samples, start, end);
        }
        packet += run.len();
    }
}

/// Fills the gap from `start` to `end`, and passes into what follows.
fn conceal_gap(samples: &mut [f32], start: usize, end: usize) {
    let (before, rest) = samples.split_at_mut(start);
    let (gap, after) = rest.split_at_mut(end - start);
    let Some(period) = period_of(before) else {
        gap.fill(0.0);
        return;
    };
    let cycle = closed_cycle(before, period);
    // What was heard last passes into the end of the cycle, so that its beginning follows smoothly.
    let tail_len = period / 4;
    before[start - tail_len..].copy_from_slice(&cycle[period - tail_len..]);
    let voice = cycle.iter().cycle().zip(0..).map(|(sample, n)| sample * fade(n));
    let mut voice = voice.into_iter();
    for (sample, played) in gap.iter_mut().zip(&mut voice) {
        *sample = played;
    }
    for (n, (sample, played)) in after.iter_mut().take(PASSAGE_LEN).zip(voice).enumerate() {
        let share = share_of(n, PASSAGE_LEN);
        *sample = share * *sample + (1.0 - share) * played;
    }
}

/// The last period, whose own end passes into what came before it: so it can be repeated without a click.
fn closed_cycle(before: &[f32], period: usize) -> Vec<f32> {
    let last = &before[before.len() - period..];
    let previous = &before[before.len() - 2 * period..before.len() - period];
    let tail = period - period / 4;
    let blended = last.iter().zip(previous).enumerate().map(|(n, (last, previous))| {
        let share = if n < tail { 0.0 } else { share_of(n - tail, period - tail) };
        (1.0 - share) * last + share * previous
    });
    blended.collect()
}

/// The voice's period at the end of `before`: the shift at which it is most like itself. `None` when too
/// little was heard or it was silent.
fn period_of(before: &[f32]) -> Option<usize> {
    let longest = *PERIODS.end();
    let recent = before.get(before.len().checked_sub(LIKENESS_LEN + longest)?..)?;
    let now = &recent[longest..];
    if power(now) <= 0.0 {
        return None;
    }
    let likeness = |period: usize| {
        let then = &recent[longest - period..][..LIKENESS_LEN];
        let product: f32 = now.iter().zip(then).map(|(now, then)| now * then).sum();
        let energy: f32 = then.iter().map(|then| then * then).sum();
        product / energy.max(f32::MIN_POSITIVE).sqrt()
    };
    PERIODS
        .map(|period| (period, likeness(period)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|best| best.0)
}

/// The level at which the `n`-th sample of a gap is played.
fn fade(n: usize) -> f32 {
    1.0 - share_of(n.saturating_sub(STEADY_LEN), AUDIBLE_LEN - STEADY_LEN)
}

/// `n` of `whole`, at most 1.
#[expect(clippy::cast_precision_loss, reason = "both are a few hundred at most")]
fn share_of(n: usize, whole: usize) -> f32 {
    n.min(whole) as f32 / whole as f32
}

#[cfg(test)]
mod tests {
    use super::super::tests::sine;
    use super::*;
    use rand::SeedableRng;

    fn lost_of(loss: Loss, n_packets: usize) -> Vec<bool> {
        loss.lost_packets(n_packets * PACKET_LEN, &mut ChaCha8Rng::seed_from_u64(9))
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "a test's counts")]
    fn rate_and_mean_burst_are_those_asked_for() {
        const N_PACKETS: usize = 200_000;
        for (rate, mean_burst, expected_burst) in
            [(0.03, 1.0, 1.031), (0.05, 3.0, 3.0), (0.2, 2.0, 2.0)]
        {
            let lost = lost_of(Loss { rate, mean_burst }, N_PACKETS);
            assert_eq!(lost.len(), N_PACKETS);
            let n_lost = lost.iter().filter(|lost| **lost).count();
            let n_bursts = lost.chunk_by(|a, b| a == b).filter(|run| run[0]).count();
            let measured = n_lost as f32 / N_PACKETS as f32;
            let burst = n_lost as f32 / n_bursts as f32;
            // Ten thousand bursts and more: a deviation of 1 % each.
            assert!((measured / rate - 1.0).abs() < 0.06, "{measured} for {rate}");
            assert!((burst / expected_burst - 1.0).abs() < 0.05, "{burst} for {mean_burst}");
        }
        assert!(lost_of(Loss::independent(0.0), 1_000).iter().all(|lost| !lost));
    }

    #[test]
    fn a_steady_voice_is_played_on_as_if_nothing_were_lost() {
        // A period of 80 samples; the fade begins after 80 of the 160 lost.
        let whole = sine(100.0, 0.5);
        let mut samples = whole.clone();
        samples[1_600..1_760].fill(9.0);
        conceal(&mut samples, &[&[false; 10][..], &[true]].concat());
        for n in 0..8_000 {
            let tolerance = if (1_680..1_800).contains(&n) { 0.11 } else { 1e-3 };
            assert!((samples[n] - whole[n]).abs() < tolerance, "{n}: {} {}", samples[n], whole[n]);
        }
    }

    #[test]
    fn a_long_gap_fades_to_silence_after_60_ms_and_ends_without_a_click() {
        let mut samples = sine(100.0, 0.5);
        conceal(&mut samples, &[&[false; 10][..], &[true; 5]].concat());
        let (start, end) = (1_600, 2_400);
        let level = |from: usize, to: usize| power(&samples[from..to]);
        assert!(level(start, start + 80) > 0.12);
        assert!(level(start + 240, start + 320) < 0.06);
        assert!(samples[start + AUDIBLE_LEN..end].iter().all(|sample| *sample == 0.0));
        // A sine of 100 Hz and 0.5 moves by at most 0.04 a sample.
        let steepest = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.06, "{steepest}");
    }

    #[test]
    fn gaps_at_the_beginning_and_the_end_and_in_silence_are_silent_or_played_on() {
        let mut samples = sine(100.0, 0.5);
        conceal(&mut samples, &[true]);
        assert!(samples[..PACKET_LEN].iter().all(|sample| *sample == 0.0));
        assert_eq!(samples[PACKET_LEN..], sine(100.0, 0.5)[PACKET_LEN..]);

        let mut short_end = sine(100.0, 0.5);
        short_end.truncate(1_700);
        conceal(&mut short_end, &[&[false; 10][..], &[true]].concat());
        assert!(power(&short_end[1_600..]) > 0.05);

        let mut silence = vec![0.0; 1_600];
        conceal(&mut silence, &[false, false, false, false, true]);
        assert_eq!(silence, vec![0.0; 1_600]);
        conceal(&mut [], &[]);
    }
}
