//! Undertone: a real-time emotion monitor for the operators of mental-health and crisis hotlines.

pub mod audio;
pub mod augment;
pub mod cli;
pub mod command;
pub mod config;
pub mod corpus;
pub mod dashboard;
pub mod emotion;
pub mod evaluation;
pub mod export;
pub mod features;
pub mod model;
pub mod output_file;
pub mod pipeline;
pub mod plain_text;
pub mod plot;
pub mod resample;
pub mod session;
pub mod speech;
pub mod stream_time;
pub mod timeline;
pub mod training;
