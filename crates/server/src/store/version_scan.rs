//! Looking through all versions of a bucket: two tables, those of the current and of the former versions, read side by
//! side.

use std::ops::Bound;

use cospass_protocol::Bucket;

use super::backend::{Rows, Run, Table};
use super::metadata::{bucket_key, decode};
use super::row::{Fields, RowKey};
use super::scan::{Step, past};
use super::version::{Asked, Former, Name, find_version_of};
use super::{Store, StoreError};

/// How many rows are read at first, and how many at most at a time. It begins with few, since it may be sent on.
const FIRST_ROWS: usize = 16;
const MOST_ROWS: usize = 512;

impl Store {
    /// Shows the versions of a bucket in byte order of their keys, of each the newest first, as `visit` steers: key,
    /// version, whether it is the newest. Where `from` leaves a key out, its versions after the one of that id are shown
    /// none the less, unless that is empty. One whose version is not there any more is begun anew.
    pub(crate) fn scan_versions(
        &self,
        bucket: &Bucket,
        from: Bound<String>,
        after: &str,
        mut visit: impl FnMut(&str, Former, bool) -> Step,
    ) -> Result<(), StoreError> {
        let rows = &*self.0.backend;
        let of_bucket = bucket_key(bucket.as_str());
        let mut before = None;
        let from = match from {
            Bound::Included(key) => of_bucket.clone().text(&key).first(),
            Bound::Excluded(key) if after.is_empty() => of_bucket.clone().text(&key).behind(),
            Bound::Excluded(key) => {
                let name = Name { bucket: bucket.as_str(), key: &key };
                let asked = Asked::read(after);
                let version = asked.map(|asked| find_version_of(rows, name, asked)).transpose()?;
                let first = of_bucket.clone().text(&key).first();
                before = version.flatten().map(|version| (key, version.number));
                first
            }
            Bound::Unbounded => of_bucket.clone().first(),
        };
        let to = of_bucket.clone().last();
        let cursor = |table| Cursor::new(rows, table, from.clone(), to.clone());
        let (mut currents, mut formers) = (cursor(Table::Objects), cursor(Table::Versions));
        while let Some((key, version)) = next(&mut currents, &mut formers)? {
            let mut is_latest = true;
            if let Some((_, number)) = before.as_ref().filter(|(last, _)| *last == key) {
                is_latest = false;
                // Known to whoever goes on, or moved from one table to the other meanwhile.
                if version.version().number <= *number {
                    continue;
                }
            }
            before = Some((key.clone(), version.version().number));
            match visit(&key, version, is_latest) {
                Step::Next => {}
                Step::Stop => return Ok(()),
                Step::Past(prefix) => match past(&prefix) {
                    Some(Bound::Included(key)) => {
                        currents.go_to(of_bucket.clone().text(&key));
                        formers.go_to(of_bucket.clone().text(&key));
                    }
                    _ => return Ok(()),
                },
            }
        }
        Ok(())
    }
}

/// The next version of both tables: the current one of a key before its former ones.
fn next(
    currents: &mut Cursor<'_>,
    formers: &mut Cursor<'_>,
) -> Result<Option<(String, Former)>, StoreError> {
    let (current, former) = (currents.key()?, formers.key()?);
    let is_current = match (&current, &former) {
        (None, None) => return Ok(None),
        (Some(_), None) => true,
        (None, Some(_)) => false,
        (Some(current), Some(former)) => current <= former,
    };
    Ok(match is_current {
        true => {
            currents.take()?.map(|row| Ok::<_, StoreError>(Former::Object(Box::new(decode(row)?))))
        }
        false => formers.take()?.map(decode),
    }
    .transpose()?
    .and_then(|version| Some((if is_current { current } else { former }?, version))))
}

/// A place in a table, from which rows are read as they are needed.
struct Cursor<'a> {
    rows: &'a dyn Rows,
    table: Table,
    from: Bound<Vec<u8>>,
    to: Bound<Vec<u8>>,
    most: usize,
    read: Run,
    /// How many rows of it are passed.
    passed: usize,
    is_at_end: bool,
}

impl<'a> Cursor<'a> {
    fn new(rows: &'a dyn Rows, table: Table, from: Bound<Vec<u8>>, to: Bound<Vec<u8>>) -> Self {
        let (most, read) = (FIRST_ROWS, Run::default());
        Self { rows, table, from, to, most, read, passed: 0, is_at_end: false }
    }

    /// The object's key of the next row.
    fn key(&mut self) -> Result<Option<String>, StoreError> {
        self.fill()?;
        let Some((row, _)) = self.read.row(self.passed) else {
            return Ok(None);
        };
        let mut fields = Fields(row);
        match (fields.text(), fields.text()) {
            (Some(_), Some(key)) => Ok(Some(key.into_owned())),
            _ => Err(StoreError::Key),
        }
    }

    /// The value of the next row, which is passed.
    fn take(&mut self) -> Result<Option<&[u8]>, StoreError> {
        self.fill()?;
        let passed = self.passed;
        self.passed = passed.saturating_add(1);
        Ok(self.read.row(passed).map(|(_, value)| value))
    }

    /// Goes on to a row, if it lies ahead.
    fn go_to(&mut self, row: RowKey) {
        while self.read.row(self.passed).is_some_and(|(there, _)| there < row.as_bytes()) {
            self.passed = self.passed.saturating_add(1);
        }
        if self.is_passed() {
            (self.from, self.most) = (row.first(), FIRST_ROWS);
        }
    }

    /// Whether there is nothing left of what was read.
    fn is_passed(&self) -> bool {
        self.passed >= self.read.len()
    }

    fn fill(&mut self) -> Result<(), StoreError> {
        if !self.is_passed() || self.is_at_end {
            return Ok(());
        }
        let span = (self.from.as_ref().map(Vec::as_slice), self.to.as_ref().map(Vec::as_slice));
        let run = self.rows.scan(self.table, span, self.most)?;
        self.is_at_end = run.len() < self.most;
        if let Some((last, _)) = run.last() {
            self.from = Bound::Excluded(last.to_vec());
        }
        self.most = self.most.saturating_mul(2).min(MOST_ROWS);
        (self.read, self.passed) = (run, 0);
        Ok(())
    }
}
