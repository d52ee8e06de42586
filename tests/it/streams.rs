//! Videos that a source gives as a playlist only: its best variant is kept as playlists and segments.

use crate::scene::{POST, Scene, article, text, watched};
use crate::web::Reply;

const MASTER: &str = "#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"a\",DEFAULT=YES,URI=\"/sound.m3u8\"
#EXT-X-STREAM-INF:BANDWIDTH=300000,AUDIO=\"a\"\nlow/v.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,AUDIO=\"a\"\nhigh/v.m3u8\n";

fn playlist(body: &str) -> Reply {
    Reply::ok("application/vnd.apple.mpegurl", body)
}

/// A world in which the post's video is a playlist.
fn world() -> (Scene, String) {
    let scene = Scene::new();
    let body = format!(
        r#"{{"__typename":"Tweet","id_str":"{POST}","lang":"en","created_at":"2024-05-01T10:00:00.000Z","text":"The bridge is standing.",
        "user":{{"id_str":"7","name":"Somebody","screen_name":"ada_b"}},"mediaDetails":[{{"type":"video",
        "media_url_https":"https://pbs.twimg.com/v.jpg","video_info":{{"variants":[
        {{"content_type":"application/x-mpegURL","url":"https://video.twimg.com/v/master.m3u8"}}]}}}}]}}"#
    );
    scene.syndication(POST, Reply::json(body));
    let on = |path: &str, reply: Reply| scene.web.on("videos.test", path, [reply]);
    on("/v/master.m3u8", playlist(MASTER));
    on(
        "/v/high/v.m3u8",
        playlist(
            "#EXTM3U\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:6,\n1.m4s\n#EXTINF:6,\nlost.m4s\n#EXTINF:6,\n3.m4s\n#EXT-X-ENDLIST",
        ),
    );
    on(
        "/sound.m3u8",
        playlist("#EXTM3U\n#EXTINF:6,\nsound.aac\n#EXT-X-ENDLIST"),
    );
    for name in ["/v/high/init.mp4", "/v/high/1.m4s", "/v/high/3.m4s", "/sound.aac"] {
        on(name, Reply::ok("video/mp4", format!("bytes of {name}")));
    }
    let input = scene.file("story.html", article(POST));
    (scene, input)
}

/// The pieces, `kind path outcome reason`.
fn pieces(scene: &Scene) -> Vec<String> {
    let lines: String = scene.value(
        "SELECT group_concat(kind || ' ' || substr(url, instr(url, 'test') + 4) || ' ' || outcome || ' ' || reason, char(10))
         FROM (SELECT * FROM post_media WHERE kind <> 'video' ORDER BY position)",
    );
    lines.lines().map(str::to_owned).collect()
}

#[test]
fn the_best_variant_of_a_playlist_is_kept_as_its_playlists_and_segments_and_goes_out_in_the_web_archive() {
    let (scene, input) = world();
    scene.archives(0, &[&input]);
    assert_eq!(
        pieces(&scene),
        [
            "playlist /v/high/v.m3u8 captured http_200",
            "segment /v/high/init.mp4 captured http_200",
            "segment /v/high/1.m4s captured http_200",
            "segment /v/high/lost.m4s not_found http_404",
            "segment /v/high/3.m4s captured http_200",
            "playlist /sound.m3u8 captured http_200",
            "segment /sound.aac captured http_200",
        ]
    );
    assert_eq!(scene.web.asked("videos.test", "/v/low"), 0);
    assert_eq!(
        scene.value::<String>("SELECT kind || ' ' || outcome || ' ' || url FROM post_media WHERE position = 0"),
        "video captured https://video.twimg.com/v/master.m3u8"
    );
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM bodies WHERE CAST(bytes AS TEXT) = 'bytes of /v/high/3.m4s'"),
        1
    );
    scene.is_sound();
    // Captured again, the post is asked for its playlist and not for the pieces that are here.
    let asked = scene.web.asked("videos.test", "/v/high");
    scene.archives(0, &[&input, "--again"]);
    assert_eq!(scene.web.asked("videos.test", "/v/high"), asked);
    let export = scene.bare().args(["export", "--all", "-o", "bundle"]).output().unwrap();
    assert_eq!(export.status.code(), Some(0), "{}", text(&export.stderr));
    let verified = scene.bare().args(["verify", "bundle"]).output().unwrap();
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified.stderr));
    let report = std::fs::read_to_string(scene.path("bundle/data/report.html")).unwrap();
    assert!(report.contains("A film in 7 pieces, of which 6 were saved"), "{report}");
    assert!(report.contains("1 of 1 media saved"), "{report}");
}

#[test]
fn pieces_beyond_the_bounds_are_named_and_not_asked_for() {
    let (scene, input) = world();
    scene.archives(0, &[&input, "--set", "streams.count=3"]);
    let kept = pieces(&scene);
    assert_eq!(
        kept.iter().filter(|piece| piece.contains(" captured ")).count(),
        3,
        "{kept:?}"
    );
    assert_eq!(kept[3], "segment /v/high/lost.m4s refused over_count");
    assert_eq!(scene.web.asked("videos.test", "/v/high/lost"), 0);
    scene.is_sound();

    let (scene, input) = world();
    scene.archives(0, &[&input, "--set", "streams.bytes=1"]);
    assert_eq!(pieces(&scene)[1], "segment /v/high/init.mp4 refused over_bytes");
    assert_eq!(scene.web.asked("videos.test", "/v/high/init"), 0);

    // A playlist that names itself, or no end of others, ends.
    let (scene, input) = world();
    scene.web.on("videos.test", "/v/high/v.m3u8", [playlist(MASTER)]);
    scene.web.on(
        "videos.test",
        "/v/high/high/v.m3u8",
        [playlist("#EXTM3U\nv.m3u8\n../../master.m3u8")],
    );
    scene.archives(0, &[&input]);
    assert!(pieces(&scene).len() < 10, "{:?}", pieces(&scene));
    scene.is_sound();
}

#[test]
fn a_film_of_many_pieces_needs_no_more_memory_than_one_of_few() {
    let (scene, input) = world();
    let segments: String = (0..100).map(|n| format!("#EXTINF:6,\n{n}.ts\n")).collect();
    scene.web.on(
        "videos.test",
        "/v/high/v.m3u8",
        [playlist(&format!("#EXTM3U\n{segments}"))],
    );
    for n in 0..100_u32 {
        let bytes: Vec<u8> = (0..1_000_000_u32)
            .map(|at| (at.wrapping_mul(n + 7) >> 5) as u8)
            .collect();
        scene.web.on(
            "videos.test",
            &format!("/v/high/{n}.ts"),
            [Reply::ok("video/mp2t", bytes)],
        );
    }
    let (output, kibibytes) = watched(scene.archiving().arg(&input));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(
        scene.value::<i64>("SELECT count(*) FROM post_media WHERE outcome = 'captured' AND kind = 'segment'"),
        101
    );
    assert!(kibibytes < 96 << 10, "{kibibytes} KiB for 100 MB");
    scene.is_sound();
}

#[test]
fn of_a_manifest_the_best_picture_and_sound_are_kept_as_they_came() {
    const MANIFEST: &str = r#"<?xml version="1.0"?><MPD mediaPresentationDuration="PT8S"><Period><AdaptationSet contentType="video">
        <Representation id="low" bandwidth="1"><BaseURL>low.mp4</BaseURL></Representation>
        <Representation id="high" bandwidth="9"><SegmentTemplate media="$RepresentationID$/$Number$.m4s" duration="4"/></Representation></AdaptationSet>
        <AdaptationSet contentType="audio"><Representation bandwidth="2"><BaseURL>sound.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>"#;
    let (scene, input) = world();
    let manifest = Reply::ok("application/dash+xml", MANIFEST);
    scene.web.on("videos.test", "/v/master.m3u8", [manifest]);
    for name in ["/v/high/1.m4s", "/v/high/2.m4s", "/v/sound.mp4"] {
        scene.web.on(
            "videos.test",
            name,
            [Reply::ok("video/mp4", format!("bytes of {name}"))],
        );
    }
    scene.archives(0, &[&input]);
    assert_eq!(
        pieces(&scene),
        [
            "segment /v/high/1.m4s captured http_200",
            "segment /v/high/2.m4s captured http_200",
            "segment /v/sound.mp4 captured http_200",
        ]
    );
    assert_eq!(scene.web.asked("videos.test", "/v/low"), 0);
    scene.is_sound();
}
