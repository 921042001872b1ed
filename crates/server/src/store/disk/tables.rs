//! Tables in one transactional file.
//!
//! Writers that come at the same time share a transaction of the database, and so its wait for the disk: each runs in its
//! turn and sees what those before it did; the last of those that wait commits for all. Who comes alone waits for nobody, and
//! who has had a turn waits for the outcome of that transaction alone, not for those that come behind it.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};

use redb::backends::FileBackend;
use redb::{
    Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable,
    RepairSession, StorageBackend, TableDefinition, WriteTransaction,
};
use tokio::sync::watch;

use super::checked::{seal, unseal};
use super::submitted::Submitted;
use super::{Syncing, system};
use crate::private;
use crate::store::backend::{Rows, Run, Span, Table, Verdict};
use crate::store::transaction::{Changes, Transaction};

/// How much of the file is kept in memory, in bytes; the system keeps more of it.
const CACHE: usize = 8 << 20;

/// The same while the file is repaired. All of it is read then, once, and what is kept of it is of no use; but memory that was
/// taken in small pieces does not go back to the system.
const CACHE_OF_REPAIR: usize = 512 << 10;

/// So many writers share a transaction at most, so that the first of them does not wait without end.
pub(super) const MOST_WRITERS: usize = 256;

/// Changes of a batch that are longer than so many bytes are not gathered any more.
const MOST_GATHERED: usize = 1 << 20;

pub(in crate::store) struct Tables {
    path: PathBuf,
    sync: Syncing,
    /// After an error of the disk, a full one for instance, a database refuses everything until it is opened anew. `None`
    /// when that failed, too.
    pub(in crate::store) database: RwLock<Option<Database>>,
    /// How many writers wait for their turn.
    waiting: AtomicUsize,
    /// Whose turn it is holds it, and whoever commits.
    batch: Mutex<Option<Batch>>,
    pub(super) submitted: Submitted,
    /// Dropped when the database is, which a thread that wrote to it may still hold when nobody else does.
    pub(in crate::store) open: watch::Sender<()>,
}

/// Writers that share a transaction.
pub(super) struct Batch {
    transaction: WriteTransaction,
    writers: usize,
    /// What is not in the transaction yet. It goes there in the order of its keys: those that come in their order, as they do
    /// when many upload the files of a folder, fill pages of the database one behind the other, where each that came late
    /// would leave two of them half empty. A scan reads as many pages fewer.
    gathered: Changes,
    /// How many bytes that is.
    length: usize,
    /// Whether there is something to commit.
    is_changed: bool,
    ending: Ending,
}

/// What came of a batch, for all of its writers.
#[derive(Default)]
pub(super) struct Outcome {
    known: Mutex<Option<Result<(), Arc<io::Error>>>>,
    ended: Condvar,
}

/// Settles an outcome, at the latest when it is dropped, so that nobody waits for what will never be.
struct Ending(Arc<Outcome>);

impl Tables {
    pub(super) fn open(path: &Path, sync: Syncing) -> io::Result<Self> {
        match private::create_file(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let database = open(path, sync).map_err(failure)?;
        Ok(Self {
            path: path.to_owned(),
            sync,
            database: RwLock::new(Some(database)),
            waiting: AtomicUsize::new(0),
            batch: Mutex::new(None),
            submitted: Submitted::default(),
            open: watch::Sender::default(),
        })
    }

    fn read<T>(&self, run: impl Fn(&ReadTransaction) -> Result<T, redb::Error>) -> io::Result<T> {
        // The transaction ends before the lock is released, so that the database can be closed.
        let attempt = || {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            run(&database.as_ref().ok_or(redb::Error::PreviousIo)?.begin_read()?)
        };
        match attempt() {
            Err(redb::Error::PreviousIo) => {
                self.reopen()?;
                attempt().map_err(failure)
            }
            read => read.map_err(failure),
        }
    }

    pub(super) fn write(
        &self,
        run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict,
    ) -> io::Result<()> {
        let mut ran = Ok(());
        let outcome = self.share(|batch| ran = batch.run(run))?;
        // A verdict holds only if what it was based on is committed.
        let outcome = outcome.wait();
        if let Err(panic) = ran {
            resume_unwind(panic);
        }
        outcome.map_err(|error| io::Error::new(error.kind(), error))
    }

    /// Has a turn at the transaction that is shared, and tells where its outcome will be.
    pub(super) fn share(&self, run: impl FnOnce(&mut Batch)) -> io::Result<Arc<Outcome>> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut turn = self.batch.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let mut batch = match turn.take() {
            Some(batch) => batch,
            None => Batch::new(self.begin()?),
        };
        run(&mut batch);
        let outcome = Arc::clone(&batch.ending.0);
        if self.waiting.load(Ordering::SeqCst) > 0 && batch.writers < MOST_WRITERS {
            // Who waits takes the batch over.
            *turn = Some(batch);
        } else {
            batch.end();
        }
        Ok(outcome)
    }

    fn begin(&self) -> io::Result<WriteTransaction> {
        let begin = || {
            let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
            begin_write(database.as_ref())
        };
        match begin() {
            Err(redb::Error::PreviousIo) => {
                self.reopen()?;
                begin().map_err(failure)
            }
            begun => begun.map_err(failure),
        }
    }

    /// Opens the database anew, unless another thread just did.
    fn reopen(&self) -> io::Result<()> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        if begin_write(database.as_ref()).is_err() {
            tracing::warn!("the metadata is opened anew after an error of the disk");
            *database = None;
            system::forget_cached(&self.path)?;
            *database = Some(open(&self.path, self.sync).map_err(failure)?);
        }
        Ok(())
    }
}

impl Rows for Tables {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        self.read(|read| get(&read.open_table(definition(table))?, key))
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
        self.read(|read| scan(&read.open_table(definition(table))?, span, most))
    }
}

impl Batch {
    fn new(transaction: WriteTransaction) -> Self {
        let (gathered, ending) = (Changes::new(), Ending(Arc::default()));
        Self { transaction, writers: 0, gathered, length: 0, is_changed: false, ending }
    }

    /// Runs one writer's transaction, of which nothing stays if it is aborted or panics.
    pub(super) fn run(
        &mut self,
        run: &mut dyn FnMut(&mut Transaction<'_>) -> Verdict,
    ) -> Result<(), Box<dyn Any + Send>> {
        self.writers = self.writers.saturating_add(1);
        if self.ending.has_failed() {
            return Ok(());
        }
        let shared = Shared(&self.transaction);
        let before = Transaction::with(&shared, std::mem::take(&mut self.gathered));
        let mut transaction = Transaction::new(&before);
        let ran = catch_unwind(AssertUnwindSafe(|| run(&mut transaction)));
        let changes = transaction.into_changes();
        self.gathered = before.into_changes();
        if ran? == Verdict::Abort {
            return Ok(());
        }
        self.is_changed = true;
        for ((table, key), value) in changes {
            let length = key.len().saturating_add(value.as_ref().map_or(0, Vec::len));
            self.length = self.length.saturating_add(length);
            self.gathered.insert((table, key), value);
        }
        if self.length > MOST_GATHERED {
            self.apply();
        }
        Ok(())
    }

    /// Hands what was gathered to the transaction.
    fn apply(&mut self) {
        self.length = 0;
        if let Err(error) = apply(&self.transaction, std::mem::take(&mut self.gathered)) {
            // Half of it may have been applied: the whole batch has failed.
            self.ending.settle(Err(failure(error)));
        }
    }

    fn end(mut self) {
        if !self.ending.has_failed() {
            self.apply();
        }
        let Self { transaction, is_changed, ending, .. } = self;
        let ended = match is_changed && !ending.has_failed() {
            true => transaction.commit().map_err(failure),
            false => transaction.abort().map_err(failure),
        };
        ending.settle(ended);
    }
}

impl Outcome {
    /// Waits until the batch has ended.
    pub(super) fn wait(&self) -> Result<(), Arc<io::Error>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.ended.wait_while(known, |known| known.is_none());
        known.unwrap_or_else(PoisonError::into_inner).clone().unwrap_or(Ok(()))
    }
}

impl Ending {
    fn has_failed(&self) -> bool {
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.is_some()
    }

    /// What failed before stays failed.
    fn settle(&self, ended: io::Result<()>) {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_or_insert(ended.map_err(Arc::new));
        drop(known);
        self.0.ended.notify_all();
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.settle(Err(io::Error::other("a transaction of the metadata was given up")));
    }
}

/// Makes changes in the order of tables and keys.
fn apply(transaction: &WriteTransaction, changes: Changes) -> Result<(), redb::Error> {
    let mut changes = changes.into_iter().peekable();
    while let Some(&((table, _), _)) = changes.peek() {
        let mut rows = transaction.open_table(definition(table))?;
        while let Some(((_, key), value)) = changes.next_if(|((of, _), _)| *of == table) {
            match value {
                Some(value) => rows.insert(key.as_slice(), seal(&key, value).as_slice())?,
                None => rows.remove(key.as_slice())?,
            };
        }
    }
    Ok(())
}

/// The tables within a transaction of the database.
struct Shared<'a>(&'a WriteTransaction);

impl Rows for Shared<'_> {
    fn get(&self, table: Table, key: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let table = self.0.open_table(definition(table)).map_err(failure)?;
        get(&table, key).map_err(failure)
    }

    fn scan(&self, table: Table, span: Span<'_>, most: usize) -> io::Result<Run> {
        let table = self.0.open_table(definition(table)).map_err(failure)?;
        scan(&table, span, most).map_err(failure)
    }
}

type Bytes = &'static [u8];

fn definition(table: Table) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(table.name())
}

fn get(
    table: &impl ReadableTable<Bytes, Bytes>,
    key: &[u8],
) -> Result<Option<Vec<u8>>, redb::Error> {
    Ok(table.get(key)?.map(|value| unseal(key, value.value()).map(<[u8]>::to_vec)).transpose()?)
}

fn scan(
    table: &impl ReadableTable<Bytes, Bytes>,
    span: Span<'_>,
    most: usize,
) -> Result<Run, redb::Error> {
    let mut run = Run::default();
    for row in table.range::<&[u8]>(span)?.take(most) {
        let (key, value) = row?;
        run.push(key.value(), unseal(key.value(), value.value())?);
    }
    Ok(run)
}

fn open(path: &Path, sync: Syncing) -> Result<Database, redb::Error> {
    let database = match open_file(path, sync, CACHE, Repair::Refused) {
        Err(DatabaseError::RepairAborted) => {
            tracing::info!("the metadata was not closed, and is read whole before it is used");
            drop(open_file(path, sync, CACHE_OF_REPAIR, Repair::Done)?);
            open_file(path, sync, CACHE, Repair::Done)?
        }
        opened => opened?,
    };
    // Reading a table that was never written would fail.
    let write = database.begin_write()?;
    for table in Table::ALL {
        write.open_table(definition(table))?;
    }
    write.commit()?;
    Ok(database)
}

/// What becomes of a file that the process which had it open did not close.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repair {
    Done,
    /// Nothing is changed.
    Refused,
}

fn open_file(
    path: &Path,
    sync: Syncing,
    cache: usize,
    repair: Repair,
) -> Result<Database, DatabaseError> {
    let mut builder = Builder::new();
    builder.set_cache_size(cache);
    if repair == Repair::Refused {
        builder.set_repair_callback(RepairSession::abort);
    }
    let file = std::fs::File::options().read(true).write(true).open(path);
    let file = file.map_err(redb::StorageError::from)?;
    system::read_at_random(&file);
    let file = FileBackend::new(file)?;
    match sync {
        Syncing::Always => builder.create_with_backend(file),
        Syncing::Never => builder.create_with_backend(Unsynced(file)),
    }
}

fn begin_write(database: Option<&Database>) -> Result<WriteTransaction, redb::Error> {
    Ok(database.ok_or(redb::Error::PreviousIo)?.begin_write()?)
}

fn failure<E: Into<redb::Error>>(error: E) -> io::Error {
    match error.into() {
        redb::Error::Io(error) => error,
        error => io::Error::other(error),
    }
}

/// A file that is not waited for.
#[derive(Debug)]
struct Unsynced(FileBackend);

impl StorageBackend for Unsynced {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use super::*;

    fn needs_repair(path: &Path) -> bool {
        let opened = open_file(path, Syncing::Always, CACHE, Repair::Refused);
        match opened.map(drop) {
            Ok(()) => false,
            Err(DatabaseError::RepairAborted) => true,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_was_not_closed_is_repaired_once() {
        let folder = tempfile::tempdir().unwrap();
        let [closed, left] = ["closed", "left"].map(|name| folder.path().join(name));
        let tables = Tables::open(&closed, Syncing::Always).unwrap();
        let mut put = |tables: &mut Transaction<'_>| {
            tables.put(Table::About, b"key".to_vec(), b"value".to_vec());
            Verdict::Commit
        };
        tables.write(&mut put).unwrap();
        // What another process finds when this one was killed.
        std::fs::copy(&closed, &left).unwrap();
        drop(tables);
        assert!(needs_repair(&left) && needs_repair(&left) && !needs_repair(&closed));
        let tables = Tables::open(&left, Syncing::Always).unwrap();
        assert_eq!(tables.get(Table::About, b"key").unwrap(), Some(b"value".to_vec()));
        drop(tables);
        assert!(!needs_repair(&left), "it is repaired, and was closed");
    }

    #[test]
    fn who_shares_a_transaction_sees_what_those_before_did_whether_it_is_applied_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let tables = Tables::open(&folder.path().join("tables"), Syncing::Never).unwrap();
        let put = |key: u8, length: usize, verdict| {
            move |tables: &mut Transaction<'_>| {
                tables.put(Table::Objects, vec![key], vec![key; length]);
                verdict
            }
        };
        let keys = |rows: &dyn Rows| {
            let run = rows.scan(Table::Objects, (Bound::Unbounded, Bound::Unbounded), 9).unwrap();
            run.iter().map(|(key, _)| key[0]).collect::<Vec<_>>()
        };
        let outcome = tables.share(|batch| {
            let mut seen = Vec::new();
            // The second is too long to be gathered.
            for (key, length) in [(3, 1), (1, MOST_GATHERED), (2, 1)] {
                batch.run(&mut put(key, length, Verdict::Commit)).unwrap();
                batch.run(&mut put(0, 1, Verdict::Abort)).unwrap();
                let mut look = |tables: &mut Transaction<'_>| {
                    seen.push(keys(tables));
                    Verdict::Abort
                };
                batch.run(&mut look).unwrap();
                assert_eq!(batch.gathered.is_empty(), key == 1);
            }
            assert_eq!(seen, [vec![3], vec![1, 3], vec![1, 2, 3]]);
            let remove = |tables: &mut Transaction<'_>| {
                tables.remove(Table::Objects, vec![1]);
                Verdict::Commit
            };
            batch.run(&mut { remove }).unwrap();
        });
        outcome.unwrap().wait().unwrap();
        assert_eq!(keys(&tables), [2, 3]);
    }
}
