//! Parses the command line, runs the command, prints the chain of errors, chooses the exit code.

use clap::Parser;
use engine::log_book::LogTo;
use engine::on_alert;
use model::device::BackendChoice;
use record::output_file::IfExists;
use record::plain_text::plain_message;
use record::session::retention::Mode;
use sound::recording::{FileHints, Pace, is_live};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use undertone::cli::{
    CapacityArgs, Cli, Command, DegradeArgs, DeleteArgs, EngineArgs, EvaluateArgs, ExportArgs,
    InspectArgs, LogArgs, MakeCallsArgs, ModelsAction, ModelsArgs, MonitorArgs, PurgeArgs,
    ReplayArgs, SessionsAction, SessionsArgs, VerifyArgs, completions, manual_pages,
};
use undertone::command::period::Period;
use undertone::command::printer::{chain, print_lines, print_to_stdout, tell};
use undertone::command::replay::side::CallerSide;
use undertone::command::scoring::ClipScorer;
use undertone::command::{
    EXIT_DONE, EXIT_FAILED, EXIT_PARTIAL, EXIT_USAGE, Exit, batch, calibrate, calls, capacity,
    degrade, devices, doctor, evaluate, export, folds, inspect, installed, make_calls, manual,
    models, monitor, replay, report, seconds, session, sessions, settings, train,
};
use undertone::config::{Config, Flags};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return not_understood(&error),
        // What is asked for with --help or --version.
        Err(error) => error.exit(),
    };
    match run(cli) {
        Ok(Exit::Done) => EXIT_DONE.into(),
        Ok(Exit::Partial) => EXIT_PARTIAL.into(),
        Err(error) => {
            tell(&format!("undertone: {}", chain(&error)));
            EXIT_FAILED.into()
        }
    }
}

/// Says what is wrong with the command line: the message repeats what was typed, whatever that is.
fn not_understood(error: &clap::Error) -> ExitCode {
    // Where nobody can be told, the exit code is left.
    let lines: Vec<String> = error.to_string().lines().map(plain_message).collect();
    let _ = writeln!(std::io::stderr(), "{}", lines.join("\n"));
    EXIT_USAGE.into()
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    match cli.command {
        None => monitor::run(&monitor_settings(cli.monitor)?),
        Some(Command::Monitor(args)) => monitor::run(&monitor_settings(args)?),
        Some(Command::Replay(args)) => replay_calls(args),
        Some(Command::Devices(args)) => done(devices::run(&args)),
        Some(Command::Models(args)) => done(list_or_export_models(&args)),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Doctor(args)) => done(doctor::run(&args)),
        Some(Command::Capacity(args)) => measure_capacity(args),
        Some(Command::Config(args)) => done(settings::run(&args)),
        Some(Command::Export(args)) => export_sessions(args),
        Some(Command::Sessions(args)) => work_on_sessions(args),
        Some(Command::Inspect(args)) => inspect_input(args),
        Some(Command::Folds(args)) => done(folds::run(&args)),
        Some(Command::Degrade(args)) => degrade_recording(args),
        Some(Command::Train(args)) => done(train::run(&args)),
        Some(Command::Calibrate(args)) => done(calibrate::run(&args)),
        Some(Command::Evaluate(args)) => evaluate_model(args),
        Some(Command::MakeCalls(args)) => done(make_calls::run(&make_calls_settings(args)?)),
        Some(Command::Completions(args)) => {
            let script = completions(args.shell);
            done(print_to_stdout(|out| Ok(out.write_all(&script)?)))
        }
        Some(Command::Man(args)) => done(manual::run(&args, &manual_pages()?)),
    }
}

fn done(result: anyhow::Result<()>) -> anyhow::Result<Exit> {
    result.map(|()| Exit::Done)
}

fn session_settings(args: EngineArgs) -> anyhow::Result<session::SessionSettings> {
    let flags = Flags {
        model: args.model,
        language: args.language,
        backend: args.backend.as_deref().map(str::parse).transpose()?,
        session_dir: None,
        on_alert: args.on_alert.as_deref().map(on_alert::words).transpose()?,
    };
    let mut config = Config::resolve(args.config.as_deref(), flags)?;
    config.screen.compact |= args.compact;
    // A terminal that can only print: an editor's, a serial line's.
    let is_dumb = std::env::var("TERM").is_ok_and(|kind| kind == "dumb");
    config.screen.plain |= args.plain || (is_dumb && !args.headless && !config.screen.compact);
    Ok(session::SessionSettings {
        config,
        log: log_to(args.log),
        headless: args.headless,
        json: args.json,
        recording: None,
    })
}

fn log_to(LogArgs { log, force, no_log }: LogArgs) -> LogTo {
    match log {
        _ if no_log => LogTo::Nowhere,
        Some(file) => LogTo::File(file, IfExists::from_force(force)),
        None => LogTo::Folder,
    }
}

fn monitor_settings(args: MonitorArgs) -> anyhow::Result<monitor::MonitorSettings> {
    let stop_after = args.seconds.map(seconds).transpose()?;
    let callers = if args.caller.is_empty() {
        monitor::Callers::One(args.device.as_deref().map(str::parse).transpose()?)
    } else {
        let callers = args.caller.iter().map(|caller| caller.parse());
        monitor::Callers::Labelled(callers.collect::<Result<_, _>>()?)
    };
    let mut session = session_settings(args.engine)?;
    session.config.calls.auto |= args.auto_calls;
    Ok(monitor::MonitorSettings {
        callers,
        operator: args.operator.as_deref().map(str::parse).transpose()?,
        notice_given: args.notice_given,
        stop_after,
        session,
    })
}

fn measure_capacity(args: CapacityArgs) -> anyhow::Result<Exit> {
    let lengths = args.lengths.map(|typed| match typed {
        Some(lengths) => lengths.parse(),
        None => Ok(capacity::lengths::Lengths::default()),
    });
    done(capacity::run(&capacity::CapacitySettings {
        model: args.model,
        backend: args.backend.parse()?,
        length: seconds(args.seconds)?,
        callers: args.callers.map(Into::into),
        silent: args.silent,
        block_ms: args.block_ms,
        lengths: lengths.transpose()?,
        plot: args.plot,
        force: args.force,
        json: args.json,
    }))
}

fn list_or_export_models(args: &ModelsArgs) -> anyhow::Result<()> {
    match &args.action {
        None => models::run(args),
        Some(ModelsAction::Export(args)) => models::export::run(args),
    }
}

/// One call, or a batch of them.
fn replay_calls(mut args: ReplayArgs) -> anyhow::Result<Exit> {
    let archive = std::mem::take(&mut args.calls);
    let (jobs, resume, log_dir) = (args.jobs, args.resume, args.log_dir.take());
    let force = args.engine.log.force;
    if archive.is_empty() {
        let has_file = |typed: &String| {
            typed.parse::<CallerSide>().is_ok_and(|caller| caller.side.file.is_some())
        };
        anyhow::ensure!(
            args.caller.iter().all(has_file),
            "name a recorded call, or a file for each caller: undertone replay --caller in.wav --operator out.wav"
        );
    }
    let settings = replay_settings(args, archive.first().cloned().unwrap_or_default())?;
    let is_one = match &archive[..] {
        [] => true,
        [call] => !call.is_dir(),
        _ => false,
    };
    if is_one && jobs.is_none() && !resume && log_dir.is_none() {
        return replay::run(&settings);
    }
    batch::run(&batch::BatchSettings { archive, replay: settings, jobs, resume, force, log_dir })
}

fn replay_settings(args: ReplayArgs, call: PathBuf) -> anyhow::Result<replay::ReplaySettings> {
    let follow = args.follow.map(|patience| {
        Duration::try_from_secs_f64(patience).map_err(|_| {
            anyhow::anyhow!("--follow={patience} is no length; give seconds from 0 on")
        })
    });
    let follow = follow.transpose()?;
    let hints = FileHints { raw: args.raw, follow };
    // What is still being written is read as it comes.
    let is_live = hints.follow.is_some() || is_live(&call);
    let usual = if args.engine.headless || is_live { "max" } else { "1" };
    let pace = match args.speed.as_deref().unwrap_or(usual) {
        "max" => Pace::AsRead,
        number => {
            let speed: f64 = number
                .parse()
                .ok()
                .filter(|speed| (0.1..=100.0).contains(speed))
                .ok_or_else(|| {
                    anyhow::anyhow!("'{number}' is no speed; give a number from 0.1 to 100, or max")
                })?;
            Pace::Paced { speed }
        }
    };
    anyhow::ensure!(args.block != Some(0), "a block has at least one sample");
    Ok(replay::ReplaySettings {
        call,
        operator: args.operator.map(|side| side.parse()).transpose()?,
        operator_offset_s: args.operator_offset.unwrap_or(0.0),
        hints,
        listen: args.listen.map(|output| output.parse()).transpose()?,
        callers: args.caller.iter().map(|caller| caller.parse()).collect::<Result<_, _>>()?,
        pace,
        block_len: args.block,
        session: session_settings(args.engine)?,
    })
}

fn export_sessions(args: ExportArgs) -> anyhow::Result<Exit> {
    let format = args.format.parse()?;
    let flags = Flags { session_dir: args.dir, ..Flags::default() };
    let dir = || Config::resolve(args.config.as_deref(), flags.clone())?.sessions_dir();
    let sessions = if args.since.is_some() || args.until.is_some() {
        let (since, until) = (args.since.as_deref(), args.until.as_deref());
        let period = Period::parse(since, until, &jiff::Zoned::now())?;
        export::Selection::Began(period, dir()?)
    } else {
        let located = |typed: &String| -> anyhow::Result<PathBuf> {
            // A file needs no folder, and so no configuration: a log may come from elsewhere.
            if Path::new(typed).metadata().is_ok_and(|found| !found.is_dir()) {
                return Ok(PathBuf::from(typed));
            }
            sessions::locate::locate(&dir()?, typed)
        };
        export::Selection::Named(args.sessions.iter().map(located).collect::<Result<_, _>>()?)
    };
    export::run(&export::ExportSettings {
        sessions,
        format,
        spreadsheet: args.locale.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
        output: args.output,
        force: args.force,
    })
}

fn work_on_sessions(args: SessionsArgs) -> anyhow::Result<Exit> {
    let flags = Flags { session_dir: args.dir, ..Flags::default() };
    let config = Config::resolve(args.config.as_deref(), flags)?;
    let (dir, json) = (config.sessions_dir()?, args.json);
    let located = |ids: &[String]| -> anyhow::Result<Vec<PathBuf>> {
        ids.iter().map(|id| sessions::locate::locate(&dir, id)).collect()
    };
    match args.action {
        None | Some(SessionsAction::List) => {
            done(sessions::run(&sessions::SessionsSettings { dir: Some(dir), json }))
        }
        Some(SessionsAction::Show { id }) => {
            let log = sessions::locate::locate(&dir, &id)?;
            done(sessions::show::run(&sessions::show::ShowSettings { log, json }))
        }
        Some(SessionsAction::Delete(DeleteArgs { id, yes: is_confirmed })) => {
            let logs = located(&id)?;
            sessions::delete::run(&sessions::delete::DeleteSettings { logs, is_confirmed, json })
        }
        Some(SessionsAction::Verify(VerifyArgs { id, all })) => {
            let logs = if all { sessions::locate::logs_in(&dir)? } else { located(&id)? };
            sessions::verify::run(&sessions::verify::VerifySettings { logs, json })
        }
        Some(SessionsAction::Purge(PurgeArgs { older_than, dry_run })) => {
            let age = older_than.parse()?;
            let mode = if dry_run { Mode::DryRun } else { Mode::Delete };
            sessions::purge::run(&sessions::purge::PurgeSettings { dir, age, mode, json })
        }
    }
}

fn evaluate_model(args: EvaluateArgs) -> anyhow::Result<Exit> {
    if let Some(manifest) = args.calls {
        return calls::run(&calls::CallsSettings {
            manifest,
            model: args.model,
            language: args.language,
            languages_known: args.languages_known,
            backend: args.backend.parse()?,
            config: match &args.config {
                Some(file) => Config::resolve(Some(file), Flags::default())?,
                None => Config::default(),
            },
            json: args.json,
            force: args.force,
        });
    }
    let backend: BackendChoice = args.backend.parse()?;
    // A second classifier on the same graphics device would only wait for the first.
    let n_threads = match backend {
        BackendChoice::Cpu => std::thread::available_parallelism().map_or(1, usize::from),
        _ => 1,
    };
    let choice = evaluate::ClipChoice {
        clips: args.clips.unwrap_or_default(),
        split: args.split.as_deref().map(str::parse).transpose()?,
        noises: args.noises,
        known: evaluate::KnownSettings {
            heard_s: args.heard,
            before_s: args.before,
            kind: args.before_kind.parse()?,
        },
        n_threads,
    };
    let make_scorer = || -> anyhow::Result<evaluate::ScoreClip<'_>> {
        let language = args.language.clone();
        let mut scorer = ClipScorer::loaded(args.model.clone(), language, backend)?;
        Ok(Box::new(move |clip, listening| scorer.score(clip, listening)))
    };
    let (json, force) = (args.json, args.force);
    let mut out = std::io::stdout().lock();
    let outcome = if args.robustness {
        let markdown = args.markdown;
        let settings = evaluate::robustness::RobustnessSettings { choice, json, markdown, force };
        evaluate::robustness::run(&settings, &make_scorer, &mut out)?
    } else {
        let degrade = match args.degrade.as_str() {
            "all" => evaluate::Degrade::All,
            word => evaluate::Degrade::One(word.parse()?),
        };
        let model = args.model.clone().unwrap_or_else(|| "the bundled model".into());
        let report = args.report;
        let artifact = installed::open(args.model.as_deref())?;
        let artifact = artifact.for_callers_of(args.language.as_ref());
        let thresholds = Some(artifact.manifest.calibration.thresholds());
        let settings =
            evaluate::EvaluateSettings { model, choice, degrade, thresholds, json, report, force };
        evaluate::run(&settings, &make_scorer, &mut out)?
    };
    Ok(match outcome {
        evaluate::Outcome::Complete => Exit::Done,
        evaluate::Outcome::Incomplete(_) => Exit::Partial,
    })
}

fn degrade_recording(args: DegradeArgs) -> anyhow::Result<Exit> {
    degrade::run(&degrade::DegradeSettings {
        input: args.input,
        output: args.output,
        channel: args.channel.parse()?,
        phone: args.phone,
        band: args.band,
        codec: args.codec,
        snr_db: args.snr,
        noise: args.noise,
        loss: args.loss,
        room_s: args.room,
        level_db: args.level,
        speed: args.speed,
        seed: args.seed,
        force: args.force,
    })
}

fn make_calls_settings(args: MakeCallsArgs) -> anyhow::Result<make_calls::MakeCallsSettings> {
    Ok(make_calls::MakeCallsSettings {
        data: args.data,
        split: args.split.parse()?,
        kind: args.kind.parse()?,
        count: args.count,
        minutes: args.minutes,
        seed: args.seed,
        extra: args.extra,
        output: args.output,
        force: args.force,
    })
}

fn inspect_input(args: InspectArgs) -> anyhow::Result<Exit> {
    let settings = inspect::InspectSettings {
        input: args.input,
        output: args.output,
        features: args.features.as_deref().map(str::parse).transpose()?,
        csv: args.csv,
        channel: args.channel.parse()?,
        json: args.json,
        force: args.force,
    };
    let mut scorer = ClipScorer::new(args.model, None, BackendChoice::Cpu);
    let mut exit = Exit::Done;
    print_lines(|out| {
        exit = inspect::run(&settings, &mut |clip| scorer.score_decoded(clip), out)?;
        anyhow::Ok(())
    })?;
    Ok(exit)
}
