//! What a form says before its file.

use super::FormError;
use super::disposition::quoted;

/// The key's part that stands for the name of the file.
const FILENAME: &str = "${filename}";

/// The fields of a form, in their order. Names count in any case, and none stands twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormFields(Vec<(String, Vec<u8>)>);

impl FormFields {
    /// Adds a field.
    ///
    /// # Errors
    /// [`FormError::Repeated`].
    pub fn add(
        &mut self,
        name: impl Into<String>,
        value: impl Into<Vec<u8>>,
    ) -> Result<(), FormError> {
        let name = name.into();
        if self.value(&name).is_some() {
            return Err(FormError::Repeated(name));
        }
        self.0.push((name, value.into()));
        Ok(())
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        let found = self.0.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_slice())
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A form without the bytes of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The fields before the file.
    pub fields: FormFields,
    /// The name of the file, as the browser tells it.
    pub filename: Option<String>,
}

impl Form {
    /// Puts the name of the file wherever the key has `${filename}`: before the policy is asked, which is to see the key
    /// that the object gets. Of a name with folders, as old browsers tell it, the last part is taken: a decision.
    pub(super) fn name_key(mut self) -> Result<Self, FormError> {
        let key = self.fields.0.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("key"));
        let Some((_, key)) = key else { return Ok(self) };
        let Ok(text) = std::str::from_utf8(key) else { return Ok(self) };
        if text.contains(FILENAME) {
            let name = self.filename.as_deref().and_then(|name| name.rsplit(['/', '\\']).next());
            let name = name.filter(|name| !name.is_empty()).ok_or(FormError::NoFilename)?;
            *key = text.replace(FILENAME, name).into_bytes();
        }
        Ok(self)
    }

    /// The body of the form for that boundary: what comes before the bytes of the file, and what comes behind them.
    pub fn write(&self, boundary: &str) -> (Vec<u8>, Vec<u8>) {
        let mut before = Vec::new();
        for (name, value) in self.fields.iter() {
            let name = quoted(name);
            let head =
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            before.extend_from_slice(head.as_bytes());
            before.extend_from_slice(value);
            before.extend_from_slice(b"\r\n");
        }
        let filename =
            self.filename.as_deref().map(|name| format!("; filename=\"{}\"", quoted(name)));
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"{}\r\n\r\n",
            filename.unwrap_or_default()
        );
        before.extend_from_slice(head.as_bytes());
        (before, format!("\r\n--{boundary}--\r\n").into_bytes())
    }
}
