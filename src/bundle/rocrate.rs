//! `ro-crate-metadata.json`: the payload as an RO-Crate 1.2, with every file, article, post, author, capture and program as
//! an entity. Written last, when every other file stands; entities go out one by one.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::bag::{Bag, BagFile};
use super::{Options, left_out, wacz};
use crate::error::{Error, Result};
use crate::store::export::{Cell, Extract, TABLES};

/// The file's name; the crate's root is the folder that it lies in.
pub(super) const NAME: &str = "ro-crate-metadata.json";

/// What the files are, by the end of their names: media type and meaning.
const FILES: [(&str, &str, &str); 20] = [
    (
        ".wacz",
        "application/wacz",
        "Web archive: every request and response, with index and pages",
    ),
    (
        "ledger/chain.txt",
        "text/plain",
        "The ledger's chain: number, leaf and head of each entry",
    ),
    (
        "ledger/lines.jsonl",
        "application/jsonl",
        "Lines of the ledger for the entries of this bundle",
    ),
    (
        left_out::NAME,
        "application/jsonl",
        "Digests of the bodies that this bundle leaves out",
    ),
    (
        "datapackage.json",
        "application/json",
        "What the columns of the tables mean",
    ),
    ("-chain.txt", "text/plain", "The chain of the ledger of another archive"),
    (
        "archive.db",
        "application/vnd.sqlite3",
        "The selection as an SQLite archive without bodies, for questions in SQL",
    ),
    (
        ".db",
        "application/vnd.sqlite3",
        "Rows and ledger lines of another archive, as they were taken in",
    ),
    (".csv", "text/csv", "Table for a spreadsheet"),
    (".jsonl", "application/jsonl", "The same table as JSON lines, unchanged"),
    (".jsonld", "application/ld+json", "Linked data"),
    (".json", "application/json", "JSON"),
    (".html", "text/html", "A page that opens in any browser"),
    (
        ".tsq",
        "application/timestamp-query",
        "What a time stamping authority was asked about the ledger of another archive",
    ),
    (
        ".tsr",
        "application/timestamp-reply",
        "What a time stamping authority said of the ledger of another archive",
    ),
    (
        ".pem",
        "application/x-pem-file",
        "Certificates that were trusted for a time stamp there",
    ),
    (
        ".ots",
        "application/vnd.opentimestamps.ots",
        "What calendars of OpenTimestamps said of the ledger of another archive",
    ),
    (".bib", "text/x-bibtex", "Bibliography"),
    (".ris", "application/x-research-info-systems", "Bibliography"),
    (".txt", "text/plain", "Text"),
];

/// What other files are, by the beginning of their names.
const FOLDERS: [(&str, &str); 2] = [
    (
        "others/bodies/",
        "A body that another archive names, as it was received there",
    ),
    ("supplied/", "A file that a person supplied"),
];

/// Writes the metadata of all that stands in the payload.
pub(super) fn write(bag: &mut Bag, extract: &Extract<'_>, options: &Options) -> Result<()> {
    let mut files = Vec::new();
    for (name, sums) in bag.sums()? {
        let known = FILES.iter().find(|(end, ..)| name.ends_with(end));
        let mut file = json!({
            "@id": name, "@type": "File", "name": name, "contentSize": sums.length.to_string(), "sha256": sums.sha256,
            "encodingFormat": known.map_or("application/octet-stream", |known| known.1),
        });
        let told = known.map(|known| known.2);
        let told = told.or_else(|| Some(FOLDERS.iter().find(|(folder, _)| name.starts_with(folder))?.1));
        set(&mut file, "description", told.map(Value::from));
        files.push(file);
    }
    let archives = Archives::among(&files);
    let mut actions = Vec::new();
    each(extract, "articles", |row| {
        actions.push(json!({"@id": format!("#reading-{}", row.number("reading"))}));
        Ok(())
    })?;
    each(extract, "captures", |row| {
        actions.push(json!({"@id": format!("#capture-{}", row.number("capture"))}));
        Ok(())
    })?;
    let enquiries = enquiries(extract)?;
    actions.extend(
        enquiries
            .iter()
            .map(|enquiry| json!({"@id": format!("#entry-{}", enquiry.entry)})),
    );
    let mut graph = Graph {
        file: bag.payload(NAME)?,
        names: HashSet::new(),
    };
    graph
        .file
        .write(b"{\"@context\":\"https://w3id.org/ro/crate/1.2/context\",\"@graph\":[\n")?;
    graph.add(&json!({
        "@id": NAME, "@type": "CreativeWork", "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
    }))?;
    let agent = people(&mut graph, options)?;
    let identifier = format!("urn:uuid:{}", super::bag::uuid(extract));
    graph.add(&json!({
        "@id": identifier, "@type": "PropertyValue", "name": "Identifier of the bundle",
        "propertyID": "https://registry.identifiers.org/registry/uuid", "value": identifier,
    }))?;
    let mut root = json!({
        "@id": "./", "@type": "Dataset", "name": "Posts and pages that articles cite",
        "description": format!("Evidence as of ledger entry {} (head {}){}", extract.seq, extract.head, left_out::told(extract)),
        "identifier": {"@id": identifier},
        "datePublished": extract.at, "license": {"@id": "#no-licence"},
        "hasPart": files.iter().map(reference).collect::<Vec<_>>(), "mentions": actions,
    });
    set(&mut root, "author", agent.clone());
    set(&mut root, "publisher", agent.clone());
    if !extract.without.is_empty() {
        graph.add(&json!({
            "@id": "#whole", "@type": "CreativeWork", "name": "The bundle with nothing left out",
            "identifier": format!("urn:uuid:{}", super::bag::uuid_of_whole(extract)),
            "description": format!("The same selection as a whole; {} names what is left out here", left_out::NAME),
        }))?;
        root["isBasedOn"] = json!({"@id": "#whole"});
    }
    graph.add(&root)?;
    graph.add(&json!({
        "@id": "#no-licence", "@type": "CreativeWork", "name": "No licence granted",
        "description": "Works of third parties, copied as evidence; nobody granted a licence to them",
    }))?;
    for file in &files {
        graph.add(file)?;
    }
    articles(&mut graph, extract, agent.as_ref(), &archives)?;
    captures(&mut graph, extract, agent.as_ref(), &archives)?;
    for enquiry in &enquiries {
        enquiry.describe(&mut graph, agent.as_ref(), &archives)?;
    }
    posts(&mut graph, extract)?;
    graph.file.write(b"\n]}\n")?;
    graph.file.close()
}

/// The organisation and the collector, as far as the configuration names them; gives who answers for the captures.
fn people(graph: &mut Graph, options: &Options) -> Result<Option<Value>> {
    let known = |text: &str| (!text.is_empty()).then(|| Value::from(text));
    let who = &options.who;
    let mut contact = None;
    if let Some(email) = known(&who.email) {
        let id = format!("mailto:{}", who.email);
        graph.add(
            &json!({"@id": id, "@type": "ContactPoint", "name": "Contact", "contactType": "evidence", "email": email}),
        )?;
        contact = Some(json!({"@id": id}));
    }
    let organisation = known(&who.organization).map(|_| json!({"@id": "#organization"}));
    if let Some(name) = known(&who.organization) {
        let mut entity = json!({"@id": "#organization", "@type": "Organization", "name": name});
        set(&mut entity, "contactPoint", contact.clone());
        graph.add(&entity)?;
    }
    let Some(name) = known(&who.collector) else {
        return Ok(organisation);
    };
    let mut person = json!({"@id": "#collector", "@type": "Person", "name": name});
    set(&mut person, "affiliation", organisation);
    set(&mut person, "contactPoint", contact);
    graph.add(&person)?;
    Ok(Some(json!({"@id": "#collector"})))
}

/// Each reading: the article as it stood, and the action that read it.
fn articles(graph: &mut Graph, extract: &Extract<'_>, agent: Option<&Value>, archives: &Archives) -> Result<()> {
    each(extract, "articles", |row| {
        let number = row.number("reading");
        let id = format!("#article-{number}");
        let title = row.value("title").or(row.value("article"));
        let mut article = json!({"@id": id, "@type": "Article"});
        set(&mut article, "name", title);
        set(&mut article, "identifier", row.value("article"));
        set(&mut article, "url", row.value("url"));
        set(&mut article, "creditText", row.value("byline"));
        set(&mut article, "inLanguage", row.value("language"));
        set(&mut article, "sha256", row.value("body_sha256"));
        graph.add(&article)?;
        let program = graph.program(row.text("reader"))?;
        let status = graph.status(true)?;
        let mut results = vec![json!({"@id": id})];
        results.extend_from_slice(archives.of(number));
        graph.add(&json!({
            "@id": format!("#reading-{number}"), "@type": "CreateAction", "name": format!("Reading {number} of an article"),
            "endTime": row.value("read_at"), "instrument": program, "agent": agent.unwrap_or(&program),
            "object": {"@id": id}, "result": one_or_all(results), "actionStatus": status,
        }))
    })
}

/// Each capture as an action, and each target that is its object.
fn captures(graph: &mut Graph, extract: &Extract<'_>, agent: Option<&Value>, archives: &Archives) -> Result<()> {
    let mut told: HashMap<i64, Vec<i64>> = HashMap::new();
    each(extract, "posts", |row| {
        told.entry(row.number("capture")).or_default().push(row.number("post"));
        Ok(())
    })?;
    let mut helpers: HashMap<i64, BTreeSet<String>> = HashMap::new();
    each(extract, "media", |row| {
        let helper = row.text("helper");
        if !helper.is_empty() {
            helpers
                .entry(row.number("capture"))
                .or_default()
                .insert(helper.to_owned());
        }
        Ok(())
    })?;
    each(extract, "captures", |row| {
        let (number, target) = (row.number("capture"), format!("#target-{}", row.number("target")));
        let kind = if row.text("kind") == "link" {
            "WebPage"
        } else {
            "SocialMediaPosting"
        };
        let mut entity = json!({"@id": target, "@type": kind});
        set(&mut entity, "name", row.value("url").or(row.value("native_id")));
        set(&mut entity, "url", row.value("url"));
        set(&mut entity, "identifier", row.value("native_id"));
        graph.add_once(&entity)?;
        let program = graph.program(row.text("program"))?;
        let mut instruments = vec![program.clone()];
        for helper in helpers.remove(&number).unwrap_or_default() {
            instruments.push(graph.program(&helper)?);
        }
        let outcome = row.text("outcome");
        let status = graph.status(outcome == "captured")?;
        let posts = told.remove(&number).unwrap_or_default();
        let mut results: Vec<Value> = posts
            .iter()
            .map(|post| json!({"@id": format!("#post-{post}")}))
            .collect();
        results.extend_from_slice(archives.of(number));
        graph.add(&json!({
            "@id": format!("#capture-{number}"), "@type": "CreateAction", "name": format!("Capture {number}"),
            "description": format!("{outcome}: {} (source {})", row.text("reason"), row.text("source")),
            "startTime": row.value("started"), "endTime": row.value("ended"), "instrument": one_or_all(instruments),
            "agent": agent.unwrap_or(&program), "object": {"@id": target}, "result": one_or_all(results),
            "actionStatus": status,
        }))
    })
}

/// What was asked about a target besides capturing it: which post is meant, or which copies a web archive of others has.
struct Enquiry {
    entry: i64,
    /// The event, as its line of the ledger names it.
    event: String,
    at: String,
    target: String,
    outcome: String,
    program: String,
}

/// Those of the selection whose lines are told.
fn enquiries(extract: &Extract<'_>) -> Result<Vec<Enquiry>> {
    let (mut found, mut programs) = (Vec::new(), HashMap::new());
    extract.lines(|line| {
        let line: Value = serde_json::from_str(line).map_err(|error| Error::Internal(error.to_string()))?;
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let (entry, event) = (line["seq"].as_i64().unwrap_or_default(), text("event"));
        match event.as_str() {
            "run" => {
                programs.insert(entry, format!("citekeep {}", text("version")));
            }
            "resolution" | "inquiry" => {
                let program = line["run"].as_i64().and_then(|run| programs.get(&run));
                found.extend(program.map(|program| Enquiry {
                    entry,
                    event,
                    at: text("at"),
                    target: text("target"),
                    outcome: text("outcome"),
                    program: program.clone(),
                }));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(found)
}

impl Enquiry {
    fn describe(&self, graph: &mut Graph, agent: Option<&Value>, archives: &Archives) -> Result<()> {
        let entry = self.entry;
        let about = format!("#about-{entry}");
        graph.add(&json!({"@id": about, "@type": "CreativeWork", "name": self.target}))?;
        let program = graph.program(&self.program)?;
        let status = graph.status(self.outcome == "captured")?;
        graph.add(&json!({
            "@id": format!("#entry-{entry}"), "@type": "CreateAction", "name": format!("Entry {entry} of the ledger: {}", self.event),
            "description": self.outcome, "endTime": self.at, "instrument": program, "agent": agent.unwrap_or(&program),
            "object": {"@id": about}, "result": one_or_all(archives.of(entry).to_vec()), "actionStatus": status,
        }))
    }
}

/// Each post as an answer told it, and its author.
fn posts(graph: &mut Graph, extract: &Extract<'_>) -> Result<()> {
    each(extract, "posts", |row| {
        let number = row.number("post");
        let platform = row.text("platform");
        let author = row
            .value("author_id")
            .or(row.value("author_handle"))
            .or(row.value("author_name"));
        let author = author.map(|key| format!("#author-{platform}-{}", plain(key.as_str().unwrap_or_default())));
        let handle = row.text("author_handle");
        let name = row.value("author_name").unwrap_or_else(|| handle.into());
        if let Some(id) = &author {
            let mut entity = json!({
                "@id": id, "@type": "Person", "name": name,
                "description": format!("Account on {platform} as the source names it; who is behind it was not checked"),
            });
            set(&mut entity, "identifier", row.value("author_id"));
            set(
                &mut entity,
                "alternateName",
                (!handle.is_empty()).then(|| format!("@{handle}").into()),
            );
            graph.add_once(&entity)?;
        }
        let mut post = json!({
            "@id": format!("#post-{number}"), "@type": "SocialMediaPosting",
            "name": format!("Post {} as {} told it in capture {}", row.text("native_id"), row.text("source"), row.number("capture")),
        });
        set(&mut post, "author", author.map(|id| json!({"@id": id})));
        set(&mut post, "url", row.value("url"));
        set(&mut post, "identifier", row.value("native_id"));
        set(&mut post, "dateCreated", row.value("posted_at"));
        set(&mut post, "articleBody", row.value("text"));
        set(&mut post, "inLanguage", row.value("language"));
        graph.add(&post)
    })
}

/// The entities on their way out.
struct Graph {
    file: BagFile,
    /// Entities that several rows may name.
    names: HashSet<String>,
}

impl Graph {
    fn add(&mut self, entity: &Value) -> Result<()> {
        let comma = if entity["@id"] == NAME { "" } else { ",\n" };
        self.file.write(format!("{comma}{entity}").as_bytes())
    }

    fn add_once(&mut self, entity: &Value) -> Result<()> {
        match self.names.insert(entity["@id"].to_string()) {
            true => self.add(entity),
            false => Ok(()),
        }
    }

    /// How an action ended, as schema.org names it.
    fn status(&mut self, done: bool) -> Result<Value> {
        let word = if done { "Completed" } else { "Failed" };
        let id = format!("http://schema.org/{word}ActionStatus");
        self.add_once(&json!({
            "@id": id, "@type": "ActionStatusType", "name": format!("{word}ActionStatus"),
            "description": if done { "The action ended with a result" } else { "The post or page was not obtained" },
        }))?;
        Ok(json!({"@id": id}))
    }

    /// A program, by its name and what it says of its version. RO-Crate 1.2 wants an address of each SoftwareApplication; none is
    /// known here, so that is said by `additionalType` alone.
    fn program(&mut self, name: &str) -> Result<Value> {
        let (program, version) = name.split_once(' ').unzip();
        let id = format!("#software-{}", plain(name));
        let mut entity = json!({
            "@id": id, "@type": "CreativeWork", "additionalType": "SoftwareApplication", "name": program.unwrap_or(name),
        });
        set(&mut entity, "version", version.map(Value::from));
        self.add_once(&entity)?;
        Ok(json!({"@id": id}))
    }
}

/// A row of a table by its columns' names.
struct Row<'r> {
    names: &'r [&'static str],
    cells: &'r [Cell],
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Option<&Cell> {
        self.names
            .iter()
            .position(|column| *column == name)
            .and_then(|index| self.cells.get(index))
    }

    fn text(&self, name: &str) -> &str {
        self.cell(name).and_then(Cell::text).unwrap_or_default()
    }

    fn number(&self, name: &str) -> i64 {
        match self.cell(name) {
            Some(Cell::Integer(number)) => *number,
            _ => 0,
        }
    }

    /// The text, unless it is unknown.
    fn value(&self, name: &str) -> Option<Value> {
        self.cell(name).and_then(Cell::text).map(Value::from)
    }
}

fn each(extract: &Extract<'_>, table: &str, mut show: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
    let table = TABLES
        .iter()
        .find(|known| known.name == table)
        .ok_or_else(|| Error::Internal(format!("no table {table}")))?;
    let names: Vec<&str> = table.columns.iter().map(|column| column.0).collect();
    extract.rows(table, |cells| show(&Row { names: &names, cells }))
}

fn set(entity: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(map), Some(value)) = (entity.as_object_mut(), value) {
        Map::insert(map, name.to_owned(), value);
    }
}

/// JSON-LD as RO-Crate wants it has no list of one.
fn one_or_all(mut values: Vec<Value>) -> Value {
    match values.len() {
        1 => values.remove(0),
        _ => Value::from(values),
    }
}

fn reference(entity: &Value) -> Value {
    json!({"@id": entity["@id"]})
}

/// The web archives of the bundle, as references.
struct Archives {
    /// Those of the whole selection.
    common: Vec<Value>,
    /// Those of one ledger entry.
    of_entry: HashMap<i64, Vec<Value>>,
}

impl Archives {
    fn among(files: &[Value]) -> Archives {
        let (mut common, mut of_entry) = (Vec::new(), HashMap::<i64, Vec<Value>>::new());
        for file in files.iter().filter(|file| file["encodingFormat"] == "application/wacz") {
            match file["@id"].as_str().and_then(wacz::entry_of) {
                Some(entry) => of_entry.entry(entry).or_default().push(reference(file)),
                None => common.push(reference(file)),
            }
        }
        Archives { common, of_entry }
    }

    /// Those that hold what this entry received.
    fn of(&self, entry: i64) -> &[Value] {
        self.of_entry.get(&entry).unwrap_or(&self.common)
    }
}

/// A text as part of an identifier: what is no letter or digit of ASCII becomes the number of its code point.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || "._-".contains(letter) {
            out.push(letter);
        } else {
            out += &format!("~{:x}~", u32::from(letter));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_never_become_one_identifier() {
        for (text, id) in [
            ("ada_b", "ada_b"),
            ("a b", "a~20~b"),
            ("漢", "~6f22~"),
            ("~20~", "~7e~20~7e~"),
        ] {
            assert_eq!(plain(text), id);
        }
    }
}
