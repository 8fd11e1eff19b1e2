#!/usr/bin/env bash
# scripts/setup.sh serve|check|test|bench: installs what that target needs and this machine lacks, and nothing else.
#
# Made for Debian 12 and newer and Ubuntu 24.04 and newer; elsewhere it says what to install by hand. It may be run
# at any time, twice at once, and from any folder; when nothing is missing it is done in a fraction of a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One Debian package a line: who needs it first (serve, test or bench; test needs serve's too, bench needs all; fonts are
# for all of them, and no reason to fail),
# its name, the commands any of which make it unnecessary ("-": it is a library), and what it is for.
packages() {
  cat <<'END'
serve libpango-1.0-0        -                                        PDF: line breaking and shaping for WeasyPrint
serve libpangoft2-1.0-0     -                                        PDF: Pango's bridge to FreeType
serve libharfbuzz-subset0   -                                        PDF: cuts fonts down; without it a PDF takes 50 times longer
fonts fonts-noto-core       -                                        PDF: Thai, Tibetan, Devanagari and over a hundred other scripts
fonts fonts-noto-color-emoji -                                       PDF: emoji
fonts fonts-nanum           -                                        PDF: Hangul
test  chromium-headless-shell chromium-browser,google-chrome         the browser tests
test  default-jre-headless  java                                     EPUBCheck
test  poppler-utils         pdftotext                                PDF: text, fonts and pictures as readers see them
test  qpdf                  qpdf                                     PDF: checks the structure
test  nodejs                node                                     the npm readers and checkers in tests/npm
test  npm                   npm                                      installs them
test  zim-tools             zimcheck                                 checks the ZIM of the library
test  kiwix-tools           kiwix-serve                              reads it, as a phone would
test  newsboat              newsboat                                 feeds, read by a reader
test  sfeed                 sfeed                                    feeds, read by another
test  rss2email             r2e                                      feeds, read by a third
test  liferea               liferea                                  feeds, read by a fourth, which has a window
test  espeak-ng             espeak-ng                                reads articles aloud
test  lame                  lame                                     makes MP3 of that
test  xvfb                  xvfb-run                                 a screen for that window
test  xauth                 xauth                                    xvfb-run needs it
test  dbus-daemon           dbus-run-session                         a bus to tell Liferea what to do
test  dbus-bin              dbus-send                                tells it
test  libfaketime           -                                        a clock that jumps, for tests/faults
test  postgresql            -                                        the other database of state; the tests start it themselves
test  redis-tools           redis-server,redis-check-rdb             counts of rate limits; redis-server without its service
bench chromium              chromium                                 prints PDF, a peer; Lighthouse drives it
bench nginx                 nginx                                    the peer that serves files
bench wrk                   wrk                                      makes the load
bench fonts-noto-cjk        -                                        the fonts that WeasyPrint and Chromium use without ours
bench pandoc                pandoc                                   a peer that makes EPUB
END
}

BROWSER=chromium-headless-shell # of Debian; Ubuntu has none

PIP=pip==26.3 # Debian 12's, from 2023, ends with a traceback on some newer packages

say() { printf 'setup: %s\n' "$*" >&2; }

give_up() {
  say "$1"
  shift
  for line in "$@"; do say "  $line"; done
  exit 1
}

main() {
  local target=${1:-}
  case $target in
    serve) install_packages serve ;;
    check) ;;
    test) install_packages 'serve|test' ;;
    bench) install_packages 'serve|test|bench' ;;
    *) give_up "usage: scripts/setup.sh serve|check|test|bench" ;;
  esac
  make_environment
  [ "$target" = check ] || install_fonts
  [ "$target" = serve ] || install_uv
  case $target in
    serve) at_once "install_python_packages requirements.txt" build_fonts ;;
    check) install_python_packages requirements-dev.txt ;;
    test) at_once install_for_tests "install_npm_packages tests/npm" build_fonts unpack_nginx ;;
    bench)
      at_once "install_python_packages benchmarks/requirements.txt" "install_npm_packages tests/npm benchmarks/npm" \
        build_fonts
      ;;
  esac
  compile_modules
  compile_catalogues
}

at_once() { # $@: commands; each has minutes of work on a new machine, and none needs another. Waits for all.
  local command job jobs=() failed=0
  set -m # each is a process group: who ends this script ends what it started, too
  trap 'end_groups; exit 130' INT TERM HUP
  for command in "$@"; do
    $command </dev/null &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do
    wait "$job" || failed=1
  done
  trap - INT TERM HUP
  set +m
  return "$failed"
}

end_groups() {
  local job
  for job in $(jobs -p); do
    kill -- "-$job" 2>/dev/null || true
  done
}

# --- Debian packages -------------------------------------------------------------------------------------------------

install_packages() { # $1: the needs, as a pattern
  local missing
  missing=$(packages | lacking "$1")
  [ -z "$missing" ] || {
    [[ $missing != *postgresql* ]] || without_cluster
    apt_install $missing
  }
}

install_fonts() { # Those of other scripts. Where they can't be installed it says so once
  local missing
  missing=$(packages | lacking fonts)
  [ -n "$missing" ] && [ ! -e .venv/asked-for-fonts ] || return 0
  touch .venv/asked-for-fonts
  if [ "$(id -u)" = 0 ] || { command -v sudo && sudo -n true; } >/dev/null 2>&1; then
    (apt_install $missing) && return 0
  fi
  say "going on without $(echo $missing): a PDF shows boxes for the characters that only they have; to install them:"
  say "  sudo apt-get install --no-install-recommends $(echo $missing)"
}

without_cluster() { # postgresql would start a server together with the machine, which nobody asked for
  [ ! -e /etc/postgresql-common/createcluster.conf ] || return 0
  apt_install postgresql-common
  as_root sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
}

lacking() { # the names of the listed packages that are not here
  local need name commands installed
  installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^ii *//p' | tr '\n' ' ') "
  while read -r need name commands _; do
    [[ $need =~ ^($1)$ && $installed != *" $name "* ]] || continue
    any_command "$commands" || echo "$name"
  done
}

any_command() { # $1: names separated by commas
  local name
  for name in ${1//,/ }; do
    [ "$name" = - ] || ! command -v "$name" >/dev/null || return 0
  done
  return 1
}

apt_install() { # $@: names
  command -v apt-get >/dev/null ||
    give_up "this is neither Debian nor Ubuntu; install by hand what these Debian packages hold, then run again:" \
      "$(packages | grep -wF "$(printf '%s\n' "$@")")"
  say "installing with apt: $*"
  local log
  log=$(mktemp)
  as_root apt-get update -q >"$log" 2>&1 || say "apt-get update failed; trying with the lists that are here"
  if [[ " $* " == *" $BROWSER "* ]] && ! apt-cache show "$BROWSER" >>"$log" 2>&1; then
    set -- "${@/#$BROWSER/chromium}" # the same with windows: the tests take longer
  fi
  if ! as_root apt-get install -y -q --no-install-recommends "$@" >>"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    give_up "apt could not install: $*" "see the lines above; then run this again, or install them yourself:" \
      "sudo apt-get update && sudo apt-get install --no-install-recommends $*"
  fi
  rm -f "$log"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    give_up "this needs root, and sudo is not here; as root run:" "$*"
  fi
}

# --- Python ----------------------------------------------------------------------------------------------------------

make_environment() {
  ! can_run .venv/bin/python || ! has_whole_pip || return 0
  local python
  python=$(find_python) || {
    apt_install python3 python3-venv
    python=$(find_python)
  } || {
    apt_install python3.11 python3.11-venv # Ubuntu 22.04, whose python3 is 3.10
    python=$(find_python)
  } || give_up "Reader needs Python 3.11 or newer with its venv module, and found none" \
    "use Debian 12 or newer, or Ubuntu 24.04 or newer, or put such a python3 first on the PATH"
  say "making .venv with $("$python" --version)"
  [ ! -e .venv/pyvenv.cfg ] || rm -rf .venv/
  "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check "$PIP" ||
    say "keeping the pip that came with it; it may stumble over newer packages"
}

has_whole_pip() { # its RECORD is written last, and a run may have been killed before
  compgen -G '.venv/lib/python3*/site-packages/pip-*.dist-info/RECORD' >/dev/null
}

install_uv() { # for tests, which need it anyway: it installs their packages in a third of pip's time
  local uv
  [ ! -x .venv/bin/uv ] && [ -e scripts/hashes-test.txt ] || return 0
  uv=$(mktemp)
  sed -n '/^uv==/,/[^\\]$/p' scripts/hashes-test.txt >"$uv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$uv" ||
    say "going on with pip instead of uv"
  rm -f "$uv"
}

find_python() {
  local name
  for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if can_run "$name"; then
      echo "$name"
      return 0
    fi
  done
  return 1
}

can_run() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

install_python_packages() { # $1: a requirements file
  local stamp=.venv/setup-${1//\//-} files=(requirements*.txt scripts/*.txt benchmarks/*.txt)
  ! is_current "$stamp" "${files[@]}" || return 0
  say "installing the Python packages of $1 (a minute, once)"
  pip_install .venv/bin/python "$1" ||
    give_up "pip could not install $1" "see the lines above; most often the package index can't be reached"
  stamp "$stamp" "${files[@]}"
}

pip_install() { # $1: a python; $2: a requirements file
  local hashes what
  if hashes=$(hashes_of "$2"); then
    what=(--require-hashes --requirement "$hashes")
  else
    what=(--requirement "$2" --constraint scripts/constraints.txt)
  fi
  uv_install "$1" "${what[@]}" ||
    "$1" -m pip install --quiet --disable-pip-version-check --use-pep517 "${what[@]}"
}

uv_install() { # $1: a python; then options. Where uv is not here or fails, pip does it and says why it can't
  local index
  [ -x .venv/bin/uv ] || return 1
  index=$(.venv/bin/python -m pip config list | sed -n "s/^[^ ]*\.index-url='\(.*\)'$/\1/p" | tail -n 1) || true
  UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index} UV_SYSTEM_CERTS=true .venv/bin/uv pip install --quiet --python "$@"
}

hashes_of() { # $1: a requirements file; the file of hashes that scripts/pin.py made for it as it is now
  local hashes files
  case $1 in
    requirements.txt) hashes=scripts/hashes-serve.txt files=(requirements.txt) ;;
    requirements-dev.txt)
      hashes=scripts/hashes-test.txt files=(requirements-dev.txt requirements.txt requirements-many.txt scripts/requirements-fonts.txt)
      ;;
    benchmarks/requirements.txt)
      hashes=scripts/hashes-bench.txt
      files=(benchmarks/requirements.txt requirements-dev.txt requirements.txt requirements-many.txt
        scripts/requirements-fonts.txt)
      ;;
    *) return 1 ;;
  esac
  [ -e "$hashes" ] && head -n 1 "$hashes" | grep -q "$(cat "${files[@]}" | sha256sum | cut -d ' ' -f 1)" || return 1
  echo "$hashes"
}

install_for_tests() {
  install_python_packages requirements-dev.txt
  compile_tests
}

compile_tests() { # as pytest does, whose processes would each do it: 30 s of processor time in a fresh clone
  [ -d tests ] && [ ! -d tests/__pycache__ ] || return 0
  collect tests/test_[a-h]*.py &
  collect tests/test_[i-z]*.py tests/cluster tests/faults tests/browser
  wait
}

collect() { PYTHONDONTWRITEBYTECODE='' .venv/bin/python -m pytest --collect-only -qq "$@" >/dev/null 2>&1 || true; }

compile_modules() { # as pip does: with PYTHONDONTWRITEBYTECODE each process would compile all of reader/ anew
  local stamp=reader/__pycache__/.compiled
  if [ -d reader ] && { [ ! -e "$stamp" ] || find reader -name '*.py' -newer "$stamp" | grep -q .; }; then
    { .venv/bin/python -m compileall -q reader && touch "$stamp"; } >/dev/null 2>&1 || true
  fi
}

compile_catalogues() { # else each command in Chinese and each new server compiles them
  local source
  for source in reader/translations/*/LC_MESSAGES/messages.po; do
    [ -e "$source" ] && [ "$source" -nt "${source%.po}.mo" ] || continue
    .venv/bin/python -c 'from reader import i18n; i18n.compile_catalogues(i18n.FOLDER)' >/dev/null 2>&1 || true
    touch -c "${source%.po}.mo" # one that was right was left alone
  done
}

# --- fonts for rare characters: too big for the repository, so built here --------------------------------------------

build_fonts() {
  local fonts=reader/exports/fonts tools
  [ -e scripts/build_fonts.py ] || return 0
  ! are_newer "$fonts/serif-ext.ttf" "$fonts/sans-ext.ttf" || return 0
  say "building the fonts for rare and traditional characters (a minute, once)"
  rm -f "$fonts"/*-ext.ttf
  tools=$(mktemp -d)
  if ! { .venv/bin/python -m venv "$tools" && pip_install "$tools/bin/python" scripts/requirements-fonts.txt &&
    "$tools/bin/python" scripts/build_fonts.py >&2; }; then
    say "that failed; Reader works, but PDFs lack rare characters until this succeeds"
  fi
  rm -rf "$tools"
}

are_newer() { # $@: fonts; than what they are built from
  local font
  for font in "$@"; do
    [[ $font -nt scripts/build_fonts.py && $font -nt scripts/requirements-fonts.txt ]] || return 1
  done
}

# --- nginx: for the tests only unpacked, as Debian starts it on port 80 when it is installed ---------------------------

unpack_nginx() {
  local folder
  ! command -v nginx >/dev/null && [ ! -x /usr/sbin/nginx ] && [ ! -x .venv/debian/usr/sbin/nginx ] || return 0
  folder=$(mktemp -d)
  if (cd "$folder" && apt-get download -q nginx && dpkg-deb -x ./nginx_*.deb debian) >/dev/null 2>&1; then
    mkdir -p .venv/debian && cp -R "$folder/debian/." .venv/debian/
  else
    say "nginx could not be had from apt: its tests are left out"
  fi
  rm -rf "$folder"
}

# --- npm -------------------------------------------------------------------------------------------------------------

install_npm_packages() { # $@: folders with a package.json
  local folder
  for folder in "$@"; do
    ! is_current "$folder/node_modules/.setup" "$folder/package.json" || continue
    say "installing the npm packages of $folder (a minute, once)"
    PUPPETEER_SKIP_DOWNLOAD=1 ELECTRON_SKIP_BINARY_DOWNLOAD=1 \
      npm install --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
      give_up "npm could not install $folder/package.json" "see the lines above"
    mkdir -p "$folder/node_modules"
    stamp "$folder/node_modules/.setup" "$folder/package.json"
  done
}

# --- stamps: what was installed, so that the next run can tell at once ------------------------------------------------

is_current() { [ -e "$1" ] && [ "$(cat "$1")" = "$(fingerprint "${@:2}")" ]; }

stamp() { fingerprint "${@:2}" >"$1"; }

fingerprint() { cat "$@" | sha256sum; }

exec 9<scripts/setup.sh
flock 9 # two at once: the second waits, then finds nothing to do
main "$@"
