#!/bin/sh
# Kills a working run, a migration and an export at so many moments each (default 500), and expects of each that the archive
# is sound, nothing is lost or doubled, and what is begun again ends as the undisturbed one did. The tests do the same some
# dozens of times.
set -eu
cd "$(dirname "$0")/.."
CITEKEEP_KILLS="${1:-500}" cargo test --test it -- interrupted::killed_at_any
