//! What a network's answers on the dev clips are worth: the figure that chooses the epoch.
//!
//! In: logarithms of probabilities and the examples that they answer. Out: [`DevScores`]. Keeps nothing.

use super::example::Example;
use super::gradient::highest;
use std::collections::BTreeMap;

/// What answers are worth, each corpus being asked for its own labels only.
pub struct DevScores {
    /// Mean negative log likelihood.
    pub loss: f64,
    /// Share of right answers.
    pub accuracy: f64,
    /// Unweighted average recall, the mean over corpora.
    pub uar: f64,
}

impl DevScores {
    /// Scores logarithms of probabilities against the examples' labels.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "numbers of clips")]
    pub fn of(answers: &[Vec<f32>], examples: &[Example]) -> Self {
        let mut by_corpus: BTreeMap<&str, BTreeMap<usize, (usize, usize)>> = BTreeMap::new();
        for example in examples {
            let labels = by_corpus.entry(&example.corpus).or_default();
            labels.entry(example.label.unwrap_or_default()).or_default();
        }
        let (mut loss, mut n_right) = (0.0, 0);
        for (answer, example) in answers.iter().zip(examples) {
            let truth = example.label.unwrap_or_default();
            let Some(labels) = by_corpus.get_mut(example.corpus.as_str()) else { continue };
            let known = |label: usize| labels.len() == 1 || labels.contains_key(&label);
            let asked: Vec<f32> = (0..answer.len())
                .map(|label| if known(label) { answer[label] } else { f32::NEG_INFINITY })
                .collect();
            let is_right = highest(&asked) == Some(truth);
            loss -= f64::from(answer[truth]);
            n_right += usize::from(is_right);
            let (right, of) = labels.entry(truth).or_default();
            *right += usize::from(is_right);
            *of += 1;
        }
        let uar = |labels: &BTreeMap<usize, (usize, usize)>| {
            let recalls = labels.values().map(|(right, of)| *right as f64 / (*of).max(1) as f64);
            recalls.sum::<f64>() / labels.len().max(1) as f64
        };
        let n = examples.len().max(1) as f64;
        DevScores {
            loss: loss / n,
            accuracy: n_right as f64 / n,
            uar: by_corpus.values().map(uar).sum::<f64>() / by_corpus.len().max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_asked_for_its_own_labels_and_counts_as_much_as_another() {
        let example = |corpus: &str, label| Example {
            label: Some(label),
            is_speech: Some(true),
            target: Vec::new(),
            path: std::path::PathBuf::new(),
            taught: None,
            speaker: String::new(),
            corpus: corpus.into(),
            language: None,
            call: 0,
            hearings: Vec::new(),
        };
        let examples = [
            example("two", 0),
            example("two", 1),
            example("three", 0),
            example("three", 2),
            example("three", 1),
        ];
        let answers = vec![
            vec![0.4_f32.ln(), 0.1_f32.ln(), 0.5_f32.ln()],
            vec![0.4_f32.ln(), 0.1_f32.ln(), 0.5_f32.ln()],
            vec![0.4_f32.ln(), 0.1_f32.ln(), 0.5_f32.ln()],
            vec![0.4_f32.ln(), 0.1_f32.ln(), 0.5_f32.ln()],
            vec![0.1_f32.ln(), 0.8_f32.ln(), 0.1_f32.ln()],
        ];
        let scores = DevScores::of(&answers, &examples);
        assert!((scores.uar - f64::midpoint(1.0 / 2.0, 2.0 / 3.0)).abs() < 1e-9, "{}", scores.uar);
        assert!((scores.accuracy - 0.6).abs() < 1e-9);
    }
}
