//! The architecture as a test: what Cargo cannot see of docs/architecture.md.
//!
//! Cargo keeps the crates apart. Here stand the modules within a crate, who may name which library, and how
//! long things may be. A new edge between two crates or modules is a decision: it is made by a change of
//! docs/architecture.md or of a table here. Every check counts what it looked at and fails when that was nothing.

mod commands;
mod documents;
mod files;
mod source;

use files::{SourceFile, crates, project, source_files};
use source::{functions, references};
use std::collections::BTreeSet;
use std::fs;

/// For the crates whose modules stand on one another: each module and which others of the crate it may use.
const MAY_USE: &[(&str, &[(&str, &str)])] = &[
    (
        "hearing",
        &[
            ("emotion", ""),
            ("stream_time", ""),
            ("language", ""),
            ("range", ""),
            // Features know slices, not sources; the detector of speech has a rate of its own.
            ("features", "emotion stream_time"),
            ("speech", "emotion stream_time features"),
            ("classifier", "emotion"),
            ("timeline", "emotion stream_time"),
            ("prosody", "features"),
            ("fact", "emotion stream_time timeline prosody"),
            ("alert", "emotion stream_time timeline fact range"),
            ("pipeline", EVERYTHING),
        ],
    ),
    (
        "record",
        &[
            ("output_file", ""),
            ("plain_text", ""),
            ("palette", ""),
            ("person_number", "plain_text"),
            ("markup", "plain_text"),
            ("call_news", ""),
            ("action", ""),
            ("session", "output_file plain_text"),
            ("wall", "palette person_number call_news session"),
            ("export", "output_file palette plain_text markup session"),
        ],
    ),
    (
        "lab",
        &[
            ("table", ""),
            ("plot", ""),
            ("augment", ""),
            ("corpus", "table"),
            // It uses the corpora and draws; training keeps the best epoch by what it says; simulated calls carry
            // its labels.
            ("evaluation", "table plot augment corpus"),
            ("training", "plot augment corpus evaluation"),
            ("simulation", "augment evaluation"),
        ],
    ),
    (
        "undertone",
        &[
            ("config", "command"),
            ("command", EVERYTHING),
            ("cli", EVERYTHING),
            ("main", EVERYTHING),
        ],
    ),
];

/// Any module of the crate.
const EVERYTHING: &str = "*";

/// A word that only some files may say in code.
struct Reserved {
    words: &'static [&'static str],
    /// Files, or folders with a closing slash, as `crate/path` without the `src` between.
    only_in: &'static [&'static str],
    /// Unit tests may say it anywhere.
    tests_too: bool,
}

/// Who may name a crate, read the clock or the environment, start a thread or print.
const RESERVED: &[Reserved] = &[
    Reserved {
        words: &["cpal", "ringbuf", "alsa", "pulseaudio"],
        only_in: &[
            "sound/microphone.rs",
            "sound/microphone/",
            "sound/loudspeaker.rs",
            "sound/loudspeaker/",
        ],
        tests_too: false,
    },
    Reserved {
        words: &["burn", "burn_flex"],
        only_in: &["model/", "lab/training/"],
        tests_too: false,
    },
    // Kernels of our own.
    Reserved { words: &["pulp"], only_in: &["model/cpu/", "hearing/features/"], tests_too: false },
    Reserved { words: &["cubecl"], only_in: &["model/gpu/"], tests_too: false },
    Reserved { words: &["ratatui", "crossterm"], only_in: &["screen/"], tests_too: false },
    Reserved {
        words: &["clap", "clap_complete", "clap_mangen"],
        only_in: &[
            "undertone/cli.rs",
            "undertone/cli/",
            "undertone/main.rs",
            "gateway/cli.rs",
            "gateway/main.rs",
        ],
        tests_too: false,
    },
    Reserved {
        words: &["anyhow"],
        only_in: &[
            "engine/",
            "undertone/command/",
            "undertone/main.rs",
            "gateway/command/",
            "gateway/main.rs",
            "gateway/room.rs",
            "gateway/server.rs",
            "gateway/send/run.rs",
            "gateway/send/run/",
        ],
        tests_too: false,
    },
    // Networks; what is said over them, in `protocol` and `siprec`, opens no connection.
    Reserved {
        words: &["tokio", "axum", "hyper", "rustls", "tokio_tungstenite"],
        only_in: &[
            "fleet/",
            "gateway/command/",
            "gateway/listen/",
            "gateway/main.rs",
            "gateway/send/run.rs",
            "gateway/send/run/",
            "gateway/server.rs",
            "gateway/wall/access.rs",
            "gateway/wall/everybody.rs",
            "gateway/wall/page.rs",
        ],
        tests_too: false,
    },
    // What is sent of a log, and which jobs there are, knows no broker.
    Reserved {
        words: &["async_nats"],
        only_in: &[
            "fleet/acknowledge.rs",
            "fleet/link.rs",
            "fleet/publisher.rs",
            "fleet/queue.rs",
            "fleet/queue/",
            "fleet/streams.rs",
            "fleet/watch.rs",
        ],
        tests_too: false,
    },
    // The clock, the environment and threads; the exceptions pace a recording, wait for one that is still being
    // written, watch over a device, poll the keys, tell the screen's thread from others in a panic, and train on two cores.
    Reserved {
        words: &["Instant", "SystemTime", "env", "thread"],
        only_in: &[
            "engine/",
            "model/failover.rs",
            "model/failover_worker.rs",
            "undertone/command/",
            "undertone/config.rs",
            "undertone/config/folders.rs",
            "sound/growing.rs",
            "sound/live.rs",
            "sound/recording.rs",
            "sound/pace.rs",
            "sound/microphone.rs",
            "sound/microphone/",
            "sound/loudspeaker.rs",
            "screen/lib.rs",
            "screen/keyboard.rs",
            "screen/terminal.rs",
            "lab/training/parallel.rs",
            "undertone/main.rs",
            "fleet/outbox.rs",
            "fleet/outbox/",
            "fleet/publisher.rs",
            "fleet/watch.rs",
            "gateway/command/",
            // Protocols are told what time it is.
            "gateway/call.rs",
            "gateway/config/secret.rs",
            "gateway/hub.rs",
            "gateway/legs.rs",
            "gateway/legs/",
            "gateway/listen/",
            "gateway/log.rs",
            "gateway/room.rs",
            "gateway/send/run.rs",
            "gateway/send/run/",
            "gateway/server.rs",
            "gateway/session.rs",
            "gateway/wall/",
        ],
        tests_too: true,
    },
    Reserved {
        words: &["print"],
        only_in: &["undertone/command/", "undertone/main.rs"],
        tests_too: true,
    },
    // What goes to a terminal is made harmless on its way. The errors of a program for alerts are read, not shown.
    Reserved {
        words: &["println", "eprint", "eprintln", "dbg", "stderr"],
        only_in: &[
            "gateway/command/work/program.rs",
            "undertone/command/printer.rs",
            "engine/on_alert/program.rs",
            "model/device.rs",
            "undertone/main.rs",
            "gateway/log.rs",
            "gateway/main.rs",
        ],
        tests_too: true,
    },
];

/// A longer file says why in its module doc, with these words.
const MAX_FILE_LINES: usize = 400;
const LONG_FILE_WORDS: &str = "Over 400 lines";

/// A longer function does not fit a screen.
const MAX_FUNCTION_LINES: usize = 100;

/// Fails with every fault, or when nothing was checked.
fn settle(n_checked: usize, of_what: &str, faults: &[String]) {
    println!("checked {n_checked} {of_what}");
    assert!(n_checked > 0, "checked no {of_what}: the test has lost what it looks at");
    assert!(faults.is_empty(), "{} of {n_checked} {of_what}:\n{}", faults.len(), faults.join("\n"));
}

/// The crates that a crate names in its manifest, without those for its tests.
fn used_by(crate_name: &str) -> BTreeSet<String> {
    let manifest = project().join("src").join(crate_name).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("a crate has a manifest");
    let tests_from = text.find("[dev-dependencies]").unwrap_or(text.len());
    text[..tests_from]
        .lines()
        .filter_map(|line| line.strip_prefix("undertone-")?.strip_suffix(".workspace = true"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_crates_use_one_another_as_the_document_says() {
    let text = fs::read_to_string(project().join("docs/architecture.md")).expect("it is there");
    let mut told = BTreeSet::new();
    let mut faults = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| `src/")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let name = cells[0].trim_matches('`').trim_start_matches("src/").to_owned();
        let may_use: BTreeSet<String> = cells[2]
            .split([',', ' '])
            .filter(|word| !word.is_empty() && *word != "-")
            .map(str::to_owned)
            .collect();
        if used_by(&name) != may_use {
            faults
                .push(format!("{name}: the document has {may_use:?}, Cargo {:?}", used_by(&name)));
        }
        told.insert(name);
    }
    assert_eq!(told, crates().into_iter().collect(), "a row for each crate");
    settle(told.len(), "crates", &faults);
}

/// What the desktop program is made of, down to the last crate, for all systems.
#[test]
fn the_desktop_program_has_no_code_for_networks() {
    let listed = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "--package",
            "undertone",
            "--edges",
            "normal,build",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .current_dir(project())
        .output()
        .expect("cargo runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names: BTreeSet<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    assert!(names.contains("undertone-engine") && names.contains("burn"), "{names:?}");
    let is_network = |name: &&String| {
        let parts =
            ["tokio", "hyper", "axum", "rustls", "tungstenite", "reqwest", "openssl", "curl"];
        parts.iter().any(|part| name.starts_with(part))
            || ["h2", "ureq", "smol", "async-std"].contains(&name.as_str())
    };
    let found: Vec<&String> = names.iter().filter(is_network).collect();
    let faults: Vec<String> = found.into_iter().cloned().collect();
    settle(names.len(), "crates of the desktop program", &faults);
}

#[test]
fn every_module_uses_only_what_its_layer_may_use() {
    let mut n_checked = 0;
    let mut faults = Vec::new();
    for file in source_files().iter().filter(|file| file.within != "lib.rs") {
        let Some((_, table)) = MAY_USE.iter().find(|(name, _)| *name == file.crate_name) else {
            continue;
        };
        let module = file.module();
        let Some((_, may_use)) = table.iter().find(|(name, _)| *name == module) else {
            faults.push(format!("src/{}: '{module}' stands in no layer", file.path()));
            continue;
        };
        for found in references(&file.tokens, file.module_depth()) {
            n_checked += 1;
            let is_known = table.iter().any(|(name, _)| *name == found.module);
            let is_allowed = found.module == module
                || *may_use == EVERYTHING
                || may_use.split_whitespace().any(|used| used == found.module);
            if !(is_known && is_allowed) {
                let place = format!("src/{}:{}", file.path(), found.line);
                faults.push(format!("{place}: '{module}' may not use '{}'", found.module));
            }
        }
    }
    settle(n_checked, "paths from a crate's root", &faults);
}

#[test]
fn reserved_words_stand_only_where_they_belong() {
    let mut n_checked = 0;
    let mut faults = Vec::new();
    let files = source_files();
    let test_files: Vec<String> = files.iter().flat_map(SourceFile::test_files).collect();
    for file in &files {
        let is_test_file = test_files.contains(&file.path());
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
                let place = format!("src/{}:{}", file.path(), token.line);
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
        if doc.is_empty() && !test_files.contains(&file.path()) {
            faults.push(format!("src/{}: does not begin with a module doc", file.path()));
        }
        let n_lines = file.text.lines().count();
        if n_lines > MAX_FILE_LINES && !doc.join("\n").contains(LONG_FILE_WORDS) {
            faults.push(format!(
                "src/{}: {n_lines} lines; split it, or say '{LONG_FILE_WORDS}: ...' in its module doc",
                file.path()
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
                    file.path(),
                    function.line,
                    function.name,
                    function.n_lines
                ));
            }
        }
    }
    settle(n_checked, "functions", &faults);
}
