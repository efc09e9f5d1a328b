//! Undertone: a real-time emotion monitor for the operators of mental-health and crisis hotlines.
//!
//! It hears one side of a call, and shows which emotion the voice carries, or at least which group of them, or that
//! it is uncertain. All of
//! it runs on one machine; no audio is kept.
//!
//! # The way of one second of sound
//!
//! ```text
//!  audio ──► resample ──► features ──► pipeline ──► model ──► timeline ──► session ──► dashboard
//!  device     8 kHz       MFCC, pitch  segment of    LSTM      smoothed     log line    screen
//!  or file                each 10 ms   1.2 to 3 s    (burn)    reading                  export
//!                   └───► speech: is it speech at all?
//! ```
//!
//! Read [`pipeline`] next, its types and entry points; then `pipeline/caller.rs`, the way of one block through
//! the stages.
//!
//! # Modules in the order of that way
//!
//! | module | noun |
//! |---|---|
//! | [`emotion`], [`stream_time`] | labels, their groups and probabilities, what is sure enough to be said; the only clock below `command` |
//! | [`language`] | what callers speak, as far as it is known |
//! | [`audio`], [`resample`], [`features`], [`speech`] | samples, from a device or a file; frames; speech or not |
//! | [`model`], [`timeline`] | segment to probabilities on GPU or CPU; readings and their history |
//! | [`alert`] | when to ask for the operator's attention, and why |
//! | [`prosody`] | how a caller speaks: loudness, pitch, rate, pauses, against the same caller before |
//! | [`pipeline`], [`session`] | the composition; its log |
//! | [`export`], [`dashboard`], [`plot`] | the log in other formats; the screen; charts |
//! | [`corpus`], [`augment`], [`training`], [`evaluation`] | labelled clips; what a line does to them; models; honest scores |
//! | [`simulation`] | calls with known labels, made of clips or of noise |
//! | [`config`], [`cli`], [`command`] | settings; what was typed; one file a subcommand |
//! | [`output_file`], [`table`], [`plain_text`] | files that appear whole or not at all; tables that people wrote; text that cannot steer a terminal |
//! | [`palette`] | the colours of emotions and groups, on the screen and on paper |
//! | [`driver_panic`] | which panics are a graphics driver's, and answered for |
//!
//! A module uses only those above it in the table, or beside it where a test (`tests/architecture`) says so.
//!
//! # Words
//!
//! *sample* one `f32` in [-1, 1] · *block* what one read of a source delivers · *frame* one analysis frame ·
//! *taper* the Hann curve over a frame · *segment* the frames that the network sees at once · *hop* the step
//! between two readings · *scores* probabilities in [`emotion::Emotion`] order · *reading* smoothed scores at
//! a stream time · *gap* audio that was lost · *line* where callers are heard, one after the other · *call* one
//! conversation on a line; its clock begins at zero · *caller* the monitored voice · *session* a call and its log.
//!
//! # Invariants
//!
//! 1. Only `audio::microphone` and `audio::loudspeaker` name cpal or ringbuf (and `audio::microphone::pulse` the sound
//!    server's protocol, which cpal speaks too but without the flag that keeps a stream in its place); only `model` and `training` name
//!    burn; only `model::cpu` and `features` name pulp; only `dashboard` names ratatui or crossterm; only `cli` and
//!    `main` name clap.
//! 2. Below `command` nothing reads the clock or the environment or starts a thread, but for the pacing of a
//!    recording, the watch over a device or an output, the dashboard's polling and its thread for the keys,
//!    and the two threads of a training. `pipeline` and `model` share the work of many callers among threads
//!    that `command` gives them, and tell the same on any number. Time is counted in samples.
//! 3. The capture callback converts, pushes and counts; the output's pops and converts. Neither allocates,
//!    locks, logs, waits or panics.
//! 4. Training, replay and live use the same [`features::Extractor`]; a model runs only on the recipe that it
//!    was trained on.
//! 5. A reading is in the session log before anyone sees it.
//! 6. Any split of the same audio into blocks gives the same readings and log, byte for byte on one machine
//!    on the CPU.
//! 7. Captured audio never touches the disk, and no audio leaves the machine; `inspect` writes pictures and
//!    features of a recording that it is given by name, `degrade` and `make-calls` changed copies of it, and
//!    `train` keeps features of its clips.

pub mod alert;
pub mod audio;
pub mod augment;
pub mod cli;
pub mod command;
pub mod config;
pub mod corpus;
pub mod dashboard;
pub mod driver_panic;
pub mod emotion;
pub mod evaluation;
pub mod export;
pub mod features;
pub mod language;
pub mod model;
pub mod output_file;
pub mod palette;
pub mod pipeline;
pub mod plain_text;
pub mod plot;
pub mod prosody;
pub mod resample;
pub mod session;
pub mod simulation;
pub mod speech;
pub mod stream_time;
pub mod table;
pub mod timeline;
pub mod training;
