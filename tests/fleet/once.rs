//! Whatever happens to brokers, links and agents: each fact of each log is on the stream once.

use crate::agent::{Agent, Link};
use crate::broker::Broker;
use crate::logs::{Call, expected, logs_in};
use async_nats::jetstream::consumer::{DeliverPolicy, push};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

type Messages = HashMap<(String, Vec<u8>), usize>;

/// All that is on the stream of facts, and how often.
async fn stored(context: &Context) -> Messages {
    let stream = context.get_stream("UT_EV").await.unwrap();
    let n = stream.get_info().await.unwrap().state.messages;
    let client = context.client();
    let consumer = stream
        .create_consumer(push::OrderedConfig {
            deliver_subject: client.new_inbox(),
            deliver_policy: DeliverPolicy::All,
            ..push::OrderedConfig::default()
        })
        .await
        .unwrap();
    let mut messages = consumer.messages().await.unwrap();
    let mut all = Messages::new();
    for _ in 0..n {
        let message = timeout(Duration::from_secs(10), messages.next()).await.unwrap().unwrap();
        let message = message.unwrap();
        *all.entry((message.subject.to_string(), message.payload.to_vec())).or_default() += 1;
    }
    all
}

/// Waits until all is there that has to be, and compares.
async fn assert_each_once(context: &Context, desks: &[(&str, &Path)]) -> usize {
    let (mut wanted, mut n_lines) = (Messages::new(), 0);
    for (name, folder) in desks {
        let (of_desk, n) = expected(name, folder);
        wanted.extend(of_desk);
        n_lines += n;
    }
    assert!(wanted.values().all(|&n| n == 1), "lines of one log differ");
    let begun = Instant::now();
    loop {
        let stream = context.get_stream("UT_EV").await.unwrap();
        let n = stream.get_info().await.unwrap().state.messages;
        if n >= wanted.len() as u64 || begun.elapsed() > Duration::from_mins(1) {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    // What comes twice comes now.
    sleep(Duration::from_secs(3)).await;
    let found = stored(context).await;
    let missing = wanted.keys().filter(|key| !found.contains_key(*key)).count();
    let foreign = found.keys().filter(|key| !wanted.contains_key(*key)).count();
    let twice = found.values().filter(|&&n| n > 1).count();
    let summary = format!(
        "{n_lines} lines, {} to send: {missing} missing, {foreign} foreign, {twice} twice",
        wanted.len()
    );
    println!("{summary}");
    for (subject, body) in wanted.keys().filter(|key| !found.contains_key(*key)).take(10) {
        println!("missing: {subject} {}", String::from_utf8_lossy(&body[..body.len().min(80)]));
    }
    assert_eq!((missing, foreign, twice), (0, 0, 0), "{summary}");
    wanted.len()
}

/// Writes this many calls in real time, with ends, until it is told to stop.
fn write_calls(folder: &Path, n: usize, stop: &AtomicBool) {
    let mut calls: Vec<Call> = (0..n).map(|n| Call::begin(folder, &format!("line {n}"))).collect();
    let mut percent = 0;
    let begun = Instant::now();
    let mut n_rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        percent = (percent + 1) % 100;
        for call in &mut calls {
            call.go_on(percent);
        }
        // One ends and another begins now and then.
        if percent == 50 {
            calls.remove(0).end();
            calls.push(Call::begin(folder, "next"));
        }
        n_rounds += 1;
        let due = begun + n_rounds * Duration::from_millis(250);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    // The last one has no end: its desk was switched off.
    drop(calls.pop());
    calls.into_iter().for_each(Call::end);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_calls_arrive_once_while_brokers_links_and_agents_fail() {
    let folder = tempfile::tempdir().unwrap();
    let mut brokers = Broker::three(&folder.path().join("brokers"));
    let urls: Vec<String> = brokers.iter().map(Broker::url).collect();
    let client = async_nats::connect(urls.clone()).await.unwrap();
    let context = jetstream::new(client);
    // Whoever runs three brokers makes the streams on all of them.
    for name in [::fleet::streams::EVENTS, ::fleet::streams::LIVE] {
        let config = ::fleet::streams::config(name).unwrap();
        let config = jetstream::stream::Config { num_replicas: 3, ..config };
        let begun = Instant::now();
        while let Err(error) = context.create_stream(config.clone()).await {
            assert!(begun.elapsed() < Duration::from_secs(30), "{error}");
            sleep(Duration::from_millis(200)).await;
        }
    }
    let names = ["a", "b", "c", "d"];
    let folders = names.map(|name| folder.path().join(name));
    for folder in &folders {
        fs::create_dir_all(folder).unwrap();
    }
    let link = Link::to(brokers[1].port);
    let desks = [0, 1, 2, 3].map(|n| (names[n], folders[n].as_path()));
    let mut killed = Agent::start(&urls, &desks[..2]);
    let behind_link = Agent::start(std::slice::from_ref(&link.url), &desks[2..3]);
    let _well = Agent::start(&urls, &desks[3..]);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for folder in &folders {
            scope.spawn(|| write_calls(folder, 15, &stop));
        }
        let wait = |s| thread::sleep(Duration::from_secs(s));
        wait(6);
        link.cut(true);
        wait(6);
        brokers[0].kill();
        wait(6);
        killed.kill();
        wait(4);
        brokers[0].start_again();
        killed = Agent::start(&urls, &desks[..2]);
        wait(8);
        brokers[2].kill();
        wait(3);
        brokers[2].start_again();
        wait(33);
        link.cut(false);
        wait(8);
        stop.store(true, Ordering::Relaxed);
    });
    let n_logs: usize = folders.iter().map(|folder| logs_in(folder).len()).sum();
    assert!(n_logs >= 60, "{n_logs}");
    let n = assert_each_once(&context, &desks).await;
    assert!(n > 60 * 200, "{n}");
    assert!(behind_link.said().contains("broken"), "{}", behind_link.said());
    // An agent that knows nothing more of what it sent asks the broker.
    for folder in &folders[..2] {
        killed.kill();
        for kept in fs::read_dir(folder.join(".fleet")).unwrap().flatten() {
            let ending = kept.path().extension().map(ToOwned::to_owned);
            if ending.is_some_and(|ending| ending == "json" || ending == "done") {
                fs::remove_file(kept.path()).unwrap();
            }
        }
    }
    let _again = Agent::start(&urls, &desks[..2]);
    sleep(Duration::from_secs(3)).await;
    assert_each_once(&context, &desks).await;
}
