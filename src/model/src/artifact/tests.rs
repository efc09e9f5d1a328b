//! What a manifest keeps, and for whom.

use super::*;

fn bundled() -> Artifact {
    Artifact::bundled().expect("the program's own model")
}

fn language(code: &str) -> Language {
    code.parse().expect("a code")
}

#[test]
fn callers_of_a_known_language_get_its_calibration_and_all_others_that_for_strangers() {
    let mut artifact = bundled();
    let (strangers, earned) =
        (Calibration::default(), Calibration { uncertain_below: 0.4, ..Calibration::default() });
    artifact.manifest.calibration = strangers;
    artifact.manifest.languages = BTreeMap::from([(language("en"), earned)]);
    let of = |code: Option<&str>| {
        let spoken = code.map(language);
        let lacks = artifact.manifest.lacks_calibration_for(spoken.as_ref());
        let calibration = artifact.clone().for_callers_of(spoken.as_ref()).manifest.calibration;
        (calibration, lacks)
    };
    assert_eq!(of(None), (strangers, None));
    assert_eq!(of(Some("en")), (earned, None));
    let (calibration, lacks) = of(Some("pl"));
    assert_eq!(calibration, strangers);
    assert!(lacks.is_some_and(|words| words.contains("'pl'") && words.contains("strangers")));
}

#[test]
fn the_calibration_of_a_language_survives_the_manifest_and_is_checked() {
    let mut manifest = bundled().manifest;
    let path = Path::new("manifest.toml");
    let earned = Calibration { uncertain_below: 0.4, ..Calibration::default() };
    manifest.languages = BTreeMap::from([(language("en"), earned)]);
    let text = toml::to_string(&manifest).expect("a table");
    assert_eq!(Manifest::parse(&text, path).expect("its own text").languages, manifest.languages);
    let cold = Calibration { temperature: 0.0, ..earned };
    manifest.languages.insert(language("it"), cold);
    let text = toml::to_string(&manifest).expect("a table");
    let refused = Manifest::parse(&text, path).expect_err("a temperature of 0").to_string();
    assert!(refused.contains("temperature"), "{refused}");
    let nonsense = text.replace("languages.it", "languages.italian");
    assert!(Manifest::parse(&nonsense, path).is_err());
}

#[test]
fn a_model_is_named_with_its_score_on_the_most_clips() {
    let mut manifest = bundled().manifest;
    let score = |on: &str, clips, uar| HonestScore { on: on.into(), clips, uar, accuracy: uar };
    manifest.name = "mine".into();
    manifest.scores =
        vec![score("a few", 20, 0.9), score("many", 900, 0.5), score("some", 300, 0.7)];
    assert_eq!(manifest.honest_line(), "mine: UAR 0.50 on many");
    manifest.scores.clear();
    assert_eq!(manifest.honest_line(), "mine: not scored yet");
}
