//! From samples to facts about a caller, without any network: the signal's way up, and what is concluded from it.
//!
//! ```text
//!  samples ──► resample ──► features ──► pipeline ──► classifier ──► timeline ──► update
//!   48 kHz      8 kHz       MFCC, pitch  segment of    answer of     smoothed     for the log
//!                           each 10 ms   1.2 to 3 s    crate `model` reading      and the screen
//!                     └───► speech: is it speech at all?
//! ```
//!
//! Read [`pipeline`] next, its types and entry points; then `pipeline/caller.rs`, the way of one block through the stages.
//!
//! | module | noun |
//! |---|---|
//! | [`emotion`], [`stream_time`] | labels, their groups and probabilities, what is sure enough to be said; the only clock here |
//! | [`language`] | what callers speak, as far as it is known |
//! | [`features`], [`speech`] | frames; speech or not |
//! | [`prosody`] | how a caller speaks: loudness, pitch, rate, pauses, against the same caller before |
//! | [`classifier`] | what reads a segment, as an interface: crate `model` has the network |
//! | [`timeline`], [`alert`] | readings and their history; when to ask for the operator's attention, and why |
//! | [`fact`] | what is told of a caller, and its line in a log |
//! | [`pipeline`] | all of it together, for many callers |
//!
//! Nothing here reads the clock or the environment or starts a thread; time is counted in samples. The work of many
//! callers is shared among threads that the caller of the pipeline gives.

pub mod alert;
pub mod classifier;
pub mod emotion;
pub mod fact;
pub mod features;
pub mod language;
pub mod pipeline;
pub mod prosody;
pub mod range;
pub mod speech;
pub mod stream_time;
pub mod timeline;
