#!/bin/sh
# Installs Debian's chromium and a font for the browser tests, if this machine allows it.
# Never fails: without a browser those tests skip and say so.
set -u
if ! command -v apt-get >/dev/null 2>&1; then
    echo "No apt-get here: install Chromium yourself to run the browser tests." >&2
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "Not root: run 'apt-get install chromium fonts-dejavu' yourself to run the browser tests." >&2
    exit 0
fi
apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu >/dev/null ||
    echo "Chromium could not be installed: the browser tests will skip." >&2
exit 0
