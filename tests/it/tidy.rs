//! The shape of the project itself: imports point one way, documents name what there is.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn imports_point_one_way() {
    let forbidden = [
        (
            "article",
            &["citation", "platform", "fetch", "store", "capture", "cli", "config"][..],
        ),
        ("citation", &["fetch", "store", "capture", "cli", "config"]),
        ("platform", &["fetch", "store", "capture", "cli", "config"]),
        ("change", &["fetch", "store", "capture", "bundle", "cli", "config"]),
        ("exchange", &["fetch", "store", "capture", "cli", "config"]),
        ("stamp", &["fetch", "store", "capture", "bundle", "cli", "config"]),
        ("fetch", &["store", "capture", "cli"]),
        ("bundle", &["fetch", "capture", "cli", "config"]),
        ("store", &["bundle", "fetch", "capture", "cli", "config"]),
        ("capture", &["cli"]),
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&root) {
        let place = path.strip_prefix(&root).unwrap();
        let area = place
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .replace(".rs", "");
        let Some((_, banned)) = forbidden.iter().find(|(name, _)| *name == area) else {
            continue;
        };
        let code = fs::read_to_string(&path).unwrap();
        for (number, line) in code
            .lines()
            .enumerate()
            .filter(|(_, l)| !l.trim_start().starts_with("//"))
        {
            for name in *banned {
                let arrow = format!("crate::{name}");
                let hit = line
                    .match_indices(&arrow)
                    .any(|(at, _)| !line[at + arrow.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'));
                assert!(
                    !hit,
                    "{}:{}: {area} must not import {name}",
                    place.display(),
                    number + 1
                );
            }
        }
    }
}

#[test]
fn what_is_exported_is_read_from_the_copies_that_name_nobody() {
    // SQLite finds a copy before the table of the archive, unless that is asked for by its full name.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = sources(&root.join("store/export"));
    files.extend(sources(&root.join("bundle")));
    files.push(root.join("store/export.rs"));
    for path in files.iter().filter(|path| !path.ends_with("redacted.rs")) {
        let code = fs::read_to_string(path).unwrap();
        assert!(!code.contains(" main."), "{} reads past the copies", path.display());
    }
}

#[test]
fn only_the_clock_reads_the_time_and_only_the_store_speaks_sql() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&root) {
        let place = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let code = fs::read_to_string(&path).unwrap();
        // SQLite has a clock of its own, which no test can set.
        for clock in [
            "Utc::now",
            "Local::now",
            "SystemTime::now",
            "'now'",
            "CURRENT_TIMESTAMP",
            "datetime(",
        ] {
            assert!(
                place == "clock.rs" || !code.contains(clock),
                "{place} reads the clock: {clock}"
            );
        }
        assert!(
            place.starts_with("store") || !code.contains("rusqlite"),
            "{place} speaks to SQLite"
        );
        assert!(
            place.starts_with("fetch") || !code.contains("reqwest::"),
            "{place} opens sockets"
        );
    }
}

#[test]
fn readme_and_changelog_know_every_command_and_this_version() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_citekeep"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|l| !l.starts_with("Commands:"))
        .skip(1)
        .take_while(|l| l.starts_with("  "))
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    assert!(commands.len() > 4, "{help}");
    for command in commands {
        assert!(
            readme.contains(&format!("`citekeep {command}")),
            "README does not explain `citekeep {command}`"
        );
    }
    let changelog = fs::read_to_string(root.join("CHANGELOG.md")).unwrap();
    assert!(changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn every_test_that_holds_a_promise_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code: String = ["src", "tests"]
        .iter()
        .flat_map(|folder| sources(&root.join(folder)))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let promises = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let rows = promises
        .lines()
        .skip_while(|line| !line.starts_with("| promise |"))
        .skip(2);
    let named: Vec<&str> = rows
        .take_while(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect();
    assert!(named.len() > 30, "{named:?}");
    for name in named {
        assert!(code.contains(&format!("fn {name}(")), "no test {name}");
    }
}

#[test]
fn no_pattern_over_foreign_text_can_backtrack() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    for engine in ["fancy-regex", "pcre2", "onig", "regress"] {
        assert!(!lock.contains(&format!("name = \"{engine}\"")), "{engine}");
    }
}

#[test]
fn the_architecture_names_every_module_and_none_that_there_is_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let section = text.split("## Files").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut named = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| `src/")) {
        let [_, folder, modules, _] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let folder = folder.trim().trim_matches('`').trim_end_matches("*/");
        let folder = folder.rsplit_once('/').unwrap().0;
        let modules = modules.split('`').skip(1).step_by(2);
        named.extend(modules.map(|module| root.join(folder).join(module)));
    }
    named.push(root.join("src/exchange.rs"));
    for module in &named {
        assert!(module.is_file(), "there is no {}", module.display());
    }
    let src = root.join("src");
    for path in sources(&src) {
        let place = path.strip_prefix(&src).unwrap();
        let is_of_its_folder = place.ends_with("mod.rs") || place.ends_with("main.rs") || place.ends_with("lib.rs");
        let is_test = place.ends_with("tests.rs") || place.components().any(|part| part.as_os_str() == "tests");
        assert!(
            is_of_its_folder || is_test || named.contains(&path),
            "{} is not named",
            place.display()
        );
    }
}
