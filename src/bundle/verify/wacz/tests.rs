//! What a WACZ of any bytes comes to.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::bundle::draft::Stop;

#[test]
fn an_address_that_is_a_digest_names_its_payload_and_no_other() {
    let (empty, zeros) = (
        format!("sha256:{}", hex(&Sha256::digest(b""))),
        format!("sha256:{}", "00".repeat(32)),
    );
    for (url, names) in [
        ("http://a.example/urn:sha256:00", true),
        (
            "urn:sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            true,
        ),
        ("ni:///sha-256;47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", true),
        (
            "urn:sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
            false,
        ),
        ("urn:sha256:", false),
        ("ni:///sha-256;47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=", false),
        ("ni:///sha-256;", false),
    ] {
        assert_eq!(names_others(url, Some(&empty)), !names, "{url}");
        assert_eq!(names_others(url, Some(&zeros)), !url.starts_with("http"), "{url}");
    }
}

#[test]
fn a_bomb_is_refused_when_more_came_out_of_it_than_may() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut zip = ZipWriter::new(&mut file);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("pages/pages.jsonl", options).unwrap();
    zip.write_all(&vec![b' '; 4 << 20]).unwrap();
    zip.finish().unwrap();
    let found = |inflated| {
        let mut report = Report::default();
        check_within(inflated, file.path(), "", false, &mut report).unwrap();
        report.problems
    };
    assert_eq!(
        found(1 << 20)[0].what,
        "absurdly much comes out of what is compressed in it"
    );
    assert_ne!(
        found(8 << 20)[0].what,
        "absurdly much comes out of what is compressed in it"
    );
}

/// A small WACZ; its digests are not right, which keeps nothing from being read.
fn small() -> Vec<u8> {
    let record = "WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nWARC-Date: 2024-05-01T00:00:00Z\r\n\
                      Content-Type: application/http; msgtype=response\r\nWARC-Payload-Digest: sha256:00\r\nContent-Length: 24\r\n\r\n\
                      HTTP/1.1 200 \r\n\r\nhello\r\n\r\n\r\n";
    let mut member = GzEncoder::new(Vec::new(), Compression::none());
    member.write_all(record.as_bytes()).unwrap();
    let warc = member.finish().unwrap().repeat(2);
    let index =
        r#"example,a)/ 20240501000000 {"url":"http://a.example/","offset":"0","length":"9","filename":"data.warc.gz"}"#;
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, content) in [
        ("archive/data.warc.gz", &warc[..]),
        ("indexes/index.cdxj", index.as_bytes()),
        (
            "pages/pages.jsonl",
            br#"{"url":"http://a.example/","ts":"2024-05-01T00:00:00Z"}"#,
        ),
        (
            PACKAGE,
            br#"{"resources":[{"path":"archive/data.warc.gz","hash":"sha256:00","bytes":9}]}"#,
        ),
        (DIGEST, br#"{"path":"datapackage.json","hash":"sha256:00"}"#),
    ] {
        zip.start_file(
            name,
            SimpleFileOptions::default().compression_method(CompressionMethod::Stored),
        )
        .unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

proptest! {
    #[test]
    fn whatever_bytes_a_wacz_has_its_check_ends_and_finds_them_wrong(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 0..6),
    ) {
        let mut bytes = small();
        for (place, byte, what) in changes {
            let at = place.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let mut report = Report::default();
        check(file.path(), "", false, &mut report).unwrap();
        prop_assert!(report.problem_count > 0);
    }
}

#[test]
fn a_check_that_is_to_stop_reads_no_record() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&small()).unwrap();
    for (signal, records) in [(0, 2), (15, 0)] {
        let stop = Stop::default();
        stop.signal().store(signal, std::sync::atomic::Ordering::Relaxed);
        let mut report = Report::until(&stop);
        check(file.path(), "", false, &mut report).unwrap();
        assert_eq!(report.records, records, "{report:?}");
    }
}
