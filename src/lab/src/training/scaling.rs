//! Temperature and bias: the two corrections of the logits.
//!
//! In: logits of the dev speakers with the truth. Out: one temperature, and one bias an emotion, which together
//! minimise the negative log likelihood (Alexandari et al., 2020). Keeps nothing.

use super::calibration::Heard;
use hearing::emotion::N_EMOTIONS;
use std::collections::BTreeMap;

/// How much the square of a bias costs beside the mean negative log likelihood: few speakers stand behind it, one to
/// three in some corpora, and a fifth of that made neutral voices of the largest one sad.
const BIAS_PENALTY: f64 = 0.1;
/// Steps of the descent, and their length; the loss is convex.
const STEPS: usize = 2_000;
const RATE: f64 = 0.1;
/// Bounds of the inverse temperature.
const SHARPNESS: std::ops::RangeInclusive<f64> = 0.25..=2.5;

/// The temperature and the bias of each emotion; 1 and zeros where there is nothing to fit them to.
///
/// Each emotion of a corpus counts alike, and each corpus as much as another, however many speakers it has: most of
/// those who call are of none of them, and the one that was never trained on is nearest to them. A corpus is asked for
/// its own emotions only: none of its clips can tell whether another is named too readily.
pub(super) fn fitted(heard: &[&Heard]) -> (f32, [f32; N_EMOTIONS]) {
    let weighed = weighed(heard);
    let mut parameters = [0.0_f64; N_EMOTIONS + 1];
    parameters[N_EMOTIONS] = 1.0;
    for _ in 0..STEPS {
        let gradient = gradient(&weighed, &parameters);
        for (parameter, slope) in parameters.iter_mut().zip(gradient) {
            *parameter -= RATE * slope;
        }
        parameters[N_EMOTIONS] = parameters[N_EMOTIONS].clamp(*SHARPNESS.start(), *SHARPNESS.end());
    }
    let mut bias = [0.0; N_EMOTIONS];
    #[expect(clippy::cast_possible_truncation, reason = "values around 1")]
    for (bias, parameter) in bias.iter_mut().zip(parameters) {
        *bias = parameter as f32;
    }
    #[expect(clippy::cast_possible_truncation, reason = "values around 1")]
    let temperature = (1.0 / parameters[N_EMOTIONS]) as f32;
    (temperature, bias)
}

/// Logits of the emotions that the clip's corpus has (the others at negative infinity), the truth's index,
/// and the clip's weight; all weights together are 1.
struct Weighed {
    logits: [f64; N_EMOTIONS],
    truth: usize,
    weight: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of clips and corpora")]
fn weighed(heard: &[&Heard]) -> Vec<Weighed> {
    let mut counts: BTreeMap<&str, [usize; N_EMOTIONS]> = BTreeMap::new();
    for one in heard {
        counts.entry(&one.corpus).or_default()[one.truth.index()] += 1;
    }
    let of_corpus = 1.0 / counts.len() as f64;
    let weighed = heard.iter().map(|one| {
        let counts = &counts[one.corpus.as_str()];
        let n_emotions = counts.iter().filter(|&&count| count > 0).count();
        let mut logits = [f64::NEG_INFINITY; N_EMOTIONS];
        for ((to, &logit), &count) in logits.iter_mut().zip(&one.logits).zip(counts) {
            if count > 0 {
                *to = logit.into();
            }
        }
        let truth = one.truth.index();
        let weight = of_corpus / (n_emotions * counts[truth]) as f64;
        Weighed { logits, truth, weight }
    });
    weighed.collect()
}

/// The slope of the loss by each bias, and by the inverse temperature.
fn gradient(weighed: &[Weighed], parameters: &[f64; N_EMOTIONS + 1]) -> [f64; N_EMOTIONS + 1] {
    let sharpness = parameters[N_EMOTIONS];
    let mut gradient = [0.0; N_EMOTIONS + 1];
    for (slope, bias) in gradient.iter_mut().zip(&parameters[..N_EMOTIONS]) {
        *slope = 2.0 * BIAS_PENALTY * bias;
    }
    for one in weighed {
        let mut powers = [0.0; N_EMOTIONS];
        let mut highest = f64::NEG_INFINITY;
        for ((power, logit), bias) in powers.iter_mut().zip(one.logits).zip(parameters) {
            *power = logit * sharpness + bias;
            highest = highest.max(*power);
        }
        let powers = powers.map(|power| (power - highest).exp());
        let sum: f64 = powers.iter().sum();
        for (label, (power, logit)) in powers.into_iter().zip(one.logits).enumerate() {
            if logit.is_finite() {
                let error = power / sum - if label == one.truth { 1.0 } else { 0.0 };
                gradient[label] += one.weight * error;
                gradient[N_EMOTIONS] += one.weight * error * logit;
            }
        }
    }
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearing::emotion::Emotion;

    fn heard(truth: Emotion, logits: [f32; N_EMOTIONS]) -> Heard {
        Heard { truth, corpus: "a".into(), language: None, logits, speech: None, is_early: false }
    }

    /// Logits that are right in three of four cases, but half as large as they should be, and too high for the
    /// last emotion.
    fn examples() -> Vec<Heard> {
        let mut examples = Vec::new();
        for (number, truth) in Emotion::ALL.into_iter().enumerate() {
            for turn in 0..8_usize {
                let said =
                    if turn % 4 == 3 { (number + 1 + turn / 4) % N_EMOTIONS } else { number };
                let mut logits = [0.0; N_EMOTIONS];
                logits[said] += 1.5;
                logits[N_EMOTIONS - 1] += 1.0;
                examples.push(heard(truth, logits));
            }
        }
        examples
    }

    #[test]
    fn an_emotion_that_is_named_too_readily_is_taken_back_and_the_rest_sharpened() {
        let (temperature, bias) = fitted(&examples().iter().collect::<Vec<_>>());
        let last = bias[N_EMOTIONS - 1] - bias[0];
        assert!(last < -0.5, "{bias:?}");
        assert!(temperature < 0.8, "{temperature}");
    }

    #[test]
    fn a_corpus_of_many_clips_counts_as_much_as_one_of_few() {
        let of = |corpus: &str, n: usize| -> Vec<Heard> {
            let all = (0..n).flat_map(|_| examples());
            all.map(|one| Heard { corpus: corpus.into(), ..one }).collect()
        };
        let mut strange = of("strange", 1);
        for one in &mut strange {
            one.logits = one.logits.map(|logit| -logit);
        }
        let fit = |known: Vec<Heard>| fitted(&known.iter().chain(&strange).collect::<Vec<_>>());
        let (few, many) = (fit(of("known", 1)), fit(of("known", 20)));
        assert!((few.0 - many.0).abs() < 1e-4, "{few:?} {many:?}");
    }

    #[test]
    fn nothing_heard_changes_nothing_and_a_missing_emotion_keeps_its_place() {
        assert_eq!(fitted(&[]), (1.0, [0.0; N_EMOTIONS]));
        let mut without = examples();
        without.retain(|one| one.truth != Emotion::Surprise);
        let (_, bias) = fitted(&without.iter().collect::<Vec<_>>());
        assert!(bias[Emotion::Surprise.index()].abs() < 1e-6, "{bias:?}");
    }
}
