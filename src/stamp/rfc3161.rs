//! Time stamps of RFC 3161: the query over a digest, the reply, and its check: imprint, signature over the signed attributes
//! (RFC 5652 §5.4), the one certificate that these name (RFC 5035), its purpose, and its way to a root that is trusted.
//! Signatures and certificates are judged by `webpki`; whether a certificate was revoked is not looked at.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{AlgorithmIdentifier, CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::der::{BITS, BOOLEAN, INTEGER, NULL, OCTETS, OID, SEQUENCE, SET, TIME, Value, Values, context, encode};
use crate::clock::Timestamp;

/// Most bytes of a reply that is looked at; real ones have a tenth of it.
pub const REPLY_LIMIT: u64 = 256 << 10;
/// Most certificates of one token.
const CERTIFICATES_LIMIT: usize = 32;

/// 2.16.840.1.101.3.4.2.{1, 2, 3}, and 1.3.14.3.2.26.
const SHA_256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA_384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
const SHA_512: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03];
const SHA_1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];
/// 1.2.840.113549.1.7.2: what is signed in the way of RFC 5652.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4: the content is a TSTInfo.
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];
/// 1.2.840.113549.1.9.{3, 4}: content type and digest of what is signed.
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// 1.2.840.113549.1.9.16.2.{12, 47}: which certificate signs, by SHA-1 or by any digest.
const SIGNING_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0c];
const SIGNING_CERTIFICATE_V2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f];
/// 2.5.29.37: what a certificate's key may be used for; 1.3.6.1.5.5.7.3.8: for time stamps.
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];
/// 2.5.29.14: by what its key is known.
const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 0x0e];
/// 1.2.840.113549.1.1.1: RSA.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 2.5.4.{3, 10}: common name and organisation.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];

/// The query for a stamp over a digest (RFC 3161 §2.4.1): by SHA-256, with a nonce, and the certificates wanted.
#[must_use]
pub fn query(digest: &[u8; 32], nonce: [u8; 16]) -> Vec<u8> {
    let mut number = [0; 8];
    number.copy_from_slice(&nonce[8..]);
    // A positive number of always the same length.
    number[0] = number[0] & 0x3f | 0x40;
    query_with(digest, &number)
}

fn query_with(digest: &[u8], nonce: &[u8]) -> Vec<u8> {
    let algorithm = encode(SEQUENCE, &[&encode(OID, &[SHA_256]), &encode(NULL, &[])]);
    let parts = [
        &encode(INTEGER, &[&[1]])[..],
        &encode(SEQUENCE, &[&algorithm, &encode(OCTETS, &[digest])]),
        &encode(INTEGER, &[nonce]),
        &encode(BOOLEAN, &[&[0xff]]),
    ];
    encode(SEQUENCE, &parts)
}

/// The SHA-256 of a MessageImprint.
fn imprint<'a>(values: &mut Values<'a>) -> Option<&'a [u8]> {
    let mut imprint = values.read(SEQUENCE)?.inside();
    let algorithm = imprint.read(SEQUENCE)?.inside().read(OID)?;
    let digest = imprint.read(OCTETS)?.content;
    (algorithm.content == SHA_256 && digest.len() == 32).then_some(digest)
}

/// A token whose own signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The time that it states.
    pub time: Timestamp,
    /// Who signed: common name and organisation as the certificate has them.
    pub authority: String,
    digest: Vec<u8>,
    nonce: Option<Vec<u8>>,
    /// The signer's first.
    certificates: Vec<CertificateDer<'static>>,
}

/// The status and the token of a reply (RFC 3161 §2.4.2).
fn granted(reply: &[u8]) -> Result<Value<'_>, String> {
    let unreadable = || "not a reply as RFC 3161 has it".to_owned();
    let mut reply = Values(reply).read(SEQUENCE).ok_or_else(unreadable)?.inside();
    let mut status = reply.read(SEQUENCE).ok_or_else(unreadable)?.inside();
    let code = status.read(INTEGER).ok_or_else(unreadable)?.content;
    if !matches!(code, [0 | 1]) {
        let words = status.read(SEQUENCE).map(|words| {
            let words = words.inside().map(|word| String::from_utf8_lossy(word.content));
            words.collect::<Vec<_>>().join(" ")
        });
        return Err(format!(
            "not granted: {}",
            words.unwrap_or_else(|| format!("status {code:?}"))
        ));
    }
    reply.read(SEQUENCE).ok_or_else(unreadable)
}

/// The parts of a token that are signed and that sign.
struct Signed<'a> {
    content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    /// Whose certificate it is, outside of what is signed: by this other programs look for it.
    identifier: Value<'a>,
    digest_algorithm: &'a [u8],
    attributes: Value<'a>,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

/// The kind of a digest; its parameters are NULL or not there (RFC 5754 §2).
fn digest_algorithm(identifier: Value<'_>) -> Option<&[u8]> {
    let mut parts = identifier.inside();
    let kind = parts.read(OID)?.content;
    matches!(parts.0, [] | [NULL, 0]).then_some(kind)
}

fn signed(token: Value<'_>) -> Option<Signed<'_>> {
    let mut info = token.inside();
    if info.read(OID)?.content != SIGNED_DATA {
        return None;
    }
    let mut data = info.read(context(0))?.inside().read(SEQUENCE)?.inside();
    data.read(INTEGER)?;
    let mut digests = data.read(SET)?.inside();
    let mut content = data.read(SEQUENCE)?.inside();
    if content.read(OID)?.content != TST_INFO {
        return None;
    }
    let content = content.read(context(0))?.inside().read(OCTETS)?.content;
    let certificates = data.read(context(0));
    let _revocations = data.read(context(1));
    let mut signers = data.read(SET)?.inside();
    let mut signer = signers.read(SEQUENCE)?.inside();
    // A token has one signature (RFC 3161 §2.4.2).
    if signers.next().is_some() {
        return None;
    }
    signer.read(INTEGER)?;
    let identifier = signer.next()?;
    let digest_algorithm = digest_algorithm(signer.read(SEQUENCE)?)?;
    if !digests.any(|digest| self::digest_algorithm(digest) == Some(digest_algorithm)) {
        return None;
    }
    let attributes = signer.read(context(0))?;
    let signature_algorithm = signer.read(SEQUENCE)?.inside().read(OID)?.content;
    let signature = signer.read(OCTETS)?.content;
    let certificates = certificates.into_iter().flat_map(Value::inside);
    Some(Signed {
        content,
        certificates: certificates
            .filter(|value| value.tag == SEQUENCE)
            .map(|value| value.whole)
            .take(CERTIFICATES_LIMIT)
            .collect(),
        identifier,
        digest_algorithm,
        attributes,
        signature_algorithm,
        signature,
    })
}

fn digest(algorithm: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    match algorithm {
        SHA_256 => Some(Sha256::digest(bytes).to_vec()),
        SHA_384 => Some(Sha384::digest(bytes).to_vec()),
        SHA_512 => Some(Sha512::digest(bytes).to_vec()),
        SHA_1 => Some(Sha1::digest(bytes).to_vec()),
        _ => None,
    }
}

impl Signed<'_> {
    /// The one value of the signed attribute of this kind.
    fn attribute(&self, kind: &[u8]) -> Option<Value<'_>> {
        let mut found = self.attributes.inside().filter_map(|attribute| {
            let mut attribute = attribute.inside();
            let is_it = attribute.read(OID)?.content == kind;
            is_it.then(|| attribute.read(SET)?.inside().next()).flatten()
        });
        let value = found.next();
        value.filter(|_| found.next().is_none())
    }

    /// Whether what is not signed names this certificate as well (RFC 5652 §5.3): by its issuer and number, or by its key.
    fn names(&self, certificate: &[u8]) -> bool {
        if self.identifier.tag != SEQUENCE {
            let key = extension(certificate, SUBJECT_KEY).and_then(|mut key| key.read(OCTETS)?.inside().read(OCTETS));
            return key.is_some_and(|key| key.content == self.identifier.content);
        }
        Parts::of(certificate)
            .is_some_and(|parts| [parts.issuer.whole, parts.number.whole].concat() == self.identifier.content)
    }

    /// Whether it is said that the signature is of this kind: with its digest, or of RSA by the name of the key alone.
    fn is_signed_by(&self, kind: &dyn SignatureVerificationAlgorithm) -> bool {
        let of =
            |identifier: AlgorithmIdentifier| Values(identifier.as_ref()).read(OID).map(|kind| kind.content.to_vec());
        of(kind.signature_alg_id()).is_some_and(|kind| kind == self.signature_algorithm)
            || self.signature_algorithm == RSA
                && of(kind.public_key_alg_id()).is_some_and(|kind| kind == self.signature_algorithm)
    }

    /// Where the certificate that the signed attributes name stands in the list.
    fn signer(&self) -> Option<usize> {
        let (attribute, usual) = match self.attribute(SIGNING_CERTIFICATE_V2) {
            Some(attribute) => (attribute, SHA_256),
            None => (self.attribute(SIGNING_CERTIFICATE)?, SHA_1),
        };
        let mut named = attribute.inside().read(SEQUENCE)?.inside().read(SEQUENCE)?.inside();
        let algorithm = match named.read(SEQUENCE) {
            Some(algorithm) => algorithm.inside().read(OID)?.content,
            None => usual,
        };
        let hash = named.read(OCTETS)?.content;
        self.certificates
            .iter()
            .position(|certificate| digest(algorithm, certificate).is_some_and(|digest| digest == hash))
    }
}

impl Token {
    /// Reads a reply and checks its token in itself: who signed, and that the signature is over what it says.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn read(reply: &[u8]) -> Result<Token, String> {
        if reply.len() as u64 > REPLY_LIMIT {
            return Err("too large for a time stamp".to_owned());
        }
        let unreadable = || "its token is not one as RFC 3161 has it".to_owned();
        let signed = signed(granted(reply)?).ok_or_else(unreadable)?;
        let attributes = [
            (CONTENT_TYPE, OID, Some(TST_INFO.to_vec())),
            (
                MESSAGE_DIGEST,
                OCTETS,
                digest(signed.digest_algorithm, signed.content).filter(|digest| digest.len() >= 32),
            ),
        ];
        for (kind, tag, expected) in attributes {
            let stated = signed.attribute(kind).filter(|value| value.tag == tag);
            if expected.is_none() || stated.map(|value| value.content) != expected.as_deref() {
                return Err("its signature is over something else".to_owned());
            }
        }
        let signer = signed.signer().ok_or("the signer's certificate is not with it")?;
        let mut certificates = signed.certificates.clone();
        certificates.swap(0, signer);
        let certificates: Vec<_> = certificates
            .into_iter()
            .map(|der| CertificateDer::from(der.to_vec()))
            .collect();
        let leaf = EndEntityCert::try_from(&certificates[0])
            .map_err(|error| format!("the signer's certificate cannot be read: {error}"))?;
        // What is signed is the set by itself, not the part of the token (RFC 5652 §5.4).
        let mut message = signed.attributes.whole.to_vec();
        message[0] = SET;
        let mut kinds = ALL_VERIFICATION_ALGS.iter().filter(|kind| signed.is_signed_by(**kind));
        if !signed.names(&certificates[0]) {
            return Err("it names another certificate as the signer's than what is signed".to_owned());
        }
        if !kinds.any(|kind| leaf.verify_signature(*kind, &message, signed.signature).is_ok()) {
            return Err("its signature does not hold, or is of a kind that is not known here".to_owned());
        }
        if !is_for_time_stamps(&certificates[0]) {
            return Err("its certificate is not one for time stamps alone".to_owned());
        }
        let authority = subject(&certificates[0]);
        let (digest, time, nonce) = stated(signed.content).ok_or_else(unreadable)?;
        Ok(Token {
            time,
            authority,
            digest,
            nonce,
            certificates,
        })
    }

    /// Checks that it is about this digest.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn is_about(&self, digest: &[u8; 32]) -> Result<(), String> {
        match self.digest == digest {
            true => Ok(()),
            false => Err("it is about something else".to_owned()),
        }
    }

    /// Checks that it answers this query.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn answers(&self, query: &[u8]) -> Result<(), String> {
        match &self.nonce {
            Some(nonce) if query_with(&self.digest, nonce) == query => Ok(()),
            _ => Err("it answers another query".to_owned()),
        }
    }

    /// Checks that its certificate was issued, for this purpose and at its time, by one of these (DER) or through others that
    /// came with it.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn leads_to(&self, roots: &[CertificateDer<'_>]) -> Result<(), String> {
        let anchors: Vec<_> = roots
            .iter()
            .filter_map(|root| anchor_from_trusted_cert(root).ok())
            .collect();
        let seconds = u64::try_from(self.time.millis() / 1000).unwrap_or_default();
        let (leaf, others) = self.certificates.split_first().ok_or("it has no certificate")?;
        let leaf = EndEntityCert::try_from(leaf).map_err(|error| error.to_string())?;
        leaf.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors,
            others,
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
            KeyUsage::required(TIME_STAMPING),
            None,
            None,
        )
        .map(drop)
        .map_err(|error| format!("its certificate leads to no root that is trusted: {error}"))
    }
}

/// The certificates in a text (PEM).
#[must_use]
pub fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem)
        .map_while(Result::ok)
        .take(CERTIFICATES_LIMIT)
        .collect()
}

/// The certificates beside a token (PEM), all of which must be readable and as their issuers signed them, where these are
/// they themselves.
///
/// # Errors
/// What is wrong, in one line.
pub fn roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).take(CERTIFICATES_LIMIT).collect();
    let found = found.map_err(|_| "not certificates in PEM".to_owned())?;
    match found.iter().all(|certificate| is_as_signed(certificate)) {
        true if found.is_empty() => Err("no certificate in PEM".to_owned()),
        true => Ok(found),
        false => Err("a certificate in it is not as it was signed".to_owned()),
    }
}

/// Whether a certificate that was issued by itself bears its own signature; of others, and where it is of a kind that is not
/// known here, there is nothing to tell.
fn is_as_signed(certificate: &CertificateDer<'_>) -> bool {
    let signature = || {
        let mut whole = Values(certificate).read(SEQUENCE)?.inside();
        let (signed, kind) = (whole.read(SEQUENCE)?, whole.read(SEQUENCE)?);
        Some((signed.whole, kind, whole.read(BITS)?.content.strip_prefix(&[0])?))
    };
    let (Some(mut parts), Some((signed, kind, signature))) = (Parts::of(certificate), signature()) else {
        return false;
    };
    let subject = parts.behind_validity.read(SEQUENCE);
    if subject != Some(parts.issuer) {
        return true;
    }
    if kind != parts.algorithm {
        return false;
    }
    let is_kind = |known: &&&dyn SignatureVerificationAlgorithm| *known.signature_alg_id() == *kind.content;
    let mut kinds = ALL_VERIFICATION_ALGS.iter().filter(is_kind).peekable();
    if kinds.peek().is_none() {
        return true;
    }
    let Ok(by) = EndEntityCert::try_from(certificate) else {
        return false;
    };
    kinds.any(|kind| by.verify_signature(*kind, signed, signature).is_ok())
}

/// Digest, time and nonce of a TSTInfo.
fn stated(content: &[u8]) -> Option<(Vec<u8>, Timestamp, Option<Vec<u8>>)> {
    let mut info = Values(content).read(SEQUENCE)?.inside();
    info.read(INTEGER)?;
    info.read(OID)?;
    let digest = imprint(&mut info)?.to_vec();
    info.read(INTEGER)?;
    let time = time(info.read(TIME)?.content)?;
    let _accuracy = info.read(SEQUENCE);
    let _ordering = info.read(BOOLEAN);
    let nonce = info.read(INTEGER).map(|nonce| nonce.content.to_vec());
    Some((digest, time, nonce))
}

/// A GeneralizedTime in UTC, perhaps with a fraction of a second (RFC 3161 §2.4.2).
fn time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !is_number(whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    let part = |from: usize, to: usize| &whole[from..to];
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}.{fraction}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    ))
}

/// Parts of a certificate (RFC 5280 §4.1).
struct Parts<'a> {
    number: Value<'a>,
    /// Of the signature, as its issuer signed it.
    algorithm: Value<'a>,
    issuer: Value<'a>,
    /// Subject, key, and what may follow.
    behind_validity: Values<'a>,
}

impl<'a> Parts<'a> {
    fn of(certificate: &'a [u8]) -> Option<Parts<'a>> {
        let mut parts = Values(certificate).read(SEQUENCE)?.inside().read(SEQUENCE)?.inside();
        let _version = parts.read(context(0));
        let number = parts.read(INTEGER)?;
        let algorithm = parts.read(SEQUENCE)?;
        let issuer = parts.read(SEQUENCE)?;
        let _validity = parts.read(SEQUENCE)?;
        Some(Parts {
            number,
            algorithm,
            issuer,
            behind_validity: parts,
        })
    }
}

/// What a certificate has of an extension behind its kind.
fn extension<'a>(certificate: &'a [u8], kind: &[u8]) -> Option<Values<'a>> {
    let mut parts = Parts::of(certificate)?.behind_validity;
    let extensions = parts.find(|part| part.tag == context(3))?.inside().read(SEQUENCE)?;
    extensions.inside().find_map(|extension| {
        let mut extension = extension.inside();
        (extension.read(OID)?.content == kind).then_some(extension)
    })
}

/// Whether the certificate says, as it must, that its key is for time stamps and nothing else (RFC 3161 §2.3).
fn is_for_time_stamps(certificate: &[u8]) -> bool {
    let usage = || {
        let mut usage = extension(certificate, EXTENDED_KEY_USAGE)?;
        let is_critical = usage.read(BOOLEAN).is_some_and(|critical| critical.content != [0]);
        let mut purposes = usage.read(OCTETS)?.inside().read(SEQUENCE)?.inside();
        let purpose = purposes.read(OID)?.content;
        Some(is_critical && purpose == TIME_STAMPING && purposes.next().is_none())
    };
    usage().unwrap_or(false)
}

/// Common name and organisation of whom the certificate is for.
fn subject(certificate: &[u8]) -> String {
    let name = Parts::of(certificate).and_then(|mut parts| parts.behind_validity.read(SEQUENCE));
    let attributes: Vec<Values<'_>> = name
        .into_iter()
        .flat_map(Value::inside)
        .flat_map(Value::inside)
        .map(Value::inside)
        .take(CERTIFICATES_LIMIT)
        .collect();
    let of = |kind: &[u8]| {
        attributes.iter().find_map(|attribute| {
            let mut attribute = *attribute;
            let is_it = attribute.read(OID)?.content == kind;
            let value = attribute.next().filter(|_| is_it)?;
            Some(String::from_utf8_lossy(value.content).into_owned())
        })
    };
    let words: [Option<String>; 2] = [of(COMMON_NAME), of(ORGANIZATION)];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Query, reply and root of authorities that were made up for this: `openssl ts` over the bytes "a head". The first signs
    /// with ECDSA on P-256, by SHA-256, and sends its root; the second with RSA, by SHA-512, and sends its own certificate alone.
    const SAMPLES: [(&[u8], &[u8], &[u8]); 2] = [
        (
            include_bytes!("../../tests/stamps/ecdsa.tsq"),
            include_bytes!("../../tests/stamps/ecdsa.tsr"),
            include_bytes!("../../tests/stamps/ecdsa.pem"),
        ),
        (
            include_bytes!("../../tests/stamps/rsa.tsq"),
            include_bytes!("../../tests/stamps/rsa.tsr"),
            include_bytes!("../../tests/stamps/rsa.pem"),
        ),
    ];

    fn head() -> [u8; 32] {
        Sha256::digest(b"a head").into()
    }

    #[test]
    fn a_token_holds_for_its_digest_its_query_and_its_root_alone() {
        for (number, (query, reply, root)) in SAMPLES.into_iter().enumerate() {
            let token = Token::read(reply).unwrap();
            assert_eq!(token.authority, "Clock No. 7, Invented Clocks");
            assert!(token.time.to_string().starts_with("2026-11-24T01:1"), "{}", token.time);
            token.is_about(&head()).unwrap();
            token.answers(query).unwrap();
            token.leads_to(&certificates(root)).unwrap();
            assert!(token.is_about(&[7; 32]).is_err());
            assert!(token.answers(&super::query(&head(), [7; 16])).is_err());
            assert!(token.leads_to(&certificates(SAMPLES[1 - number].2)).is_err());
            assert!(token.leads_to(&[]).is_err());
        }
    }

    #[test]
    fn no_byte_of_what_is_signed_can_be_changed() {
        for (_, reply, _) in SAMPLES {
            let token = Token::read(reply).unwrap();
            let mut refused = 0;
            for at in 0..reply.len() {
                let mut changed = reply.to_vec();
                changed[at] ^= 1;
                match Token::read(&changed) {
                    Err(_) => refused += 1,
                    // What stands around what is signed: versions, certificates that nobody needs.
                    Ok(other) => assert_eq!(
                        (other.time, other.digest, other.nonce),
                        (token.time, token.digest.clone(), token.nonce.clone())
                    ),
                }
                assert!(Token::read(&reply[..at]).is_err());
            }
            assert!(refused > 900, "{refused} of {}", reply.len());
        }
    }

    #[test]
    fn no_byte_of_the_query_or_of_a_root_can_be_changed() {
        for (query, reply, root) in SAMPLES {
            let token = Token::read(reply).unwrap();
            for at in 0..query.len() {
                let mut changed = query.to_vec();
                changed[at] ^= 1;
                assert!(token.answers(&changed).is_err(), "{at}");
            }
            let root = certificates(root).remove(0);
            let issuer = Parts::of(&root).unwrap().issuer.whole;
            let begins = issuer.as_ptr() as usize - root.as_ptr() as usize;
            // One that another issued says nothing of itself.
            for at in (0..root.len()).filter(|at| !(begins..begins + issuer.len()).contains(at)) {
                let mut changed = root.to_vec();
                changed[at] ^= 1;
                let changed = CertificateDer::from(changed);
                let leads = token.leads_to(std::slice::from_ref(&changed)).is_ok();
                assert!(!(leads && is_as_signed(&changed)), "{at} of {}", root.len());
            }
        }
    }

    #[test]
    fn a_token_that_says_outside_of_what_is_signed_that_it_is_anothers_or_of_another_kind_is_refused() {
        for (_, reply, _) in SAMPLES {
            let signed = signed(granted(reply).unwrap()).unwrap();
            for part in [
                signed.identifier.content,
                signed.digest_algorithm,
                signed.signature_algorithm,
            ] {
                let at = part.as_ptr() as usize - reply.as_ptr() as usize;
                for at in at..at + part.len() {
                    let mut changed = reply.to_vec();
                    changed[at] ^= 1;
                    assert!(Token::read(&changed).is_err(), "{at}");
                }
            }
        }
    }

    #[test]
    fn a_query_is_as_openssl_writes_it() {
        // openssl ts -query -digest … -sha256 -cert, with the nonce of the sample
        let sample = SAMPLES[0].0;
        let nonce = Token::read(SAMPLES[0].1).unwrap().nonce.unwrap();
        let mut random = [0; 16];
        random[8..].copy_from_slice(&nonce);
        assert_eq!(query(&head(), random), sample);
    }

    #[test]
    fn a_refusal_is_told_in_the_words_of_the_authority() {
        let words = encode(SEQUENCE, &[&encode(0x0c, &[b"no such policy"])]);
        let refusal = |status: u8| {
            encode(
                SEQUENCE,
                &[&encode(SEQUENCE, &[&encode(INTEGER, &[&[status]]), &words])],
            )
        };
        assert_eq!(Token::read(&refusal(2)).unwrap_err(), "not granted: no such policy");
        assert!(Token::read(&refusal(0)).unwrap_err().contains("not a reply"));
        assert!(Token::read(b"<html>").unwrap_err().contains("not a reply"));
        assert!(Token::read(&vec![0x30; 1 << 20]).unwrap_err().contains("too large"));
    }

    #[test]
    fn times_are_read_with_and_without_fractions() {
        for (text, read) in [
            ("20240501102030Z", Some("2024-05-01T10:20:30.000Z")),
            ("20240501102030.5Z", Some("2024-05-01T10:20:30.500Z")),
            ("20240501102030.123456Z", Some("2024-05-01T10:20:30.123Z")),
            ("20240501102030", None),
            ("20240501102030.Z", None),
            ("20241301102030Z", None),
            ("2024050110203\u{e9}Z", None),
        ] {
            assert_eq!(
                time(text.as_bytes()).map(|time| time.to_string()).as_deref(),
                read,
                "{text}"
            );
        }
    }
}
