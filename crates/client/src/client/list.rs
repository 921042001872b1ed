//! What a bucket holds, page by page.

use std::collections::VecDeque;

use cospass_protocol::Bucket;
use cospass_protocol::operation::GetBucket;
use cospass_protocol::xml::{ListBucket, ObjectEntry};

use super::Client;
use crate::error::Error;
use crate::payload::Payload;
use crate::retry::Repeat;

/// One page of a listing.
pub type Page = ListBucket;

impl Client {
    /// GET Bucket (436/7734): one page.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn list_page(&self, operation: &GetBucket) -> Result<Page, Error> {
        let (_, document) = self.ask(operation, Payload::default(), Repeat::Safe).await?;
        Ok(ListBucket::read(&document)?)
    }

    /// The objects whose keys begin with a prefix. With a delimiter, keys that are alike up to it count as one.
    ///
    /// ```no_run
    /// # async fn list(client: cospass::Client, bucket: cospass::Bucket) -> Result<(), cospass::Error> {
    /// let mut keys = client.list(&bucket, "photos/", "/");
    /// while let Some(page) = keys.next_page().await? {
    ///     for object in page.contents {
    ///         println!("{} {}", object.size, object.key);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, bucket: &Bucket, prefix: &str, delimiter: &str) -> Keys {
        let operation = GetBucket {
            prefix: prefix.to_owned(),
            delimiter: delimiter.to_owned(),
            // A key may hold what XML cannot.
            url_encoded: true,
            ..GetBucket::new(bucket.clone())
        };
        Keys { client: self.clone(), operation: Some(operation), waiting: VecDeque::new() }
    }
}

/// A listing that asks for its pages as they are wanted.
#[must_use]
#[derive(Debug)]
pub struct Keys {
    client: Client,
    /// The request for the next page; none after the last.
    operation: Option<GetBucket>,
    waiting: VecDeque<ObjectEntry>,
}

impl Keys {
    /// Beginning after this key.
    pub fn after(mut self, marker: &str) -> Self {
        if let Some(operation) = &mut self.operation {
            operation.marker = marker.to_owned();
        }
        self
    }

    /// With so many entries a page, 1 to 1000.
    pub fn page_size(mut self, entries: u32) -> Self {
        if let Some(operation) = &mut self.operation {
            operation.max_keys = entries.clamp(1, 1000);
        }
        self
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// [`Error`]; the same page is asked for the next time.
    pub async fn next_page(&mut self) -> Result<Option<Page>, Error> {
        let Some(operation) = &mut self.operation else { return Ok(None) };
        let page = self.client.list_page(operation).await?;
        match page.next_marker.as_deref() {
            // A page that leads nowhere would be asked for without end.
            Some(next) if next > operation.marker.as_str() => operation.marker = next.to_owned(),
            _ => self.operation = None,
        }
        Ok(Some(page))
    }

    /// The next object; none after the last. Common prefixes are passed over.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn next(&mut self) -> Result<Option<ObjectEntry>, Error> {
        loop {
            if let Some(object) = self.waiting.pop_front() {
                return Ok(Some(object));
            }
            match self.next_page().await? {
                Some(page) => self.waiting.extend(page.contents),
                None => return Ok(None),
            }
        }
    }
}
