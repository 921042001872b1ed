//! When objects change their class or go: `?lifecycle` (436/8280).

use super::read::{Element, XmlError};
use super::schema::{Content, Rule, Schema, any, maybe, one, some};
use super::time::{from_iso8601, iso8601_millis};
use super::write::Writer;
use crate::tag::Tag;

use Content::{Filled, Flag, Number, Of, OneOf, Text, Time};

const DAYS_MAX: u64 = 36_500;
const SIZE: Content = Number(0, u64::MAX);
const TAG: Content = Of(&[one("Key", Filled(128)), one("Value", Text)]);
const CLASS: Content = Filled(64);

const CRITERIA: [Rule; 5] = [
    maybe("Prefix", Text),
    any("Tag", 10, TAG),
    maybe("ObjectSizeGreaterThan", SIZE),
    maybe("ObjectSizeLessThan", SIZE),
    any("PrefixNotEquals", 100, Text),
];

const FILTER: Content = Of(&[
    CRITERIA[0],
    CRITERIA[1],
    CRITERIA[2],
    CRITERIA[3],
    CRITERIA[4],
    maybe("And", Of(&CRITERIA)),
    Rule::OneAtMost(&["Prefix", "Tag", "And"]),
]);

const TRANSITION: Content = Of(&[
    maybe("Days", Number(0, DAYS_MAX)),
    maybe("Date", Time),
    Rule::Either(&["Days", "Date"]),
    one("StorageClass", CLASS),
    maybe(
        "AccessFrequency",
        Of(&[one("AccessCountLessThan", SIZE), one("RecentDays", Number(1, DAYS_MAX))]),
    ),
]);

const EXPIRATION: Content = Of(&[
    maybe("Days", Number(1, 3650)),
    maybe("Date", Time),
    maybe("ExpiredObjectDeleteMarker", Flag),
    Rule::Either(&["Days", "Date", "ExpiredObjectDeleteMarker"]),
]);

const RULE: Content = Of(&[
    maybe("ID", Content::Filled(255)),
    maybe("Filter", FILTER),
    maybe("Prefix", Text),
    Rule::OneAtMost(&["Filter", "Prefix"]),
    one("Status", OneOf(&["Enabled", "Disabled"])),
    any("Transition", 100, TRANSITION),
    maybe("Expiration", EXPIRATION),
    maybe("AbortIncompleteMultipartUpload", Of(&[one("DaysAfterInitiation", Number(1, DAYS_MAX))])),
    any(
        "NoncurrentVersionTransition",
        100,
        Of(&[one("NoncurrentDays", Number(0, DAYS_MAX)), one("StorageClass", CLASS)]),
    ),
    maybe("NoncurrentVersionExpiration", Of(&[one("NoncurrentDays", Number(1, 3650))])),
]);

const SCHEMA: Schema =
    Schema { root: "LifecycleConfiguration", rules: &[some("Rule", 1000, RULE)] };

/// The document `LifecycleConfiguration`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleConfiguration {
    /// 1 to 1000.
    pub rules: Vec<LifecycleRule>,
}

/// What becomes of some objects, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Its name.
    pub id: Option<String>,
    /// Of which objects; of all if absent.
    pub filter: Option<LifecycleFilter>,
    /// Whether it counts.
    pub is_enabled: bool,
    /// To which class objects change.
    pub transitions: Vec<Transition>,
    /// When objects go.
    pub expiration: Option<Expiration>,
    /// So many days after their begin, uploads in parts go.
    pub abort_upload_days: Option<u32>,
    /// To which class former versions change, so many days after they were replaced.
    pub noncurrent_transitions: Vec<(u32, String)>,
    /// So many days after they were replaced, former versions go.
    pub noncurrent_expiration_days: Option<u32>,
}

/// Which objects a rule is about: those to which all of it applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleFilter {
    /// Whether the criteria stand in an element of their own, `And`.
    pub is_and: bool,
    /// What keys begin with.
    pub prefix: Option<String>,
    /// What they do not begin with.
    pub not_prefixes: Vec<String>,
    /// The tags that they have.
    pub tags: Vec<Tag>,
    /// They are larger, in bytes.
    pub size_greater_than: Option<u64>,
    /// They are smaller, in bytes.
    pub size_less_than: Option<u64>,
}

/// A change of class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub when: When,
    /// The name of the class, in upper case.
    pub storage_class: String,
    /// Only if read fewer than so many times within so many days.
    pub access_frequency: Option<(u64, u32)>,
}

/// When something happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So many days after its last change.
    Days(u32),
    /// From that time on, Unix seconds.
    Date(i64),
}

/// When an object goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiration {
    /// Then.
    At(When),
    /// Whether a delete marker goes that has nothing left to hide.
    DeleteMarker(bool),
}

impl LifecycleConfiguration {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`] when it is not such a document.
    pub fn read(body: &[u8]) -> Result<Self, XmlError> {
        let root = SCHEMA.read(body)?;
        let rules: Vec<_> = root.all("Rule").map(read_rule).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// The body, `Content-Type: application/xml`.
    pub fn write(&self) -> String {
        let mut writer = Writer::default();
        writer.open(SCHEMA.root);
        for rule in &self.rules {
            writer.open("Rule");
            write_rule(&mut writer, rule);
            writer.close();
        }
        writer.close();
        writer.finish()
    }
}

fn read_rule(rule: &Element) -> Result<LifecycleRule, XmlError> {
    let filter = match (rule.child("Filter"), rule.optional("Prefix")) {
        (Some(filter), _) => Some(read_filter(filter)),
        // The form before there were filters.
        (None, Some(prefix)) => {
            Some(LifecycleFilter { prefix: Some(prefix), ..LifecycleFilter::default() })
        }
        (None, None) => None,
    };
    let transitions = rule.all("Transition").map(|transition| Transition {
        when: read_when(transition).unwrap_or(When::Days(0)),
        storage_class: transition.text_of("StorageClass").to_ascii_uppercase(),
        access_frequency: transition.child("AccessFrequency").and_then(|frequency| {
            Some((frequency.number("AccessCountLessThan")?, frequency.number("RecentDays")?))
        }),
    });
    let expiration = rule.child("Expiration").map(|expiration| match read_when(expiration) {
        Some(when) => Expiration::At(when),
        None => Expiration::DeleteMarker(expiration.text_of("ExpiredObjectDeleteMarker") == "true"),
    });
    let days = |name, of| rule.child(name).and_then(|child| child.number(of));
    let noncurrent = rule.all("NoncurrentVersionTransition").map(|transition| {
        let class = transition.text_of("StorageClass").to_ascii_uppercase();
        (transition.number("NoncurrentDays").unwrap_or(0), class)
    });
    let read = LifecycleRule {
        id: rule.optional("ID"),
        filter,
        is_enabled: rule.text_of("Status") == "Enabled",
        transitions: transitions.collect(),
        expiration,
        abort_upload_days: days("AbortIncompleteMultipartUpload", "DaysAfterInitiation"),
        noncurrent_transitions: noncurrent.collect(),
        noncurrent_expiration_days: days("NoncurrentVersionExpiration", "NoncurrentDays"),
    };
    check_one_measure(&read)?;
    Ok(read)
}

/// A rule counts in days or names dates, not both (436/8280).
fn check_one_measure(rule: &LifecycleRule) -> Result<(), XmlError> {
    let transitions = rule.transitions.iter().map(|transition| transition.when);
    let expiration = match rule.expiration {
        Some(Expiration::At(when)) => Some(when),
        _ => None,
    };
    let (mut days, mut dates) = (false, false);
    for when in transitions.chain(expiration) {
        match when {
            When::Days(_) => days = true,
            When::Date(_) => dates = true,
        }
    }
    if days && dates { Err(XmlError::Shape("Days and Date in one rule")) } else { Ok(()) }
}

fn read_filter(filter: &Element) -> LifecycleFilter {
    let and = filter.child("And");
    let of = and.unwrap_or(filter);
    let tag = |tag: &Element| Tag {
        key: tag.text_of("Key").to_owned(),
        value: tag.text_of("Value").to_owned(),
    };
    LifecycleFilter {
        is_and: and.is_some(),
        prefix: of.optional("Prefix"),
        not_prefixes: of.texts("PrefixNotEquals"),
        tags: of.all("Tag").map(tag).collect(),
        size_greater_than: of.number("ObjectSizeGreaterThan"),
        size_less_than: of.number("ObjectSizeLessThan"),
    }
}

fn read_when(element: &Element) -> Option<When> {
    match element.number("Days") {
        Some(days) => Some(When::Days(days)),
        None => from_iso8601(element.text_of("Date")).map(When::Date),
    }
}

fn write_rule(writer: &mut Writer<'_>, rule: &LifecycleRule) {
    writer.optional("ID", rule.id.as_ref());
    if let Some(filter) = &rule.filter {
        write_filter(writer, filter);
    }
    writer.leaf("Status", if rule.is_enabled { "Enabled" } else { "Disabled" });
    for transition in &rule.transitions {
        writer.open("Transition");
        write_when(writer, transition.when);
        writer.leaf("StorageClass", &transition.storage_class);
        if let Some((count, days)) = transition.access_frequency {
            writer.open("AccessFrequency");
            writer.leaf("AccessCountLessThan", &count.to_string());
            writer.leaf("RecentDays", &days.to_string());
            writer.close();
        }
        writer.close();
    }
    if let Some(expiration) = rule.expiration {
        writer.open("Expiration");
        match expiration {
            Expiration::At(when) => write_when(writer, when),
            Expiration::DeleteMarker(goes) => {
                writer.leaf("ExpiredObjectDeleteMarker", if goes { "true" } else { "false" });
            }
        }
        writer.close();
    }
    write_days(
        writer,
        "AbortIncompleteMultipartUpload",
        "DaysAfterInitiation",
        rule.abort_upload_days,
    );
    for (days, class) in &rule.noncurrent_transitions {
        writer.open("NoncurrentVersionTransition");
        writer.leaf("NoncurrentDays", &days.to_string());
        writer.leaf("StorageClass", class);
        writer.close();
    }
    let days = rule.noncurrent_expiration_days;
    write_days(writer, "NoncurrentVersionExpiration", "NoncurrentDays", days);
}

fn write_filter(writer: &mut Writer<'_>, filter: &LifecycleFilter) {
    if *filter == LifecycleFilter::default() {
        return writer.empty("Filter");
    }
    writer.open("Filter");
    if filter.is_and {
        writer.open("And");
    }
    writer.optional("Prefix", filter.prefix.as_ref());
    for tag in &filter.tags {
        writer.open("Tag");
        writer.leaf("Key", &tag.key);
        writer.leaf("Value", &tag.value);
        writer.close();
    }
    writer.optional("ObjectSizeGreaterThan", filter.size_greater_than.map(|size| size.to_string()));
    writer.optional("ObjectSizeLessThan", filter.size_less_than.map(|size| size.to_string()));
    writer.leaves("PrefixNotEquals", &filter.not_prefixes);
    if filter.is_and {
        writer.close();
    }
    writer.close();
}

fn write_when(writer: &mut Writer<'_>, when: When) {
    match when {
        When::Days(days) => writer.leaf("Days", &days.to_string()),
        When::Date(unix_seconds) => writer.leaf("Date", &iso8601_millis(unix_seconds)),
    }
}

fn write_days<'a>(writer: &mut Writer<'a>, name: &'a str, of: &'static str, days: Option<u32>) {
    if let Some(days) = days {
        writer.open(name);
        writer.leaf(of, &days.to_string());
        writer.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inner: &str) -> Result<LifecycleConfiguration, XmlError> {
        let status = "<Status>Enabled</Status>";
        let body = format!(
            "<LifecycleConfiguration><Rule>{status}{inner}</Rule></LifecycleConfiguration>"
        );
        LifecycleConfiguration::read(body.as_bytes())
    }

    fn by_days(days: u32) -> Transition {
        Transition {
            when: When::Days(days),
            storage_class: "STANDARD_IA".into(),
            access_frequency: None,
        }
    }

    #[test]
    fn write_and_read_are_inverse() {
        let tag = |key: &str| Tag { key: key.into(), value: "v".into() };
        let filter = LifecycleFilter::default();
        let full = LifecycleRule {
            id: Some("a".into()),
            filter: Some(LifecycleFilter {
                is_and: true,
                prefix: Some("logs/".into()),
                not_prefixes: vec!["logs/keep/".into()],
                tags: vec![tag("a"), tag("b")],
                size_greater_than: Some(0),
                size_less_than: Some(u64::MAX),
            }),
            is_enabled: true,
            transitions: vec![
                by_days(0),
                Transition { access_frequency: Some((3, 30)), ..by_days(60) },
            ],
            expiration: Some(Expiration::At(When::Days(3650))),
            abort_upload_days: Some(1),
            noncurrent_transitions: vec![(0, "ARCHIVE".into())],
            noncurrent_expiration_days: Some(7),
        };
        let by_date = LifecycleRule {
            filter: Some(LifecycleFilter { tags: vec![tag("a")], ..filter.clone() }),
            expiration: Some(Expiration::At(When::Date(1_196_510_400))),
            ..LifecycleRule::default()
        };
        let marker = LifecycleRule {
            filter: Some(filter),
            expiration: Some(Expiration::DeleteMarker(true)),
            ..LifecycleRule::default()
        };
        let rules = vec![full, by_date, marker, LifecycleRule::default()];
        let lifecycle = LifecycleConfiguration { rules };
        let text = lifecycle.write();
        assert_eq!(LifecycleConfiguration::read(text.as_bytes()), Ok(lifecycle), "{text}");
    }

    #[test]
    fn the_form_before_there_were_filters_is_read() {
        let lifecycle = read("<Prefix>logs/</Prefix>").unwrap();
        assert!(
            lifecycle.write().contains("<Filter>\n\t\t\t<Prefix>logs/</Prefix>\n\t\t</Filter>")
        );
    }

    #[test]
    fn dates_and_classes_come_out_in_one_form() {
        let inner = "<Transition><Date>2007-12-01T00:00:00+08:00</Date><StorageClass>Standard_IA</StorageClass></Transition><Unknown/>";
        let text = read(inner).unwrap().write();
        assert!(text.contains("<Date>2007-11-30T16:00:00.000Z</Date>"), "{text}");
        assert!(text.contains("<StorageClass>STANDARD_IA</StorageClass>"), "{text}");
        assert!(!text.contains("Unknown"), "{text}");
    }

    #[test]
    fn another_document_is_refused() {
        assert!(LifecycleConfiguration::read(b"<LifecycleConfiguration/>").is_err());
        let class = "<StorageClass>ARCHIVE</StorageClass>";
        for inner in [
            "<Status>Enabled</Status>".to_owned(),
            "<Expiration/>".to_owned(),
            "<Expiration><Days>0</Days></Expiration>".to_owned(),
            "<Expiration><Days>3651</Days></Expiration>".to_owned(),
            "<Expiration><Days>1</Days><Date>2007-12-01T00:00:00Z</Date></Expiration>".to_owned(),
            "<Expiration><Date>tomorrow</Date></Expiration>".to_owned(),
            "<Transition><Days>1</Days></Transition>".to_owned(),
            format!("<Transition>{class}</Transition>"),
            format!(
                "<Transition><Days>1</Days>{class}</Transition><Expiration><Date>2007-12-01T00:00:00Z</Date></Expiration>"
            ),
            "<Filter><Prefix>a</Prefix><And><Prefix>a</Prefix></And></Filter>".to_owned(),
            "<Filter/><Prefix>a</Prefix>".to_owned(),
            format!("<ID>{}</ID>", "i".repeat(256)),
        ] {
            assert!(read(&inner).is_err(), "{inner}");
        }
        let rule = "<Rule><Status>Enabled</Status></Rule>";
        let of = |count| {
            let body =
                format!("<LifecycleConfiguration>{}</LifecycleConfiguration>", rule.repeat(count));
            LifecycleConfiguration::read(body.as_bytes())
        };
        assert!(of(1000).is_ok() && of(1001).is_err());
    }
}
