package http

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// rule is one entry of hosts in the configuration:
//
//	api.example.com             that name, on the port of https or http
//	api.example.com:8443        that port
//	*.example.com               what is below example.com
//	127.0.0.1:8123, [::1]:8123  that address
//	private:nas.local:5000      a name that may have an address of a private network
type rule struct {
	host     string // "" where there is an address; what follows the dot of a wildcard
	addr     netip.Addr
	port     string // "" for the scheme's
	wildcard bool
	private  bool
}

// hostName is a name as the resolver takes it.
var hostName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$`)

// CheckHost says what is wrong with an entry of hosts, nil if nothing is.
func CheckHost(entry string) error {
	_, err := parseRule(entry)
	return err
}

func parseRule(entry string) (rule, error) {
	var r rule
	text, private := strings.CutPrefix(entry, "private:")
	r.private = private
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		r.addr = addr.Unmap()
		return r, r.check(entry)
	}
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		text, r.port = text[:i], text[i+1:]
		if !validPort(r.port) {
			return rule{}, wrong(entry)
		}
	}
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		r.addr = addr.Unmap()
		return r, r.check(entry)
	}
	r.host, r.wildcard = strings.CutPrefix(normal(text), "*.")
	return r, r.check(entry)
}

// validPort says whether a port is one, in the only spelling that is compared.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && port[0] != '0'
}

func wrong(entry string) error {
	return fmt.Errorf("%q is no host: write a name such as \"api.example.com\", \"api.example.com:8443\" or \"*.example.com\", an address such as \"127.0.0.1:8123\", or \"private:nas.local:5000\"", entry)
}

func (r rule) check(entry string) error {
	switch {
	case r.addr.IsValid():
		if classOf(r.addr) == never || r.private || r.addr.Zone() != "" {
			return wrong(entry)
		}
	case len(r.host) > 253 || !hostName.MatchString(r.host):
		return wrong(entry)
	}
	return nil
}

// normal is a name as it is compared.
func normal(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// match says whether the rule allows a URL.
func (r rule) match(u *url.URL) bool {
	if cmp.Or(r.port, defaultPort(u)) != cmp.Or(u.Port(), defaultPort(u)) {
		return false
	}
	host := normal(u.Hostname())
	if addr, err := netip.ParseAddr(host); err == nil {
		return r.addr == addr.Unmap()
	}
	if r.wildcard {
		return strings.HasSuffix(host, "."+r.host)
	}
	return r.host != "" && r.host == host
}

func defaultPort(u *url.URL) string {
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// permits says whether a name that the rule allows may be at an address.
func (r rule) permits(addr netip.Addr) bool {
	if r.addr.IsValid() {
		return r.addr == addr.Unmap()
	}
	class := classOf(addr)
	return class == public || class == private && r.private
}

// entry is what would allow u, for an error text.
func entry(u *url.URL) string {
	if port := u.Port(); port == defaultPort(u) {
		return strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Host
}
