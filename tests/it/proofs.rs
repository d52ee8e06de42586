//! Who sealed a bundle and when: the signing key, and what stands in `proofs/`, checked with `openssl` as `VERIFY.md` says.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::scene::{Scene, text};
use crate::strict::{copy, exported, first_fault, redo_bag, unzipped, zipped};

const KEY: &str = ".config/citekeep/key.pem";
const SIGNATURE: &str = "proofs/tagmanifest-sha256.txt.sig";
const SIGNER: &str = "proofs/signer.pem";
const WACZ: &str = "data/captures/captures.wacz";

/// A world with a key and a bundle that it signed.
fn signed() -> Scene {
    let scene = exported();
    fs::remove_dir_all(scene.path("bundle")).unwrap();
    scene.does(0, &["key", "create"]);
    scene.does(0, &["export", "--all", "-o", "bundle"]);
    scene
}

/// The commands of `VERIFY.md`, in its order.
pub fn steps(folder: &Path) -> Vec<String> {
    let guide = fs::read_to_string(folder.join("VERIFY.md")).unwrap();
    guide
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

/// What a shell in the folder says to a command, on both outputs.
pub fn shell(folder: &Path, command: &str) -> String {
    let output = Command::new("sh")
        .arg("-c")
        .arg(command)
        .current_dir(folder)
        .output()
        .unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

/// The one step of `VERIFY.md` that has these words in it.
pub fn step(folder: &Path, words: &str) -> String {
    let mut found = steps(folder).into_iter().filter(|step| step.contains(words));
    let step = found.next().unwrap();
    assert_eq!(found.next(), None);
    step
}

#[test]
fn a_key_is_made_shown_and_its_public_part_given_but_never_a_second_one() {
    let scene = Scene::new();
    let (_, said) = scene.does(66, &["key", "show"]);
    assert!(said.contains("key.pem"), "{said}");
    let (made, _) = scene.does(0, &["key", "create"]);
    let (shown, _) = scene.does(0, &["key", "show"]);
    assert_eq!(made, shown);
    assert!(shown.contains("P-384, sha256:"), "{shown}");
    let (public, _) = scene.does(0, &["key", "export-public"]);
    assert!(public.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{public}");
    scene.does(0, &["key", "export-public", "-o", "signer.pem"]);
    assert_eq!(fs::read_to_string(scene.path("signer.pem")).unwrap(), public);
    let before = fs::read(scene.path(KEY)).unwrap();
    scene.does(65, &["key", "create"]);
    assert_eq!(fs::read(scene.path(KEY)).unwrap(), before);
    scene.does(0, &["key", "create", "--set", "export.key=other/key.pem"]);
    assert!(scene.path("other/key.pem").exists());
    assert_ne!(fs::read(scene.path("other/key.pem")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_signs_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let scene = signed();
    let mode = |mode| fs::set_permissions(scene.path(KEY), fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(
        fs::metadata(scene.path(KEY)).unwrap().permissions().mode() & 0o777,
        0o600
    );
    mode(0o644);
    let (_, said) = scene.does(77, &["export", "--all", "-o", "again"]);
    assert!(said.contains("chmod 600"), "{said}");
    scene.does(77, &["key", "show"]);
    assert!(!scene.path("again").exists());
    scene.does(0, &["export", "--all", "-o", "again", "--unsigned"]);
    assert_eq!(fs::read_to_string(scene.path("again/proofs/list.txt")).unwrap(), "");
    mode(0o600);
    scene.does(
        66,
        &["export", "--all", "-o", "other", "--set", "export.key=nowhere.pem"],
    );
}

#[test]
fn openssl_finds_the_signature_of_a_bundle_good_as_verify_md_says() {
    let scene = signed();
    let folder = scene.path("bundle");
    let step = step(&folder, "proofs/signer.pem");
    let (shown, _) = scene.does(0, &["key", "show"]);
    let fingerprint = shown.trim().rsplit("sha256:").next().unwrap().to_owned();
    assert_eq!(shell(&folder, &step), format!("Verified OK\n{fingerprint}  -\n"));
    let (said, _) = scene.does(0, &["verify", "bundle"]);
    assert!(
        said.contains(&format!("signed by the holder of key sha256:{fingerprint}")),
        "{said}"
    );
    fs::write(folder.join("tagmanifest-sha256.txt"), "changed").unwrap();
    assert!(!shell(&folder, &step).contains("Verified OK"));
}

#[test]
fn each_wacz_carries_the_anonymous_signature_and_other_programs_can_check_it() {
    let scene = signed();
    let wacz = unzipped(&fs::read(scene.path("bundle").join(WACZ)).unwrap());
    let file = |name: &str| &wacz.iter().find(|entry| entry.0 == name).unwrap().1;
    let digest: Value = serde_json::from_slice(file("datapackage-digest.json")).unwrap();
    let package: Value = serde_json::from_slice(file("datapackage.json")).unwrap();
    let signed = digest["signedData"].as_object().unwrap();
    let names: Vec<_> = signed.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["created", "hash", "publicKey", "signature", "software", "version"]
    );
    assert_eq!(
        (&signed["hash"], &signed["created"]),
        (&digest["hash"], &package["created"])
    );
    // The two numbers in DER, which is what openssl reads: each an INTEGER, with a zero before where the first bit is set.
    let raw = STANDARD.decode(signed["signature"].as_str().unwrap()).unwrap();
    assert_eq!(raw.len(), 96);
    let integer = |bytes: &[u8]| {
        let from = bytes.iter().position(|byte| *byte != 0).unwrap();
        let sign = if bytes[from] > 127 { vec![0] } else { Vec::new() };
        let bytes = [&sign[..], &bytes[from..]].concat();
        [&[2, u8::try_from(bytes.len()).unwrap()][..], &bytes].concat()
    };
    let numbers = [integer(&raw[..48]), integer(&raw[48..])].concat();
    let der = [&[0x30, u8::try_from(numbers.len()).unwrap()][..], &numbers].concat();
    fs::write(scene.path("wacz.sig"), der).unwrap();
    fs::write(scene.path("wacz.txt"), digest["hash"].as_str().unwrap()).unwrap();
    fs::write(
        scene.path("wacz.der"),
        STANDARD.decode(signed["publicKey"].as_str().unwrap()).unwrap(),
    )
    .unwrap();
    let said = shell(
        scene.folder.path(),
        "openssl pkey -pubin -inform DER -in wacz.der -out wacz.pem && cmp wacz.pem bundle/proofs/signer.pem &&
         openssl dgst -sha256 -verify wacz.pem -signature wacz.sig wacz.txt",
    );
    assert_eq!(said, "Verified OK\n");
}

#[test]
fn the_same_selection_signed_again_gives_the_same_bytes_and_without_a_key_the_same_but_for_the_wacz() {
    let scene = signed();
    scene.does(0, &["export", "--all", "-o", "again"]);
    scene.does(0, &["export", "--all", "-o", "one.zip"]);
    scene.does(0, &["export", "--all", "-o", "two.zip"]);
    assert_eq!(
        shell(scene.folder.path(), "diff -r bundle again; cmp one.zip two.zip"),
        ""
    );
    scene.does(0, &["verify", "one.zip"]);
    scene.does(0, &["export", "--all", "-o", "bare", "--unsigned"]);
    let differing = shell(scene.folder.path(), "diff -rq bundle bare | sort");
    for name in [
        "captures.wacz",
        "manifest-sha256.txt",
        "Only in bundle/proofs: signer.pem",
    ] {
        assert!(differing.contains(name), "{differing}");
    }
    assert!(
        !differing.contains("VERIFY.md") && !differing.contains("report.html"),
        "{differing}"
    );
}

#[test]
fn who_changes_a_signed_bundle_needs_the_key() {
    let scene = signed();
    scene.does(0, &["key", "create", "--set", "export.key=other.pem"]);
    let other = ["--set", "export.key=other.pem"];
    scene.does(0, &[&["export", "--all", "-o", "others"][..], &other].concat());
    scene.does(
        0,
        &[&["key", "export-public", "-o", "others-public.pem"][..], &other].concat(),
    );
    scene.does(0, &["key", "export-public", "-o", "public.pem"]);
    type Edit = fn(&Path, &Path);
    let cases: [(&str, Edit); 8] = [
        ("not the signature of tagmanifest-sha256.txt", |bundle, _| {
            let report = bundle.join("VERIFY.md");
            let changed = fs::read_to_string(&report).unwrap() + "\nAll of this is true.\n";
            fs::write(report, changed).unwrap();
            redo_bag(bundle);
        }),
        (
            "proofs/tagmanifest-sha256.txt.sig: not the signature of",
            |bundle, others| {
                fs::copy(others.join(SIGNER), bundle.join(SIGNER)).unwrap();
            },
        ),
        ("signed by another key than", |bundle, others| {
            // Their bag with its signatures, but with our web archive.
            fs::remove_dir_all(bundle).unwrap();
            copy(others, bundle);
            fs::copy(bundle.parent().unwrap().join("bundle").join(WACZ), bundle.join(WACZ)).unwrap();
            crate::strict::redo_crate(bundle);
            redo_bag(bundle);
            let sign =
                "openssl dgst -sha256 -sign ../other.pem -out proofs/tagmanifest-sha256.txt.sig tagmanifest-sha256.txt";
            assert_eq!(shell(bundle, sign), "");
        }),
        ("proofs/tagmanifest-sha256.txt.sig: not the signature", |bundle, _| {
            fs::write(bundle.join(SIGNATURE), "no signature").unwrap();
        }),
        ("proofs/signer.pem: no public P-384 key", |bundle, _| {
            let other =
                "openssl ecparam -name prime256v1 -genkey -noout | openssl ec -pubout > proofs/signer.pem 2>/dev/null";
            shell(bundle, other);
        }),
        ("proofs/signer.pem: missing", |bundle, _| {
            fs::remove_file(bundle.join(SIGNER)).unwrap();
        }),
        ("proofs/tagmanifest-sha256.txt.sig: missing", |bundle, _| {
            fs::remove_file(bundle.join(SIGNATURE)).unwrap();
        }),
        ("proofs/note.txt: added", |bundle, _| {
            fs::write(bundle.join("proofs/note.txt"), "x").unwrap();
        }),
    ];
    for (number, (fault, change)) in cases.into_iter().enumerate() {
        let name = format!("copy{number}");
        copy(&scene.path("bundle"), &scene.path(&name));
        change(&scene.path(&name), &scene.path("others"));
        let found = first_fault(&scene, &name);
        assert!(found.contains(fault), "{found:?} is not {fault:?}");
    }
    // Who takes the signatures away, or puts their own in their place, is found by who asks for the signer.
    scene.does(0, &["export", "--all", "-o", "bare", "--unsigned"]);
    scene.does(0, &["verify", "bundle", "--signer", "public.pem"]);
    scene.does(0, &["verify", "others", "--signer", "others-public.pem"]);
    for bundle in ["bare", "others"] {
        scene.does(0, &["verify", bundle]);
        let (_, said) = scene.does(65, &["verify", bundle, "--signer", "public.pem"]);
        assert!(said.contains("not by the key asked for"), "{said}");
    }
    let wacz = format!("bundle/{WACZ}");
    scene.does(0, &["verify", &wacz, "--signer", "public.pem"]);
    scene.does(65, &["verify", &wacz, "--signer", "others-public.pem"]);
    scene.does(65, &["verify", "--signer", "public.pem"]);
}

#[test]
fn a_wacz_whose_signature_was_changed_is_found_and_one_of_another_kind_is_said_not_to_be_checked() {
    let scene = signed();
    let original = unzipped(&fs::read(scene.path("bundle").join(WACZ)).unwrap());
    type Edit = fn(&mut Value);
    let cases: [(&str, Edit); 5] = [
        ("not by the key that it names", |digest| {
            digest["signedData"]["signature"] = STANDARD.encode([1; 96]).into();
        }),
        ("not by the key that it names", |digest| {
            digest["signedData"]["signature"] = Value::Null;
        }),
        ("what is signed is not datapackage.json", |digest| {
            digest["signedData"]["created"] = "1999-01-01T00:00:00Z".into();
        }),
        ("what is signed is not datapackage.json", |digest| {
            digest["signedData"]["hash"] = format!("sha256:{}", "0".repeat(64)).into();
        }),
        ("", |digest| {
            digest["signedData"]["publicKey"] = "MFkw".into();
        }),
    ];
    for (fault, change) in cases {
        let mut entries = original.clone();
        let digest = entries
            .iter_mut()
            .find(|entry| entry.0 == "datapackage-digest.json")
            .unwrap();
        let mut value: Value = serde_json::from_slice(&digest.1).unwrap();
        change(&mut value);
        digest.1 = value.to_string().into_bytes();
        fs::write(scene.path("x.wacz"), zipped(&entries)).unwrap();
        let found = first_fault(&scene, "x.wacz");
        assert!(found.contains(fault), "{found:?} is not {fault:?}");
        if fault.is_empty() {
            let (_, said) = scene.does(0, &["-v", "verify", "x.wacz"]);
            assert!(said.contains("of a kind that was not checked"), "{said}");
        }
    }
}

#[test]
fn the_secret_key_is_in_no_archive_and_no_bundle() {
    let scene = signed();
    let pem = fs::read_to_string(scene.path(KEY)).unwrap();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(base64).unwrap();
    // The private number stands behind its tag and length (RFC 5915).
    let at = der.windows(2).position(|pair| pair == [4, 48]).unwrap() + 2;
    let secret = &der[at..at + 48];
    let mut open = vec![scene.path("bundle"), scene.archive()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(48).any(|window| window == secret), "{}", path.display());
        assert!(!text(&bytes).contains("PRIVATE KEY"), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}
