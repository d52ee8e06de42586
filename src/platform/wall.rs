//! Pages that came with status 200 and are not what was asked for: challenges, login and consent walls, "not found" pages,
//! error pages, parked domains. Told by where the redirects led, by headers, and by the title, the main
//! heading or the markup of a page that says little else.

use url::Url;

use crate::article::page::{Item, Page};
use crate::article::{self, Hints};
use crate::exchange::{Body, Exchange};

/// Bytes of a page, unpacked, in which its title is looked for.
const HEAD: usize = 8 << 10;

/// Bytes of a page, unpacked, in which its heading and telling markup are looked for.
const BODY: usize = 256 << 10;

/// Bytes of a page as received, packed or plain, up to which that is done: one that says little is small, and to unpack every page
/// before it is kept would cost more than all else that is done with it.
const SMALL: (usize, usize) = (6 << 10, 24 << 10);

/// What a heading alone may tell; pages of a site's own head a form with "Log in".
const HEADED: [&str; 4] = ["challenge", "soft_404", "error_page", "parked_domain"];

/// A page with more text than so many characters has something to say, whatever its title.
const LITTLE: usize = 2_000;

/// Beginnings of pages that are told to be walls, by what they are. A title counts up to its first separator.
const TITLES: &[(&str, &[&str])] = &[
    (
        "challenge",
        &[
            "just a moment",
            "attention required!",
            "access denied",
            "access to this page has been denied",
            "are you a robot?",
            "are you a robot",
            "robot check",
            "robot or human?",
            "pardon our interruption",
            "ddos-guard",
            "security check",
            "security checkpoint",
            "vercel security checkpoint",
            "human verification",
            "verify you are human",
            "client challenge",
            "please verify you are a human",
            "checking your browser",
            "one more step",
            "captcha",
            "bot verification",
            "you have been blocked",
            "request rejected",
            "403 forbidden",
            "forbidden",
            "un instant",
            "einen moment",
            "nur einen moment",
            "un momento",
            "один момент",
            "accès refusé",
            "zugriff verweigert",
            "acceso denegado",
            "доступ запрещён",
            "доступ запрещен",
            "проверка браузера",
            "访问被拒绝",
            "安全验证",
            "人机验证",
            "accesso negato",
            "acesso negado",
            "toegang geweigerd",
            "odmowa dostępu",
            "přístup odepřen",
            "åtkomst nekad",
            "adgang nægtet",
            "ingen tilgang",
            "pääsy estetty",
            "hozzáférés megtagadva",
            "acces interzis",
            "доступ заборонено",
            "доступът е отказан",
            "erişim engellendi",
            "δεν επιτρέπεται η πρόσβαση",
            "アクセスが拒否されました",
            "액세스가 거부되었습니다",
            "تم رفض الوصول",
            "الوصول مرفوض",
            "הגישה נדחתה",
            "akses ditolak",
            "truy cập bị từ chối",
            "sicherheitsprüfung",
            "sicherheitsüberprüfung",
            "vérification de sécurité",
            "verificación de seguridad",
            "verificação de segurança",
            "verifica di sicurezza",
            "проверка безопасности",
            "перевірка безпеки",
            "güvenlik kontrolü",
            "um momento",
            "een moment geduld",
            "chwileczkę",
            "ett ögonblick",
            "et øjeblik",
            "bir dakika lütfen",
            "请稍候",
            "請稍候",
            "しばらくお待ちください",
            "잠시만 기다리십시오",
            "لحظة من فضلك",
        ],
    ),
    (
        "login_page",
        &[
            "log in",
            "login",
            "log in or sign up",
            "sign in",
            "sign up",
            "log into facebook",
            "log in to facebook",
            "anmelden",
            "einloggen",
            "login erforderlich",
            "se connecter",
            "connexion",
            "identification",
            "iniciar sesión",
            "acceder",
            "accedi",
            "entrar",
            "fazer login",
            "inloggen",
            "logga in",
            "logg inn",
            "log ind",
            "kirjaudu",
            "zaloguj się",
            "logowanie",
            "přihlášení",
            "bejelentkezés",
            "autentificare",
            "вход",
            "войти",
            "авторизация",
            "вхід",
            "giriş",
            "giriş yap",
            "σύνδεση",
            "登录",
            "登入",
            "ログイン",
            "로그인",
            "تسجيل الدخول",
            "ورود",
            "התחברות",
            "masuk",
            "đăng nhập",
        ],
    ),
    (
        "consent_page",
        &[
            "before you continue",
            "bevor sie fortfahren",
            "avant de continuer",
            "antes de continuar",
            "prima di continuare",
            "voordat je verdergaat",
            "cookie consent",
            "cookie wall",
            "privacy gate",
            "privacy settings",
            "consent",
            "we value your privacy",
            "your privacy choices",
            "zanim przejdziesz dalej",
            "než budete pokračovat",
            "mielőtt folytatná",
            "înainte de a continua",
            "innan du fortsätter",
            "før du fortsetter",
            "før du fortsætter",
            "ennen kuin jatkat",
            "прежде чем продолжить",
            "перш ніж продовжити",
            "преди да продължите",
            "devam etmeden önce",
            "πριν συνεχίσετε",
            "続行する前に",
            "继续之前",
            "繼續之前",
            "계속하기 전에",
            "قبل المتابعة",
            "לפני שממשיכים",
            "sebelum melanjutkan",
            "trước khi tiếp tục",
            "cookie-einstellungen",
            "datenschutzeinstellungen",
            "paramètres de confidentialité",
            "configuración de privacidad",
            "impostazioni privacy",
            "privacy-instellingen",
        ],
    ),
    (
        "soft_404",
        &[
            "404",
            "404 not found",
            "error 404",
            "404 error",
            "not found",
            "page not found",
            "page not found (404)",
            "file not found",
            "oops! that page can't be found",
            "page introuvable",
            "page non trouvée",
            "erreur 404",
            "seite nicht gefunden",
            "fehler 404",
            "página no encontrada",
            "página não encontrada",
            "pàgina no trobada",
            "pagina non trovata",
            "errore 404",
            "pagina niet gevonden",
            "sidan hittades inte",
            "sidan kunde inte hittas",
            "siden ble ikke funnet",
            "siden blev ikke fundet",
            "sivua ei löytynyt",
            "strona nie znaleziona",
            "nie znaleziono strony",
            "stránka nenalezena",
            "stránka nebyla nalezena",
            "az oldal nem található",
            "pagina nu a fost găsită",
            "страница не найдена",
            "сторінку не знайдено",
            "страницата не е намерена",
            "sayfa bulunamadı",
            "η σελίδα δεν βρέθηκε",
            "ページが見つかりません",
            "页面不存在",
            "页面未找到",
            "找不到網頁",
            "페이지를 찾을 수 없습니다",
            "الصفحة غير موجودة",
            "صفحه یافت نشد",
            "הדף לא נמצא",
            "halaman tidak ditemukan",
            "không tìm thấy trang",
            "410 gone",
            "nothing found",
            "article not found",
            "story not found",
            "post not found",
            "content not found",
            "page unavailable",
            "this page isn't available",
            "this page is no longer available",
            "page no longer available",
            "content unavailable",
            "this content isn't available",
            "this page doesn't exist",
            "this page does not exist",
            "artikel nicht gefunden",
            "diese seite existiert nicht",
            "article introuvable",
            "cette page n'existe pas",
            "cette page n'existe plus",
            "no se encontró la página",
            "artículo no encontrado",
            "esta página não existe",
            "articolo non trovato",
            "artikel niet gevonden",
            "artikeln hittades inte",
            "sivua ei löydy",
            "страница не существует",
            "статья не найдена",
            "сторінка не існує",
            "статтю не знайдено",
        ],
    ),
    (
        "error_page",
        &[
            "something went wrong",
            "error",
            "internal server error",
            "500 internal server error",
            "service unavailable",
            "temporarily unavailable",
            "bad gateway",
            "maintenance",
            "site maintenance",
            "under maintenance",
            "scheduled maintenance",
            "site under maintenance",
            "une erreur est survenue",
            "ein fehler ist aufgetreten",
            "wartungsarbeiten",
            "en maintenance",
            "ha ocurrido un error",
            "произошла ошибка",
            "технические работы",
            "出错了",
            "oops! something went wrong",
            "an error occurred",
            "an error has occurred",
            "etwas ist schiefgelaufen",
            "technische störung",
            "une erreur s'est produite",
            "quelque chose s'est mal passé",
            "se ha producido un error",
            "se produjo un error",
            "algo salió mal",
            "en mantenimiento",
            "ocorreu um erro",
            "algo deu errado",
            "em manutenção",
            "si è verificato un errore",
            "qualcosa è andato storto",
            "in manutenzione",
            "er is iets misgegaan",
            "er is een fout opgetreden",
            "något gick fel",
            "noe gikk galt",
            "noget gik galt",
            "jotain meni pieleen",
            "wystąpił błąd",
            "coś poszło nie tak",
            "něco se pokazilo",
            "došlo k chybě",
            "hiba történt",
            "a apărut o eroare",
            "что-то пошло не так",
            "щось пішло не так",
            "сталася помилка",
            "възникна грешка",
            "bir hata oluştu",
            "bir şeyler ters gitti",
            "παρουσιάστηκε σφάλμα",
            "エラーが発生しました",
            "メンテナンス中",
            "发生错误",
            "系统维护中",
            "發生錯誤",
            "오류가 발생했습니다",
            "حدث خطأ",
            "خطایی رخ داد",
            "אירעה שגיאה",
            "terjadi kesalahan",
            "đã xảy ra lỗi",
            "account suspended",
        ],
    ),
    (
        "parked_domain",
        &[
            "domain for sale",
            "this domain is for sale",
            "domain parked",
            "parked domain",
            "domain parking",
            "buy this domain",
            "this domain name is for sale",
            "domain name for sale",
            "this domain may be for sale",
            "this domain has expired",
            "domain expired",
            "diese domain steht zum verkauf",
            "diese domain ist zu verkaufen",
            "ce domaine est à vendre",
            "nom de domaine à vendre",
            "este dominio está en venta",
            "este dominio está a la venta",
            "dominio in vendita",
            "questo dominio è in vendita",
            "domínio à venda",
            "deze domeinnaam is te koop",
            "domein te koop",
            "domena na sprzedaż",
            "ta domena jest na sprzedaż",
            "домен продаётся",
            "домен продается",
            "домен припаркован",
            "домен продається",
            "bu alan adı satılıktır",
            "该域名正在出售",
            "域名出售",
            "このドメインは販売中です",
        ],
    ),
];

/// Words of a path or host to which a redirect leads those who are not let in.
const DOORS: &[(&str, &str)] = &[
    ("login", "login_page"),
    ("login.php", "login_page"),
    ("log-in", "login_page"),
    ("signin", "login_page"),
    ("sign-in", "login_page"),
    ("sign_in", "login_page"),
    ("authwall", "login_page"),
    ("accounts.google.com", "login_page"),
    ("consent", "consent_page"),
    ("captcha", "challenge"),
    ("404", "soft_404"),
    ("404.html", "soft_404"),
    ("not-found", "soft_404"),
    ("notfound", "soft_404"),
    ("page-not-found", "soft_404"),
    ("suspendedpage.cgi", "error_page"),
    ("defaultwebpage.cgi", "parked_domain"),
];

/// Markup of pages that stand in the way for others, as the systems write it that many sites use, and that is in no page of a
/// site's own.
const MARKS: &[(&[u8], &str)] = &[
    (b"id=\"px-captcha\"", "challenge"),
    (b"window.gokuProps", "challenge"),
    (b"id=\"challenge-error-text\"", "challenge"),
    (b"captcha-delivery.com/captcha", "challenge"),
    (b"id=\"main-iframe\" src=\"/_Incapsula_Resource", "challenge"),
    // The key by which a page of advertisements on an empty domain asks blockers to let them pass.
    (b"data-adblockkey=", "parked_domain"),
    (b"/parking-lander/", "parked_domain"),
    (b"window.location.href=\"/lander\"", "parked_domain"),
];

/// What stands in the way at the end of these hops (`challenge`, `login_page`, `consent_page`, `soft_404`, `error_page`,
/// `parked_domain`); `None` if the page seems to be what was asked for.
#[must_use]
pub fn wall(hops: &[Exchange]) -> Option<&'static str> {
    let (first, last) = (hops.first()?, hops.last()?);
    // Cloudflare says so itself. <https://developers.cloudflare.com/cloudflare-challenges/challenge-types/challenge-pages/detect-response/>
    if last.header("cf-mitigated").is_some() {
        return Some("challenge");
    }
    if first.url != last.url
        && let Some(door) = door(&last.url).filter(|door| self::door(&first.url) != Some(door))
    {
        return Some(door);
    }
    if leads_home(hops) {
        return Some("soft_404");
    }
    let media_type = last.header("content-type").unwrap_or("text/html");
    if !media_type.trim_start().to_ascii_lowercase().starts_with("text/html") {
        return None;
    }
    let head = last.beginning(HEAD, |head| place_of(head, b"</title").is_some());
    let wall = title(&head)
        .and_then(|title| told_by_words(parts(&title)))
        .or_else(|| {
            if !is_small(last) {
                return None;
            }
            let body = last.beginning(BODY, |_| false);
            heading(&body)
                .and_then(|heading| told_by_words(std::iter::once(bare(&heading))))
                .filter(|wall| HEADED.contains(wall))
                .or_else(|| told_by_marks(&body))
        })?;
    let says_little = last.decoded().is_ok_and(|bytes| {
        let hints = Hints {
            url: Some(last.url.clone()),
            content_type: Some(media_type.to_owned()),
        };
        article::read(&bytes, &hints).is_ok_and(|page| story_length(&page.page) < LITTLE)
    });
    says_little.then_some(wall)
}

fn is_small(page: &Exchange) -> bool {
    let (packed, plain) = SMALL;
    let most = if page.header("content-encoding").is_some() {
        packed
    } else {
        plain
    };
    matches!(&page.body, Body::Inline(bytes) if bytes.len() <= most)
}

/// What the words of a title or heading say that it is.
fn told_by_words<'t>(words: impl Iterator<Item = &'t str>) -> Option<&'static str> {
    let words: Vec<&str> = words.collect();
    let told = TITLES
        .iter()
        .find(|(_, titles)| words.iter().any(|part| titles.contains(part)));
    told.map(|(wall, _)| *wall)
}

/// What the markup says that it is.
fn told_by_marks(body: &[u8]) -> Option<&'static str> {
    let told = MARKS
        .iter()
        .find(|(mark, _)| memchr::memmem::find(body, mark).is_some());
    told.map(|(_, wall)| *wall)
}

/// The door that an address names.
fn door(url: &Url) -> Option<&'static str> {
    let named = |word: &str| {
        DOORS
            .iter()
            .find(|(door, _)| door.eq_ignore_ascii_case(word))
            .map(|(_, wall)| *wall)
    };
    let host = url.host_str().unwrap_or_default();
    named(host)
        .or_else(|| named(host.split('.').next()?))
        .or_else(|| url.path_segments()?.find_map(named))
}

/// Whether a server led from a page below to its front page: what it does instead of saying that there is no such page.
fn leads_home(hops: &[Exchange]) -> bool {
    fn name(url: &Url) -> &str {
        let host = url.host_str().unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(host)
    }
    let Some((last, before)) = hops.split_last() else {
        return false;
    };
    let is_home = last.url.path() == "/" && last.url.query().is_none();
    is_home
        && before.iter().any(|hop| {
            name(&hop.url) == name(&last.url)
                && hop
                    .url
                    .path_segments()
                    .is_some_and(|path| path.filter(|p| !p.is_empty()).count() >= 2)
        })
}

/// Characters of a page's story.
fn story_length(page: &Page) -> usize {
    let blocks = page.items.iter().filter_map(|item| match item {
        Item::Block(block) if block.chrome.is_none() => Some(block.text.chars().count()),
        Item::Block(_) | Item::Mark(_) => None,
    });
    blocks.sum()
}

/// The title at the beginning of a page, in lower case, with plain apostrophes.
fn title(head: &[u8]) -> Option<String> {
    inner_text(head, b"<title")
}

/// The only main heading of a page, likewise; a page with several says more than one thing.
fn heading(body: &[u8]) -> Option<String> {
    let first = place_of(body, b"<h1")?;
    match place_of(&body[first + 1..], b"<h1") {
        None => inner_text(&body[first..], b"<h1"),
        Some(_) => None,
    }
}

/// The text from `tag` to the next one.
fn inner_text(html: &[u8], tag: &[u8]) -> Option<String> {
    let html = &html[place_of(html, tag)?..];
    let inner = &html[memchr::memchr(b'>', html)? + 1..];
    let inner = &inner[..memchr::memchr(b'<', inner).unwrap_or(inner.len()).min(HEAD)];
    let text = String::from_utf8_lossy(inner).to_lowercase();
    let plain = ["’", "&#8217;", "&#039;", "&#39;", "&rsquo;", "&apos;"]
        .iter()
        .fold(text, |text, apostrophe| text.replace(apostrophe, "'"));
    Some(plain.trim().to_owned())
}

/// Where `tag`, in lower case, stands first.
fn place_of(html: &[u8], tag: &[u8]) -> Option<usize> {
    memchr::memchr_iter(tag[0], html).find(|at| {
        let here = html.get(*at..*at + tag.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(tag))
    })
}

/// A title as a whole, and its parts: sites put their own name before or behind.
fn parts(title: &str) -> impl Iterator<Item = &str> {
    let separated = title
        .split(['|', '•', '·', '–', '—', '»', '«', ':'])
        .flat_map(|part| part.split(" - "));
    std::iter::once(title).chain(separated).map(bare)
}

fn bare(words: &str) -> &str {
    words.trim().trim_end_matches(['.', '…']).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::testing::answered;

    fn page(url: &str, body: &str) -> Exchange {
        let mut exchange = answered(200, body.as_bytes());
        exchange.url = Url::parse(url).unwrap();
        exchange
    }

    #[test]
    fn a_page_that_stands_in_the_way_is_told_by_its_title_and_by_saying_little() {
        let long = "<p>A forbidden city, and how it came to be so. ".repeat(100);
        for (html, wall) in [
            ("<html><title>Just a moment...</title>", Some("challenge")),
            (
                "<title>Access denied | shop.example used Cloudflare to restrict access</title>",
                Some("challenge"),
            ),
            (
                "<TITLE lang=en>Page not found - The Weir</TITLE><p>Sorry.",
                Some("soft_404"),
            ),
            ("<title>The Weir | 404</title>", Some("soft_404")),
            ("<title>Страница не найдена</title>", Some("soft_404")),
            ("<title>Anmelden</title><form>", Some("login_page")),
            ("<title>Before you continue</title>", Some("consent_page")),
            ("<title>weir.example: domain for sale</title>", Some("parked_domain")),
            ("<title>Something went wrong</title>", Some("error_page")),
            (
                "<title>Lindow News</title><h1 class=x>This page doesn’t exist</h1>",
                Some("soft_404"),
            ),
            (
                "<title>Lindow News</title><h1>Etwas ist schiefgelaufen</h1>",
                Some("error_page"),
            ),
            ("<h1>エラーが発生しました</h1>", Some("error_page")),
            (
                "<title>Перед вами | Прежде чем продолжить</title>",
                Some("consent_page"),
            ),
            ("<title>Toegang geweigerd</title>", Some("challenge")),
            (
                "<title>shop.example</title><div id=\"px-captcha\"></div>",
                Some("challenge"),
            ),
            (
                "<html data-adblockkey=\"MFww\"><title>weir.example</title>",
                Some("parked_domain"),
            ),
            ("<title>Lindow News</title><h1>Log in</h1>", None),
            ("<title>Lindow News</title><h1>Lindow</h1><h1>Not found</h1>", None),
            ("<title>Lindow News</title><h1>Not found: the weir's plans</h1>", None),
            ("<title>The weir at Veyle</title><p>Login", None),
            ("<title>Login culture in the age of mail</title>", None),
            ("<p>No title, just a moment...", None),
            (&format!("<title>Forbidden</title><article>{long}"), None),
        ] {
            assert_eq!(
                super::wall(&[page("https://weir.example/story", html)]),
                wall,
                "{html:.60}"
            );
        }
    }

    #[test]
    fn a_redirect_tells_what_stands_in_the_way() {
        for (asked, end, wall) in [
            (
                "https://paper.example/2024/story",
                "https://paper.example/login?next=/2024/story",
                Some("login_page"),
            ),
            (
                "https://paper.example/2024/story",
                "https://consent.paper.example/?continue=x",
                Some("consent_page"),
            ),
            (
                "https://paper.example/2024/05/story",
                "https://www.paper.example/",
                Some("soft_404"),
            ),
            (
                "https://paper.example/2024/story",
                "https://paper.example/2024/the-story",
                None,
            ),
            ("https://short.example/abc/d", "https://paper.example/", None),
            ("https://paper.example/index.html", "https://paper.example/", None),
            ("https://paper.example/login", "https://www.paper.example/login", None),
        ] {
            let hops = [page(asked, ""), page(end, "<title>Paper</title>")];
            assert_eq!(super::wall(&hops), wall, "{asked} -> {end}");
        }
    }
}
