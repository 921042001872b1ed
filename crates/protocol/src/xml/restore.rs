//! What is asked of the restoring of an archived object (436/12633).

use super::read::{Element, XmlError};
use super::write::Writer;

/// The longest time that a restored object can be asked to stay readable, in days.
const DAYS_MAX: u32 = 365;

/// The document `RestoreRequest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestoreRequest {
    /// How long the object is to be readable, 1 to 365 days.
    pub days: u32,
    /// How much haste there is.
    pub tier: RestoreTier,
}

/// How much haste there is with restoring an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestoreTier {
    /// `Expedited`; not for `DEEP_ARCHIVE`.
    Expedited,
    /// `Standard`, if nothing else is said.
    #[default]
    Standard,
    /// `Bulk`
    Bulk,
}

impl RestoreRequest {
    /// The body.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open("RestoreRequest");
        writer.leaf("Days", &self.days.to_string());
        writer.open("CASJobParameters");
        writer.leaf("Tier", self.tier.as_str());
        writer.close();
        writer.close();
        writer.finish()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = Element::read(body, "RestoreRequest")?;
        let days = root.text_of("Days").trim().parse().ok();
        let days = days.filter(|days| (1..=DAYS_MAX).contains(days));
        let tier = root.child("CASJobParameters").map_or("", |job| job.text_of("Tier").trim());
        let tier = match tier {
            "Expedited" => RestoreTier::Expedited,
            "Standard" | "" => RestoreTier::Standard,
            "Bulk" => RestoreTier::Bulk,
            _ => return Err(XmlError::Shape("an unknown Tier")),
        };
        Ok(Self { days: days.ok_or(XmlError::Shape("Days is not 1 to 365"))?, tier })
    }
}

impl RestoreTier {
    /// Its name in the document.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Expedited => "Expedited",
            Self::Standard => "Standard",
            Self::Bulk => "Bulk",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read() {
        let read = |inner: &str| {
            RestoreRequest::read(format!("<RestoreRequest>{inner}</RestoreRequest>").as_bytes())
        };
        for (name, tier) in [
            ("Expedited", RestoreTier::Expedited),
            ("Standard", RestoreTier::Standard),
            ("Bulk", RestoreTier::Bulk),
        ] {
            let job = format!("<CASJobParameters><Tier>{name}</Tier></CASJobParameters>");
            let request = RestoreRequest { days: 3, tier };
            assert_eq!(read(&format!("<Days>3</Days>{job}")), Ok(request));
            assert_eq!(RestoreRequest::read(request.write().as_bytes()), Ok(request));
        }
        let plain = RestoreRequest { days: 365, tier: RestoreTier::Standard };
        assert_eq!(read("<Days>365</Days>"), Ok(plain));
        for inner in [
            "",
            "<Days>0</Days>",
            "<Days>366</Days>",
            "<Days>x</Days>",
            "<Days>1</Days><CASJobParameters><Tier>Fast</Tier></CASJobParameters>",
        ] {
            assert!(matches!(read(inner), Err(XmlError::Shape(_))), "{inner}");
        }
    }
}
