//! Whole screens of the demo call's log, at every size that is promised.

use super::*;
use record::session::SessionReader;
use record::session::record::Record;
use std::io::Cursor;
use std::path::Path;

const LOG: &str = include_str!("../../../../../tests/data/session/demo-call.jsonl");

/// The dashboard as far as the log tells of the call, at its last record.
fn app_of_log(setup: Setup) -> App {
    let mut app = App::new(setup);
    app.apply(begun(0, "demo-call", false));
    let log = SessionReader::new(Box::new(Cursor::new(LOG)), Path::new("demo-call.jsonl")).unwrap();
    let (mut n_updates, mut end) = (0, StreamTime::ZERO);
    for record in log {
        let record: Record = record.unwrap();
        end = end.max(record.t());
        if let Record::Fact(fact) = record {
            n_updates += 1;
            app.apply(Feed::Fact(fact));
        }
    }
    assert!(n_updates > 200, "{n_updates}");
    app.tick(Duration::from_secs_f64(end.seconds()));
    app
}

#[test]
fn a_logged_call_on_every_screen() {
    for (columns, rows) in [(40, 10), (80, 24), (120, 40), (200, 60)] {
        let app = app_of_log(setup(&["demo-call"], LIVE));
        insta::assert_snapshot!(
            format!("logged_call_{columns}x{rows}"),
            drawn(columns, rows, &app)
        );
    }
}
