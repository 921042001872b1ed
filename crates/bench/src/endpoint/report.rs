//! The table and the JSON file.
//!
//! The file is one object:
//!
//! | field | meaning |
//! |---|---|
//! | `cospass` | its version |
//! | `nginx`, `wrk` | whether they are installed; what needs them is otherwise not there: not run |
//! | `rounds` | how often each server had each turn |
//! | `results[].what`, `.tool`, `.unit` | what was measured, of which server (`disk`: the bare file, `md5`: the bare hash), in which unit |
//! | `results[].median`, `.min`, `.max` | over the rounds |
//! | `ratios[].what`, `.cospass_to_nginx` | medians; above 1 the endpoint does better, whatever the unit |
//! | `floors[].what`, `.cospass_to_slowest` | medians: of the endpoint, to the slower of the bare file and the bare hash |

use std::fmt;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Outcome, ROUNDS};

/// Who was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Cospass,
    Nginx,
    /// The bare file.
    Disk,
    /// The bare hash.
    Md5,
}

impl Tool {
    const fn name(self) -> &'static str {
        match self {
            Self::Cospass => "cospass",
            Self::Nginx => "nginx",
            Self::Disk => "disk",
            Self::Md5 => "md5",
        }
    }
}

/// Which way of a number is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

pub(crate) struct Report {
    has_nginx: bool,
    has_wrk: bool,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    tool: Tool,
    unit: &'static str,
    better: Better,
    /// In ascending order.
    rounds: Vec<f64>,
}

impl Row {
    fn median(&self) -> f64 {
        self.rounds.get(self.rounds.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn bounds(&self) -> (f64, f64) {
        let bound = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
        (bound(self.rounds.first()), bound(self.rounds.last()))
    }
}

impl Report {
    pub(crate) fn new(has_nginx: bool, has_wrk: bool) -> Self {
        Self { has_nginx, has_wrk, rows: Vec::new() }
    }

    pub(crate) fn add(
        &mut self,
        what: &str,
        tool: Tool,
        unit: &'static str,
        better: Better,
        value: f64,
    ) {
        let row = self.rows.iter_mut().find(|row| row.what == what && row.tool == tool);
        match row {
            Some(row) => {
                row.rounds.push(value);
                row.rounds.sort_by(f64::total_cmp);
            }
            None => {
                let what = what.to_owned();
                self.rows.push(Row { what, tool, unit, better, rounds: vec![value] });
            }
        }
    }

    /// Memory in bytes, where the system tells it.
    pub(crate) fn memory(&mut self, what: &str, tool: Tool, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            self.add(what, tool, "MB", Better::Less, bytes as f64 / 1e6);
        }
    }

    /// How many times better the endpoint does than nginx, by row of the endpoint.
    fn ratio(&self, ours: &Row) -> Option<f64> {
        let is_theirs = |row: &&Row| {
            // An upload of nginx waits for no disk; it has a name of its own, and is compared all the same.
            let durable_or_not = ours.what.replace(", durable", ", not durable");
            row.tool == Tool::Nginx && [&ours.what, &durable_or_not].contains(&&row.what)
        };
        let theirs = self.rows.iter().find(is_theirs).filter(|_| ours.tool == Tool::Cospass)?;
        Some(match ours.better {
            Better::More => ours.median() / theirs.median(),
            Better::Less => theirs.median() / ours.median(),
        })
    }

    /// What part the endpoint has of what the slowest thing that it has to do allows, by row of the endpoint.
    fn of_the_slowest(&self, ours: &Row) -> Option<f64> {
        let is_floor =
            |row: &&Row| matches!(row.tool, Tool::Disk | Tool::Md5) && row.what == ours.what;
        let floors = self.rows.iter().filter(is_floor).filter(|_| ours.tool == Tool::Cospass);
        Some(ours.median() / floors.map(Row::median).reduce(f64::min)?)
    }

    pub(crate) fn write(&self, out: &Path) -> Outcome<()> {
        let result = |row: &Row| {
            let (min, max) = row.bounds();
            json!({
                "what": row.what,
                "tool": row.tool.name(),
                "unit": row.unit,
                "median": row.median(),
                "min": min,
                "max": max,
            })
        };
        let ratios = self.rows.iter().filter_map(|row| {
            Some(json!({ "what": row.what, "cospass_to_nginx": self.ratio(row)? }))
        });
        let floors = self.rows.iter().filter_map(|row| {
            Some(json!({ "what": row.what, "cospass_to_slowest": self.of_the_slowest(row)? }))
        });
        let file = json!({
            "cospass": env!("CARGO_PKG_VERSION"),
            "nginx": self.has_nginx,
            "wrk": self.has_wrk,
            "rounds": ROUNDS,
            "results": self.rows.iter().map(result).collect::<Vec<Value>>(),
            "ratios": ratios.collect::<Vec<Value>>(),
            "floors": floors.collect::<Vec<Value>>(),
        });
        if let Some(folder) = out.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(out, format!("{file:#}\n"))?;
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:38} {:8} {:>10} {:10} {:>21}  to nginx", "", "", "median", "", "min … max")?;
        let mut last = "";
        for row in &self.rows {
            let what = if row.what == last { "" } else { &row.what };
            last = &row.what;
            let (min, max) = row.bounds();
            write!(
                f,
                "{what:38} {:8} {:>10.1} {:10} {min:>9.1} … {max:>9.1}",
                row.tool.name(),
                row.median(),
                row.unit
            )?;
            match (self.ratio(row), self.of_the_slowest(row)) {
                (Some(ratio), None) => writeln!(f, "  {ratio:.2}")?,
                (Some(ratio), Some(part)) => {
                    writeln!(
                        f,
                        "  {ratio:.2}; {part:.2} of what the slower of hash and disk allows"
                    )?;
                }
                (None, Some(part)) => writeln!(f, "        {part:.2} of what the slowest allows")?,
                (None, None) => writeln!(f)?,
            }
        }
        for (is_there, name, what) in [
            (self.has_nginx, "nginx", "comparisons"),
            (self.has_wrk, "wrk", "downloads under load"),
        ] {
            if !is_there {
                writeln!(f, "{name} is not installed: {what} were not run")?;
            }
        }
        Ok(())
    }
}
