#!/bin/sh
# Kills a working run at so many moments (default 500), and expects of each that the archive is sound, nothing is lost or
# doubled, and the resumed run ends as the undisturbed one did. A test does the same fifty times.
set -eu
cd "$(dirname "$0")/.."
CITEKEEP_KILLS="${1:-500}" cargo test --test it -- --exact interrupted::killed_at_any_moment_it_loses_nothing_and_doubles_nothing
