//! From logits to probabilities that mean what they say, fitted on the dev speakers.
//!
//! In: a trained model and the dev clips, as they are and over a random line. Out: the model's
//! [`Calibration`], and what it says of the dev clips with it. Keeps nothing.
//!
//! Certainty on voices and languages that the model has never heard has to be earned on such: corpora that no
//! training clip is of are worth the most here, and every corpus counts as much as another. Where it is known that
//! callers speak a language of many dev speakers, what was earned on those is worth more: each such language has a
//! calibration of its own.

use super::example::Example;
use super::thresholds::{Answer, Demand, lowest};
use super::{TrainingError, parallel, scaling};
use crate::evaluation::Shown;
use hearing::classifier::Baseline;
use hearing::emotion::{Emotion, Group, N_EMOTIONS, Scores, Thresholds, Verdict};
use hearing::language::Language;
use model::artifact::{Artifact, Calibration, GroupThresholds, InputForm};
use model::device::Backend;
use model::{LstmClassifier, ModelError};
use std::collections::{BTreeMap, BTreeSet};

/// An emotion is said where three of four are right, and more than half in the worst corpus: with seven to choose
/// from that is four times a guess. Where too little is right, the surest 30 % are said all the same: a model
/// that says nothing is none, and its scores show what it is worth.
const EMOTION: Demand = Demand { right: 0.75, right_in_worst: 0.55, least_shown: 0.3 };

/// A group is said where three of four are right, and three of five in the worst corpus: it is the easier question,
/// a guess being right in a third of all cases or more. From one in a hundred answers on: fewer tell nothing.
const GROUP: Demand = Demand { right: 0.75, right_in_worst: 0.6, least_shown: 0.01 };

/// And only from this probability on: below it the other groups together are likelier, whatever was right there.
const LEAST_CERTAIN_GROUP: f32 = 0.5;

/// Corpora of what is no speech: laughing, crying and screams without a word. Nobody talks so on the telephone for
/// long, and it is far easier to tell apart, so that it would make speech look surer than it is. They are left out,
/// unless there is nothing else.
const WITHOUT_WORDS: [&str; 1] = ["emogator"];

/// Dev speakers of a language from which on it gets a calibration of its own: with fewer, another speaker's voice says
/// more than the language.
const LEAST_SPEAKERS: usize = 10;

/// Share of the dev speakers' longest segments, half of them over a random line, that may be taken for something
/// else than speech: silence on music and noise is worth more than every reading.
const SPEECH_LOST: f64 = 0.05;

/// A model with its calibration, and what it says of the dev clips with it.
pub struct Calibrated {
    /// The model.
    pub artifact: Artifact,
    /// What is said of each corpus, by name, early answers among it.
    pub shown: BTreeMap<String, Shown>,
}

/// Fits temperature, bias, and the thresholds of emotions, groups and speech.
///
/// Temperature and bias are those of `scaling`. An emotion's threshold is the lowest at which what is said is right
/// in 75 % of cases over all corpora and in 55 % in the worst, first answers after the shortest speech among them; a
/// group's the same, with 60 % in the worst, among the answers that name no emotion. A group that does not get there
/// is never said. The threshold of speech lets 95 % of the longest segments through.
///
/// # Errors
/// What the model says.
pub fn calibrated(artifact: Artifact, dev: &[Example]) -> Result<Artifact, TrainingError> {
    Ok(calibrated_with_shown(artifact, dev)?.artifact)
}

/// The same, and what it says of the dev clips with it.
///
/// # Errors
/// What the model says.
pub fn calibrated_with_shown(
    mut artifact: Artifact,
    dev: &[Example],
) -> Result<Calibrated, TrainingError> {
    let heard: Vec<Heard> = parallel::map(dev, |_, example| hear(&artifact, example), || {})
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let calibration = fitted(&heard);
    let languages = fitted_to_languages(dev, &heard, calibration.speech_from);
    let mut shown = shown_by_corpus(&heard, &calibration);
    for (language, calibration) in &languages {
        let spoken: Vec<Heard> = spoken_in(language, &heard);
        let rows = shown_by_corpus(&spoken, calibration).into_iter();
        shown.extend(rows.map(|(corpus, shown)| (format!("{corpus}, known as {language}"), shown)));
    }
    artifact.manifest.calibration = calibration;
    artifact.manifest.languages = languages;
    Ok(Calibrated { artifact, shown })
}

/// A calibration for each language that enough dev speakers speak.
fn fitted_to_languages(
    dev: &[Example],
    heard: &[Heard],
    speech_from: f32,
) -> BTreeMap<Language, Calibration> {
    let mut speakers: BTreeMap<&Language, BTreeSet<&str>> = BTreeMap::new();
    for example in dev.iter().filter(|example| !is_wordless(&example.corpus)) {
        if let Some(language) = &example.language {
            speakers.entry(language).or_default().insert(&example.speaker);
        }
    }
    speakers.retain(|_, speakers| speakers.len() >= LEAST_SPEAKERS);
    let of =
        |language: &Language| Calibration { speech_from, ..fitted(&spoken_in(language, heard)) };
    speakers.into_keys().map(|language| (language.clone(), of(language))).collect()
}

fn spoken_in(language: &Language, heard: &[Heard]) -> Vec<Heard> {
    let spoken =
        |one: &&Heard| one.language.as_ref() == Some(language) && !is_wordless(&one.corpus);
    heard.iter().filter(spoken).cloned().collect()
}

fn is_wordless(corpus: &str) -> bool {
    WITHOUT_WORDS.contains(&corpus)
}

fn fitted(heard: &[Heard]) -> Calibration {
    let mut spoken: Vec<&Heard> = heard.iter().filter(|one| !is_wordless(&one.corpus)).collect();
    if spoken.is_empty() {
        spoken = heard.iter().collect();
    }
    let whole: Vec<&Heard> = spoken.iter().copied().filter(|one| !one.is_early).collect();
    let (temperature, bias) = scaling::fitted(&whole);
    let speech = heard.iter().filter(|one| !one.is_early).filter_map(|one| one.speech);
    let speech_from = speech_threshold(speech.collect());
    let scaled =
        Calibration { temperature, bias, uncertain_below: 0.0, speech_from, group_from: None };
    let answers: Vec<(&Heard, Scores)> =
        spoken.into_iter().map(|one| (one, scaled.scores(one.logits))).collect();
    let uncertain_below = emotion_threshold(&answers);
    let group_from = GroupThresholds::of(|group| group_threshold(&answers, uncertain_below, group));
    Calibration { uncertain_below, group_from: Some(group_from), ..scaled }
}

/// How many answers there are of each corpus.
fn counts<'a>(answers: &[(&'a Heard, Scores)]) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for (one, _) in answers {
        *counts.entry(one.corpus.as_str()).or_default() += 1;
    }
    counts
}

fn emotion_threshold(answers: &[(&Heard, Scores)]) -> f32 {
    let judged = answers.iter().map(|(one, scores)| {
        let (emotion, certainty) = scores.top();
        Answer { corpus: &one.corpus, certainty, is_right: one.truth == emotion }
    });
    let fit = lowest(judged.collect(), &counts(answers), &EMOTION);
    fit.meeting.or(fit.showing_least).unwrap_or(0.0)
}

/// Among the answers that name no emotion.
fn group_threshold(answers: &[(&Heard, Scores)], uncertain_below: f32, group: Group) -> f32 {
    let emotions = Thresholds::emotions_from(uncertain_below);
    let unsaid =
        answers.iter().filter(|(_, scores)| emotions.verdict(scores) == Verdict::Uncertain);
    let judged = unsaid.map(|(one, scores)| Answer {
        corpus: &one.corpus,
        certainty: scores.of_group(group),
        is_right: group.has(one.truth),
    });
    let likely = judged.filter(|answer| answer.certainty >= LEAST_CERTAIN_GROUP);
    let fit = lowest(likely.collect(), &counts(answers), &GROUP);
    fit.meeting.unwrap_or(Thresholds::NEVER)
}

fn shown_by_corpus(heard: &[Heard], calibration: &Calibration) -> BTreeMap<String, Shown> {
    let mut answers: BTreeMap<&str, Vec<(Emotion, Scores)>> = BTreeMap::new();
    for one in heard {
        let answer = (one.truth, calibration.scores(one.logits));
        answers.entry(&one.corpus).or_default().push(answer);
    }
    let thresholds = calibration.thresholds();
    let shown =
        |(corpus, answers): (&str, Vec<_>)| (corpus.to_owned(), Shown::of(answers, &thresholds));
    answers.into_iter().map(shown).collect()
}

/// What the network says of one hearing.
#[derive(Clone)]
pub(super) struct Heard {
    /// What is expressed.
    pub(super) truth: Emotion,
    /// The corpus that the clip is of.
    pub(super) corpus: String,
    /// What is spoken, where that is known.
    pub(super) language: Option<Language>,
    /// Logits by emotion; negative infinity for those that the model has no output for.
    pub(super) logits: [f32; N_EMOTIONS],
    /// Logit of its being speech, where the network says so.
    pub(super) speech: Option<f32>,
    /// Whether it is of the beginning alone, as much as a first reading has.
    pub(super) is_early: bool,
}

/// The network's word on a clip's hearings: of the newest of a longest segment's frames, and of the first of a
/// shortest's.
fn hear(artifact: &Artifact, example: &Example) -> Result<Vec<Heard>, ModelError> {
    let mut classifier = LstmClassifier::new(artifact, Backend::cpu())?;
    let manifest = &artifact.manifest;
    let values_in = |ms| manifest.recipe.frames_in_ms(ms) * manifest.network.n_features;
    let (shortest, longest) = match manifest.input {
        InputForm::CoefficientMeans => (usize::MAX, usize::MAX),
        InputForm::Frames => {
            (values_in(manifest.segment.min_ms), values_in(manifest.segment.max_ms))
        }
    };
    let Some(truth) = example.label.and_then(|label| manifest.labels.get(label)).copied() else {
        return Ok(Vec::new());
    };
    let mut word = |frames: &[f32], is_early: bool| {
        let outputs = classifier.logits(frames, &Baseline::default())?;
        let mut logits = [f32::NEG_INFINITY; N_EMOTIONS];
        for (label, logit) in manifest.labels.iter().zip(&outputs) {
            logits[label.index()] = *logit;
        }
        Ok::<_, ModelError>(Heard {
            truth,
            corpus: example.corpus.clone(),
            language: example.language.clone(),
            logits,
            speech: outputs.get(manifest.labels.len()).copied(),
            is_early,
        })
    };
    let mut heard = Vec::with_capacity(2 * example.hearings.len());
    for hearing in &example.hearings {
        let frames = hearing.frames.as_slice();
        heard.push(word(&frames[frames.len().saturating_sub(longest)..], false)?);
        if frames.len() > shortest {
            heard.push(word(&frames[..shortest], true)?);
        }
    }
    Ok(heard)
}

/// The logit below which the lost share of the speech lies; 0 without any.
fn speech_threshold(mut logits: Vec<f32>) -> f32 {
    logits.sort_by(f32::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count of clips"
    )]
    let lost = (logits.len() as f64 * SPEECH_LOST) as usize;
    logits.get(lost).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(corpus: &str, truth: Emotion, logits: [f32; N_EMOTIONS]) -> Heard {
        let corpus = corpus.into();
        Heard { truth, corpus, language: None, logits, speech: None, is_early: false }
    }

    /// Voices that clearly sound like what they are.
    fn clear(corpus: &str) -> Vec<Heard> {
        let mut all = Vec::new();
        for _ in 0..40 {
            for truth in Emotion::ALL {
                let mut logits = [0.0; N_EMOTIONS];
                logits[truth.index()] = 5.0;
                all.push(heard(corpus, truth, logits));
            }
        }
        all
    }

    /// The same, and more that sound as much like anger as like fear.
    fn clear_and_mixed(corpus: &str) -> Vec<Heard> {
        let mut all = clear(corpus);
        for turn in 0..480 {
            let mut between = [0.0; N_EMOTIONS];
            (between[Emotion::Anger.index()], between[Emotion::Fear.index()]) = (4.0, 4.0);
            let truth = if turn % 2 == 0 { Emotion::Anger } else { Emotion::Fear };
            // The slightly likelier one is wrong as often as right.
            let likelier = if turn % 4 < 2 { Emotion::Anger } else { Emotion::Fear };
            between[likelier.index()] += 0.1;
            all.push(heard(corpus, truth, between));
        }
        all
    }

    #[test]
    fn where_no_emotion_is_sure_the_group_is_said_if_it_is_right() {
        let heard = clear_and_mixed("a");
        let calibration = fitted(&heard);
        let groups = calibration.group_from.expect("groups are fitted");
        assert!(groups.distressed < 1.0, "{calibration:?}");
        assert!(groups.calm > 1.0, "calm is never unsure here: {calibration:?}");
        let shown = &shown_by_corpus(&heard, &calibration)["a"];
        assert!(shown.together.right.is_some_and(|right| right > 0.75), "{shown:?}");
        assert!(shown.together.share > 0.95, "{shown:?}");
    }

    #[test]
    fn what_is_wrong_in_a_strange_corpus_is_not_said() {
        let known = clear("known");
        // Sure of fear, whatever it is.
        let mut logits = [0.0; N_EMOTIONS];
        logits[Emotion::Fear.index()] = 4.5;
        let truths = Emotion::ALL.into_iter().cycle().take(84);
        let strange = truths.map(|truth| heard("strange", truth, logits));
        let both: Vec<Heard> = known.into_iter().chain(strange).collect();
        let calibration = fitted(&both);
        let shown = shown_by_corpus(&both, &calibration);
        let strange = &shown["strange"];
        assert!(strange.together.n == 0, "{strange:?} {calibration:?}");
        assert!(shown["known"].emotion.share > 0.9, "{shown:?}");
    }

    #[test]
    fn screams_make_speech_no_surer() {
        let speech = clear_and_mixed("a");
        let alone = fitted(&speech);
        let wrong = (0..100).map(|_| heard("emogator", Emotion::Fear, [0.0; N_EMOTIONS]));
        let both: Vec<Heard> = speech.into_iter().chain(wrong).collect();
        assert_eq!(fitted(&both), alone);
        let nothing_else: Vec<Heard> = clear_and_mixed("emogator");
        assert_eq!(fitted(&nothing_else), alone);
    }

    #[test]
    fn a_language_of_many_speakers_has_its_own_calibration_and_one_of_few_has_none() {
        let spoken = |corpus: &str, code: &str, sign: f32| -> Vec<Heard> {
            let language: Option<Language> = code.parse().ok();
            let all = clear_and_mixed(corpus).into_iter();
            all.map(|one| Heard {
                language: language.clone(),
                logits: one.logits.map(|logit| sign * logit),
                ..one
            })
            .collect()
        };
        let heard = [spoken("near", "en", 1.0), spoken("far", "pl", -1.0)].concat();
        let dev: Vec<Example> = heard
            .iter()
            .enumerate()
            .map(|(number, one)| Example {
                label: Some(one.truth.index()),
                is_speech: Some(true),
                target: Vec::new(),
                path: std::path::PathBuf::new(),
                taught: None,
                speaker: format!(
                    "{}/{}",
                    one.corpus,
                    number % if one.corpus == "near" { 10 } else { 9 }
                ),
                corpus: one.corpus.clone(),
                language: one.language.clone(),
                call: 0,
                hearings: Vec::new(),
            })
            .collect();
        let languages = fitted_to_languages(&dev, &heard, -3.0);
        let codes: Vec<&str> = languages.keys().map(Language::code).collect();
        assert_eq!(codes, ["en"]);
        let alone = fitted(&spoken("near", "en", 1.0));
        assert_eq!(languages.values().next(), Some(&Calibration { speech_from: -3.0, ..alone }));
        let apart = fitted(&heard).temperature - alone.temperature;
        assert!(apart > 0.1, "strangers are less certain: {apart}");
    }

    #[test]
    fn the_speech_threshold_loses_five_in_a_hundred() {
        let logits: Vec<f32> = (0..1000_u16).map(f32::from).collect();
        assert!((speech_threshold(logits) - 50.0).abs() < 1e-6);
        assert!(speech_threshold(Vec::new()).abs() < 1e-6);
    }
}
