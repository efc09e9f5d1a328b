//! HTML: a report of one session as one file that needs nothing else, no network and no script.
//!
//! In: an open log, and what is known of its model. Out: one page: what it can tell, a summary, alerts, marks,
//! each caller's timeline and probabilities with a table beside each picture, what was not heard, the settings.
//! Keeps the page of one caller at a time.

mod charts;
mod tables;

use std::io::{self, Write};

use super::picture::{WIDTH, caller_height, draw_caller};
use super::story::{Caller, Story};
use super::strip::{Fill, Scale};
use super::svg::{Elements, FONT};
use super::{ExportError, Format, palette};
use crate::markup::escaped;
use crate::palette::hex;
use crate::session::SessionReader;
use crate::session::record::EndReason;

/// How a page looks: on a screen light and dark, and on paper.
const STYLE: &str = include_str!("style.css");

/// How well a model did on voices that it had never heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Which voices: `crema_d, test speakers`.
    pub on: String,
    /// Mean of the recalls of all emotions, in [0, 1].
    pub uar: f64,
}

/// The format.
pub struct Html<'a> {
    /// What is known of the model; empty if it is not installed.
    pub scores: &'a [Score],
}

impl Format for Html<'_> {
    fn write(&self, session: &mut SessionReader, out: &mut dyn Write) -> Result<(), ExportError> {
        let story = Story::read(session)?;
        write_head(&story, out)?;
        self.write_limits(&story, out)?;
        tables::write_summary(&story, out)?;
        tables::write_alerts(&story, out)?;
        tables::write_marks(&story, out)?;
        write_legend(out)?;
        for (number, caller) in (1..).zip(&story.callers) {
            write_caller(&story, caller, number, out)?;
        }
        tables::write_not_heard(&story, out)?;
        tables::write_settings(&story, session.is_cut(), out)?;
        write!(
            out,
            "</main>\n<footer><p>Written by Undertone {} from the session's log. This file loads nothing and \
             sends nothing.</p></footer>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION")
        )?;
        out.flush()?;
        Ok(())
    }
}

impl Html<'_> {
    fn write_limits(&self, story: &Story, out: &mut dyn Write) -> io::Result<()> {
        write!(
            out,
            "<section class=\"limits\" aria-labelledby=\"limits\">\n<h2 id=\"limits\">What this can tell, and what \
             not</h2>\n<ul>\n<li>It shows what a program heard in a <strong>voice</strong>. It knows no words. It is \
             a hint for people who know the call, not a finding.</li>\n<li>It is <strong>no diagnosis</strong> and no \
             measure of danger. No alert does not mean no distress.</li>\n<li>The model, {}, learned mostly from \
             <strong>actors</strong> who played emotions. People in need may sound different.</li>\n",
            escaped(&story.header.model.name)
        )?;
        if self.scores.is_empty() {
            writeln!(
                out,
                "<li>How often it is right about voices that it has never heard is not known here: this model is \
                 not installed on the computer that wrote this page.</li>"
            )?;
        } else {
            let scores: Vec<String> = self
                .scores
                .iter()
                .map(|score| format!("{:.0} of 100 ({})", score.uar * 100.0, escaped(&score.on)))
                .collect();
            writeln!(
                out,
                "<li>Of clips of voices that it had <strong>never heard</strong>, it names the intended emotion \
                 in {}; guessing gives about 15. Over a telephone it is less.</li>",
                scores.join(", ")
            )?;
        }
        write!(
            out,
            "<li>Seven emotions are all that it knows. Where none was likely enough but several of a kind together \
             were, it says how the voice sounds: <em>distressed</em> (anger, disgust, fear or sadness), \
             <em>pleasant</em> (happiness or pleasant surprise) or <em>calm</em> (neutral). Where that was not likely \
             enough either, it says <em>uncertain</em>.</li>\n\
             <li>Nothing here is about the operator, whose voice is not read.</li>\n</ul>\n</section>\n"
        )
    }
}

fn write_head(story: &Story, out: &mut dyn Write) -> io::Result<()> {
    let labels: Vec<&str> = story.callers.iter().map(|caller| caller.label.as_str()).collect();
    let labels = escaped(&labels.join(", "));
    let started = story.header.started.get(..19).unwrap_or(&story.header.started);
    let started = escaped(&started.replacen('T', " ", 1));
    let ended = match &story.end {
        Some(EndReason::Finished) => "at the end of the recording".to_owned(),
        Some(EndReason::Stopped) => "stopped".to_owned(),
        Some(EndReason::Error(reason)) => format!("by an error: {}", escaped(reason)),
        None => "not recorded: the log has no end".to_owned(),
    };
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{labels}: session of {started}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n\
         <p class=\"kind\">Undertone session report</p>\n<h1>{labels}</h1>\n<dl class=\"facts\">\n\
         <div><dt>Began</dt><dd>{started}</dd></div>\n<div><dt>Length</dt><dd>{}</dd></div>\n\
         <div><dt>Callers</dt><dd>{}</dd></div>\n<div><dt>Ended</dt><dd>{ended}</dd></div>\n\
         <div><dt>Model</dt><dd>{}</dd></div>\n</dl>\n</header>\n",
        story.length,
        story.callers.len(),
        escaped(&story.header.model.name)
    )?;
    write!(
        out,
        "<nav aria-label=\"Contents\">\n<ul>\n<li><a href=\"#limits\">What this can tell</a></li>\n\
         <li><a href=\"#summary\">Summary</a></li>\n<li><a href=\"#alerts\">Alerts</a></li>\n\
         <li><a href=\"#marks\">Marks and notes</a></li>\n\
         <li><a href=\"#legend\">How to read the timelines</a></li>\n"
    )?;
    for (number, caller) in (1..).zip(&story.callers) {
        let label = escaped(&caller.label);
        writeln!(out, "<li><a href=\"#caller-{number}\">{label}</a></li>")?;
    }
    write!(
        out,
        "<li><a href=\"#not-heard\">Not heard</a></li>\n<li><a href=\"#settings\">Settings</a></li>\n\
         </ul>\n</nav>\n<main id=\"main\" tabindex=\"-1\">\n"
    )
}

fn write_caller(
    story: &Story,
    caller: &Caller,
    number: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let label = escaped(&caller.label);
    let scale = Scale::of(story.length);
    let height = caller_height(scale);
    let mut timeline = Elements::default();
    draw_caller(caller, scale, story.length, 0.0, &mut timeline);
    writeln!(
        out,
        "<section aria-labelledby=\"caller-{number}\">\n<h2 id=\"caller-{number}\">{label}</h2>"
    )?;
    tables::write_talk(caller, out)?;
    write!(
        out,
        "<h3>Timeline</h3>\n<figure>\n<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Timeline of {label}: {}. The table below says the same.\" {FONT}>\n{}</svg>\n<figcaption>",
        tables::in_words(caller),
        timeline.text
    )?;
    write!(out, "A cell is {} s.</figcaption>\n</figure>\n", scale.cell().seconds())?;
    tables::write_timeline(story, caller, out)?;
    writeln!(out, "<h3>Probabilities over time</h3>")?;
    charts::write_probabilities(story, caller, out)?;
    tables::write_probabilities(story, caller, out)?;
    writeln!(out, "</section>")
}

fn write_legend(out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<section aria-labelledby=\"legend\">\n<h2 id=\"legend\">How to read the timelines</h2>\n<ul class=\"legend\">"
    )?;
    for fill in Fill::all() {
        let (paper, ink) = palette::of_fill(fill);
        write!(
            out,
            "<li><span class=\"cell\" style=\"background:{};color:{}\">{}</span> {}</li>",
            hex(paper),
            hex(ink),
            fill.letter(),
            fill.words()
        )?;
    }
    write!(
        out,
        "</ul>\n<p>A cell shows what most readings in it say, where the caller spoke in at least a quarter of it. A \
         small letter: less than 50 % probable. Distressed, pleasant and calm have a letter and a colour of their \
         own. A red triangle with <b>!</b> and a number is an alert, a diamond a \
         mark. Below each picture the same can be opened as a table.</p>\n</section>\n"
    )
}
