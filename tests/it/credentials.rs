//! Credentials: sent to the very host that they are for, and kept nowhere.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::scene::{POST, Scene, article, files, text};
use crate::web::Reply;

const SECRET: &str = "Zm9yLW91ci1leWVzLW9ubHk";

/// A file of credentials that only we may read.
fn private(scene: &Scene, lines: &str) -> String {
    let file = scene.file("credentials", lines);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

/// A post in the shape of X's official API.
fn api_post(id: &str, words: &str) -> Reply {
    Reply::json(format!(
        r#"{{"data":[{{"id":"{id}","text":"{words}","author_id":"7"}}],"includes":{{"users":[{{"id":"7","name":"Ada","username":"ada_b"}}]}}}}"#
    ))
}

/// Archives an article with a post that only the official API gives, with these credentials; gives what became of the post.
fn archived(scene: &Scene, credentials: &str) -> String {
    let input = scene.file("story.html", article(POST));
    let setting = format!("credentials={credentials}");
    scene.archives(0, &["--set", &setting, &input]);
    scene.is_sound();
    scene.value::<String>("SELECT state || ' ' || reason || ' ' || source FROM citations WHERE platform = 'x'")
}

/// What a file holds, and what is packed in it.
pub fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    if let Ok(mut archive) = zip::ZipArchive::new(fs::File::open(path).unwrap()) {
        for index in 0..archive.len() {
            let mut packed = Vec::new();
            archive.by_index(index).unwrap().read_to_end(&mut packed).unwrap();
            // What is no gzip ends at once.
            let _ = MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut bytes);
            bytes.extend(packed);
        }
    }
    bytes
}

/// Every file below `folder` that holds `needle`.
fn files_with(folder: &Path, needle: &str) -> Vec<String> {
    let holds = |name: &String| {
        let bytes = unpacked(&folder.join(name));
        memchr::memmem::find(&bytes, needle.as_bytes()).is_some()
    };
    files(folder).into_iter().filter(holds).collect()
}

#[test]
fn a_secret_is_sent_and_is_neither_in_the_archive_nor_in_a_bundle_nor_in_what_is_printed() {
    let scene = Scene::new();
    let credentials = private(
        &scene,
        &format!("# ours\nhttp://api.test authorization: Bearer {SECRET}\n"),
    );
    scene.web.on(
        "api.test",
        "/2/tweets*",
        [api_post(POST, "The bridge is open").with("set-cookie", "guest=c29tZS1vdGhlci1zZXNzaW9u")],
    );
    assert_eq!(archived(&scene, &credentials), "captured post x.api");
    assert_eq!(
        scene.web.sent("api.test", "/2/tweets", "authorization"),
        [Some(format!("Bearer {SECRET}"))]
    );
    fs::remove_file(&credentials).unwrap();
    let mut export = scene.bare();
    let output = export
        .args(["export", "--all", "-o"])
        .arg(scene.path("bundle"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        !files_with(scene.folder.path(), "[credential, not kept]").is_empty(),
        "the search finds what is packed"
    );
    let shown = scene
        .bare()
        .args(["show", "article:1", "--json", "-v"])
        .output()
        .unwrap();
    assert!(!text(&shown.stdout).contains(SECRET));
    assert_eq!(files_with(scene.folder.path(), SECRET), Vec::<String>::new());
    assert_eq!(
        files_with(scene.folder.path(), "c29tZS1vdGhlci1zZXNzaW9u"),
        Vec::<String>::new(),
        "a cookie that came back"
    );
    assert!(
        scene
            .value::<String>("SELECT request_headers FROM exchange WHERE url LIKE '%/2/tweets%'")
            .contains("authorization: [credential, not kept]\r\n")
    );
}

#[test]
fn a_bundle_that_would_hold_a_credential_is_refused_wherever_it_stands_and_its_words_show_none_of_it() {
    let scene = Scene::new();
    scene.has_post(POST, "ada_b", "The bridge is open");
    // In an address that an article cites, and with it in the tables, the report and the web archive.
    scene.web.on("river.example", "/report", [Reply::page("<p>Report")]);
    scene.web.on("leak.test", "/*", [Reply::page("<p>Leak")]);
    let story = scene.file(
        "story.html",
        article(POST).replace(
            "</article>",
            &format!("<p>See <a href=\"http://leak.test/?access_token={SECRET}\">it</a>.</p></article>"),
        ),
    );
    scene.archives(0, &[&story]);
    let credentials = private(&scene, &format!("http://api.test authorization: Bearer {SECRET}\n"));
    let setting = format!("credentials={credentials}");
    for name in ["bundle", "bundle.zip", "bundle.wacz"] {
        let export = |arguments: &[&str]| {
            scene
                .bare()
                .args(["export", "--all", "-o", name])
                .args(arguments)
                .output()
                .unwrap()
        };
        let refused = export(&["--set", &setting]);
        let said = text(&refused.stderr) + &text(&refused.stdout);
        assert_eq!(refused.status.code(), Some(65), "{said}");
        assert!(
            said.contains("the credential for http://api.test (authorization)"),
            "{said}"
        );
        assert!(!said.contains(SECRET), "{said}");
        assert!(!scene.path(name).exists());
        assert_eq!(
            export(&[]).status.code(),
            Some(0),
            "without that credential it is any word"
        );
    }
}

#[test]
fn a_secret_in_the_environment_counts_as_well() {
    let scene = Scene::new();
    scene
        .web
        .on("api.test", "/2/tweets*", [api_post(POST, "The bridge is open")]);
    let input = scene.file("story.html", article(POST));
    let output = scene
        .archiving()
        .env(
            "CITEKEEP_CREDENTIAL_X",
            format!("http://api.test authorization: Bearer {SECRET}"),
        )
        .arg(&input)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(scene.web.asked("api.test", "/2/tweets"), 1);
    assert_eq!(files_with(scene.folder.path(), SECRET), Vec::<String>::new());
}

#[test]
fn a_secret_never_goes_along_with_a_redirect_nor_to_another_host() {
    let scene = Scene::new();
    let lines = format!(
        "http://api.test authorization: Bearer {SECRET}\nhttp://elsewhere.test cookie: session={SECRET}\nhttp://api.test cookie: session={SECRET}\n"
    );
    let credentials = private(&scene, &lines);
    scene.web.on(
        "api.test",
        "/2/tweets*",
        [Reply::redirect(302, "http://elsewhere.test/2")],
    );
    scene
        .web
        .on("elsewhere.test", "/2", [Reply::redirect(302, "http://api.test/back")]);
    scene
        .web
        .on("api.test", "/back", [api_post(POST, "The bridge is open")]);
    archived(&scene, &credentials);
    let sent = |host, path, header| scene.web.sent(host, path, header);
    assert_eq!(
        sent("api.test", "/2/tweets", "cookie"),
        [Some(format!("session={SECRET}"))]
    );
    // It has one of its own, which another host is not let use either.
    assert_eq!(sent("elsewhere.test", "/2", "cookie"), [None]);
    assert_eq!(sent("elsewhere.test", "/2", "authorization"), [None]);
    assert_eq!(sent("api.test", "/back", "authorization"), [None]);
    let others = scene.web.log().into_iter().filter(|asked| asked.host != "api.test");
    assert!(
        others
            .flat_map(|asked| asked.headers)
            .all(|(_, value)| !value.contains(SECRET))
    );
}

#[test]
fn an_answer_that_repeats_the_secret_is_not_kept() {
    for reply in [
        Reply::json(format!(r#"{{"data":[],"debug":"Bearer {SECRET}"}}"#)),
        Reply::redirect(302, &format!("http://elsewhere.test/?token={SECRET}")),
        Reply::status(200).with("x-debug", SECRET),
    ] {
        let scene = Scene::new();
        let credentials = private(&scene, &format!("http://api.test authorization: Bearer {SECRET}\n"));
        scene.web.on("api.test", "/2/tweets*", [reply]);
        archived(&scene, &credentials);
        fs::remove_file(&credentials).unwrap();
        assert_eq!(scene.web.asked("elsewhere.test", "/"), 0);
        assert_eq!(files_with(scene.folder.path(), SECRET), Vec::<String>::new());
    }
}

#[test]
fn a_source_whose_session_expired_says_so() {
    let scene = Scene::new();
    let credentials = private(
        &scene,
        &format!(
            "http://api.test authorization: Bearer {SECRET}\nhttp://session.test cookie: auth_token={SECRET}\nhttp://paper.test cookie: abo={SECRET}\n"
        ),
    );
    scene.web.on("api.test", "/2/tweets*", [Reply::status(401)]);
    scene.web.on(
        "session.test",
        "/graphql/*",
        [Reply::Answer(
            401,
            Vec::new(),
            br#"{"errors":[{"code":32,"message":"Could not authenticate you"}]}"#.to_vec(),
        )],
    );
    scene.web.on(
        "paper.test",
        "/story",
        [Reply::redirect(302, "http://paper.test/login?next=/story")],
    );
    scene
        .web
        .on("paper.test", "/login*", [Reply::page("<title>Log in</title><form>")]);
    let page = article(POST).replace("http://river.example/report", "http://paper.test/story");
    let input = scene.file("story.html", page);
    scene.archives(0, &["--set", &format!("credentials={credentials}"), &input]);
    for source in ["x.api", "x.session", "web"] {
        assert_eq!(
            scene.value::<String>(&format!(
                "SELECT outcome || ' ' || reason FROM answer WHERE source = '{source}'"
            )),
            "login_required session_expired",
            "{source}"
        );
    }
}

#[test]
fn credentials_that_others_may_read_stop_the_program_before_anything_is_asked() {
    let scene = Scene::new();
    let file = scene.file(
        "credentials",
        format!("http://api.test authorization: Bearer {SECRET}\n"),
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let input = scene.file("story.html", article(POST));
    let output = scene.run(&["--set", &format!("credentials={file}"), &input]);
    assert_eq!(output.status.code(), Some(78));
    let said = text(&output.stderr);
    assert!(said.contains("chmod 600") && !said.contains(SECRET), "{said}");
    assert_eq!(scene.web.log().len(), 0);
}

#[test]
fn without_a_credential_the_sources_that_need_one_are_not_asked() {
    let scene = Scene::new();
    let input = scene.file("story.html", article(POST));
    scene.archives(0, &[&input]);
    assert_eq!(
        scene
            .web
            .log()
            .iter()
            .filter(|asked| ["api.test", "session.test"].contains(&&*asked.host))
            .count(),
        0
    );
}

#[test]
fn config_check_names_credentials_and_shows_none() {
    let scene = Scene::new();
    let file = private(&scene, &format!("api.x.com authorization: Bearer {SECRET}\n"));
    let check = |file: &str| {
        let setting = format!("credentials={file}");
        scene
            .bare()
            .args(["config", "check", "--set", &setting])
            .output()
            .unwrap()
    };
    let said = text(&check(&file).stdout);
    assert!(
        said.contains("# credential for https://api.x.com: authorization") && !said.contains(SECRET),
        "{said}"
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(check(&file).status.code(), Some(78));
}

#[test]
fn a_password_in_a_cited_address_is_neither_sent_nor_printed_nor_logged() {
    let scene = Scene::new();
    let story = scene.file(
        "story.html",
        "<html lang=en><title>T</title><article><p>A sentence says <a href=\"http://ada:geheim77@river.example/x?access_token=tok12345\">so</a> and more.\
         <p>Another says <a href=\"http://river.example/y?access_token=tok12345\">so</a> as well.</article>",
    );
    scene.web.on("river.example", "/*", [Reply::page("<p>Report")]);
    let log = scene.path("log");
    let outputs = [
        scene.run(&["-v", &story]),
        scene.bare().args(["show", "article:1", "-v"]).output().unwrap(),
        scene.bare().args(["status", "-v"]).output().unwrap(),
        scene
            .bare()
            .args(["run", "-v", "--log", log.to_str().unwrap()])
            .output()
            .unwrap(),
    ];
    for output in outputs {
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!said.contains("geheim77") && !said.contains("tok12345"), "{said}");
    }
    let logged = fs::read_to_string(log).unwrap_or_default();
    assert!(!logged.contains("geheim77") && !logged.contains("tok12345"), "{logged}");
    for asked in scene.web.log() {
        assert!(
            asked
                .headers
                .iter()
                .all(|(name, value)| name != "authorization" && !value.contains("geheim77"))
        );
    }
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM exchange WHERE url || request_headers LIKE '%geheim77%'"),
        0
    );
}
