//! The settings of brokers in `assets/fleet`, as docs/fleet.md has them: three brokers with rights, and one of a site.

use crate::agent::Agent;
use crate::broker::Broker;
use crate::certificates;
use crate::logs::Call;
use crate::refused::{prepare, settings};
use crate::seen::{until, wall};
use hearing::stream_time::StreamTime;
use std::fs;
use std::path::{Path, PathBuf};

pub fn asset(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/fleet").join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_brokers_and_a_site_carry_calls_and_what_a_wall_says() {
    let folder = tempfile::tempdir().unwrap();
    certificates::make(folder.path(), "20400101000000Z");
    let (mut brokers, hub) = Broker::documented_three(&asset("three.conf"), folder.path());
    let site = Broker::documented_leaf(&asset("leaf.conf"), folder.path(), hub);
    let servers: Vec<String> =
        brokers.iter().map(|broker| format!("tls://127.0.0.1:{}", broker.port)).collect();
    let ca = format!("ca = {:?}\n", folder.path().join("ca.pem"));
    prepare(&folder.path().join("admin"), &servers.join("\", \""), &ca, 3);
    // A desk at the three, and one at the site, which needs no login there.
    let desk = folder.path().join("desk-1");
    let file = settings(&desk, &servers.join("\", \""), "desk-1", &Broker::password("desk-1"), &ca);
    let _desk = Agent::with_settings(&file);
    let far = folder.path().join("desk-3");
    fs::create_dir(&far).unwrap();
    let _far = Agent::start(&[site.url()], &[("desk-3", &far)]);
    let mut calls = [Call::begin(&desk.join("logs"), "near"), Call::begin(&far, "far")];
    for call in &mut calls {
        (0..20).for_each(|_| call.go_on(70));
        call.alert("fear for 8 s of speech");
    }
    let address = ::fleet::Broker {
        servers,
        login: ::fleet::Login::Password { user: "wall".into(), password: Broker::password("wall") },
        ca: Some(folder.path().join("ca.pem")),
        certificate: None,
        inbox: Some("wall".into()),
    };
    let watch = wall(&address).await;
    let picture = until(&watch, "two alerts", |picture| picture.open_alerts == 2).await;
    for call in &picture.calls {
        watch.acknowledge(&call.call, StreamTime(call.alerts[0].at)).await;
    }
    for logs in [desk.join("logs"), far.clone()] {
        assert_eq!(fs::read_dir(logs.join(".fleet/seen")).unwrap().count(), 1);
    }
    // One of the three fails: what comes then comes all the same.
    brokers[2].kill();
    for call in &mut calls {
        call.alert("fear for 9 s of speech");
        call.go_on(71);
        call.alert("fear for 10 s of speech");
    }
    until(&watch, "two more alerts", |picture| picture.open_alerts >= 4).await;
}
