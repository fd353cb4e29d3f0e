# shellcheck shell=bash
# The project that scripts/demo works on, and what lies around it that no tool should see. Sourced by it, with `work`,
# `project` and `secret` set.

make_project() {
    mkdir -p "$project"/{doc,temp,src} "$HOME/.ssh" "$work"/{beside,bundles,state,runc}
    printf 'a page\n' >"$project/doc/page.md"
    printf 'int main(void) { return 0; }\n' >"$project/src/main.c"
    printf '%s\n' "$secret" | tee "$work/beside/secret" >"$HOME/.ssh/id_ed25519"
    # Executable files in a place the tool may write: what is in them later, the tool decides.
    cp "$(command -v id)" "$project/temp/copied-id"
    install --mode 0755 /dev/null "$project/temp/filled"
    install --mode 0755 /dev/null "$project/temp/written"
    cat >"$project/test-script.sh" <<'SCRIPT'
#!/usr/bin/bash
# Calls one program that the profile lists, then three that it does not.
printf 'ls: %s\n' "$(ls -x)"
failures=0
id || failures=$((failures + 1))
cp src/main.c temp/copy.c || failures=$((failures + 1))
python3 -c 'print("python3 ran")' || failures=$((failures + 1))
printf '%d of 3 refused\n' "$failures"
[[ $failures -eq 3 ]]
SCRIPT
    chmod +x "$project/test-script.sh"
}

# Everything that must be the same afterwards: names, modes, owners and contents.
host_state() {
    (
        cd "$work"
        find beside home project -path project/doc -prune -o -path project/temp -prune -o -printf '%p %m %u %g %s %l\n' | sort
        find beside home project/src project/test-script.sh -type f -exec sha256sum {} + | sort
    )
    # Of the host itself: what a tool that got out would most like to write.
    # A user may have no home directory.
    stat -c '%n %a %u %g %s %y' /etc/passwd /etc/shadow / "$users_home" 2>&1 || true
}

# A web server on the host's own loopback address. The host reaches it; a tool must not.
start_listener() {
    local tries
    python3 - "$secret" >"$work/port" 2>/dev/null <<'SERVER' &
import http.server, sys
class Secret(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())
server = http.server.HTTPServer(("127.0.0.1", 0), Secret)
print(server.server_port, flush=True)
server.serve_forever()
SERVER
    listener=$!
    for ((tries = 0; tries < 100; tries++)); do
        [[ ! -s $work/port ]] || break
        sleep 0.05
    done
    port=$(<"$work/port")
    [[ $(curl --silent --max-time 5 --noproxy '*' "http://127.0.0.1:$port/") == "$secret" ]] || {
        printf 'demo: the web server on 127.0.0.1 does not answer the host itself\n' >&2
        exit 1
    }
}
