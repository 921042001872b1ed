//! From which pages a bucket's objects may be asked for: `?referer` (436/32492).

use super::read::{Element, XmlError};
use super::schema::{Content, Schema, any, maybe, one};
use super::write::Writer;

/// The most domains: a decision, so that a request is judged quickly.
const DOMAINS_MAX: usize = 1000;

const SCHEMA: Schema = Schema {
    root: "RefererConfiguration",
    rules: &[
        one("Status", Content::OneOf(&["Enabled", "Disabled"])),
        one("RefererType", Content::OneOf(&["Black-List", "White-List"])),
        one("DomainList", Content::Of(&[any("Domain", DOMAINS_MAX, Content::Filled(1024))])),
        maybe("EmptyReferConfiguration", Content::OneOf(&["Allow", "Deny"])),
        maybe("VerifySignatureURL", Content::OneOf(&["Enable", "Disable", "Enabled", "Disabled"])),
    ],
};

/// The document `RefererConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefererConfiguration {
    /// Whether it counts.
    pub is_enabled: bool,
    /// Whether the domains are refused, not the only ones that are served.
    pub is_black_list: bool,
    /// Domains, addresses and paths, with `*`.
    pub domains: Vec<String>,
    /// Whether a request without Referer is served; not if absent.
    pub allows_empty: Option<bool>,
    /// `VerifySignatureURL` as it was sent: whether a signed request is judged, too.
    pub verify_signature_url: Option<String>,
}

impl RefererConfiguration {
    /// Reads a body. `None` for an empty element, which takes the configuration away: there is no DELETE.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Option<Self>, XmlError> {
        if Element::read(body, SCHEMA.root)?.children.is_empty() {
            return Ok(None);
        }
        let root = SCHEMA.read(body)?;
        let list = root.child("DomainList");
        Ok(Some(Self {
            is_enabled: root.text_of("Status") == "Enabled",
            is_black_list: root.text_of("RefererType") == "Black-List",
            domains: list.map(|list| list.texts("Domain")).unwrap_or_default(),
            allows_empty: root.optional("EmptyReferConfiguration").map(|text| text == "Allow"),
            verify_signature_url: root.optional("VerifySignatureURL"),
        }))
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        writer.leaf("Status", if self.is_enabled { "Enabled" } else { "Disabled" });
        writer.leaf("RefererType", if self.is_black_list { "Black-List" } else { "White-List" });
        if self.domains.is_empty() {
            writer.empty("DomainList");
        } else {
            writer.open("DomainList");
            writer.leaves("Domain", &self.domains);
            writer.close();
        }
        let word = |allows| if allows { "Allow" } else { "Deny" };
        writer.optional("EmptyReferConfiguration", self.allows_empty.map(word));
        writer.optional("VerifySignatureURL", self.verify_signature_url.as_ref());
        writer.close();
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_and_read_are_inverse() {
        for domains in [vec![], vec!["*.example.com".to_owned(), "127.0.0.1:80".to_owned()]] {
            for allows_empty in [None, Some(true), Some(false)] {
                let referer = RefererConfiguration {
                    is_enabled: domains.is_empty(),
                    is_black_list: !domains.is_empty(),
                    domains: domains.clone(),
                    allows_empty,
                    verify_signature_url: allows_empty.map(|_| "Enable".to_owned()),
                };
                let text = referer.write();
                assert_eq!(
                    RefererConfiguration::read(text.as_bytes()),
                    Ok(Some(referer)),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn an_empty_element_takes_it_away() {
        for body in ["<RefererConfiguration/>", "<RefererConfiguration></RefererConfiguration>\n"] {
            assert_eq!(RefererConfiguration::read(body.as_bytes()), Ok(None));
        }
    }

    #[test]
    fn another_document_is_refused() {
        for body in [
            "<Other/>",
            "<RefererConfiguration><Status>On</Status><RefererType>Black-List</RefererType><DomainList/></RefererConfiguration>",
            "<RefererConfiguration><Status>Enabled</Status><RefererType>List</RefererType><DomainList/></RefererConfiguration>",
        ] {
            assert!(RefererConfiguration::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
