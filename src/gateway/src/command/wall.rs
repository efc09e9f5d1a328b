//! `undertone-gateway wall`: all calls of all desks and gateways, in a terminal.
//!
//! ```text
//!  broker ──► watch (tokio) ──► picture, four a second ──► screen's thread: draws, keys
//!                          ◄── an alert was seen ─────────
//! ```

use super::broker;
use crate::cli::BrokerArgs;
use ::fleet::Link;
use ::fleet::link::silently;
use ::fleet::watch::Watch;
use crossbeam_channel::{bounded, unbounded};
use hearing::stream_time::StreamTime;
use screen::wall::Settings;
use screen::{Charset, Colours, Paper};
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

/// How often there is a new picture, where anything happened.
const PICTURE_EVERY: Duration = Duration::from_millis(250);
/// Also without news: somebody may have become silent.
const REDRAWN_AFTER: u32 = 4;
/// Pictures that wait for a slow terminal: the newest is what counts.
const WAITING: usize = 2;

/// Shows the wall until it is closed.
///
/// # Errors
/// No broker, no right to watch, no terminal.
pub async fn run(config: Option<&Path>, args: &BrokerArgs) -> anyhow::Result<()> {
    let settings = broker::settings(config, args)?;
    let broker = settings.fleet.broker().map_err(anyhow::Error::msg)?;
    // The picture says what is wrong.
    let link = Link::open(&broker, silently()).await?;
    let watch = Watch::new(silently());
    tokio::spawn(watch.clone().run_over(link));
    let (picture_sender, pictures) = bounded(WAITING);
    let (seen_sender, seen) = unbounded::<screen::wall::Seen>();
    let settings = of_terminal();
    let drawing = tokio::task::spawn_blocking(move || {
        screen::wall::run(settings, pictures, seen_sender, || false)
    });
    let (mut drawn, mut n_same) = (None, 0);
    while !drawing.is_finished() {
        let version = watch.version();
        n_same += 1;
        if drawn != Some(version) || n_same >= REDRAWN_AFTER {
            (drawn, n_same) = (Some(version), 0);
            let _ = picture_sender.try_send(watch.picture());
        }
        for seen in seen.try_iter() {
            let watch = watch.clone();
            tokio::spawn(async move { watch.acknowledge(&seen.call, StreamTime(seen.at)).await });
        }
        sleep(PICTURE_EVERY).await;
    }
    Ok(drawing.await??)
}

/// What this terminal can show.
fn of_terminal() -> Settings {
    let of = |name: &str| std::env::var(name).ok();
    Settings {
        colours: Colours::of_terminal(
            of("NO_COLOR").as_deref(),
            of("COLORTERM").as_deref(),
            of("TERM").as_deref(),
        ),
        paper: Paper::of_terminal(of("COLORFGBG").as_deref()),
        charset: Charset::of_locale(
            of("LC_ALL").as_deref(),
            of("LC_CTYPE").as_deref(),
            of("LANG").as_deref(),
        ),
    }
}
