#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian package and `cmake --install`, each into a clean root and run from there with nothing in the environment: package.sh BUILD
set -euo pipefail

build=$1
work=$(mktemp -d)
mock=
trap '[ -z "$mock" ] || kill "$mock" 2>/dev/null || true; rm -rf "$work"' EXIT
say() { echo "ok  $1"; }

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
  usr/share/doc/meterproof/docs/zh/check.md; do
  [ -e "$work/root/$file" ] || [ -e "$work/root/$file.gz" ] || { echo "missing: $file"; exit 1; }
done
say "everything is in it"
grep -aq 'the environment' "$work/installed/share/man/man1/meterproof.1" && grep -aq '环境变量' "$work/installed/share/man/zh_CN/man1/meterproof.1"
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
if command -v groff >/dev/null; then groff -K utf8 -man -Tutf8 -ww "$work/meterproof.1" >"$work/manual.txt" 2>"$work/warnings"; [ ! -s "$work/warnings" ] || { cat "$work/warnings"; exit 1; }; fi
for command in mock check check-client load merge report keygen certify verify sign spec; do grep -q "^\.SH $command$" "$work/meterproof.1"; done
say "the manual has every command"
complete=$(bash -c '. "$1"; COMP_WORDS=(meterproof load --thresh); COMP_CWORD=2; _meterproof; echo "${COMPREPLY[@]}"' _ "$work/root/usr/share/bash-completion/completions/meterproof")
[ "$complete" = --threshold ]
complete=$(bash -c '. "$1"; COMP_WORDS=(meterproof chec); COMP_CWORD=1; _meterproof; echo "${COMPREPLY[@]}"' _ "$work/root/usr/share/bash-completion/completions/meterproof")
[ "$complete" = "check check-client" ]
complete=$(bash -c '. "$1"; COMP_WORDS=(meterproof spec list --mut); COMP_CWORD=3; _meterproof; echo "${COMPREPLY[@]}"' _ "$work/root/usr/share/bash-completion/completions/meterproof")
[ "$complete" = --mutants ]
say "the shell completes commands and options"
