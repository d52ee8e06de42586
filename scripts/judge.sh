#!/bin/sh
# A bundle of the newsroom example, judged by programs of others: bagit.py, rocrate-validator, wacz, warcio, frictionless, openssl,
# sqlite3, ReplayWeb.page in headless Chromium, and the steps of its own VERIFY.md as they are written. Prints a line a judge; exits with 1 if one of them finds fault.
# What is needed comes from PyPI into a folder that is gone afterwards (JUDGES=FOLDER keeps it there); without a registry, or
# without python3 -m venv, it says so and ends.
set -eu
cd "$(dirname "$0")/.."

work=$(mktemp -d)
tsa=
trap 'test -z "$tsa" || kill "$tsa"; rm -rf "$work"' EXIT

for program in python3 unzip openssl sqlite3; do
    command -v $program > /dev/null || { echo "judge: skipped, no $program here"; exit 0; }
done
judges=${JUDGES:-$work/judges}
if [ ! -x "$judges/bin/wacz" ]; then
    python3 -m venv "$judges" > "$work/log" 2>&1 || { echo "judge: skipped, python3 has no venv here"; exit 0; }
    timeout 400 "$judges/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 20 \
        bagit==1.9.0 wacz==0.6.0 warcio==1.8.1 frictionless==5.21.0 roc-validator==0.13.0 > "$work/log" 2>&1 ||
        { echo "judge: skipped, no package registry here"; exit 0; }
fi

cargo build --locked --quiet --bin citekeep --example newsroom
target=${CARGO_TARGET_DIR:-target}/debug
mkdir "$work/newsroom"
TMPDIR=$work/newsroom "$target/examples/newsroom" > "$work/log" 2>&1
archive=$(ls "$work"/newsroom/*/newsroom.db)
citekeep() { HOME=$work "$target/citekeep" --archive "$archive" "$@"; }

# A time stamping authority that openssl plays.
mkdir "$work/tsa"
cat > "$work/tsa/tsa.cnf" << 'CNF'
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Root of Invented Clocks
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[tsa_cert]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = one
[one]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256
clock_precision_digits = 3
ess_cert_id_alg = sha256
signer_digest = sha256
CNF
(
    cd "$work/tsa"
    echo 01 > serial
    for key in root tsa; do openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $key.key 2> /dev/null; done
    openssl req -x509 -new -key root.key -config tsa.cnf -extensions root -days 30 -out root.pem
    openssl req -new -key tsa.key -config tsa.cnf -subj '/CN=Clock No. 9' -out tsa.csr
    openssl x509 -req -in tsa.csr -CA root.pem -CAkey root.key -CAcreateserial -extfile tsa.cnf -extensions tsa_cert -days 20 \
        -out tsa.pem 2> /dev/null
)
cat > "$work/tsa/serve.py" << 'PY'
import http.server, subprocess

class Authority(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open("query", "wb") as query:
            query.write(self.rfile.read(int(self.headers["content-length"])))
        made = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "tsa.key"]
        reply = subprocess.run(made, capture_output=True, check=True).stdout
        self.send_response(200)
        self.send_header("content-type", "application/timestamp-reply")
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
with open("port", "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
PY
(cd "$work/tsa" && exec python3 serve.py) &
tsa=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do test -s "$work/tsa/port" || sleep 0.5; done
asking() {
    citekeep "$@" --set "timestamp.clock=http://127.0.0.1:$(cat "$work/tsa/port")/" --set "timestamp_roots.clock=$work/tsa/root.pem" \
        --allow-net 127.0.0.0/8 --set pace.delay=0
}
asking stamp > "$work/log"
citekeep key create --set "export.key=$work/key.pem" > "$work/log"
asking export --all --stamp -o "$work/bundle" --set "export.key=$work/key.pem" --set export.organization=Courier > "$work/log"
asking export --all --stamp --redact media -o "$work/without" --set "export.key=$work/key.pem" --set export.organization=Courier > "$work/log"
asking export --all --stamp --redact handles --redact counts -o "$work/nameless" --set "export.key=$work/key.pem" \
    --set export.organization=Courier > "$work/log"
bundle=$work/bundle

faults=0
# judge NAME COMMAND…: the command must exit with 0.
judge() {
    name=$1
    shift
    if "$@" > "$work/log" 2>&1; then
        echo "judge: $name finds no fault"
    else
        echo "judge: $name finds fault:"
        tail -n 5 "$work/log" | sed 's/^/    /'
        faults=1
    fi
}

judge "bagit.py" "$judges/bin/python" "$judges/bin/bagit.py" --validate --quiet "$bundle"
judge "bagit.py, without media," "$judges/bin/python" "$judges/bin/bagit.py" --validate --quiet "$work/without"
judge "bagit.py, without handles," "$judges/bin/python" "$judges/bin/bagit.py" --validate --quiet "$work/nameless"
judge "wacz" "$judges/bin/wacz" validate -f "$bundle/data/captures/captures.wacz"
judge "wacz, without handles," "$judges/bin/wacz" validate -f "$work/nameless/data/captures/captures.wacz"
unzip -q -o "$bundle/data/captures/captures.wacz" -d "$work/wacz"
judge "warcio" "$judges/bin/warcio" check "$work/wacz/archive/data.warc.gz"
(cd "$bundle/data" && judge "frictionless" "$judges/bin/frictionless" validate datapackage.json && exit "$faults") || faults=1

# The validator wants the JSON-LD context of RO-Crate from its address; npm has it as a file.
if (cd "$work" && timeout 60 npm pack --silent ro-crate@3.7.2 > log 2>&1 && tar xzf ro-crate-*.tgz package/lib/context.json); then
    "$judges/bin/python" - "$work/package/lib/context.json" "$work/crates" << 'PY'
import io, json, sys
from requests.adapters import BaseAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

context = open(sys.argv[1], "rb").read()

class Here(BaseAdapter):
    def send(self, request, **_):
        from requests.adapters import HTTPAdapter
        body = HTTPResponse(io.BytesIO(context), {"Content-Type": "application/ld+json"}, 200, preload_content=False)
        return HTTPAdapter().build_response(request, body)

    def close(self):
        pass

session = CachedSession(cache_name=sys.argv[2], backend="sqlite", expire_after=-1)
session.mount("https://", Here())
session.get(json.loads(context)["@id"]).raise_for_status()
PY
    crate() { "$judges/bin/rocrate-validator" -y validate --offline --cache-path "$work/crates" -l required "$1/data"; }
    judge "rocrate-validator" crate "$bundle"
    judge "rocrate-validator, without media," crate "$work/without"
    judge "rocrate-validator, without handles," crate "$work/nameless"
else
    echo "judge: rocrate-validator is left out, no npm registry here"
fi

# The report from the disk in a browser, and every page of the web archive in a player.
if command -v node > /dev/null && command -v chromium > /dev/null &&
    timeout 60 chromium --headless --no-sandbox --dump-dom about:blank > "$work/log" 2>&1 && (cd "$work" && mkdir player && cd player &&
    timeout 100 npm pack --silent playwright-core@1.65.1 replaywebpage@2.5.3 > ../log 2>&1 &&
    for package in playwright-core replaywebpage; do
        mkdir $package && tar xzf $package-*.tgz -C $package --strip-components 1 || exit 1
    done); then
    judge "Chromium, with ReplayWeb.page," timeout 300 node scripts/replay.mjs "$bundle" "$work/player"
else
    echo "judge: Chromium is left out: it does not start, or there is no node or npm registry here"
fi

judge "sqlite3" sh -c 'sqlite3 -readonly "$1" "PRAGMA integrity_check" | grep -qx ok &&
    sqlite3 -bail -readonly "$1" < examples/queries.sql | grep -q brenninkmeijer' sh "$bundle/data/archive.db"

# Each time stamp as it is checked without knowing of this program: it is over the file whose name its own begins with.
over() {
    file=${2%.*.tsr}
    test -e "$1/proofs/$file" || file=../$file
    openssl ts -verify -data "$1/proofs/$file" -in "$1/proofs/$2" -CAfile "$work/tsa/root.pem"
}
for edition in bundle without nameless; do
    judge "openssl ts, over the seal ($edition)," over "$work/$edition" tagmanifest-sha256.txt.clock.tsr
    judge "openssl ts, over a head ($edition)," over "$work/$edition" "$(cd "$work/$edition/proofs" && ls heads/entry-*.tsr | head -n 1)"
done

# What VERIFY.md says, typed as it is written.
for edition in bundle nameless; do
    awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$work/$edition/VERIFY.md" > "$work/steps.sh"
    (cd "$work/$edition" && sh "$work/steps.sh" > "$work/steps-$edition" 2>&1) || true
    judge "VERIFY.md of the $edition" sh -c '! grep -q BAD "$1" && grep -q "^sound$" "$1" && grep -q "Verified OK" "$1" && test "$(grep -c "Verification: OK" "$1")" = 2' \
        sh "$work/steps-$edition"
done

exit "$faults"
