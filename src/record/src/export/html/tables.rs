//! The tables of a report: what the pictures show, and what they do not.
//!
//! In: a story. Out: sections and tables of the page. Keeps nothing.

use std::io::{self, Write};

use jiff::ToSpan;
use jiff::civil::DateTime;

use crate::export::picture::count;
use crate::export::story::{Caller, Doing, Note, Story};
use crate::export::strip::{self, Fill, N_CELLS, Scale};
use crate::markup::escaped;
use hearing::emotion::{Emotion, Group, Verdict};
use hearing::stream_time::StreamTime;
use hearing::timeline::Activity;

/// Rows of a table of losses or events: who needs more of them needs the CSV.
const MAX_ROWS: usize = 200;

/// Rows of the table of probabilities.
const N_STEPS: u64 = 24;

pub(super) fn write_summary(story: &Story, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<section aria-labelledby=\"summary\">\n<h2 id=\"summary\">Summary</h2>\n")?;
    let mut heads = vec!["Caller", "Speech", "Alerts", "Marks", "Uncertain"];
    heads.extend(SAID.map(Verdict::words));
    heads.extend(["Lost", "Muted"]);
    begin_table("Summary by caller", &heads, out)?;
    for (number, caller) in (1..).zip(&story.callers) {
        let label = escaped(&caller.label);
        write!(out, "<tr><th scope=\"row\"><a href=\"#caller-{number}\">{label}</a></th>")?;
        let speech =
            [Activity::TooShort, Activity::Speaking].map(|a| total(caller, Doing::Heard(a)));
        let (uncertain, shares) = shares(caller);
        let share =
            |share: Option<f64>| share.map_or("–".to_owned(), |s| format!("{:.0} %", s * 100.0));
        let mut cells = vec![
            (speech[0] + speech[1]).to_string(),
            caller.alerts.len().to_string(),
            caller.marks.len().to_string(),
            share(uncertain),
        ];
        cells.extend(shares.map(share));
        cells.extend([Doing::Lost, Doing::Muted].map(|doing| total(caller, doing).to_string()));
        for cell in cells {
            write!(out, "<td class=\"number\">{cell}</td>")?;
        }
        writeln!(out, "</tr>")?;
    }
    write!(
        out,
        "</tbody></table></div>\n<p class=\"hint\">Uncertain is a share of all readings; the emotions are shares of \
         the others, and so are distressed, pleasant and calm, which were said where no single emotion was likely \
         enough.</p>\n</section>\n"
    )
}

/// All that can be said of a reading but that it is uncertain.
const SAID: [Verdict; N_SAID] = [
    Verdict::Emotion(Emotion::Anger),
    Verdict::Emotion(Emotion::Disgust),
    Verdict::Emotion(Emotion::Fear),
    Verdict::Emotion(Emotion::Happiness),
    Verdict::Emotion(Emotion::Surprise),
    Verdict::Emotion(Emotion::Sadness),
    Verdict::Emotion(Emotion::Neutral),
    Verdict::Group(Group::Distressed),
    Verdict::Group(Group::Pleasant),
    Verdict::Group(Group::Calm),
];
const N_SAID: usize = Emotion::ALL.len() + Group::ALL.len();

/// The share of uncertain readings, and of each emotion and group among the others; none without any.
fn shares(caller: &Caller) -> (Option<f64>, [Option<f64>; N_SAID]) {
    let readings = |wanted: Option<Verdict>| -> u64 {
        let spans = caller.shown.iter().map(|span| &span.what);
        spans
            .filter(|shown| wanted.is_none_or(|wanted| wanted == shown.verdict))
            .map(|s| u64::from(s.readings))
            .sum()
    };
    let (all, uncertain) = (readings(None), readings(Some(Verdict::Uncertain)));
    let share = |part: u64, whole: u64| (whole > 0).then(|| count(part) / count(whole));
    (share(uncertain, all), SAID.map(|said| share(readings(Some(said)), all - uncertain)))
}

fn total(caller: &Caller, doing: Doing) -> StreamTime {
    let spans = caller.doing.iter().filter(|span| span.what == doing);
    spans.fold(StreamTime::ZERO, |sum, span| sum + span.to.since(span.from))
}

/// `neutral 61 %, sadness 22 %, uncertain 30 % of the readings; 2 alerts`
pub(super) fn in_words(caller: &Caller) -> String {
    let (uncertain, shares) = shares(caller);
    let mut shares: Vec<(Verdict, f64)> =
        SAID.into_iter().zip(shares).filter_map(|(said, share)| Some((said, share?))).collect();
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let Some(uncertain) = uncertain else { return "nothing was read".to_owned() };
    let mut words: Vec<String> = shares
        .iter()
        .filter(|(_, share)| *share > 0.0)
        .map(|(said, share)| format!("{} {:.0} %", said.words(), share * 100.0))
        .collect();
    words.push(format!("{:.0} % of the readings uncertain", uncertain * 100.0));
    words.push(format!("{} alerts", caller.alerts.len()));
    words.join(", ")
}

/// Who spoke how much, where both sides were heard.
pub(super) fn write_talk(caller: &Caller, out: &mut dyn Write) -> io::Result<()> {
    let Some(talk) = caller.talk else { return Ok(()) };
    let time = StreamTime::from_seconds;
    writeln!(
        out,
        "<p>The operator spoke {}, {} of it at once with the caller, who had {:.0} % of the talking. The longest \
         silence was {}.</p>",
        time(talk.operator_s),
        time(talk.overlap_s),
        talk.caller_share * 100.0,
        time(talk.longest_silence_s)
    )
}

pub(super) fn write_alerts(story: &Story, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<section aria-labelledby=\"alerts\">\n<h2 id=\"alerts\">Alerts</h2>\n")?;
    if story.callers.iter().all(|caller| caller.alerts.is_empty()) {
        return writeln!(
            out,
            "<p>There was none. That does not mean that nothing happened.</p>\n</section>"
        );
    }
    begin_table(
        "Alerts with their reason",
        &["Number", "Caller", "At", "Rule", "Reason", "Guidance of the hotline", "What was done"],
        out,
    )?;
    for caller in &story.callers {
        for (number, alert) in (1..).zip(&caller.alerts) {
            let guidance = alert.guidance.as_deref().map_or("–".to_owned(), lines);
            let seen = caller.acknowledged.iter().find(|(alert_t, _)| *alert_t == alert.at);
            let done = seen.map_or("–".to_owned(), |(_, t)| {
                format!("acknowledged {} later", t.since(alert.at))
            });
            writeln!(
                out,
                "<tr><th scope=\"row\">!{number}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{guidance}</td>\
                 <td>{done}</td></tr>",
                escaped(&caller.label),
                moment(story, alert.at),
                alert.rule.words(),
                escaped(&alert.reason)
            )?;
        }
    }
    writeln!(out, "</tbody></table></div>\n</section>")
}

pub(super) fn write_marks(story: &Story, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<section aria-labelledby=\"marks\">\n<h2 id=\"marks\">Marks and notes</h2>\n")?;
    let rows: Vec<(&Caller, &Note)> = story
        .callers
        .iter()
        .flat_map(|caller| caller.marks.iter().map(move |mark| (caller, mark)))
        .collect();
    write_events("Marks and notes", &rows, story, out)?;
    writeln!(out, "</section>")
}

fn write_events(
    caption: &str,
    events: &[(&Caller, &Note)],
    story: &Story,
    out: &mut dyn Write,
) -> io::Result<()> {
    if events.is_empty() {
        return writeln!(out, "<p>None.</p>");
    }
    begin_table(caption, &["At", "Caller", "Text"], out)?;
    for (caller, event) in events.iter().take(MAX_ROWS) {
        let text = if event.text.is_empty() { "(no text)".to_owned() } else { lines(&event.text) };
        writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{text}</td></tr>",
            moment(story, event.at),
            escaped(&caller.label)
        )?;
    }
    end_table(events.len(), out)
}

/// What the timeline shows, in words: runs of equal cells.
pub(super) fn write_timeline(
    story: &Story,
    caller: &Caller,
    out: &mut dyn Write,
) -> io::Result<()> {
    let scale = Scale::of(story.length);
    write!(out, "<details>\n<summary>Timeline as a table</summary>\n")?;
    let caption = format!("Timeline of {}", escaped(&caller.label));
    begin_table(&caption, &["From", "To", "Shown"], out)?;
    for row in 0..scale.n_rows {
        for run in strip::runs(caller, scale, row, story.length) {
            let cell = |place: usize| scale.row.0 * row + scale.cell().0 * place as u64;
            let to = StreamTime(cell(run.first + run.n)).min(story.length);
            let is_weak = matches!(run.fill, Fill::Emotion(_, false) | Fill::Group(_, false));
            let weak = if is_weak { " (below 50 %)" } else { "" };
            writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{} {}{weak}</td></tr>",
                clock(StreamTime(cell(run.first)), scale),
                clock(to, scale),
                run.fill.letter(),
                run.fill.words()
            )?;
        }
    }
    writeln!(out, "</tbody></table></div>\n</details>")
}

/// With tenths where cells are shorter than a second or not whole ones.
fn clock(at: StreamTime, scale: Scale) -> String {
    if scale.cell() < StreamTime::from_ms(N_CELLS as u64 * 42) {
        let tenths = at.0 * 10 / u64::from(hearing::stream_time::STREAM_RATE_HZ) % 10;
        format!("{at}.{tenths}")
    } else {
        at.to_string()
    }
}

pub(super) fn write_probabilities(
    story: &Story,
    caller: &Caller,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "<details>\n<summary>Probabilities as a table</summary>\n")?;
    let mut heads = vec!["From", "To"];
    heads.extend(Emotion::ALL.map(Emotion::words));
    let caption = format!("Mean probabilities of {}", escaped(&caller.label));
    begin_table(&caption, &heads, out)?;
    for step in 0..N_STEPS {
        let time = |step: u64| StreamTime(story.length.0 * step / N_STEPS);
        let means = caller.means.between(time(step), time(step + 1));
        write!(out, "<tr><th scope=\"row\">{}</th><td>{}</td>", time(step), time(step + 1))?;
        match means {
            Some(means) => {
                for mean in means {
                    write!(out, "<td class=\"number\">{:.0} %</td>", mean * 100.0)?;
                }
            }
            None => write!(out, "<td colspan=\"{}\">nothing was read</td>", Emotion::ALL.len())?,
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>\n</details>")
}

pub(super) fn write_not_heard(story: &Story, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<section aria-labelledby=\"not-heard\">\n<h2 id=\"not-heard\">Not heard, and other events</h2>\n\
         <h3>Lost, muted and missing time</h3>\n"
    )?;
    let missing = |doing: Doing| match doing {
        Doing::Lost => Some("sound was lost"),
        Doing::Muted => Some("muted: nobody was allowed to listen"),
        Doing::Unwritten => Some("not in the log: it could not be written"),
        Doing::Unheard => Some("skipped in the recording"),
        Doing::Heard(_) => None,
    };
    let rows: Vec<_> = story
        .callers
        .iter()
        .flat_map(|caller| caller.doing.iter().map(move |span| (caller, span)))
        .filter_map(|(caller, span)| Some((caller, span, missing(span.what)?)))
        .collect();
    if rows.is_empty() {
        writeln!(out, "<p>None: all was heard.</p>")?;
    } else {
        begin_table("Time that was not heard", &["From", "Length", "Caller", "Why"], out)?;
        for (caller, span, why) in rows.iter().take(MAX_ROWS) {
            writeln!(
                out,
                "<tr><th scope=\"row\">{}</th><td class=\"number\">{:.2} s</td><td>{}</td><td>{why}</td></tr>",
                moment(story, span.from),
                span.to.since(span.from).seconds(),
                escaped(&caller.label)
            )?;
        }
        end_table(rows.len(), out)?;
    }
    writeln!(out, "<h3>Other events</h3>")?;
    let others: Vec<(&Caller, &Note)> = story
        .callers
        .iter()
        .flat_map(|caller| caller.others.iter().map(move |event| (caller, event)))
        .collect();
    write_events("Other events", &others, story, out)?;
    writeln!(out, "</section>")
}

pub(super) fn write_settings(story: &Story, is_cut: bool, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<section aria-labelledby=\"settings\">\n<h2 id=\"settings\">Settings in force</h2>\n"
    )?;
    if is_cut {
        writeln!(
            out,
            "<p><strong>The log's last line is cut off:</strong> the session did not end properly.</p>"
        )?;
    }
    begin_table("Settings in force", &["Setting", "Value"], out)?;
    let header = serde_json::to_value(&story.header).unwrap_or_default();
    let mut rows = Vec::new();
    flatten("", &header, &mut rows);
    for (key, value) in rows {
        let (key, value) = (escaped(&key), lines(&value));
        writeln!(out, "<tr><th scope=\"row\"><code>{key}</code></th><td>{value}</td></tr>")?;
    }
    writeln!(out, "</tbody></table></div>\n</section>")
}

/// `settings.hop_ms` and its value, for everything within a JSON value.
fn flatten(path: &str, value: &serde_json::Value, rows: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        serde_json::Value::Object(map) => {
            map.iter().for_each(|(key, value)| flatten(&below(key), value, rows));
        }
        serde_json::Value::Array(list) => {
            (1..).zip(list).for_each(|(n, value)| flatten(&below(&n.to_string()), value, rows));
        }
        serde_json::Value::String(text) => rows.push((path.to_owned(), text.clone())),
        serde_json::Value::Null => {}
        other => rows.push((path.to_owned(), other.to_string())),
    }
}

/// A table that can be scrolled sideways, by keyboard too.
fn begin_table(caption: &str, heads: &[&str], out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<div class=\"scroll\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table>\n\
         <caption>{caption}</caption>\n<thead><tr>"
    )?;
    for head in heads {
        write!(out, "<th scope=\"col\">{head}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")
}

fn end_table(n_rows: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</tbody></table></div>")?;
    if n_rows > MAX_ROWS {
        let more = n_rows - MAX_ROWS;
        writeln!(out, "<p>And {more} more: all of them are in the export as CSV.</p>")?;
    }
    Ok(())
}

/// `12:05 (14:42:10)`: the place in the session, and the clock on the wall there.
fn moment(story: &Story, at: StreamTime) -> String {
    let started = story.header.started.get(..19).and_then(|text| text.parse::<DateTime>().ok());
    let seconds =
        i64::try_from(at.0 / u64::from(hearing::stream_time::STREAM_RATE_HZ)).unwrap_or(0);
    match started.and_then(|started| started.checked_add(seconds.seconds()).ok()) {
        Some(wall) => format!("{at} <span class=\"wall\">({})</span>", wall.strftime("%H:%M:%S")),
        None => at.to_string(),
    }
}

/// Text with its line breaks.
fn lines(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("<br>")
}
