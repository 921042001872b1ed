//! What a transaction does before it is committed: changes on top of tables that stay as they are.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;

use super::backend::{Rows, Run, Span, Table};

/// Changes to tables: a value, or `None` where a row is removed.
pub(super) type Changes = BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>;

/// A view of tables with changes that nobody else sees. Dropped, it leaves nothing.
pub(crate) struct Transaction<'a> {
    base: &'a dyn Rows,
    changes: Changes,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(base: &'a dyn Rows) -> Self {
        Self::with(base, Changes::new())
    }

    /// One that has made changes before.
    pub(super) fn with(base: &'a dyn Rows, changes: Changes) -> Self {
        Self { base, changes }
    }

    /// Puts a row in place of the one that has its key, if there is one.
    pub(super) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert((table, key), Some(value));
    }

    /// Removes a row, if it is there.
    pub(super) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.changes.insert((table, key), None);
    }

    pub(super) fn into_changes(self) -> Changes {
        self.changes
    }

    /// The changes of a table within a span.
    fn changes(
        &self,
        table: Table,
        (first, last): Span<'_>,
    ) -> impl Iterator<Item = (&Vec<u8>, &Option<Vec<u8>>)> {
        let is_before = move |key: &[u8]| match first {
            Bound::Included(first) => key < first,
            Bound::Excluded(first) => key <= first,
            Bound::Unbounded => false,
        };
        let is_behind = move |key: &[u8]| match last {
            Bound::Included(last) => key > last,
            Bound::Excluded(last) => key >= last,
            Bound::Unbounded => false,
        };
        let from = match first {
            Bound::Included(first) | Bound::Excluded(first) => first.to_vec(),
            Bound::Unbounded => Vec::new(),
        };
        self.changes
            .range((table, from)..)
            .map(|((of, key), value)| (*of, key, value))
            .skip_while(move |(of, key, _)| *of == table && is_before(key))
            .take_while(move |(of, key, _)| *of == table && !is_behind(key))
            .map(|(_, key, value)| (key, value))
    }
}

impl Rows for Transaction<'_> {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        match self.changes.get(&(table, key.to_vec())) {
            Some(changed) => Ok(changed.clone()),
            None => self.base.get(table, key),
        }
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
        let changed = self.changes(table, span).count();
        // So many that enough are left if each change removes one.
        let base = self.base.scan(table, span, most.saturating_add(changed))?;
        if changed == 0 {
            return Ok(base);
        }
        let mut rows: BTreeMap<_, _> = base.iter().collect();
        for (key, value) in self.changes(table, span) {
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(key.as_slice()),
            };
        }
        Ok(rows.into_iter().take(most).collect())
    }
}
