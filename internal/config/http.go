package config

import (
	"slices"
	"strconv"
	"strings"
	"time"

	bindings "luahost/bindings/http"
	"luahost/internal/webhook"
)

// HTTP says whom scripts may ask, and where web hooks come in.
type HTTP struct {
	Timeout time.Duration // of one request; 30 s by default
	MaxSize int           // bytes of a body; 1 MiB by default
	Listen  string        // a loopback address with a port, or "": no web hooks
	Token   string        // of web hooks, not empty if Listen is not

	hosts []string            // for all scripts
	own   map[string][]string // by the name of a script, instead of hosts
}

// Hosts are those that a script may ask.
func (h *HTTP) Hosts(script string) []string {
	if own, ok := h.own[script]; ok {
		return own
	}
	return h.hosts
}

func (f *file) checkHTTP() (HTTP, error) {
	t := &f.fields.HTTP
	h := HTTP{Listen: t.Listen, Token: t.Token, hosts: t.Hosts, own: make(map[string][]string)}
	if f.token != "" {
		h.Token = f.token
	}
	h.Token = strings.TrimSpace(h.Token) // a file's last line end, which no header can bring
	var most int64
	if err := f.readDuration("http.timeout", t.Timeout, 100*time.Millisecond, &h.Timeout); err != nil {
		return HTTP{}, err
	}
	if err := f.readSize("http.max_size", t.MaxSize, 1<<10, 1<<30, &most); err != nil {
		return HTTP{}, err
	}
	h.MaxSize = int(most)
	if err := f.checkHosts("http.hosts", t.Hosts); err != nil {
		return HTTP{}, err
	}
	for i, s := range f.Script {
		if s.Hosts == nil {
			continue
		}
		if err := f.checkHosts("script."+strconv.Itoa(i)+".hosts", s.Hosts); err != nil {
			return HTTP{}, err
		}
		h.own[s.Name] = s.Hosts
	}
	return h, f.checkListen(h)
}

// checkListen wants both or neither of an address and a token. A token that is
// there for another program's sake, in the environment, is no mistake.
func (f *file) checkListen(h HTTP) error {
	switch {
	case h.Listen == "" && f.fields.HTTP.Token != "":
		return f.wrong("http.token", "is of no use without listen: say where web hooks come in, or remove the token")
	case h.Listen == "":
		return nil
	}
	if err := CheckServer(h.Listen); err != nil {
		return f.wrong("http.listen", "%w", err)
	}
	if _, err := webhook.CheckListen(h.Listen); err != nil {
		return f.wrong("http.listen", "is %q, which others on the network could reach: listen on 127.0.0.1 and put a proxy with TLS in front", h.Listen)
	}
	switch {
	case h.Token == "":
		return f.wrong("http.listen", "needs a token: make one with 'openssl rand -hex 16', and write it as token or set %s", tokenVariable)
	case len(h.Token) < webhook.MinToken && f.token != "":
		return f.wrong("http.listen", "needs a token of %d characters or more, and that of %s has %d: make one with 'openssl rand -hex 16'", webhook.MinToken, tokenVariable, len(h.Token))
	case len(h.Token) < webhook.MinToken:
		return f.wrong("http.token", "has %d characters: it needs %d or more, as 'openssl rand -hex 16' makes", len(h.Token), webhook.MinToken)
	}
	return nil
}

// checkHosts checks the form of hosts, which is that of the module http. Whether
// somebody has them is found out when they are asked.
func (f *file) checkHosts(key string, hosts []string) error {
	for i, host := range hosts {
		switch {
		case strings.Contains(host, "/"): // a URL, most likely
			return f.wrong(key, `has %q: write the host alone, as in "api.example.com"`, host)
		case host == "*", host == "*.":
			return f.wrong(key, `has %q: name those that scripts may ask, as in "api.example.com" or "*.example.com"`, host)
		case bindings.CheckHost(host) != nil:
			return f.wrong(key, `has %q: write a host as in "api.example.com", "api.example.com:8443", "*.example.com", "127.0.0.1:8123" or "private:nas.local:5000"`, host)
		case slices.Contains(hosts[:i], host):
			return f.wrong(key, "has %q twice: remove one", host)
		}
	}
	return nil
}
