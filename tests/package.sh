#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package and `cmake --install`, each into a clean root and run from there with nothing in the environment: package.sh BUILD
set -euo pipefail

build=$1
work=$(mktemp -d)
mock=
trap '[ -z "$mock" ] || kill "$mock" 2>/dev/null || true; rm -rf "$work"' EXIT
say() { echo "ok  $1"; }
has() { # TOOL: a test without it is skipped, but not under ci/test, which has installed it
  command -v "$1" >/dev/null && return
  echo "skipped  $1 is not there"
  [ "${METERPROOF_REQUIRE_TOOLS:-}" != 1 ] || exit 1
  return 1
}

cmake --install "$build" --prefix "$work/installed" >/dev/null
(cd "$build" && cpack -G DEB -B "$work/package" >"$work/cpack.log" 2>&1) || { cat "$work/cpack.log"; exit 1; }
package=$(echo "$work"/package/*.deb)
dpkg-deb -x "$package" "$work/root"
dpkg-deb -f "$package" Depends | grep -q libssl3
dpkg-deb -f "$package" Depends | grep -q libyaml-cpp
say "the package names what it needs: $(dpkg-deb -f "$package" Depends)"
for file in usr/bin/meterproof usr/share/man/man1/meterproof.1 usr/share/bash-completion/completions/meterproof usr/share/meterproof/spec/common.yaml \
  usr/share/meterproof/spec/fixtures/sample.yaml usr/share/meterproof/spec/workloads/reports.yaml usr/share/doc/meterproof/copyright \
  usr/share/man/zh_CN/man1/meterproof.1 usr/share/doc/meterproof/NOTICE usr/share/doc/meterproof/LICENSE usr/share/doc/meterproof/docs/index.md \
  usr/share/doc/meterproof/docs/zh/check.md usr/share/zsh/vendor-completions/_meterproof usr/share/fish/vendor_completions.d/meterproof.fish \
  usr/lib/systemd/system/meterproof-mock.service etc/meterproof/mock.yaml \
  usr/share/doc/meterproof/ci/templates/gitlab-ci.yml usr/share/doc/meterproof/loadgen/launch/parallel.sh; do
  [ -e "$work/root/$file" ] || [ -e "$work/root/$file.gz" ] || { echo "missing: $file"; exit 1; }
done
say "everything is in it"
[ ! -e "$work/installed/etc" ] && [ "$(dpkg-deb -I "$package" conffiles)" = /etc/meterproof/mock.yaml ] || { echo "the configuration is not the package's alone"; exit 1; }
zgrep -q 'ENVIRONMENT' "$work/installed/share/man/man1/meterproof.1.gz" && zgrep -q '环境变量' "$work/installed/share/man/zh_CN/man1/meterproof.1.gz"
say "the manual is in English and in Chinese"

for program in "$work/root/usr/bin/meterproof" "$work/installed/bin/meterproof"; do
  run() { (cd "$work" && env -i PATH=/usr/bin:/bin "$program" "$@"); }
  run spec list >"$work/list"
  [ "$(grep -c . "$work/list")" -ge 10 ]
  : >"$work/mock.log" # the one before has told its address here
  (cd "$work" && exec env -i PATH=/usr/bin:/bin "$program" mock --port 0 --app a:s --app b:t) >"$work/mock.log" 2>&1 &
  mock=$!
  until url=$(sed -n 's/^listening on //p' "$work/mock.log") && [ -n "$url" ]; do kill -0 "$mock"; sleep 0.05; done
  run check "$url" --role both --app a:s --app b:t --effect-timeout 0s --html "$work/check.html" >"$work/check.txt" 2>&1 || { tail -n 5 "$work/check.txt"; exit 1; }
  grep -q 'conforms' "$work/check.txt"
  kill "$mock"
  wait "$mock" || true
  mock=
  say "$program finds its specs, serves and checks"
done

"$work/root/usr/bin/meterproof" manual >"$work/meterproof.1"
if has groff; then groff -K utf8 -man -Tutf8 -ww "$work/meterproof.1" >"$work/manual.txt" 2>"$work/warnings"; [ ! -s "$work/warnings" ] || { cat "$work/warnings"; exit 1; }; fi
for command in mock check check-client load merge report diff history keygen certify verify register sign spec world; do grep -q "^\.SH $command$" "$work/meterproof.1"; done
for variable in METERPROOF_APPS METERPROOF_CALL_AS METERPROOF_CONTROL_TOKEN METERPROOF_SPEC METERPROOF_STATE NO_COLOR; do
  grep -q "^\.B $variable$" "$work/meterproof.1" || { echo "the manual lacks $variable"; exit 1; }
done
say "the manual has every command and environment variable"
complete() { # the words of a line, the last unfinished: what bash would offer
  PATH=$work/root/usr/bin:$PATH bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _meterproof; echo "${COMPREPLY[*]}"' _ \
    "$work/root/usr/share/bash-completion/completions/meterproof" "$@"
}
offers() { # OFFER WORD...
  local expected=$1 got
  shift
  got=$(complete "$@")
  [ "$got" = "$expected" ] || { echo "after \"$*\" the shell offers \"$got\", not \"$expected\""; exit 1; }
}
offers --threshold meterproof load --thresh
offers "check check-client" meterproof chec
offers --mutants meterproof spec list --mut
offers check-client meterproof --lang zh --quiet check-
offers "platform billing both" meterproof check --role ""
offers platform meterproof check --role = pl
offers platform meterproof --quiet check http://127.0.0.1:1 --role pl
offers "RemotePay ReportData" meterproof load --interface R
offers "token-case=lower" meterproof mock --interpretation token-case=l
offers "GetData/Remnant/wrong-value" meterproof mock --mutant GetData/Remnant/wrong-v
offers reply-lost meterproof check-client --inject reply-l
offers openapi meterproof spec export o
(cd "$work" && touch apps.txt && offers apps.txt meterproof check --apps app)
if has zsh; then
  mkdir "$work/zsh"
  cat >"$work/zsh/try" <<'ZSH'
autoload -Uz compinit && compinit -u -d $1/zsh/dump
source $1/root/usr/share/zsh/vendor-completions/_meterproof
compadd() { shift; print -r -- "$@" }
words=(meterproof --quiet check --role pl) CURRENT=5
_meterproof
ZSH
  [ "$(PATH=$work/root/usr/bin:$PATH zsh -f "$work/zsh/try" "$work")" = platform ] || { echo "zsh offers something else"; exit 1; }
fi
say "the shells complete commands, options and values"
for document in "$work"/installed/share/doc/meterproof/*.md "$work"/installed/share/doc/meterproof/docs/{,zh/,contributing/,decisions/}*.md; do
  { grep -oE '[^[]\]\([^)#: ]+[)#]' "$document" || true; } | sed 's/^.](//; s/.$//' | sort -u | while read -r link; do # neither addresses nor lambdas
    [ -e "$(dirname "$document")/$link" ] || { echo "${document#"$work"/installed/share/doc/meterproof/} links to $link, which is not installed"; exit 1; }
  done
done
say "every link of the installed documents leads somewhere"
check_hardening() {
  readelf -hldW "$work/root/usr/bin/meterproof" >"$work/elf"
  for mark in 'DYN (Position-Independent' GNU_RELRO BIND_NOW; do grep -q "$mark" "$work/elf" || { echo "the program lacks $mark"; exit 1; }; done
  readelf -snW "$build/meterproof" >"$work/elf" # files: a pipe that grep -q leaves would fail
  grep -q __stack_chk_fail "$work/elf" || { echo "the program has no stack protector"; exit 1; }
  grep -q '_chk@' "$work/elf" || { echo "the program is not built with FORTIFY"; exit 1; }
  if [ "$(uname -m)" = x86_64 ]; then
    grep -q IBT "$work/elf" || echo "the program's startup files have no IBT"
    objdump --disassemble=main "$build/meterproof" >"$work/elf" # our own code has its marks all the same
    grep -A1 '<main>:$' "$work/elf" | grep endbr64 >/dev/null || { echo "the program is not built with -fcf-protection"; exit 1; }
  fi
  say "the program is hardened"
}
sanitized=$(sed -n 's/^METERPROOF_SANITIZE:[A-Z]*=//p' "$build/CMakeCache.txt")
[ -n "$sanitized" ] || check_hardening # a build with sanitizers is not hardened, and lintian says so
if [ -z "$sanitized" ] && has lintian; then
  lintian --fail-on error,warning --tag-display-limit 0 "$package" >"$work/lintian" || { cat "$work/lintian"; exit 1; }
  say "lintian finds nothing"
fi
if [ -z "$sanitized" ] && unshare -rm true 2>/dev/null; then # sanitizers read their options in /proc
  unshare -rm sh -c 'mount -t tmpfs none /proc && exec "$1" spec list' _ "$work/root/usr/bin/meterproof" >"$work/list" 2>&1 || { cat "$work/list"; exit 1; }
  say "it finds its specs without /proc"
fi
