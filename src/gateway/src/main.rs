//! Parses the command line, runs the command, prints the error, chooses the exit code.

use anyhow::Context;
use clap::Parser;
use gateway::cli::{Cli, Command};
use gateway::config::{Config, EXAMPLE};
use gateway::{check, command, send, server};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            let text = record::plain_text::plain_text(&format!("{error:#}"));
            let _ = writeln!(std::io::stderr(), "undertone-gateway: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Some(Command::Example) => {
            std::io::stdout().write_all(EXAMPLE.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Check { file }) => {
            let (lines, is_good) = check::lines(&file);
            let text: String = lines.into_iter().map(|line| line + "\n").collect();
            std::io::stdout().write_all(record::plain_text::plain_text(&text).as_bytes())?;
            Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Some(Command::Send(args)) => {
            let report = runtime()?.block_on(send::run::run(&args))?;
            writeln!(std::io::stdout(), "{report}")?;
            Ok(if report.n_failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Some(Command::Agent(args)) => {
            let done = runtime()?.block_on(command::agent::run(cli.config.as_deref(), &args));
            gateway::log::flush();
            done.map(|()| ExitCode::SUCCESS)
        }
        Some(Command::Prepare(args)) => {
            runtime()?.block_on(command::prepare::run(cli.config.as_deref(), &args))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Wall(args)) => {
            runtime()?.block_on(command::wall::run(cli.config.as_deref(), &args))?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Submit(args)) => {
            runtime()?.block_on(command::submit::run(cli.config.as_deref(), &args))
        }
        Some(Command::Work(args)) => {
            let done = runtime()?.block_on(command::work::run(cli.config.as_deref(), &args));
            gateway::log::flush();
            done.map(|()| ExitCode::SUCCESS)
        }
        None => {
            let file = cli.config.context("give the settings: --config gateway.toml")?;
            let config = Config::read(&file)?;
            runtime()?.block_on(server::run(config))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Runtime::new().context("cannot start the network's threads")
}
