//! What is needed to go on with a download, as a small JSON document beside the file. It names no URL and no secret.

use serde::{Deserialize, Serialize};

use super::joined;
use crate::answer::ObjectHead;
use crate::checksum;
use crate::error::Error;
use crate::plan::Plan;

const FORMAT: &str = "cospass-download";
const VERSION: u32 = 1;

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    format: String,
    version: u32,
    /// All of the object, in bytes.
    pub(super) size: u64,
    /// The entity tag of the object, as the server wrote it.
    pub(super) etag: String,
    /// When it was uploaded, for servers whose entity tags prove nothing.
    pub(super) last_modified: String,
    /// The CRC64 of all of it, where the service tells it.
    pub(super) crc64: Option<u64>,
    part_size: u64,
    /// The segments in their order.
    pub(super) segments: Vec<Segment>,
}

/// How far one segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(u16, u64, u64)", from = "(u16, u64, u64)")]
pub(super) struct Segment {
    /// Its number, from 1.
    pub(super) number: u16,
    /// How many of its bytes are there, from its beginning.
    pub(super) done: u64,
    /// The CRC64 of those.
    crc64: u64,
}

impl From<Segment> for (u16, u64, u64) {
    fn from(segment: Segment) -> Self {
        (segment.number, segment.done, segment.crc64)
    }
}

impl From<(u16, u64, u64)> for Segment {
    fn from((number, done, crc64): (u16, u64, u64)) -> Self {
        Self { number, done, crc64 }
    }
}

impl Segment {
    pub(super) fn is_done(self, plan: Plan) -> bool {
        let (start, end) = plan.span(self.number);
        self.done == end - start
    }

    /// The bytes that are missing, from the first to before the second.
    pub(super) fn missing(self, plan: Plan) -> (u64, u64) {
        let (start, end) = plan.span(self.number);
        (start.saturating_add(self.done), end)
    }

    /// The next bytes are there.
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.done += piece.len() as u64;
        self.crc64 = checksum::continued(self.crc64, piece);
    }
}

impl Checkpoint {
    pub(super) fn new(head: &ObjectHead, plan: Plan) -> Self {
        let segments = plan.parts().map(|(number, ..)| Segment { number, done: 0, crc64: 0 });
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            size: head.size,
            etag: head.etag.clone(),
            last_modified: head.last_modified.clone(),
            crc64: head.crc64,
            part_size: plan.part_size,
            segments: segments.collect(),
        }
    }

    /// Whether there is a way to prove that an object is still the same.
    pub(super) fn can_be_proved(&self) -> bool {
        !self.etag.is_empty() && !self.etag.starts_with("W/")
    }

    pub(super) fn plan(&self) -> Result<Plan, Error> {
        Plan::of(self.size, self.part_size)
    }

    pub(super) fn crc64_of_segments(&self, plan: Plan) -> u64 {
        joined(self.segments.iter().map(|segment| {
            let (start, end) = plan.span(segment.number);
            (segment.crc64, end - start)
        }))
    }

    pub(super) fn write(&self) -> Vec<u8> {
        // Numbers and texts: there is nothing that JSON could not hold.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a checkpoint; the text says what is wrong with it. Whoever can write beside the file may have written it.
    pub(super) fn read(text: &[u8], file_size: u64) -> Result<Self, &'static str> {
        let read: Self = serde_json::from_slice(text).map_err(|_| "it is no checkpoint")?;
        if read.format != FORMAT || read.version != VERSION {
            return Err("it is a checkpoint of another kind");
        }
        let plan = read.plan().map_err(|_| "its sizes cannot be")?;
        let numbers = plan.parts().map(|(number, ..)| number);
        let is_in_order = read.segments.iter().map(|segment| segment.number).eq(numbers);
        let fits = |segment: &Segment| {
            let (start, end) = plan.span(segment.number);
            segment.done <= end - start
        };
        if plan.part_size != read.part_size || !is_in_order || !read.segments.iter().all(fits) {
            return Err("its sizes do not fit");
        }
        if file_size != read.size {
            return Err("the file that it speaks of has another size");
        }
        if read.can_be_proved() { Ok(read) } else { Err("it names no entity tag") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn checkpoint() -> Checkpoint {
        let head = ObjectHead {
            size: 3 * MIB + 5,
            etag: "\"e\"".to_owned(),
            crc64: Some(u64::MAX),
            ..ObjectHead::default()
        };
        let mut checkpoint = Checkpoint::new(&head, Plan::of(head.size, MIB).unwrap());
        checkpoint.segments[1].take(b"abc");
        checkpoint.segments[1].take(b"de");
        checkpoint
    }

    #[test]
    fn write_and_read_are_inverse() {
        let checkpoint = checkpoint();
        assert_eq!(checkpoint.segments[1].missing(checkpoint.plan().unwrap()), (MIB + 5, 2 * MIB));
        assert_eq!(checkpoint.segments[1].crc64, checksum::crc64(b"abcde"));
        assert_eq!(Checkpoint::read(&checkpoint.write(), checkpoint.size), Ok(checkpoint));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let good = checkpoint();
        let size = good.size;
        let refused = |change: fn(&mut Checkpoint), size| {
            let mut bad = checkpoint();
            change(&mut bad);
            Checkpoint::read(&bad.write(), size).unwrap_err()
        };
        for change in [
            (|bad| bad.version = 2) as fn(&mut Checkpoint),
            |bad| bad.etag = "W/\"e\"".to_owned(),
            |bad| bad.etag.clear(),
            |bad| bad.part_size = 0,
            |bad| bad.size = u64::MAX,
            |bad| bad.segments.truncate(1),
            |bad| bad.segments.swap(0, 1),
            |bad| bad.segments[0].done = MIB + 1,
        ] {
            refused(change, size);
        }
        refused(|_| (), size - 1);
        assert!(Checkpoint::read(b"{}", size).is_err() && Checkpoint::read(b"", size).is_err());
    }
}
