#!/bin/sh
# Installs Sawhorse, or opens its demo without installing anything.
#
#   ./install.sh               the program into ~/.local/bin, or $PREFIX/bin
#   ./install.sh demo          gets or builds the program and opens the demo
#
# In a checkout it builds with Go. With SAWHORSE_RELEASES, the address of a
# folder that holds a release's archives and its checksums.txt, it downloads
# and verifies the archive for this machine instead.
set -eu

module=github.com/sawhorse-dev/sawhorse

say() { printf '%s\n' "$*" >&2; }

die() {
	say "install.sh: $1"
	shift
	for line in "$@"; do say "  $line"; done
	exit 1
}

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; }

# needed prints the Go version that go.mod asks for: 1.26.0
needed() { sed -n 's/^go \([0-9.]*\).*/\1/p' "$here/go.mod"; }

# at_least says whether version $1 is $2 or newer, by major and minor number.
at_least() {
	have_major=${1%%.*} have_minor=${1#*.}
	want_major=${2%%.*} want_minor=${2#*.}
	have_minor=${have_minor%%[!0-9]*} want_minor=${want_minor%%[!0-9]*}
	[ "$have_major" -gt "$want_major" ] ||
		{ [ "$have_major" -eq "$want_major" ] && [ "${have_minor:-0}" -ge "${want_minor:-0}" ]; }
}

check_go() {
	want=$(needed)
	# The official archive puts Go where many a PATH does not look.
	command -v go >/dev/null 2>&1 || [ ! -x /usr/local/go/bin/go ] || PATH=$PATH:/usr/local/go/bin
	command -v go >/dev/null 2>&1 ||
		die "Go is not installed, or not on PATH" \
			"Building from source needs Go $want or newer. Install it and run this again," \
			"or set SAWHORSE_RELEASES to the address of a release to download."
	have=$(cd "$here" && GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || have=
	have=${have#go}
	at_least "${have:-0.0}" "$want" && return
	# From 1.21 on Go fetches the version that go.mod asks for, unless told not to.
	if at_least "${have:-0.0}" 1.21 && [ "$(cd / && go env GOTOOLCHAIN)" != local ]; then
		say "Go $have is here, $want is needed: Go fetches it now"
		return
	fi
	die "Go ${have:-of an unknown version} is too old: $(command -v go)" \
		"Building from source needs Go $want or newer. Install it and run this again."
}

# build compiles the checkout into folder $1.
build() {
	check_go
	version=$(git -C "$here" describe --tags --always --dirty 2>/dev/null) || version=dev
	say "building sawhorse $version (a minute or two the first time)"
	log=$(mktemp)
	if ! (cd "$here" && CGO_ENABLED=0 go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.version=$version" -o "$1/" ./cmd/sawhorse ./cmd/sawhorse-compose) 2>"$log"; then
		cat "$log" >&2
		offline=$(grep -cE 'dial |lookup |no such host|i/o timeout|connection re|TLS handshake|module lookup disabled|502 |503 ' "$log" || true)
		rm -f "$log"
		[ "$offline" -eq 0 ] || die "Go could not fetch what the program is built from" \
			"Look at the network, or set GOPROXY to a module proxy that this machine reaches, and run this again."
		die "the build failed: see above"
	fi
	rm -f "$log"
}

# fetch downloads $1 into file $2.
fetch() {
	if command -v curl >/dev/null 2>&1; then
		curl -fsSL --retry 2 -o "$2" "$1"
	elif command -v wget >/dev/null 2>&1; then
		wget -q -O "$2" "$1"
	else
		die "neither curl nor wget is installed; one of them is needed to download a release"
	fi || die "could not download $1" "Look at the network and at SAWHORSE_RELEASES, and run this again."
}

# verify checks file $1 against the checksum $2.
verify() {
	if command -v sha256sum >/dev/null 2>&1; then
		sum=$(sha256sum "$1")
	elif command -v shasum >/dev/null 2>&1; then
		sum=$(shasum -a 256 "$1")
	else
		die "neither sha256sum nor shasum is installed; the download could not be verified"
	fi
	[ "${sum%% *}" = "$2" ] ||
		die "$(basename "$1") is not what checksums.txt says it should be; nothing was installed" \
			"The download was damaged or changed on its way. Run this again; if it stays so, do not use this source."
}

# download gets the released programs for this machine into folder $1.
download() {
	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	*) die "there is no release for $(uname -s); build from source" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64) arch=arm64 ;;
	*) die "there is no release for $(uname -m); build from source" ;;
	esac

	base=${SAWHORSE_RELEASES%/}
	work=$(mktemp -d)
	fetch "$base/checksums.txt" "$work/checksums.txt"
	# A line is "<sha256>  sawhorse_1.2.3_linux_amd64.tar.gz".
	line=$(grep -E "^[0-9a-f]{64}  sawhorse_[^/ ]*_${os}_${arch}\.tar\.gz\$" "$work/checksums.txt" | head -n 1)
	[ -n "$line" ] || die "$base/checksums.txt names no archive for $os $arch"
	archive=${line#*  }
	say "downloading $archive"
	fetch "$base/$archive" "$work/$archive"
	verify "$work/$archive" "${line%% *}"
	tar -xzf "$work/$archive" -C "$1" sawhorse sawhorse-compose || die "$archive does not hold the programs sawhorse and sawhorse-compose"
	rm -rf "$work"
}

# obtain makes the program appear at $1/sawhorse, whole or not at all, and beside
# it sawhorse-compose, which reads Compose files for it.
obtain() {
	fresh=$1/.sawhorse.$$
	mkdir -p "$fresh" || die "could not make the folder $1" "Set PREFIX to a folder of your own and run this again."
	fresh=$(cd "$fresh" && pwd) work=
	trap 'rm -rf "$fresh" "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	if [ -n "${SAWHORSE_RELEASES:-}" ]; then
		download "$fresh"
	elif grep -qs "^module $module\$" "$here/go.mod"; then
		build "$fresh"
	else
		die "there is nothing to install from" \
			"Run it inside a checkout of the sources (that needs Go)," \
			"or set SAWHORSE_RELEASES to the address of a folder with a release's archives and checksums.txt."
	fi
	for program in sawhorse-compose sawhorse; do
		chmod 755 "$fresh/$program"
		mv -f "$fresh/$program" "$1/$program" || die "could not write $1/$program"
	done
	rmdir "$fresh"
	trap - EXIT INT TERM HUP
}

here=$(cd "$(dirname "$0")" && pwd)
case ${1:-} in
'')
	bin=${PREFIX:-${HOME:?set HOME or PREFIX}/.local}/bin
	obtain "$bin"
	say "installed $bin/sawhorse"
	case :$PATH: in
	*:"$bin":*) say "run: sawhorse demo" ;;
	*) say "$bin is not on your PATH: add it, or run: $bin/sawhorse demo" ;;
	esac
	;;
demo)
	shift
	cache=${XDG_CACHE_HOME:-${HOME:?set HOME or XDG_CACHE_HOME}/.cache}/sawhorse/bin
	# The demo needs no second download; a checkout is built again, which is quick when nothing changed.
	if [ -z "${SAWHORSE_RELEASES:-}" ] || [ ! -x "$cache/sawhorse" ] || [ ! -x "$cache/sawhorse-compose" ]; then
		obtain "$cache"
	fi
	exec "$cache/sawhorse" demo "$@"
	;;
-h | --help | help) usage ;;
*)
	usage >&2
	die "unknown argument: $1"
	;;
esac
