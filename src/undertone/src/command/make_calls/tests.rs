use super::*;
use hearing::emotion::Emotion;
use lab::evaluation::calls::read_manifest;
use sound::recording::{Channel, decode};
use std::fs;

/// A folder with ten clips of each of three speakers of two corpora, buzzes of 2 s.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = "path,emotion,speaker,corpus,split\n".to_owned();
    let buzz: Vec<f32> = (0..16_000_u16).map(|n| 0.3 * (f32::from(n % 60) / 30.0 - 1.0)).collect();
    for (corpus, speaker) in [("one", "a"), ("one", "b"), ("two", "c")] {
        for emotion in [Emotion::Fear, Emotion::Neutral] {
            for take in 0..5 {
                let name = format!("{speaker}-{emotion}-{take}.wav");
                fs::write(folder.path().join(&name), wav_bytes(&buzz).unwrap()).unwrap();
                manifest += &[name, format!("{emotion},{speaker},{corpus},test\n")].join(",");
            }
        }
    }
    fs::write(folder.path().join("splits.csv"), manifest).unwrap();
    folder
}

fn settings(data: &Path, kind: CallKind) -> MakeCallsSettings {
    MakeCallsSettings {
        data: data.to_owned(),
        split: Split::Test,
        kind,
        count: 2,
        minutes: 0.5,
        seed: 1,
        extra: Vec::new(),
        output: data.join(kind.label()),
        force: false,
    }
}

#[test]
fn calls_are_written_with_labels_that_read_back_to_the_sample() {
    let data = data();
    for kind in [CallKind::Mixed, CallKind::Lasting, CallKind::NonSpeech] {
        let settings = settings(data.path(), kind);
        run(&settings).unwrap();
        let calls = read_manifest(&settings.output.join(MANIFEST)).unwrap();
        assert_eq!(calls.len(), 2);
        for call in calls {
            let decoded = decode(&call.audio, Channel::Mix).unwrap();
            assert_eq!(decoded.sample_rate_hz, STREAM_RATE_HZ);
            assert_eq!(call.labels.end().0, decoded.samples.len() as u64);
            let stretches = call.labels.over(call.labels.end()).unwrap();
            let is_speech = stretches.iter().any(|stretch| stretch.label.emotion().is_some());
            assert_eq!(is_speech, kind != CallKind::NonSpeech);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_files_however_many_there_are() {
    let data = data();
    let mut settings = settings(data.path(), CallKind::Mixed);
    run(&settings).unwrap();
    let read = |settings: &MakeCallsSettings| {
        ["mixed-01.wav", "mixed-01.csv"].map(|name| fs::read(settings.output.join(name)).unwrap())
    };
    let first = read(&settings);
    let error = run(&settings).unwrap_err().to_string();
    assert!(error.contains("manifest.csv is there already"), "{error}");
    settings.output = data.path().join("again");
    settings.count = 1;
    run(&settings).unwrap();
    assert_eq!(read(&settings), first);
    settings.seed = 2;
    settings.force = true;
    run(&settings).unwrap();
    assert_ne!(read(&settings), first);
}

#[test]
fn corpora_take_turns() {
    let data = data();
    let clips = corpus::read(data.path()).unwrap();
    let in_turn = speakers_in_turn(clips, &mut ChaCha8Rng::seed_from_u64(1));
    let corpora: Vec<&str> = in_turn.iter().map(|(_, clips)| clips[0].corpus.as_str()).collect();
    assert_eq!(corpora, ["one", "two", "one"]);
    assert!(in_turn.iter().all(|(_, clips)| clips.len() == 10));
}

#[test]
fn a_speaker_with_too_little_to_say_gets_no_call() {
    let data = data();
    let mut clips = corpus::read(data.path()).unwrap();
    clips.retain(|clip| clip.speaker != "b" || clip.emotion == Emotion::Fear);
    let in_turn = speakers_in_turn(clips, &mut ChaCha8Rng::seed_from_u64(1));
    let speakers: Vec<&str> = in_turn.iter().map(|(speaker, _)| speaker.as_str()).collect();
    assert_eq!(speakers, ["one/a", "two/c"]);
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is_written() {
    let data = data();
    let usual = settings(data.path(), CallKind::Mixed);
    for (settings, told) in [
        (MakeCallsSettings { count: 0, ..usual.clone() }, "--count"),
        (MakeCallsSettings { minutes: -1.0, ..usual.clone() }, "--minutes"),
        (MakeCallsSettings { split: Split::Dev, ..usual.clone() }, "split 'dev'"),
        (
            MakeCallsSettings {
                kind: CallKind::NonSpeech,
                extra: vec![data.path().join("nowhere")],
                ..usual.clone()
            },
            "nowhere",
        ),
    ] {
        let error = format!("{:#}", run(&settings).unwrap_err());
        assert!(error.contains(told), "{error}");
        assert!(!settings.output.exists());
    }
}
