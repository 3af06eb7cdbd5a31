#!/bin/sh
# Installs the servers and the browser that tests drive, unless they are there. Arguments: the commands wanted (all by default).
set -eu

wanted=${*:-slapd ldapadd postgres redis-server rabbitmq-server chromium-headless-shell nginx caddy apache_oidc radclient freeradius eapol_test pamtester pam_radius pam_wrapper sshd}
PATH=$PATH:/usr/sbin:/sbin
content=

exists() {
    apt-cache show --no-all-versions "$1" 2>/dev/null | grep -q '^Package:'
}

# The whole Chromium does the same as its shell, with thrice the work; not every release has the shell.
have_browser() {
    command -v chromium-headless-shell >/dev/null && return
    command -v chromium >/dev/null && { [ -n "$content" ] || ! exists chromium-headless-shell; }
}

have() {
    case $1 in
    postgres) ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null ;;
    apache_oidc) ls /usr/lib/apache2/modules/mod_auth_openidc.so >/dev/null 2>&1 && command -v apache2 >/dev/null ;;
    pam_radius) ls /lib/*/security/pam_radius_auth.so >/dev/null 2>&1 ;;
    pam_wrapper) ls /usr/lib/*/libpam_wrapper.so >/dev/null 2>&1 ;;
    chromium-headless-shell) have_browser ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

package_of() {
    case $1 in
    ldapadd) echo ldap-utils ;;
    postgres) echo postgresql ;;
    chromium-headless-shell)
        if ! exists "$1" && exists chromium; then set -- chromium; fi
        echo "$1" fonts-liberation
        ;;
    radclient) echo freeradius-utils ;;
    eapol_test) echo eapoltest ;;
    pam_radius) echo libpam-radius-auth ;;
    pam_wrapper) echo libpam-wrapper ;;
    sshd) echo openssh-server ;;
    apache_oidc) echo apache2-bin libapache2-mod-auth-openidc ;;
    *) echo "$1" ;;
    esac
}

missing() {
    for name in $wanted; do have "$name" || echo "$name"; done
}

lacking=$(missing)
[ -n "$lacking" ] || exit 0

find_packages() {
    packages=$(for name in $lacking; do package_of "$name"; done | tr '\n' ' ')
}

fail() {
    content=yes
    [ -n "$(missing)" ] || exit 0
    printf '\nMissing on this machine: %s\n%s\n\n' "$(echo $lacking | sed 's/chromium-headless-shell/& (or chromium)/')" "$*" >&2
    exit 1
}

find_packages
command -v apt-get >/dev/null || fail "There is no apt-get here; please install these yourself and start again."
if [ "$(id -u)" = 0 ]; then
    as_root() { "$@"; }
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root() { sudo "$@"; }
else
    fail "Please run this as root and start again: apt-get install --no-install-recommends $packages"
fi

# The tests start their own servers, so Debian must start none: policy-rc.d answers 101 for as long as this takes.
if ! [ -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 755 /usr/sbin/policy-rc.d
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
fi
log=$(mktemp)
logged() {
    as_root env DEBIAN_FRONTEND=noninteractive "$@" >>"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        fail "apt-get could not install: $packages (its last words are above, all of them in $log)"
    }
}
logged apt-get -q update
find_packages
case " $packages" in
*" chromium-headless-shell "*)
    exists chromium-headless-shell || fail "No package here brings a browser: neither chromium-headless-shell nor chromium. Please install Chromium so that one of these commands is there, and start again."
    ;;
esac
echo "Installing $packages..."
echo 'slapd slapd/no_configuration boolean true' | logged debconf-set-selections
logged apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $packages
rm -f "$log"

content=yes
lacking=$(missing)
[ -z "$lacking" ] || fail "apt-get installed $packages but these commands are still not there."
