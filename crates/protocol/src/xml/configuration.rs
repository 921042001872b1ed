//! Configurations of a bucket that are checked, kept and given back, but that nothing here acts on.
//!
//! What each may hold stands as data; the shapes are those of the documentation and of what official SDKs send.

use super::read::{Element, XmlError};
use super::schema::{self, Content, Rule, Schema, any, maybe, one, some};
use super::write::Writer;
use crate::operation::Configuration;

use Content::{Anything, Filled, Flag, Number, Of, OneOf, Text};

/// The longest name of a bucket, a domain, a role, in bytes: a decision, where the documentation tells none.
const NAME: Content = Filled(1024);

const STATUS: Content = OneOf(&["Enabled", "Suspended"]);
const SWITCH: Content = OneOf(&["Enabled", "Disabled"]);
const TAG: Content = Of(&[one("Key", Filled(128)), one("Value", Text)]);

const LOGGING: Schema = Schema {
    root: "BucketLoggingStatus",
    rules: &[maybe(
        "LoggingEnabled",
        Of(&[one("TargetBucket", NAME), maybe("TargetPrefix", Text)]),
    )],
};

const DOMAIN: Schema = Schema {
    root: "DomainConfiguration",
    rules: &[some(
        "DomainRule",
        20,
        Of(&[
            one("Status", OneOf(&["ENABLED", "DISABLED"])),
            one("Name", Filled(253)),
            one("Type", OneOf(&["REST", "WEBSITE", "ACCELERATE"])),
            maybe("ForcedReplacement", OneOf(&["CNAME", "TXT"])),
        ]),
    )],
};

const ORIGIN: Schema = Schema {
    root: "OriginConfiguration",
    rules: &[some(
        "OriginRule",
        100,
        Of(&[
            maybe("RulePriority", Number(1, 1000)),
            one("OriginType", OneOf(&["Mirror", "Proxy", "Redirect"])),
            maybe("OriginCondition", Anything),
            maybe("OriginParameter", Anything),
            one("OriginInfo", Anything),
            maybe("HTTPStandbyCode", Anything),
        ]),
    )],
};

const DESTINATION: Content = Of(&[one(
    "COSBucketDestination",
    Of(&[
        one("Format", OneOf(&["CSV"])),
        maybe("AccountId", Text),
        one("Bucket", NAME),
        maybe("Prefix", Text),
        // Python's own example sends the second name.
        maybe("Encryption", Of(&[maybe("SSE-COS", Anything), maybe("SSECOS", Anything)])),
    ]),
)]);

const FILTER: Content = Of(&[
    maybe("Prefix", Text),
    maybe("And", Of(&[maybe("Prefix", Text), any("Tag", 10, TAG), maybe("StorageClass", NAME)])),
    Rule::OneAtMost(&["Prefix", "And"]),
    any("Tag", 1, TAG),
    maybe("Period", Of(&[maybe("StartTime", Text), maybe("EndTime", Text)])),
]);

const VERSIONS: Content = OneOf(&["All", "Current"]);

const FIELDS: Content = Of(&[any(
    "Field",
    64,
    OneOf(&[
        "Size",
        "LastModifiedDate",
        "StorageClass",
        "ETag",
        "IsMultipartUploaded",
        "ReplicationStatus",
        "Tag",
        "CRC64",
        "x-cos-meta",
    ]),
)]);

const INVENTORY: Schema = Schema {
    root: "InventoryConfiguration",
    rules: &[
        one("Id", NAME),
        one("IsEnabled", Flag),
        one("Destination", DESTINATION),
        one(
            "Schedule",
            Of(&[
                one("Frequency", OneOf(&["Daily", "Weekly", "Monthly"])),
                maybe("MonthlyDate", Number(1, 31)),
            ]),
        ),
        maybe("Filter", FILTER),
        one("IncludedObjectVersions", VERSIONS),
        maybe("OptionalFields", FIELDS),
    ],
};

/// A report made once has no schedule, and cannot be switched off.
const INVENTORY_ONCE: Schema = Schema {
    root: "InventoryConfiguration",
    rules: &[
        maybe("Id", NAME),
        any("IsEnabled", 0, Anything),
        any("Schedule", 0, Anything),
        one("Destination", DESTINATION),
        maybe("Filter", FILTER),
        one("IncludedObjectVersions", VERSIONS),
        maybe("OptionalFields", FIELDS),
    ],
};

const INTELLIGENT_TIERING: Schema = Schema {
    root: "IntelligentTieringConfiguration",
    rules: &[
        one("Status", STATUS),
        one(
            "Transition",
            Of(&[one("Days", OneOf(&["30", "60", "90"])), maybe("RequestFrequent", OneOf(&["1"]))]),
        ),
    ],
};

const TIERING_RULE: Schema = Schema {
    root: "IntelligentTieringConfiguration",
    rules: &[
        // Python's example has it in the query alone.
        maybe("Id", NAME),
        one("Status", STATUS),
        maybe(
            "Filter",
            Of(&[
                maybe("Prefix", Text),
                any("Tag", 10, TAG),
                maybe("And", Of(&[maybe("Prefix", Text), any("Tag", 10, TAG)])),
                Rule::OneAtMost(&["Prefix", "Tag", "And"]),
            ]),
        ),
        some(
            "Tiering",
            3,
            Of(&[
                one("AccessTier", OneOf(&["INFREQUENT", "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"])),
                one("Days", Number(1, 3650)),
                maybe("RequestFrequent", Number(1, u32::MAX as u64)),
            ]),
        ),
    ],
};

const REPLICATION: Schema = Schema {
    root: "ReplicationConfiguration",
    rules: &[
        one("Role", NAME),
        some(
            "Rule",
            1000,
            Of(&[
                one("Status", SWITCH),
                maybe("ID", Text),
                maybe("Priority", Number(0, u32::MAX as u64)),
                maybe("Prefix", Text),
                maybe("Filter", Anything),
                Rule::OneAtMost(&["Prefix", "Filter"]),
                one(
                    "Destination",
                    Of(&[
                        one("Bucket", NAME),
                        maybe("StorageClass", NAME),
                        maybe("EncryptionConfiguration", Anything),
                    ]),
                ),
                maybe("DeleteMarkerReplication", Of(&[one("Status", SWITCH)])),
            ]),
        ),
    ],
};

const ACCELERATE: Schema = Schema {
    root: "AccelerateConfiguration",
    rules: &[one("Status", STATUS), maybe("Type", OneOf(&["COS"]))],
};

const CERTIFICATE: Schema = Schema {
    root: "DomainCertificate",
    rules: &[
        one(
            "CertificateInfo",
            Of(&[
                one("CertType", OneOf(&["CustomCert"])),
                one(
                    "CustomCert",
                    Of(&[
                        maybe("CertId", NAME),
                        maybe("Cert", Filled(64 << 10)),
                        Rule::Either(&["CertId", "Cert"]),
                        maybe("PrivateKey", Filled(64 << 10)),
                    ]),
                ),
            ]),
        ),
        // Python repeats the list instead of its names.
        some("DomainList", 100, Of(&[some("DomainName", 100, Filled(253))])),
    ],
};

/// A document as it is kept and given back: of the documented shape and order, without what is unknown.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigurationDocument(Element);

impl ConfigurationDocument {
    /// Reads the body of a PUT. `None` for a configuration that has a type of its own, or is no XML.
    ///
    /// # Errors
    /// [`XmlError`] when it is not the document of that configuration.
    pub fn read(configuration: Configuration, body: &[u8]) -> Result<Option<Self>, XmlError> {
        let schema = match configuration {
            Configuration::Logging => LOGGING,
            Configuration::Domain => DOMAIN,
            Configuration::Origin => ORIGIN,
            Configuration::Inventory => INVENTORY,
            Configuration::IntelligentTiering => INTELLIGENT_TIERING,
            Configuration::IntelligentTieringRules => TIERING_RULE,
            Configuration::Replication => REPLICATION,
            Configuration::Accelerate => ACCELERATE,
            _ => return Ok(None),
        };
        schema.read(body).map(|root| Some(Self(root)))
    }

    /// Reads the body of the POST that asks for a report once (436/95571).
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document; [`XmlError::Shape`] also when it has a schedule.
    pub fn read_inventory_once(body: &[u8]) -> Result<Self, XmlError> {
        INVENTORY_ONCE.read(body).map(Self)
    }

    /// The text of the element at a path below the root, if it is there.
    pub fn text(&self, path: &[&str]) -> Option<&str> {
        let found = path.iter().try_fold(&self.0, |element, name| element.child(name));
        found.map(|element| element.text.as_str())
    }

    /// The texts of the elements at a path below the root, of which each but the last may stand several times.
    pub fn texts(&self, path: &[&str]) -> Vec<&str> {
        let mut found = vec![&self.0];
        for name in path {
            found = found.iter().flat_map(|element| element.all(name)).collect();
        }
        found.iter().map(|element| element.text.as_str()).collect()
    }

    /// Names a rule that does not name itself.
    pub fn set_id(&mut self, id: &str) {
        let children = &mut self.0.children;
        children.retain(|child| child.name != "Id");
        let id = Element { name: "Id".to_owned(), text: id.to_owned(), children: vec![] };
        children.insert(0, id);
    }

    /// With an empty `OptionalFields` if there is none: Python asks for it by index.
    pub fn with_optional_fields(mut self) -> Self {
        if self.0.child("OptionalFields").is_none() {
            let name = "OptionalFields".to_owned();
            self.0.children.push(Element { name, ..Element::default() });
        }
        self
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        schema::write(&self.0)
    }
}

/// The body of PUT Bucket domaincertificate: for which domains a certificate is. The certificate itself, and its private
/// key, are not read further.
///
/// # Errors
/// [`XmlError`] when it is not such a document.
pub fn certificate_domains(body: &[u8]) -> Result<Vec<String>, XmlError> {
    let root = CERTIFICATE.read(body)?;
    Ok(root.all("DomainList").flat_map(|list| list.texts("DomainName")).collect())
}

/// The answer to GET Bucket domaincertificate.
pub fn domain_certificate(is_enabled: bool) -> String {
    let mut writer = Writer::default();
    writer.open("DomainCertificate");
    writer.leaf("Status", if is_enabled { "Enabled" } else { "Disabled" });
    writer.close();
    writer.finish()
}

/// The rule of intelligent tiering that a document of the first form amounts to: its id is `default`.
///
/// # Errors
/// [`XmlError`] when it is not such a document.
pub fn default_tiering_rule(body: &[u8]) -> Result<String, XmlError> {
    let root = INTELLIGENT_TIERING.read(body)?;
    let transition = root.child("Transition").ok_or(XmlError::Shape("no Transition"))?;
    let mut writer = Writer::default();
    writer.open(TIERING_RULE.root);
    writer.leaf("Id", "default");
    writer.leaf("Status", root.text_of("Status"));
    writer.open("Tiering");
    writer.leaf("AccessTier", "INFREQUENT");
    writer.leaf("Days", transition.text_of("Days"));
    writer.optional("RequestFrequent", transition.optional("RequestFrequent"));
    writer.close();
    writer.close();
    Ok(writer.finish())
}

/// A page of the list of a configuration of which there are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationList {
    /// Of which kind.
    pub configuration: Configuration,
    /// The documents, as they were written.
    pub documents: Vec<String>,
    /// Where this page began; empty for the first.
    pub continuation_token: String,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl ConfigurationList {
    /// The body, `Content-Type: application/xml`.
    ///
    /// # Errors
    /// [`XmlError`] when one of the documents is none.
    pub fn write(&self) -> Result<String, XmlError> {
        let (root, of) = match self.configuration {
            Configuration::Inventory => ("ListInventoryConfigurationResult", INVENTORY.root),
            _ => ("ListBucketIntelligentTieringConfigurationsOutput", TIERING_RULE.root),
        };
        let read = |document: &String| Element::read(document.as_bytes(), of);
        let documents: Vec<_> = self.documents.iter().map(read).collect::<Result<_, _>>()?;
        let is_inventory = self.configuration == Configuration::Inventory;
        let mut writer = Writer::default();
        if documents.is_empty() && !is_inventory {
            writer.empty(root);
            return Ok(writer.finish());
        }
        writer.open(root);
        for document in &documents {
            schema::write_element(&mut writer, document);
        }
        if is_inventory {
            writer.leaf("IsTruncated", if self.next.is_some() { "true" } else { "false" });
            let token = Some(&self.continuation_token).filter(|token| !token.is_empty());
            writer.optional("ContinuationToken", token);
            writer.optional("NextContinuationToken", self.next.as_ref());
        }
        writer.close();
        Ok(writer.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        configuration: Configuration,
        root: &str,
        inner: &str,
    ) -> Result<ConfigurationDocument, XmlError> {
        let body = format!("<{root}>{inner}</{root}>");
        Ok(ConfigurationDocument::read(configuration, body.as_bytes())?.unwrap())
    }

    /// Of each configuration a document in the documented shape, which must come out as it went in.
    const DOCUMENTS: [(Configuration, &str, &str); 8] = [
        (
            Configuration::Logging,
            "BucketLoggingStatus",
            "<LoggingEnabled><TargetBucket>b-1</TargetBucket><TargetPrefix>p</TargetPrefix></LoggingEnabled>",
        ),
        (
            Configuration::Domain,
            "DomainConfiguration",
            "<DomainRule><Status>ENABLED</Status><Name>www.example.com</Name><Type>REST</Type><ForcedReplacement>CNAME</ForcedReplacement></DomainRule>",
        ),
        (
            Configuration::Origin,
            "OriginConfiguration",
            "<OriginRule><RulePriority>1</RulePriority><OriginType>Mirror</OriginType><OriginCondition><HTTPStatusCode>404</HTTPStatusCode><Prefix/></OriginCondition><OriginParameter><Protocol>HTTP</Protocol></OriginParameter><OriginInfo><HostInfo><HostName>a.example</HostName></HostInfo></OriginInfo></OriginRule>",
        ),
        (
            Configuration::Inventory,
            "InventoryConfiguration",
            "<Id>1</Id><IsEnabled>true</IsEnabled><Destination><COSBucketDestination><Format>CSV</Format><AccountId>100</AccountId><Bucket>qcs::cos:ap-x::b-1</Bucket><Prefix>p</Prefix><Encryption><SSE-COS/></Encryption></COSBucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule><Filter><And><Prefix>f</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><IncludedObjectVersions>All</IncludedObjectVersions><OptionalFields><Field>Size</Field><Field>Tag</Field></OptionalFields>",
        ),
        (
            Configuration::IntelligentTiering,
            "IntelligentTieringConfiguration",
            "<Status>Enabled</Status><Transition><Days>30</Days><RequestFrequent>1</RequestFrequent></Transition>",
        ),
        (
            Configuration::IntelligentTieringRules,
            "IntelligentTieringConfiguration",
            "<Id>a</Id><Status>Enabled</Status><Filter><Prefix>p</Prefix></Filter><Tiering><AccessTier>ARCHIVE_ACCESS</AccessTier><Days>91</Days></Tiering>",
        ),
        (
            Configuration::Replication,
            "ReplicationConfiguration",
            "<Role>qcs::cam::uin/1:uin/1</Role><Rule><Status>Enabled</Status><ID>1</ID><Prefix>p</Prefix><Destination><Bucket>qcs::cos:ap-x::b-1</Bucket></Destination></Rule>",
        ),
        (
            Configuration::Accelerate,
            "AccelerateConfiguration",
            "<Status>Enabled</Status><Type>COS</Type>",
        ),
    ];

    #[test]
    fn documents_come_out_as_they_went_in() {
        for (configuration, root, inner) in DOCUMENTS {
            let document = read(configuration, root, inner).unwrap();
            let text = document.write();
            let bare: String = text.split(['\n', '\t']).collect();
            assert_eq!(bare, format!("<{root}>{inner}</{root}>"));
            let again = ConfigurationDocument::read(configuration, text.as_bytes());
            assert_eq!(again, Ok(Some(document)));
        }
    }

    #[test]
    fn an_empty_document_is_one_of_logging_alone() {
        for (configuration, root, _) in DOCUMENTS {
            let is_logging = configuration == Configuration::Logging;
            assert_eq!(read(configuration, root, "").is_ok(), is_logging, "{root}");
        }
        assert_eq!(ConfigurationDocument::read(Configuration::Cors, b""), Ok(None));
    }

    #[test]
    fn another_value_is_refused() {
        for (from, to) in [
            ("ENABLED", "Enabled"),
            ("REST", "CDN"),
            ("Mirror", "Copy"),
            ("CSV", "ORC"),
            ("Daily", "Hourly"),
            ("<Field>Size", "<Field>Colour"),
            ("<Days>30", "<Days>31"),
            ("ARCHIVE_ACCESS", "ARCHIVE"),
            ("<Type>COS", "<Type>CDN"),
        ] {
            let (configuration, root, inner) =
                *DOCUMENTS.iter().find(|(_, _, inner)| inner.contains(from)).unwrap();
            let refused = read(configuration, root, &inner.replacen(from, to, 1));
            assert!(matches!(refused, Err(XmlError::Value(_))), "{to}: {refused:?}");
        }
    }

    #[test]
    fn a_report_made_once_has_no_schedule() {
        let (_, root, inner) = DOCUMENTS[3];
        let body = format!("<{root}>{inner}</{root}>");
        let refused = ConfigurationDocument::read_inventory_once(body.as_bytes());
        assert!(matches!(refused, Err(XmlError::Shape(_))));
        let body = body.replace("<IsEnabled>true</IsEnabled>", "");
        let body = body.replace("<Schedule><Frequency>Daily</Frequency></Schedule>", "");
        assert!(ConfigurationDocument::read_inventory_once(body.as_bytes()).is_ok());
    }

    #[test]
    fn an_inventory_always_shows_its_fields() {
        let (configuration, root, inner) = DOCUMENTS[3];
        let (without, _) = inner.split_once("<OptionalFields>").unwrap();
        let document = read(configuration, root, without).unwrap().with_optional_fields();
        assert!(document.write().ends_with("\t<OptionalFields/>\n</InventoryConfiguration>"));
    }

    #[test]
    fn texts_are_found_by_their_path() {
        let (configuration, root, inner) = DOCUMENTS[3];
        let document = read(configuration, root, inner).unwrap();
        assert_eq!(document.text(&["Schedule", "Frequency"]), Some("Daily"));
        assert_eq!(document.text(&["Schedule", "MonthlyDate"]), None);
        assert_eq!(document.texts(&["OptionalFields", "Field"]), ["Size", "Tag"]);
    }

    #[test]
    fn the_first_form_of_tiering_amounts_to_a_rule() {
        let (_, root, inner) = DOCUMENTS[4];
        let rule = default_tiering_rule(format!("<{root}>{inner}</{root}>").as_bytes()).unwrap();
        let rules = Configuration::IntelligentTieringRules;
        let rule = ConfigurationDocument::read(rules, rule.as_bytes()).unwrap().unwrap();
        assert_eq!(rule.text(&["Id"]), Some("default"));
        assert_eq!(rule.text(&["Tiering", "Days"]), Some("30"));
    }

    #[test]
    fn the_domains_of_a_certificate_are_read_in_both_forms() {
        let of = |lists: &str| {
            let body = format!(
                "<DomainCertificate><CertificateInfo><CertType>CustomCert</CertType><CustomCert><Cert>c</Cert><PrivateKey>k</PrivateKey></CustomCert></CertificateInfo>{lists}</DomainCertificate>"
            );
            certificate_domains(body.as_bytes())
        };
        let (a, b) = ("<DomainName>a.example</DomainName>", "<DomainName>b.example</DomainName>");
        let names = ["a.example".to_owned(), "b.example".to_owned()];
        assert_eq!(of(&format!("<DomainList>{a}{b}</DomainList>")).unwrap(), names);
        let repeated = format!("<DomainList>{a}</DomainList><DomainList>{b}</DomainList>");
        assert_eq!(of(&repeated).unwrap(), names);
        assert!(of("").is_err());
        assert_eq!(
            domain_certificate(false),
            "<DomainCertificate>\n\t<Status>Disabled</Status>\n</DomainCertificate>"
        );
    }

    #[test]
    fn a_list_holds_the_documents() {
        let mut list = ConfigurationList {
            configuration: Configuration::Inventory,
            documents: vec!["<InventoryConfiguration><Id>1</Id></InventoryConfiguration>".into()],
            continuation_token: "1".into(),
            next: Some("2".into()),
        };
        assert_eq!(
            list.write().unwrap(),
            "<ListInventoryConfigurationResult>\n\t<InventoryConfiguration>\n\t\t<Id>1</Id>\n\t</InventoryConfiguration>\n\t<IsTruncated>true</IsTruncated>\n\t<ContinuationToken>1</ContinuationToken>\n\t<NextContinuationToken>2</NextContinuationToken>\n</ListInventoryConfigurationResult>"
        );
        list.configuration = Configuration::IntelligentTieringRules;
        list.documents.clear();
        assert_eq!(list.write().unwrap(), "<ListBucketIntelligentTieringConfigurationsOutput/>");
    }
}
