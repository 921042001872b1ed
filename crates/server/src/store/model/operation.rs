//! What happens to a store and to its model: buckets and uploads in parts here, objects in `objects.rs`.

use std::fmt::Debug;

use super::case::{Case, refused};
use super::expected::{At, Model, Parts};
use crate::store::tests::{bucket_record, draft};
use crate::store::{PartRecord, StoreError, Versioning};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Put,
    PutIfAbsent,
    Append,
    Delete,
    Copy,
    Tag,
    Settle,
    Begin,
    Part,
    Complete,
    Abort,
    Keep,
    CreateBucket,
    DeleteBucket,
    Sweep,
}

/// As often as they happen.
const OPERATIONS: [Operation; 24] = [
    Operation::Put,
    Operation::Put,
    Operation::Put,
    Operation::PutIfAbsent,
    Operation::Append,
    Operation::Append,
    Operation::Append,
    Operation::Delete,
    Operation::Delete,
    Operation::Delete,
    Operation::Copy,
    Operation::Copy,
    Operation::Copy,
    Operation::Tag,
    Operation::Settle,
    Operation::Begin,
    Operation::Part,
    Operation::Part,
    Operation::Complete,
    Operation::Abort,
    Operation::Keep,
    Operation::CreateBucket,
    Operation::DeleteBucket,
    Operation::Sweep,
];

/// Compares what came of an operation with what had to. What is not to be refused may have happened, even if there is an
/// error of the disk.
pub(super) fn judge<T: Debug>(
    done: Result<T, StoreError>,
    refusal: Option<StoreError>,
    happens: impl FnOnce(),
) -> Result<Option<T>, StoreError> {
    match (done, refusal) {
        (Err(StoreError::Io(error)), Some(_)) => Err(error.into()),
        (Err(StoreError::Io(error)), None) => {
            happens();
            Err(error.into())
        }
        (Err(error), refusal) => {
            assert_eq!(format!("{error:?}"), refusal.map_or("no".into(), |it| format!("{it:?}")));
            Ok(None)
        }
        (Ok(done), None) => {
            happens();
            Ok(Some(done))
        }
        (Ok(done), Some(refusal)) => panic!("{done:?} is to be refused: {refusal:?}"),
    }
}

impl Case<'_> {
    pub(super) fn operation(&mut self) -> Operation {
        self.chance.of(&OPERATIONS)
    }

    /// Does something, and makes of the model what it has to become, or may have become if there is an error.
    pub(super) fn attempt(
        &mut self,
        operation: Operation,
        after: &mut Model,
    ) -> Result<(), StoreError> {
        let at = self.somewhere();
        match operation {
            Operation::Put => self.put(&at, after, false),
            Operation::PutIfAbsent => self.put(&at, after, true),
            Operation::Append => self.append(&at, after),
            Operation::Delete => self.delete(&at.bucket, after),
            Operation::Copy => self.copy(&at, after),
            Operation::Tag => self.tag(&at, after),
            Operation::Settle => self.settle(&at.bucket, after),
            Operation::Begin => self.begin(at, after),
            Operation::Part => self.part(after),
            Operation::Complete => self.complete(after),
            Operation::Abort => self.abort(after),
            Operation::Keep => self.keep(&at, after),
            Operation::CreateBucket => self.create_bucket(&at, after),
            Operation::DeleteBucket => self.delete_bucket(&at, after),
            Operation::Sweep => self.store().sweep(None).map(|_| ()),
        }
    }

    fn begin(&mut self, at: At, after: &mut Model) -> Result<(), StoreError> {
        let begun = self.store().begin_parts(&at.bucket(), &at.key(), draft(), String::new());
        let begun = judge(begun, after.no_bucket(&at.bucket), || {})?;
        if let Some(name) = begun {
            after.uploads.insert((at, name.id), Parts::new());
        }
        Ok(())
    }

    fn part(&mut self, after: &mut Model) -> Result<(), StoreError> {
        let Some((at, id)) = self.upload(after) else { return Ok(()) };
        let (bytes, number) = (self.chance.bytes(), self.chance.below(3) as u16 + 1);
        let mut part = self.store().upload()?;
        part.write(&bytes)?;
        let done = self.store().commit_part(part, &at.upload(&id), number, self.now);
        let parts = after.uploads.get_mut(&(at, id)).unwrap();
        judge(done, None, || _ = parts.insert(number, bytes)).map(|_| ())
    }

    /// All of the parts but one, at times.
    fn complete(&mut self, after: &mut Model) -> Result<(), StoreError> {
        let Some((at, id)) = self.upload(after) else { return Ok(()) };
        let leave = self.chance.below(6) as u16;
        let parts = after.uploads[&(at.clone(), id.clone())].clone();
        let is_empty = parts.keys().all(|number| *number == leave);
        let chosen = parts.iter().filter(|(number, _)| **number != leave);
        let bytes: Vec<u8> = chosen.flat_map(|(_, bytes)| bytes.clone()).collect();
        let choose = |there: &[(u16, PartRecord)]| {
            let chosen = there.iter().filter(|(number, _)| *number != leave);
            match is_empty {
                true => Err(refused()),
                false => Ok(chosen.map(|(_, part)| part.clone()).collect()),
            }
        };
        let done = self.store().complete_parts(&at.upload(&id), self.now, choose, |_| Ok(()));
        let completed = judge(done, is_empty.then_some(refused()), || {
            after.uploads.remove(&(at.clone(), id));
            after.put(&at, super::objects::object(bytes, &draft()));
        })?;
        if let Some(record) = completed {
            after.name_newest(&at, &record.version.id());
        }
        Ok(())
    }

    fn abort(&mut self, after: &mut Model) -> Result<(), StoreError> {
        let Some((at, id)) = self.upload(after) else { return Ok(()) };
        let done = self.store().abort_parts(&at.upload(&id));
        judge(done, None, || _ = after.uploads.remove(&(at, id))).map(|_| ())
    }

    fn upload(&mut self, model: &Model) -> Option<(At, String)> {
        let all: Vec<_> = model.uploads.keys().cloned().collect();
        (!all.is_empty()).then(|| self.chance.of(&all))
    }

    /// Versions are kept from now on, or not any more.
    pub(super) fn keep(&mut self, at: &At, after: &mut Model) -> Result<(), StoreError> {
        let (status, versioning) = self.chance.of(&[
            ("Enabled", Versioning::Enabled),
            ("Enabled", Versioning::Enabled),
            ("Suspended", Versioning::Suspended),
        ]);
        let document =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let done = self.store().change_configurations(&at.bucket(), |there| {
            Ok::<_, StoreError>(there.with("versioning", "", document.clone(), self.now).unwrap())
        });
        let refusal = after.no_bucket(&at.bucket);
        judge(done, refusal, || _ = after.buckets.insert(at.bucket.clone(), versioning)).map(|_| ())
    }

    fn create_bucket(&mut self, at: &At, after: &mut Model) -> Result<(), StoreError> {
        let done = self.store().create_bucket(&at.bucket(), bucket_record());
        let refusal = after.buckets.contains_key(&at.bucket).then_some(StoreError::BucketExists);
        let happens = || _ = after.buckets.insert(at.bucket.clone(), Versioning::Never);
        judge(done, refusal, happens).map(|_| ())
    }

    fn delete_bucket(&mut self, at: &At, after: &mut Model) -> Result<(), StoreError> {
        let done = self.store().delete_bucket(&at.bucket());
        let not_empty = (!after.is_empty(&at.bucket)).then_some(StoreError::BucketNotEmpty);
        let refusal = not_empty.or_else(|| after.no_bucket(&at.bucket));
        judge(done, refusal, || _ = after.buckets.remove(&at.bucket)).map(|_| ())
    }
}
