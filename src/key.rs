//! The local signing key: ECDSA on P-384, the one kind that the players of WACZ files and plain `openssl` both check. It is a
//! file of its own that only its owner may read; no archive and no bundle ever holds it. Signatures are over SHA-256 and the
//! same at every time (RFC 6979), so that a bundle written twice is the same twice.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use ecdsa::hazmat::sign_prehashed_rfc6979;
use p384::NistP384;
use p384::ecdsa::signature::hazmat::PrehashVerifier;
use p384::ecdsa::{Signature, SigningKey, VerifyingKey};
use p384::elliptic_curve::Generate;
use p384::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Most bytes of a file that may hold a key.
const FILE_LIMIT: u64 = 64 << 10;

/// A signing key.
#[derive(Debug, Clone)]
pub struct Key(SigningKey);

/// What others check its signatures with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl Key {
    /// Makes a new key and keeps it in the new file `path`, which only its owner may read.
    ///
    /// # Errors
    /// If there is something of that name already, or the file cannot be written.
    pub fn create(path: &Path) -> Result<Key> {
        if path.symlink_metadata().is_ok() {
            return Err(Error::BadInput {
                input: path.display().to_string(),
                why: "there is something of this name already".to_owned(),
                hint: Some("a key is never overwritten; what it signed could not be shown to be by the same hand"),
            });
        }
        let key = SigningKey::try_generate().map_err(|error| Error::Internal(error.to_string()))?;
        let text = key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| Error::Internal(error.to_string()))?;
        write_private(path, text.as_bytes()).map_err(failed("cannot write the key", path))?;
        Ok(Key(key))
    }

    /// Reads the key in the file (PKCS#8, PEM).
    ///
    /// # Errors
    /// If it cannot be read, others than its owner may read it, or it holds no P-384 key.
    pub fn read(path: &Path) -> Result<Key> {
        let mut file = File::open(path).map_err(failed("cannot read the key", path))?;
        check_private(&file).map_err(failed("will not use the key", path))?;
        let text = read_text(&mut file).map_err(failed("cannot read the key", path))?;
        SigningKey::from_pkcs8_pem(&text)
            .map(Key)
            .map_err(|_| none_in(path, "no P-384 key in PKCS#8 and PEM"))
    }

    /// The public part.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// The signature of `message` as the two numbers one after the other (IEEE P1363), as players of WACZ files want it.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signature(message).to_bytes().to_vec()
    }

    /// The same signature in DER, as `openssl` wants it.
    #[must_use]
    pub fn sign_der(&self, message: &[u8]) -> Vec<u8> {
        self.signature(message).to_der().as_bytes().to_vec()
    }

    fn signature(&self, message: &[u8]) -> Signature {
        // By itself the library would take SHA-384 on this curve.
        let digest = Sha256::digest(message);
        sign_prehashed_rfc6979::<NistP384, Sha256>(self.0.as_nonzero_scalar(), &digest, &[]).0
    }
}

impl PublicKey {
    /// Reads the key in the file (SubjectPublicKeyInfo, PEM).
    ///
    /// # Errors
    /// If it cannot be read, or holds no P-384 key.
    pub fn read(path: &Path) -> Result<PublicKey> {
        let mut file = File::open(path).map_err(failed("cannot read the key", path))?;
        let text = read_text(&mut file).map_err(failed("cannot read the key", path))?;
        PublicKey::from_pem(&text).ok_or_else(|| none_in(path, "no public P-384 key in PEM"))
    }

    /// The key in a text, if that holds one.
    #[must_use]
    pub fn from_pem(text: &str) -> Option<PublicKey> {
        VerifyingKey::from_public_key_pem(text).ok().map(PublicKey)
    }

    /// The key of a SubjectPublicKeyInfo, if it is one of this kind.
    #[must_use]
    pub fn from_spki(der: &[u8]) -> Option<PublicKey> {
        VerifyingKey::from_public_key_der(der).ok().map(PublicKey)
    }

    /// As a SubjectPublicKeyInfo (DER).
    ///
    /// # Errors
    /// If the library fails, which it does for no key.
    pub fn spki(&self) -> Result<Vec<u8>> {
        let der = self.0.to_public_key_der();
        der.map(|der| der.as_bytes().to_vec())
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// The same as text (PEM), as `openssl` reads it.
    ///
    /// # Errors
    /// If the library fails, which it does for no key.
    pub fn pem(&self) -> Result<String> {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// Whether the two numbers are the signature of `message` by this key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.holds(message, Signature::from_slice(signature).ok())
    }

    /// Whether the DER is the signature of `message` by this key.
    #[must_use]
    pub fn verifies_der(&self, message: &[u8], signature: &[u8]) -> bool {
        self.holds(message, Signature::from_der(signature).ok())
    }

    fn holds(&self, message: &[u8], signature: Option<Signature>) -> bool {
        signature.is_some_and(|signature| self.0.verify_prehash(&Sha256::digest(message), &signature).is_ok())
    }
}

/// The fingerprint: `sha256:` and the digest of the SubjectPublicKeyInfo, which is what names a key to a person.
impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let der = self.0.to_public_key_der().map_err(|_| fmt::Error)?;
        write!(out, "sha256:{}", crate::store::hex(&Sha256::digest(der.as_bytes())))
    }
}

fn none_in(path: &Path, why: &str) -> Error {
    Error::BadInput {
        input: path.display().to_string(),
        why: why.to_owned(),
        hint: Some("`citekeep key create` makes one, `citekeep key export-public` writes its public part"),
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { what, path, source }
}

fn read_text(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.take(FILE_LIMIT).read_to_string(&mut text)?;
    Ok(text)
}

/// Writes a new file, and the folders above it, that nobody else may read.
fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let (mut folder, mut new) = (fs::DirBuilder::new(), OpenOptions::new());
    folder.recursive(true);
    new.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folder.mode(0o700);
        new.mode(0o600);
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        folder.create(parent)?;
    }
    let mut file = new.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Asked of the open file, so that it cannot be another one by then.
fn check_private(file: &File) -> io::Result<()> {
    let about = file.metadata()?;
    let refused = |why: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    if !about.is_file() {
        return refused("it is no plain file");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if about.permissions().mode() & 0o077 != 0 {
            return refused("others than its owner may use it; `chmod 600` it");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The private key of RFC 6979 §A.2.6.
    fn sample() -> Key {
        let digits = "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5";
        let bytes: Vec<u8> = (0..48)
            .map(|n| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16).unwrap())
            .collect();
        Key(SigningKey::from_slice(&bytes).unwrap())
    }

    #[test]
    fn a_signature_is_that_of_rfc_6979_for_sha_256() {
        let signature = sample().sign(b"sample");
        assert_eq!(
            crate::store::hex(&signature),
            "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33bde1e888e63355d92fa2b3c36d8fb2cd\
             f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0"
        );
    }

    #[test]
    fn both_forms_of_a_signature_hold_for_the_message_alone() {
        let (key, message) = (sample(), b"the sealed files");
        let public = key.public();
        let (raw, der) = (key.sign(message), key.sign_der(message));
        assert!(public.verifies(message, &raw) && public.verifies_der(message, &der));
        assert!(!public.verifies(b"others", &raw) && !public.verifies_der(b"others", &der));
        assert!(!public.verifies(message, &der) && !public.verifies_der(message, &raw));
        assert!(!public.verifies(message, b"") && !public.verifies_der(message, &[0x30, 0x84, 0xff]));
    }

    #[test]
    fn a_public_key_comes_back_from_its_written_forms() {
        let public = sample().public();
        assert_eq!(PublicKey::from_pem(&public.pem().unwrap()).as_ref(), Some(&public));
        assert_eq!(PublicKey::from_spki(&public.spki().unwrap()).as_ref(), Some(&public));
        assert_eq!(PublicKey::from_pem("-----BEGIN PUBLIC KEY-----"), None);
    }

    #[test]
    fn a_new_key_is_read_back_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings/key.pem");
        let made = Key::create(&path).unwrap();
        assert_eq!(Key::read(&path).unwrap().public(), made.public());
        assert!(Key::create(&path).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        Key::create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = Key::read(&path).unwrap_err();
            assert_eq!(error.exit_code(), crate::error::ExitCode::Permission, "{error}");
        }
    }
}
