//! What happens to objects and their versions: put, appended to, copied, tagged, deleted, expired.

use cospass_protocol::operation::StorageClass;
use cospass_protocol::{Tag, TagSet};

use super::case::{Case, refused};
use super::expected::{At, Model, Object};
use super::operation::judge;
use crate::lifecycle::Fate;
use crate::store::tests::draft;
use crate::store::{Appended, Draft, Due, Kind, ObjectRecord, StoreError, Upload, tag_pairs};

/// What an upload of some bytes amounts to.
pub(super) fn object(bytes: Vec<u8>, draft: &Draft) -> Object {
    Object {
        bytes,
        tags: draft.tags.clone(),
        class: draft.storage_class,
        is_appendable: draft.kind == Kind::Appendable,
    }
}

impl Case<'_> {
    pub(super) fn put(
        &mut self,
        at: &At,
        after: &mut Model,
        wants_none: bool,
    ) -> Result<(), StoreError> {
        let (bytes, draft) = (self.chance.bytes(), self.draft());
        let upload = self.write(&bytes)?;
        let check = |there: Option<&ObjectRecord>| match there {
            Some(_) if wants_none => Err(refused()),
            _ => Ok(()),
        };
        let put = self.store().commit(upload, &at.bucket(), &at.key(), draft.clone(), check);
        let is_there = (wants_none && after.current(at).is_some()).then_some(refused());
        let refusal = after.no_bucket(&at.bucket).or(is_there);
        if let Some(record) = judge(put, refusal, || after.put(at, object(bytes, &draft)))? {
            after.name_newest(at, &record.version.id());
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Upload, StoreError> {
        let mut upload = self.store().upload()?;
        upload.write(bytes)?;
        Ok(upload)
    }

    /// Appends where the object ends, or elsewhere.
    pub(super) fn append(&mut self, at: &At, after: &mut Model) -> Result<(), StoreError> {
        let there = after.current(at);
        let end = there.map_or(0, |there| there.bytes.len() as u64);
        let position = self.chance.of(&[end, end, end, end + 1]);
        let may_be = there.is_none_or(|there| there.is_appendable) && position == end;
        let bytes = self.chance.bytes();
        let draft = Draft { kind: Kind::Appendable, ..self.draft() };
        let appended = match bytes.len() < 1000 && self.chance.below(4) > 0 {
            true => Appended::Few(bytes.clone(), None),
            false => Appended::Upload(Box::new(self.write(&bytes)?)),
        };
        let check = |there: Option<&ObjectRecord>| match there {
            Some(there) if there.kind != Kind::Appendable => Err(refused()),
            there if there.map_or(0, |there| there.size) != position => Err(refused()),
            _ => Ok(()),
        };
        let done = self.store().append(appended, &at.bucket(), &at.key(), &draft, check);
        let refusal = (!may_be).then_some(refused()).or_else(|| after.no_bucket(&at.bucket));
        if let Some(record) = judge(done, refusal, || after.append(at, object(bytes, &draft)))? {
            after.name_newest(at, &record.version.id());
        }
        Ok(())
    }

    /// Copies the current version, or another. What was made by appending is not copied (436/7741).
    pub(super) fn copy(&mut self, at: &At, after: &mut Model) -> Result<(), StoreError> {
        let from = self.somewhere();
        let asked = self.some_version(&from, after);
        let draft = self.draft();
        let plan = |there: &ObjectRecord| match there.kind {
            Kind::Appendable => Err(refused()),
            _ => Ok(draft.clone()),
        };
        let (bucket, key) = (from.bucket(), from.key());
        let source = (&bucket, &key, asked.as_deref());
        let done = self.store().copy(source, (&at.bucket(), &at.key()), plan, |_| Ok(()));
        let (bytes, refusal) = match after.find(&from, asked.as_deref()) {
            Err(error) => (Vec::new(), Some(error)),
            Ok(there) if there.is_appendable => (Vec::new(), Some(refused())),
            Ok(there) => (there.bytes.clone(), after.no_bucket(&at.bucket)),
        };
        if let Some(record) = judge(done, refusal, || after.put(at, object(bytes, &draft)))? {
            after.name_newest(at, &record.version.id());
        }
        Ok(())
    }

    pub(super) fn tag(&mut self, at: &At, after: &mut Model) -> Result<(), StoreError> {
        let asked = self.some_version(at, after);
        let value = self.chance.of(&["1", "2"]).to_owned();
        let tags = TagSet::new(vec![Tag { key: "t".to_owned(), value }], 10).unwrap();
        let done = self.store().set_object_tags(&at.bucket(), &at.key(), asked.as_deref(), &tags);
        let refusal = after.find(at, asked.as_deref()).err();
        let happens = || after.find_mut(at, asked.as_deref()).unwrap().tags = tag_pairs(&tags);
        judge(done, refusal, happens).map(|_| ())
    }

    /// Deletes up to three objects or versions of a bucket at once.
    pub(super) fn delete(&mut self, bucket: &str, after: &mut Model) -> Result<(), StoreError> {
        let number = self.chance.of(&[1, 1, 2, 3]);
        let some: Vec<_> = (0..number).map(|_| self.somewhere_in(bucket)).collect();
        let some = some.into_iter().map(|at| (self.some_version(&at, after), at));
        let some: Vec<(Option<String>, At)> = some.collect();
        let objects: Vec<_> = some.iter().map(|(id, at)| (at.key(), id.clone())).collect();
        let of = self.somewhere_in(bucket).bucket();
        let done = self.store().delete_objects(&of, &objects, self.now);
        let refusal = after.no_bucket(bucket);
        let deleted = judge(done, refusal, || {
            some.iter().for_each(|(id, at)| after.delete(at, id.as_deref()));
        })?;
        // Of a key that was deleted twice, the last marker is the newest.
        for (index, deleted) in deleted.unwrap_or_default().into_iter().enumerate() {
            // Nothing is locked here.
            let deleted = deleted.unwrap();
            let (id, at) = &some[index];
            let is_last = some[index + 1..].iter().all(|(_, other)| other != at);
            if let (None, Some(marker), true) = (id, deleted.marker, is_last) {
                after.name_newest(at, &marker);
            }
        }
        Ok(())
    }

    /// Does what lifecycle rules may ask for, to some versions at once.
    pub(super) fn settle(&mut self, bucket: &str, after: &mut Model) -> Result<(), StoreError> {
        let archived = StorageClass::Archive;
        let fate = self.chance.of(&[Fate::Goes, Fate::Goes, Fate::Changes(archived), Fate::Stays]);
        let mut due: Vec<(At, Option<String>)> = Vec::new();
        for _ in 0..self.chance.of(&[1, 2, 3]) {
            let at = self.somewhere_in(bucket);
            let former = self.some_version(&at, after);
            // Rules look at each key once.
            if due.iter().all(|(there, _)| *there != at) {
                due.push((at, former));
            }
        }
        let as_due = |(at, id): &(At, Option<String>)| Due {
            key: at.key(),
            former: id.clone().map(|id| (id, self.now)),
        };
        let all: Vec<_> = due.iter().map(as_due).collect();
        let of = self.somewhere_in(bucket).bucket();
        let done = self.store().settle(&of, &all, self.now, |_, _| fate);
        let changed = |after: &Model, (at, id): &(At, Option<String>)| {
            let is_current = id.is_some()
                && after.current(at).is_some()
                && after.versions(at).first().is_some_and(|newest| newest.id == *id);
            !is_current && after.find(at, id.as_deref()).is_ok()
        };
        let due: Vec<_> = due.into_iter().filter(|due| changed(after, due)).collect();
        let refusal = after.no_bucket(bucket);
        let number = judge(done, refusal, || {
            for (at, id) in &due {
                match &fate {
                    Fate::Stays => {}
                    Fate::Changes(class) => {
                        after.find_mut(at, id.as_deref()).unwrap().class = *class;
                    }
                    Fate::Goes => after.delete(at, id.as_deref()),
                }
            }
        })?;
        let expected = if matches!(fate, Fate::Stays) { 0 } else { due.len() };
        assert!(number.is_none_or(|number| number == expected), "{number:?}, not {expected}");
        Ok(())
    }

    fn draft(&mut self) -> Draft {
        let tags = [vec![], vec![("t".to_owned(), "0".to_owned())]];
        Draft { tags: self.chance.of(&tags), modified: self.now, ..draft() }
    }
}
