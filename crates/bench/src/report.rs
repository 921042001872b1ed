//! The table and the JSON file, which `scripts/performance.py` makes a page of.
//!
//! The file is one object:
//!
//! | field | meaning |
//! |---|---|
//! | `cospass` | its version |
//! | `machine` | the processor's name, or null |
//! | `core` | the core that everything ran on, or null where it was not bound to one |
//! | `load` | how many processes wanted to run, on average over a minute, when it began and when it ended, or null |
//! | `engine` | what a batch hashed with |
//! | `rounds`, `slice_seconds` | how often and how long each tool ran each workload |
//! | `peers` | the other tools: `name`, and `version`, or `not_run` with the reason; `conventions` by which their signatures hold, with the names that they sign and cospass does not, or the other way round; `not run` with the reason for a workload that they do not sign |
//! | `batches` | W1 in batches: on one thread and on two, by the time that passes, and `hashing`, what bare hashing makes of the second thread; keys of many lengths as they come beside the same keys with each length by itself; each with its ratio |
//! | `results` | one object for each workload and tool |
//! | `results[].workload`, `.title` | `W1` … `W4`, and what it is |
//! | `results[].tool` | `bare hashing`, `cospass Presigner` (bulk), both with `, new key` (a new key time for each URL), `cospass batch` (many keys at once), `cospass Signer` (builder), `cospass verify`, or the name of another tool |
//! | `results[].urls_per_second` | `median`, `min` and `max` over the rounds, for each second of processor time of one core |
//! | `results[].to_floor` | which part of the speed of the bare hashing of a signature that is (medians) |

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cpu;
use crate::measure::Tool;
use crate::peer::Listed;
use crate::workload::Workload;
use crate::{ROUNDS, SLICE_SECONDS};

pub(crate) struct Report {
    core: Option<usize>,
    batches: Value,
    load: [Option<f64>; 2],
    peers: Vec<(String, Result<String, String>)>,
    /// By which convention the signatures of each tool hold, in the order of the workloads.
    pub(crate) conventions: Vec<(String, Vec<String>)>,
    rows: Vec<Row>,
}

struct Row {
    workload: &'static str,
    title: &'static str,
    tool: Tool,
    /// URLs per second, one for each round, in ascending order.
    rounds: Vec<f64>,
}

impl Row {
    fn min(&self) -> f64 {
        self.rounds.first().copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        self.rounds.get(self.rounds.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn max(&self) -> f64 {
        self.rounds.last().copied().unwrap_or(f64::NAN)
    }
}

impl Report {
    pub(crate) fn new(core: Option<usize>, batches: Value) -> Self {
        let load = [cpu::load(), None];
        Self { core, batches, load, peers: Vec::new(), conventions: Vec::new(), rows: Vec::new() }
    }

    /// Everything was measured, beside those tools.
    pub(crate) fn end(&mut self, peers: &[Listed]) {
        self.load = [self.load[0], cpu::load()];
        let version = |listed: &Listed| match &listed.peer {
            Ok(peer) => Ok(peer.version().to_owned()),
            Err(reason) => Err(reason.clone()),
        };
        self.peers = peers.iter().map(|listed| (listed.name.clone(), version(listed))).collect();
    }

    pub(crate) fn add(&mut self, workload: &Workload, tool: Tool, urls_per_second: f64) {
        let is_row = |row: &&mut Row| row.workload == workload.name && row.tool == tool;
        if let Some(row) = self.rows.iter_mut().find(is_row) {
            row.rounds.push(urls_per_second);
            row.rounds.sort_by(f64::total_cmp);
        } else {
            let (workload, title) = (workload.name, workload.title);
            self.rows.push(Row { workload, title, tool, rounds: vec![urls_per_second] });
        }
    }

    fn median_of(&self, workload: &str, tool: Tool) -> f64 {
        let row = self.rows.iter().find(|row| row.workload == workload && row.tool == tool);
        row.map_or(f64::NAN, Row::median)
    }

    fn to_floor(&self, row: &Row) -> f64 {
        row.median() / self.median_of(row.workload, row.tool.floor())
    }

    fn name(&self, row: &Row) -> &str {
        match row.tool {
            Tool::Peer(place) => self.peers.get(place).map_or("", |(name, _)| name),
            tool => tool.name(),
        }
    }

    pub(crate) fn write(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let round = |number: f64, digits: i32| {
            let scale = 10_f64.powi(digits);
            (number * scale).round() / scale
        };
        let results: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "workload": row.workload,
                    "title": row.title,
                    "tool": self.name(row),
                    "urls_per_second": {
                        "median": row.median().round(),
                        "min": row.min().round(),
                        "max": row.max().round(),
                    },
                    "to_floor": round(self.to_floor(row), 4),
                })
            })
            .collect();
        let peers: Vec<Value> = self
            .peers
            .iter()
            .map(|(name, version)| match version {
                Ok(version) => {
                    let of = self.conventions.iter().find(|(of, _)| of == name);
                    let conventions = of.map(|(_, conventions)| conventions);
                    json!({"name": name, "version": version, "conventions": conventions})
                }
                Err(reason) => json!({"name": name, "not_run": reason}),
            })
            .collect();
        let report = json!({
            "cospass": env!("CARGO_PKG_VERSION"),
            "machine": cpu::name(),
            "core": self.core,
            "load": self.load,
            "engine": cospass::fastest_engine().name(),
            "rounds": ROUNDS,
            "slice_seconds": SLICE_SECONDS,
            "peers": peers,
            "batches": self.batches,
            "results": results,
        });
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(file, format!("{report:#}\n"))?)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.core {
            Some(core) => writeln!(f, "URLs per second of processor time, core {core}")?,
            None => writeln!(f, "URLs per second")?,
        }
        writeln!(f, "median of {ROUNDS} rounds of {SLICE_SECONDS} s (min–max)\n")?;
        writeln!(f, "| workload | tool | URLs/s | min–max | of the bare hashing |")?;
        writeln!(f, "|---|---|--:|---|--:|")?;
        for row in &self.rows {
            writeln!(
                f,
                "| {} {} | {} | {} | {}–{} | {:.3} |",
                row.workload,
                row.title,
                self.name(row),
                thousands(row.median()),
                thousands(row.min()),
                thousands(row.max()),
                self.to_floor(row),
            )?;
        }
        Ok(())
    }
}

/// `1234567.8` as `1,234,568`.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let texts = [0.4, 999.6, 1234567.8].map(thousands);
        assert_eq!(texts, ["0", "1,000", "1,234,568"]);
    }

    #[test]
    fn the_report_has_medians_and_ratios() {
        let [workload, ..] = Workload::all();
        let mut report = Report::new(None, Value::Null);
        for (tool, rounds) in
            [(Tool::Floor, [300.0, 100.0, 200.0]), (Tool::Signer, [100.0, 90.0, 110.0])]
        {
            for round in rounds {
                report.add(&workload, tool, round);
            }
        }
        let row = report.rows.iter().find(|row| row.tool == Tool::Signer).unwrap();
        assert_eq!((row.min(), row.median(), row.max()), (90.0, 100.0, 110.0));
        assert_eq!((report.to_floor(row), report.name(row)), (0.5, "cospass Signer"));
    }
}
