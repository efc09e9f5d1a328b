//! The architecture as a test: what may use what, who may name which crate, how long things may be.
//!
//! The table says for every module at the top of `src` what it may use; the picture of the layers stands
//! in the README. A new module, or a new edge between two, is a decision: it is made by a change here.
//! Every check counts what it looked at and fails when that was nothing.

mod source;

use source::{Token, functions, references, test_modules, tokens};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module at the top of `src` and what it may use: one-way, from a higher layer to a lower one.
const MAY_USE: &[(&str, &str)] = &[
    // Layer 0: leaves.
    ("emotion", ""),
    ("stream_time", ""),
    ("language", ""),
    ("table", ""),
    ("output_file", ""),
    ("plain_text", ""),
    ("driver_panic", ""),
    ("palette", "emotion"),
    // Layer 1: one stage of the signal each. Features know slices, not audio sources; the detector of
    // speech has a rate of its own.
    ("resample", LABELS),
    ("audio", "emotion stream_time resample"),
    ("features", LABELS),
    ("speech", "emotion stream_time resample features"),
    // Layer 2: what is concluded from the signal.
    ("model", "emotion stream_time language features"),
    ("timeline", LABELS),
    ("alert", "emotion stream_time timeline"),
    ("prosody", "features"),
    // Layer 3: the composition, and its record.
    ("pipeline", SIGNAL),
    ("session", "emotion stream_time language output_file plain_text timeline prosody pipeline"),
    // Layer 4: what is made of a composition or of a corpus. Evaluation uses the corpora and draws, and training
    // keeps the best epoch by what evaluation says of it; simulated calls carry evaluation's labels; the
    // others do not know each other. The dashboard's tests show a log's call.
    (
        "export",
        "emotion stream_time output_file palette plain_text timeline prosody pipeline session",
    ),
    (
        "dashboard",
        "emotion stream_time palette plain_text driver_panic timeline alert prosody pipeline session",
    ),
    ("corpus", SPINE),
    ("augment", SPINE),
    ("plot", SPINE),
    ("evaluation", EVALUATION),
    ("training", TRAINING),
    ("simulation", "emotion stream_time augment evaluation"),
    // Layer 5: the program around the library.
    ("config", EVERYTHING),
    ("command", EVERYTHING),
    ("cli", EVERYTHING),
    ("main", EVERYTHING),
];

/// What every stage knows.
const LABELS: &str = "emotion stream_time";

/// Layers 0 to 2.
const SIGNAL: &str =
    "emotion stream_time audio resample features speech model timeline alert prosody";

/// Layers 0 to 3.
const SPINE: &str = "emotion stream_time output_file table plain_text audio resample features speech \
    model timeline alert prosody pipeline session";

/// Layers 0 to 3, the corpora, what is done to their clips, and charts.
const EVALUATION: &str = "emotion stream_time language table output_file plain_text audio resample features speech \
    model timeline alert prosody pipeline session corpus augment plot";

/// The same and the scores.
const TRAINING: &str = "emotion stream_time language output_file plain_text audio resample features speech \
    model timeline alert prosody pipeline session corpus augment plot evaluation";

/// Anything below, and each other.
const EVERYTHING: &str = "*";

/// A word that only some files may say in code.
struct Reserved {
    words: &'static [&'static str],
    /// Files, or folders with a closing slash, relative to `src`.
    only_in: &'static [&'static str],
    /// Unit tests may say it anywhere.
    tests_too: bool,
}

/// Who may name a crate, read the clock or the environment, start a thread or print.
const RESERVED: &[Reserved] = &[
    Reserved {
        words: &["cpal", "ringbuf", "alsa", "pulseaudio"],
        only_in: &[
            "audio/microphone.rs",
            "audio/microphone/",
            "audio/loudspeaker.rs",
            "audio/loudspeaker/",
        ],
        tests_too: false,
    },
    Reserved { words: &["burn", "burn_flex"], only_in: &["model/", "training/"], tests_too: false },
    // Kernels of our own.
    Reserved { words: &["pulp"], only_in: &["model/cpu/", "features/"], tests_too: false },
    Reserved { words: &["cubecl"], only_in: &["model/gpu/"], tests_too: false },
    Reserved { words: &["ratatui", "crossterm"], only_in: &["dashboard/"], tests_too: false },
    Reserved {
        words: &["clap", "clap_complete", "clap_mangen"],
        only_in: &["cli.rs", "cli/", "main.rs"],
        tests_too: false,
    },
    Reserved { words: &["anyhow"], only_in: &["command/", "main.rs"], tests_too: false },
    // The clock, the environment and threads; the exceptions pace a recording, wait for one that is still being
    // written, watch over a device, poll the keys, tell the screen's thread from others in a panic, and train on two cores.
    Reserved {
        words: &["Instant", "SystemTime", "env", "thread"],
        only_in: &[
            "command/",
            "config.rs",
            "config/folders.rs",
            "audio/growing.rs",
            "audio/live.rs",
            "audio/recording.rs",
            "audio/pace.rs",
            "audio/microphone.rs",
            "audio/microphone/",
            "audio/loudspeaker.rs",
            "dashboard/mod.rs",
            "dashboard/keyboard.rs",
            "dashboard/terminal.rs",
            "training/parallel.rs",
            "main.rs",
        ],
        tests_too: true,
    },
    Reserved { words: &["print"], only_in: &["command/", "main.rs"], tests_too: true },
    // What goes to a terminal is made harmless on its way. The errors of a program for alerts are read, not shown.
    Reserved {
        words: &["println", "eprint", "eprintln", "dbg", "stderr"],
        only_in: &[
            "command/printer.rs",
            "command/engine/on_alert/program.rs",
            "model/device.rs",
            "main.rs",
        ],
        tests_too: true,
    },
];

/// A longer file says why in its module doc, with these words.
const MAX_FILE_LINES: usize = 400;
const LONG_FILE_WORDS: &str = "Over 400 lines";

/// A longer function does not fit a screen.
const MAX_FUNCTION_LINES: usize = 100;

/// One file of `src`.
struct SourceFile {
    /// Relative to `src`, with `/`.
    path: String,
    text: String,
    tokens: Vec<Token>,
}

impl SourceFile {
    /// The paths of the files below it that are built for tests only.
    fn test_files(&self) -> impl Iterator<Item = String> {
        let folder = match self.path.strip_suffix("mod.rs") {
            Some(folder) => folder.to_owned(),
            None if self.path == "lib.rs" => String::new(),
            None => format!("{}/", self.path.trim_end_matches(".rs")),
        };
        test_modules(&self.tokens).into_iter().map(move |name| format!("{folder}{name}.rs"))
    }

    /// The module at the top of `src` that it belongs to.
    fn module(&self) -> &str {
        self.path.split('/').next().map_or("", |name| name.trim_end_matches(".rs"))
    }

    /// How many modules its path has: 1 for `speech.rs` and `audio/mod.rs`, 2 for `audio/recording.rs`.
    fn module_depth(&self) -> usize {
        let n_names = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") { n_names - 1 } else { n_names }
    }

    fn is_under(&self, places: &[&str]) -> bool {
        places.iter().any(|place| {
            if place.ends_with('/') { self.path.starts_with(place) } else { self.path == *place }
        })
    }
}

/// All of `src`, in the order of the paths.
fn source_files() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = rust_files(&root);
    paths.sort();
    assert!(!paths.is_empty(), "no Rust file under {}", root.display());
    paths
        .iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("a source file is readable UTF-8");
            let relative = path.strip_prefix(&root).expect("the walk began at src");
            let relative = relative.to_string_lossy().replace('\\', "/");
            SourceFile { path: relative, tokens: tokens(&text), text }
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .expect("src is a readable folder")
        .flat_map(|entry| {
            let path = entry.expect("an entry of src is readable").path();
            if path.is_dir() {
                rust_files(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                vec![path]
            } else {
                Vec::new()
            }
        })
        .collect()
}

/// Fails with every fault, or when nothing was checked.
fn settle(n_checked: usize, of_what: &str, faults: &[String]) {
    println!("checked {n_checked} {of_what}");
    assert!(n_checked > 0, "checked no {of_what}: the test has lost what it looks at");
    assert!(faults.is_empty(), "{} of {n_checked} {of_what}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_module_uses_only_what_its_layer_may_use() {
    let mut n_checked = 0;
    let mut faults = Vec::new();
    for file in source_files().iter().filter(|file| file.path != "lib.rs") {
        let module = file.module();
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("src/{}: '{module}' stands in no layer", file.path));
            continue;
        };
        for found in references(&file.tokens, file.module_depth()) {
            n_checked += 1;
            let is_known = MAY_USE.iter().any(|(name, _)| *name == found.module);
            let is_allowed = found.module == module
                || *may_use == EVERYTHING
                || may_use.split_whitespace().any(|used| used == found.module);
            if !(is_known && is_allowed) {
                let place = format!("src/{}:{}", file.path, found.line);
                faults.push(format!("{place}: '{module}' may not use '{}'", found.module));
            }
        }
    }
    settle(n_checked, "paths from the crate's root", &faults);
}

#[test]
fn the_table_itself_goes_one_way() {
    let position = |module: &str| MAY_USE.iter().position(|(name, _)| *name == module);
    let mut n_checked = 0;
    let mut faults = Vec::new();
    for (module, may_use) in MAY_USE {
        for used in may_use.split_whitespace().filter(|used| *used != EVERYTHING) {
            n_checked += 1;
            if position(used).is_none_or(|below| Some(below) >= position(module)) {
                faults.push(format!("'{module}' uses '{used}', which does not stand above it"));
            }
        }
    }
    settle(n_checked, "edges of the table", &faults);
}

#[test]
fn reserved_words_stand_only_where_they_belong() {
    let mut n_checked = 0;
    let mut faults = Vec::new();
    let files = source_files();
    let test_files: Vec<String> = files.iter().flat_map(SourceFile::test_files).collect();
    for file in &files {
        let is_test_file = test_files.contains(&file.path);
        for (at, token) in file.tokens.iter().enumerate().filter(|(_, token)| token.is_word()) {
            n_checked += 1;
            let is_compile_time_env =
                token.text == "env" && file.tokens.get(at + 1).is_some_and(|next| next.text == "!");
            let breaks = |rule: &&Reserved| {
                rule.words.contains(&token.text.as_str())
                    && !file.is_under(rule.only_in)
                    && !(rule.tests_too && (token.in_tests || is_test_file))
            };
            if let Some(rule) = RESERVED.iter().find(breaks).filter(|_| !is_compile_time_env) {
                let place = format!("src/{}:{}", file.path, token.line);
                faults.push(format!("{place}: '{}' belongs to {:?}", token.text, rule.only_in));
            }
        }
    }
    settle(n_checked, "words of code", &faults);
}

#[test]
fn every_file_says_its_purpose_and_a_long_one_why_it_is_long() {
    let files = source_files();
    let test_files: Vec<String> = files.iter().flat_map(SourceFile::test_files).collect();
    let mut faults = Vec::new();
    for file in &files {
        let doc: Vec<&str> = file.text.lines().take_while(|line| line.starts_with("//!")).collect();
        if doc.is_empty() && !test_files.contains(&file.path) {
            faults.push(format!("src/{}: does not begin with a module doc", file.path));
        }
        let n_lines = file.text.lines().count();
        if n_lines > MAX_FILE_LINES && !doc.join("\n").contains(LONG_FILE_WORDS) {
            faults.push(format!(
                "src/{}: {n_lines} lines; split it, or say '{LONG_FILE_WORDS}: ...' in its module doc",
                file.path
            ));
        }
    }
    settle(files.len(), "files", &faults);
}

#[test]
fn every_function_fits_a_screen() {
    let mut n_checked = 0;
    let mut faults = Vec::new();
    for file in source_files() {
        for function in functions(&file.tokens) {
            n_checked += 1;
            if function.n_lines > MAX_FUNCTION_LINES {
                faults.push(format!(
                    "src/{}:{}: '{}' has {} lines, more than {MAX_FUNCTION_LINES}",
                    file.path, function.line, function.name, function.n_lines
                ));
            }
        }
    }
    settle(n_checked, "functions", &faults);
}
